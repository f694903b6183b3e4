// Compiled kernels that another process left on disk.

import Codegen
import DiskCaching
import Driver
import Foundation
import IRCore
import LLVMBindings
import Synchronization
import TensorIR
import TestSupport
import Testing

/// Temporary folder, and what its caches warned of.
private final class Place: Sendable {
  let folder = FileManager.default.temporaryDirectory
    .appending(path: "lathe-\(UUID().uuidString)").path()
  private let warned = Mutex<[String]>([])

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  var warnings: [String] { warned.withLock { $0 } }

  func cache(_ files: any CacheFiles = SystemFiles()) -> DiskCache {
    DiskCache(folder: folder, files: files) { line in self.warned.withLock { $0.append(line) } }
  }

  /// The files of the entries.
  var entries: [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().map { URL(filePath: folder).appending(path: $0) }
  }
}

/// A product with what follows it, a row reduction, and a loop with a checked read.
private let program = """
  graph @f(%x: f32[12,20], %w: f32[20,9], %b: f32[9]) -> f32[12,9], f32[12], f32[9] {
    %0 = contract %x[i,k], %w[k,j] -> [i,j] : f32[12,9]
    %1 = view %b[j] -> [i,j] : f32[12,9]
    %2 = add %0, %1 : f32[12,9]
    %3 = tanh %2 : f32[12,9]
    %4 = exp %x : f32[12,20]
    %5 = reduce sum %4 axes(1) order(sequential) : f32[12]
    %6 = loop %t in 0..<4 carry (%s: f32[9] = %b) {
      %0 = sin %s : f32[9]
      return %0
    } : f32[9]
    return %3, %5, %6
  }
  """

/// Compiles the program and runs it.
private func run(
  _ disk: DiskCache?, options: CompilerOptions = CompilerOptions(threads: 1, verifiesPasses: false)
) throws -> (results: [[UInt8]], statistics: CompileStatistics) {
  let module = try Module(parsing: program)
  let function = try Compiler(options, disk: disk).compile(module)
  var random = SplitMix64(seed: 3)
  let inputs = try module.graphs[0].parameters.map { id in
    let count = (module.graphs[0][id].types[0].extents ?? []).reduce(1, *)
    let numbers = (0..<count).map { _ in Float(random.integer(-100...100)) / 64 }
    return try Storage(numbers.withUnsafeBytes { Array($0) })
  }
  let results = try function(inputs).map { $0.withUnsafeBytes { Array($0) } }
  return (results, function.statistics)
}

@Suite struct CompilerCacheTests {
  @Test func secondCompilerCompilesNothing() throws {
    let place = Place()
    let plain = try run(nil)
    let first = try run(place.cache())
    let second = try run(place.cache())
    let count = plain.statistics.compiledKernels
    #expect(count > 2 && first.statistics.compiledKernels == count)
    #expect(second.statistics.compiledKernels == 0 && second.statistics.storedKernels == count)
    #expect(second.statistics.codegen == CodegenTimes())
    #expect(first.results == plain.results && second.results == plain.results)
    #expect(place.entries.count == count && place.warnings == [])
  }

