// Objects in memory, ready to run.

import CLatheRuntime

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A relocatable object linked into this process: its code may be run and its data read, and neither
/// written. The memory goes with the last reference.
///
/// It sees the symbols that it is given and nothing else of the process.
public final class LinkedObject: @unchecked Sendable {
  // Unchecked: written by `init`, then constant; the memory is not writable.
  private let memory: UnsafeMutableRawPointer
  private let byteCount: Int
  private let addresses: [String: UnsafeRawPointer]

  /// Links an object.
  ///
  /// - Parameter symbols: addresses of what the object needs.
  public init(
    _ object: RelocatableObject, symbols: [String: UnsafeRawPointer]
  ) throws(ObjectFailure) {
    guard object.machine == .host else { throw .notRelocatable("of another processor") }
    let plan = MemoryPlan(object)
    byteCount = plan.byteCount
    let mapped = mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let mapped, mapped != MAP_FAILED else { throw .memory(errno: errno) }
    memory = mapped
    var linking = Linking(object, plan, at: mapped, symbols)
    do throws(ObjectFailure) {
      try linking.run()
      guard mprotect(mapped, plan.codeBytes, PROT_READ | PROT_EXEC) == 0,
        plan.byteCount == plan.codeBytes
          || mprotect(mapped + plan.codeBytes, plan.byteCount - plan.codeBytes, PROT_READ) == 0
      else { throw ObjectFailure.memory(errno: errno) }
    } catch {
      munmap(mapped, byteCount)
      throw error
    }
    lathe_code_written(mapped, plan.codeBytes)
    addresses = linking.definitions
  }

  /// The address of one of the object's symbols, valid while the object is referred to.
  public func address(of name: String) throws(ObjectFailure) -> UnsafeRawPointer {
    guard let address = addresses[name] else { throw .undefined(symbol: name) }
    return address
  }

  deinit { munmap(memory, byteCount) }
}

/// Where sections stand in one piece of memory: code, then a jump for each symbol from outside, then
/// on pages of their own data and the table of addresses.
struct MemoryPlan {
  /// By number of the section in the file.
  private(set) var offsets: [Int: Int] = [:]
  /// Where the jumps begin.
  private(set) var jumps = 0
  /// Where the table of addresses begins: an entry for each symbol.
  private(set) var table = 0
  /// Bytes of whole pages.
  private(set) var codeBytes = 0
  private(set) var byteCount = 0

  /// Bytes of a jump.
  static let jumpSize = 16

  init(_ object: RelocatableObject) {
    var next = 0
    func place(_ sections: [RelocatableObject.Section], _ offsets: inout [Int: Int]) {
      for section in sections {
        next = Self.up(next, to: section.alignment)
        offsets[section.index] = next
        next += section.size
      }
    }
    place(object.sections.filter(\.isCode), &offsets)
    jumps = Self.up(next, to: Self.jumpSize)
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    codeBytes = Self.up(max(1, jumps + object.symbols.count * Self.jumpSize), to: page)
    next = codeBytes
    place(object.sections.filter { !$0.isCode }, &offsets)
    table = Self.up(next, to: 8)
    byteCount = Self.up(table + object.symbols.count * 8, to: page)
  }

  private static func up(_ value: Int, to multiple: Int) -> Int {
    (value + multiple - 1) / multiple * multiple
  }
}
