// The meaning of kernels: runs them on plain bytes, one lane after the other.

public import IRCore

/// Reference interpreter of kernels.
///
/// Values are arrays of lane bits, rows run as their `ScalarProgram`, every access to memory is
/// checked. Memory that a kernel has not written yet (locals, outputs) reads as bytes 0xA5.
public enum KernelInterpreter {
  /// Order in which the iterations of a parallel loop run; results must not depend on it.
  public enum Order: Hashable, Sendable {
    case forward
    case reverse
    case shuffled(seed: UInt64)
  }

  /// How to run.
  public struct Options: Hashable, Sendable {
    /// Order of parallel iterations.
    public var order: Order
    /// Statements and iterations to run before giving up on an endless loop.
    public var stepLimit: Int
    /// Whether `out` buffers are filled with 0xA5 first.
    public var poisonsOutputs: Bool

    /// States the options.
    public init(order: Order = .forward, stepLimit: Int = 1 << 36, poisonsOutputs: Bool = true) {
      self.order = order
      self.stepLimit = stepLimit
      self.poisonsOutputs = poisonsOutputs
    }
  }

  /// Runs a kernel.
  ///
  /// - Parameters:
  ///   - buffers: the parameters' bytes in order, each at least as long as its shape needs.
  ///   - symbols: the extents, in the order in which the kernel lists them.
  ///   - row: decides whether `mulAdd` rounds once.
  /// - Returns: the place of the first failed check in `Kernel.checkMessages`, `nil` when all hold.
  public static func run(
    _ kernel: Kernel, buffers: inout [[UInt8]], symbols: [Int] = [], row: TargetRow,
    options: Options = Options()
  ) throws(InterpreterError) -> Int? {
    try run(kernel, buffers: &buffers, symbols: symbols, row: row, options: options, watch: nil)
      .status
  }

  /// The machine after a run, under a watch where there is one.
  static func run(
    _ kernel: Kernel, buffers: inout [[UInt8]], symbols: [Int] = [], row: TargetRow,
    options: Options = Options(), watch: IterationWatch?
  ) throws(InterpreterError) -> KernelMachine {
    do { try kernel.verify() } catch { throw .invalid(error) }
    try check(kernel, symbols)
    let code = KernelCode(kernel, symbols: symbols)
    var machine = KernelMachine(code, row: row, options: options)
    machine.watch = watch
    machine.memory = try memory(for: kernel, code, &buffers, options)
    let parameters = kernel.buffers.count(where: \.role.isParameter)
    defer {
      machine.memory.removeSubrange(parameters...)
      buffers = machine.memory
    }
    try machine.run(code.steps)
    return machine
  }

  private static func check(_ kernel: Kernel, _ symbols: [Int]) throws(InterpreterError) {
    guard symbols.count == kernel.symbols.count, symbols.allSatisfy({ $0 >= 0 }) else {
      throw .symbols(kernel: kernel.name, expected: kernel.symbols, found: symbols)
    }
  }

  /// Moves the parameters' bytes out of `buffers` and adds the locals'.
  private static func memory(
    for kernel: Kernel, _ code: KernelCode, _ buffers: inout [[UInt8]], _ options: Options
  ) throws(InterpreterError) -> [[UInt8]] {
    let parameters = kernel.buffers.count(where: \.role.isParameter)
    guard buffers.count == parameters else {
      throw .bufferCount(kernel: kernel.name, expected: parameters, found: buffers.count)
    }
    for (index, buffer) in kernel.buffers.enumerated() {
      let found = index < parameters ? buffers[index].count : largestLocal
      guard let size = code.buffers[index].byteCount, size <= found else {
        throw .bufferSize(
          kernel: kernel.name, buffer: buffer.name, expected: code.buffers[index].byteCount,
          found: found)
      }
    }
    var memory: [[UInt8]] = []
    swap(&memory, &buffers)
    for (index, buffer) in kernel.buffers.enumerated() {
      if index >= parameters {
        memory.append([UInt8](repeating: poison, count: code.buffers[index].byteCount ?? 0))
      } else if buffer.role == .output, options.poisonsOutputs {
        memory[index] = [UInt8](repeating: poison, count: memory[index].count)
      }
    }
    return memory
  }

  /// The byte that unwritten memory reads as.
  static let poison: UInt8 = 0xA5
  /// The most bytes of one local buffer.
  private static let largestLocal = 1 << 30
}

/// What stops the interpreter.
public enum InterpreterError: Error, Hashable, Sendable {
  case invalid(VerifierError)
  case symbols(kernel: String, expected: [String], found: [Int])
  case bufferCount(kernel: String, expected: Int, found: Int)
  /// `expected` is `nil` when the size overflows.
  case bufferSize(kernel: String, buffer: String, expected: Int?, found: Int)
  case outOfRange(kernel: String, buffer: String, axis: Int, index: Int, extent: Int)
  /// A value wider than the buffer's elements ends behind the buffer.
  case pastEnd(kernel: String, buffer: String, offset: Int, byteCount: Int)
  case misaligned(kernel: String, buffer: String, offset: Int, alignment: Int)
  case stepLimit(kernel: String, limit: Int)
}

extension InterpreterError: CustomStringConvertible {
  /// `@kernel: ` and what was found and expected.
  public var description: String {
    switch self {
    case .invalid(let error): error.description
    case .symbols(let kernel, let expected, let found):
      "@\(kernel): extents (\(expected.joined(separator: ", "))) expected, found \(found)"
    case .bufferCount(let kernel, let expected, let found):
      "@\(kernel): \(expected) buffers expected, found \(found)"
    case .bufferSize(let kernel, let buffer, let expected, let found):
      "@\(kernel): %\(buffer) has \(found) bytes, needed are "
        + (expected.map { "\($0)" } ?? "more than an address space holds")
    case .outOfRange(let kernel, let buffer, let axis, let index, let extent):
      "@\(kernel): index \(index) of %\(buffer) on axis \(axis) is not in 0..<\(extent)"
    case .pastEnd(let kernel, let buffer, let offset, let byteCount):
      "@\(kernel): byte \(offset) of %\(buffer) begins a value that ends after byte \(byteCount)"
    case .misaligned(let kernel, let buffer, let offset, let alignment):
      "@\(kernel): byte \(offset) of %\(buffer) is no multiple of \(alignment)"
    case .stepLimit(let kernel, let limit):
      "@\(kernel): still running after \(limit) steps"
    }
  }
}
