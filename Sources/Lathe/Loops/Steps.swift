// Plain loops in model code.

import Driver
import IRCore
import TensorIR

/// The steps of a loop that becomes one loop of the program, however many there are.
///
/// ```swift
/// var h = h0
/// var ys = Tensor.zeros([n, 8])
/// for t in steps(n) {
///   h = tanh(x[t] + h.matmul(u))
///   ys[t] = h
/// }
/// ```
///
/// The body runs two or three times, to find out what stays and what a step hands to the next;
/// never so often as there are steps. See the article "Loops".
public func steps(_ count: Int, file: String = #fileID, line: Int = #line) -> Steps {
  let location = SourceLocation.line(file: file, line: line)
  guard count >= 0 else {
    misuse("steps: a number from 0 on expected, found \(count)", at: location)
  }
  return Steps(count: .known(count), location: location)
}

/// As many steps as `count`, an i64 scalar, says when the program runs; `limit` at most, and then
/// the steps name rows. A number below 0 counts as 0.
public func steps(
  _ count: Tensor, atMost limit: Int? = nil, file: String = #fileID, line: Int = #line
) -> Steps {
  let location = SourceLocation.line(file: file, line: line)
  let node = count.materialized.node
  guard node.tensorType == LoopNode.indexType else {
    misuse("steps: an i64 scalar expected, found \(node.tensorType)", at: location)
  }
  if let limit, limit < 1 {
    misuse("steps: a limit from 1 on expected, found \(limit)", at: location)
  }
  return Steps(count: .told(node, most: limit), location: location)
}

/// What `steps` gives: a sequence that must be gone through to its end.
public struct Steps: Sequence, Sendable {
  let count: StepCount
  let location: SourceLocation

  /// Begins the loop.
  public func makeIterator() -> StepIterator { StepIterator(StepLoop(count, at: location)) }
}

/// Number of steps.
enum StepCount: Sendable {
  case known(Int)
  case told(TraceNode, most: Int?)
}

/// Hands the number of a step to the body until it has seen enough.
///
/// A class, because its end tells a loop that was left before the end.
public final class StepIterator: IteratorProtocol {
  private let loop: StepLoop

  init(_ loop: StepLoop) { self.loop = loop }

  /// The number of the next step; `nil` once the loop is known.
  public func next() -> StepIndex? { loop.next() }

  deinit { loop.requireClosed() }
}