  /// A process whose kernels are all on disk opens no LLVM.
  @Test func hitsLoadNoLLVM() async throws {
    let place = Place()
    let options = CompilerOptions(threads: 1, verifiesPasses: false, cacheFolder: place.folder)
    let expected = try run(options)
    await #expect(processExitsWith: .success) {
      [folder = place.folder as String, expected = expected as [[UInt8]]] in
      let options = CompilerOptions(threads: 1, verifiesPasses: false, cacheFolder: folder)
      guard try run(options) == expected, !LLVMLibrary.isLoaded else { exit(1) }
    }
    // Without the cache it does.
    await #expect(processExitsWith: .success) {
      guard try run(nil).statistics.compiledKernels > 0, LLVMLibrary.isLoaded else { exit(1) }
    }
  }

  /// Other rows, and other passes, have entries of their own.
  @Test func keysTellOptionsApart() throws {
    let place = Place()
    for (round, row) in TargetRow.runnable.enumerated() {
      let options = CompilerOptions(row: row, threads: 1, verifiesPasses: false)
      let statistics = try run(place.cache(), options: options).statistics
      #expect(statistics.storedKernels == 0, "round \(round)")
    }
    let unplanned = CompilerOptions(
      threads: 1, verifiesPasses: false, disabledPasses: ["plan"])
    #expect(try run(place.cache(), options: unplanned).statistics.storedKernels == 0)
    let verified = CompilerOptions(threads: 2, verifiesPasses: true)
    #expect(try run(place.cache(), options: verified).statistics.compiledKernels == 0)
  }

  /// Damage of any kind: the right result, one warning, and the entry is made again.
  @Test(arguments: ["truncated", "flipped", "foreign", "empty", "another's"])
  func damaged(kind: String) throws {
    let place = Place()
    let expected = try run(place.cache()).results
    let entries = place.entries
    let other = try Data(contentsOf: entries[0])
    for (number, entry) in entries.enumerated() {
      var data = try Data(contentsOf: entry)
      switch kind {
      case "truncated": data.removeLast(data.count / (number + 2))
      case "flipped": data[data.count / (number + 2)] ^= 16
      case "foreign": data = Data("no kernel at all, whatever its name".utf8)
      case "empty": data = Data()
      default: data = number == 0 ? try Data(contentsOf: entries[1]) : other
      }
      try data.write(to: entry)
    }
    let found = try run(place.cache())
    #expect(found.results == expected && found.statistics.compiledKernels == entries.count)
    #expect(place.warnings.count == 1, "\(place.warnings)")
    #expect(try run(place.cache()).statistics.compiledKernels == 0)
  }

  /// Entries whose checksum is right and whose content is none, or of an LLVM that is gone.
  @Test func entriesOfOthers() throws {
    let place = Place()
    let expected = try run(place.cache()).results
    let keys = place.entries.map(\.lastPathComponent)
    let cache = place.cache()
    let stored = try #require(cache.bytes(for: keys[0]).flatMap { StoredKernel($0) })
    let gone = StoredKernel(stored.code, stored.phases, maker: ["/nothing", "1 2 3"])
    let broken = KernelObject(
      symbols: stored.code.symbols, object: Array(stored.code.object.dropLast(100)),
      checks: [], scratchBytes: 0, sharedBytes: 0)
    for (number, key) in keys.enumerated() {
      switch number % 3 {
      case 0: cache.store(gone.bytes, for: key)
      case 1: cache.store([1, 2, 3], for: key)
      default:
        cache.store(StoredKernel(broken, stored.phases, maker: stored.maker).bytes, for: key)
      }
    }
    let found = try run(place.cache())
    #expect(found.results == expected && found.statistics.storedKernels == 0)
    #expect(try run(place.cache()).statistics.compiledKernels == 0)
  }

  @Test func storedKernelsComeBack() throws {
    let code = KernelObject(
      symbols: ["a", "a_1"], object: [1, 2, 3], checks: ["é", ""], scratchBytes: 64,
      sharedBytes: 0)
    let phases = [("a", 3, 0.25), ("a_1", 1, Double.infinity)].map {
      StoredKernel.Phase(symbol: $0.0, iterations: $0.1, cost: $0.2)
    }
    let kernel = StoredKernel(code, phases, maker: ["/lib", "1"])
    let bytes = kernel.bytes
    #expect(StoredKernel(bytes) == kernel && StoredKernel(bytes + [0]) == nil)
    for count in bytes.indices { #expect(StoredKernel(Array(bytes[..<count])) == nil) }
    var random = SplitMix64(seed: 1)
    for _ in 0..<2000 {
      var other = bytes
      other[random.integer(0...bytes.count - 1)] = UInt8(truncatingIfNeeded: random.next())
      _ = StoredKernel(other)
    }
  }

  /// Every operation on files failing in turn: the right result, and one warning at most.
  @Test(arguments: [false, true]) func failures(lasting: Bool) throws {
    let expected = try run(nil).results
    let counting = FailingFiles(failing: 0)
    #expect(try run(Place().cache(counting)).results == expected)
    for failing in 1...counting.count + 3 {
      let place = Place()
      for _ in 0..<2 {
        let files = FailingFiles(failing: failing, lasting: lasting)
        #expect(try run(place.cache(files)).results == expected, "operation \(failing)")
      }
      #expect(place.warnings.count <= 2, "\(place.warnings)")
      #expect(try run(place.cache()).results == expected)
    }
  }

  /// Many processes with one folder, which is empty at first.
  @Test func sixteenProcesses() async throws {
    let place = Place()
    let expected = try run(nil).results
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<16 {
        group.addTask { [folder = place.folder] in
          await #expect(processExitsWith: .success) {
            [folder = folder as String, expected = expected as [[UInt8]]] in
            let options = CompilerOptions(
              threads: 1, verifiesPasses: false, cacheFolder: folder)
            guard try run(options) == expected else { exit(1) }
          }
        }
      }
    }
    #expect(try run(place.cache()).statistics.compiledKernels == 0)
  }
}

/// The results of the program by a compiler with options of its own.
private func run(_ options: CompilerOptions) throws -> [[UInt8]] {
  try run(options.disk, options: options).results
}
