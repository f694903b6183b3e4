// Which iterations of a loop meet in memory.

public import IRCore

/// Two iterations of a loop that touch one element, at least one of which writes it.
public struct IterationConflict: Error, Hashable, Sendable, CustomStringConvertible {
  /// The loop's variable, without the mark.
  public let loop: String
  /// The iteration that came first.
  public let first: Int
  /// The iteration that came later.
  public let second: Int
  /// The buffer, without the mark.
  public let buffer: String
  /// The element's indices.
  public let indices: [Int]
  /// Whether both write the element.
  public let bothWrite: Bool

  /// `iterations 3 and 7 of %i both write %y[5]`.
  public var description: String {
    let place = "%\(buffer)[\(indices.map(String.init).joined(separator: ", "))]"
    let verb = bothWrite ? "both write" : "meet at"
    return "iterations \(first) and \(second) of %\(loop) \(verb) \(place)"
  }
}

extension KernelInterpreter {
  /// Runs a kernel in order and finds the first two iterations of a loop, of one run of it, that
  /// touch the same element of a buffer that outlives an iteration, where one writes it; `nil` when
  /// the iterations are independent on these inputs.
  public static func conflict(
    between loop: VariableID, of kernel: Kernel, buffers: [[UInt8]], row: TargetRow
  ) throws(InterpreterError) -> IterationConflict? {
    var buffers = buffers
    let watch = IterationWatch(loop: loop, kernel)
    return try run(kernel, buffers: &buffers, row: row, watch: watch).watch?.conflict
  }
}

/// Record of who touched which element since the watched loop began.
struct IterationWatch {
  private struct Touch {
    var writer: Int?
    var reader: Int?
    /// Another iteration that read.
    var otherReader: Int?
  }

  /// The watched loop's variable.
  let loop: VariableID
  private let name: String
  /// Buffers that outlive an iteration.
  private let isShared: [Bool]
  private var touches: [[Int: Touch]]
  private var iteration: Int?
  private(set) var conflict: IterationConflict?

  init(loop: VariableID, _ kernel: Kernel) {
    self.loop = loop
    name = kernel[loop].name ?? "\(loop.index)"
    isShared = kernel.buffers.map { $0.role.isParameter || $0.role == .shared }
    touches = kernel.buffers.map { _ in [:] }
  }

  mutating func begin() { for index in touches.indices { touches[index] = [:] } }
  mutating func enter(_ position: Int) { iteration = position }
  mutating func end() { iteration = nil }

  /// Takes note of an access to an element of a buffer.
  mutating func note(_ element: Int, of buffer: KernelCode.Memory, _ number: Int, writes: Bool) {
    guard let now = iteration, isShared[number], conflict == nil else { return }
    var touch = touches[number][element] ?? Touch()
    if let writer = touch.writer, writer != now {
      report(writer, now, buffer, element, bothWrite: writes)
    } else if writes,
      let reader = [touch.reader, touch.otherReader].compactMap({ $0 })
        .first(where: { $0 != now })
    {
      report(reader, now, buffer, element, bothWrite: false)
    }
    if writes {
      touch.writer = now
    } else if touch.reader == nil {
      touch.reader = now
    } else if touch.reader != now {
      touch.otherReader = now
    }
    touches[number][element] = touch
  }

  private mutating func report(
    _ first: Int, _ second: Int, _ buffer: KernelCode.Memory, _ element: Int, bothWrite: Bool
  ) {
    var rest = element
    var indices: [Int] = []
    for extent in buffer.extents.reversed() {
      indices.insert(extent == 0 ? 0 : rest % extent, at: 0)
      rest = extent == 0 ? 0 : rest / extent
    }
    conflict = IterationConflict(
      loop: name, first: first, second: second, buffer: buffer.name, indices: indices,
      bothWrite: bothWrite)
  }
}
