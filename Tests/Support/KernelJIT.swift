// Compiling single kernels and calling them, without the driver.

import CLatheRuntime
public import Codegen
import Glibc
public import IRCore
import LLVMBindings
public import LoopIR
import Synchronization

/// A kernel's machine code in this process.
public final class JITKernel: Sendable {
  private typealias Function =
    @convention(c) (
      UnsafePointer<UnsafeMutableRawPointer>, UnsafePointer<Int64>, Int64, Int64,
      UnsafeMutablePointer<lathe_status>, UnsafeMutableRawPointer?
    ) -> Void

  private static let session = Result { try makeSession() }
  private static let count = Atomic<Int>(0)

  /// What was compiled.
  public let kernel: Kernel
  /// The object and what it needs.
  public let code: KernelObject
  private let object: JITObject
  private let addresses: [UInt]

  /// Compiles a verified kernel for a row that runs here.
  public init(_ kernel: Kernel, for row: TargetRow) throws {
    let number = Self.count.wrappingAdd(1, ordering: .relaxed).newValue
    self.kernel = kernel
    code = try objectCode(of: kernel, for: row, symbol: "lathe_test_\(number)")
    let object = try Self.session.get().add(code.object)
    addresses = try code.symbols.map { UInt(bitPattern: try object.address(of: $0)) }
    self.object = object
  }

  /// Runs every iteration on this thread.
  ///
  /// - Parameters:
  ///   - buffers: one address per parameter.
  ///   - symbols: the extents that the kernel names.
  /// - Returns: the site of the first failed check, if one failed.
  @discardableResult
  public func run(_ buffers: [UnsafeMutableRawPointer], symbols: [Int] = []) -> Int? {
    var status = lathe_status(word: LATHE_OK)
    let scratch = lathe_alloc(max(64, code.scratchBytes))
    let shared = lathe_alloc(max(64, code.sharedBytes))
    defer {
      lathe_free(scratch, max(64, code.scratchBytes))
      lathe_free(shared, max(64, code.sharedBytes))
    }
    let arguments = buffers + (shared.map { [$0] } ?? [])
    for (address, phase) in zip(addresses, kernel.phases) {
      let function = unsafeBitCast(address, to: Function.self)
      function(
        arguments, symbols.map(Int64.init), 0, Int64(iterations(phase, symbols)), &status, scratch)
    }
    withExtendedLifetime(object) {}
    return status.word == LATHE_OK ? nil : Int(status.word)
  }

  /// Runs on copies of the parameters' bytes and returns the bytes afterwards.
  public func run(_ parameters: [[UInt8]], symbols: [Int] = []) -> [[UInt8]] {
    let memory = parameters.map { bytes in
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
      copy.copyBytes(from: bytes)
      return copy
    }
    defer { for block in memory { block.deallocate() } }
    let empty = UnsafeMutableRawPointer(bitPattern: 64)!
    run(memory.map { $0.baseAddress ?? empty }, symbols: symbols)
    return memory.map { Array($0) }
  }

  /// The number of iterations of a phase's parallel loop; 1 without one.
  private func iterations(_ phase: [Statement], _ symbols: [Int]) -> Int {
    guard case .loop(let loop)? = phase.first, loop.kind == .parallel else { return 1 }
    let value: (IndexExpression.Atom) -> Int? = { atom in
      guard case .symbol(let name) = atom else { return nil }
      return self.kernel.symbols.firstIndex(of: name).map { symbols[$0] }
    }
    guard let low = loop.lower.evaluate(value), let high = loop.upper.evaluate(value) else {
      return 0
    }
    return max(0, (high - low + loop.step - 1) / loop.step)
  }

  private static func makeSession() throws -> JITSession {
    typealias Copy =
      @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, Int) -> UnsafeMutableRawPointer?
    typealias Fill =
      @convention(c) (UnsafeMutableRawPointer, Int32, Int) -> UnsafeMutableRawPointer?
    typealias Report = @convention(c) (UnsafeMutablePointer<lathe_status>?, Int64) -> Void
    let copy: Copy = memcpy
    let fill: Fill = memset
    let report: Report = lathe_report
    let session = try JITSession()
    try session.define([
      ("memcpy", unsafeBitCast(copy, to: UnsafeRawPointer.self)),
      ("memset", unsafeBitCast(fill, to: UnsafeRawPointer.self)),
      ("lathe_report", unsafeBitCast(report, to: UnsafeRawPointer.self)),
    ])
    return session
  }
}

/// Compiles a verified kernel to an object for any row.
public func objectCode(
  of kernel: Kernel, for row: TargetRow, symbol: String = "lathe_test"
) throws -> KernelObject {
  var times = CodegenTimes()
  let machine = try LLVMTargetMachine(KernelCompiler.target(row))
  return try KernelCompiler(row: row).compile(
    kernel, symbol: symbol, machine: machine, times: &times)
}
