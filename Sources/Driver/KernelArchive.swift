// Compiled kernels on disk.

import CLatheRuntime
import DiskCaching
import IRCore
import LLVMBindings

/// Compiled kernels by content in a disk cache. See `Note: keys`.
struct KernelArchive: Sendable {
  private let cache: DiskCache
  /// What keys say beside the kernel.
  private let context: String

  /// `nil` where this program's file cannot be told from another.
  init?(_ cache: DiskCache, row: TargetRow, disabledPasses: Set<String>) {
    guard let build = FileIdentity(of: String(cString: lathe_image_path())) else { return nil }
    self.cache = cache
    let passes = disabledPasses.sorted().joined(separator: ",")
    context = "\(build.text)\n\(row.name) \(row.cpu) \(row.features)\n\(passes)\n"
  }

  /// The key of the kernel whose content has the given hash.
  func key(_ content: String) -> String { SHA256.hex(context + content) }

  /// The kernel under a key, if the LLVM that made it is still there.
  func kernel(for key: String) -> StoredKernel? {
    guard let bytes = cache.bytes(for: key) else { return nil }
    guard let kernel = StoredKernel(bytes), kernel.maker.count == 2,
      FileIdentity(of: kernel.maker[0])?.text == kernel.maker[1]
    else {
      cache.remove(key)
      return nil
    }
    return kernel
  }

  /// Keeps a kernel.
  func store(_ kernel: StoredKernel, for key: String) { cache.store(kernel.bytes, for: key) }

  /// Gives up a kernel that turned out to be of no use.
  func remove(_ key: String) { cache.remove(key) }

  /// Path and identity of the LLVM that this process has loaded.
  static var maker: [String]? {
    guard let path = LLVMLibrary.path, let identity = FileIdentity(of: path) else { return nil }
    return [path, identity.text]
  }
}

// Note: keys
//
// The key of a kernel is the hash of its unscheduled text without names and lines, of the target row
// with its features, of the passes that are left out, and of the identity of the file that this
// compiler came from: its number, size and times, of which the system sets the last. A schedule, and
// all that code generation does, follow from these, so a hit spares the schedule, too. Which LLVM made
// an object is told by the file of that library, which is compared at a hit without being opened.
