// A loop while its body is traced.

import Driver
import IRCore
import TensorIR

/// Traces of a loop's body, pass by pass, until they agree.
final class StepLoop: Sendable {
  /// One pass.
  struct Pass: Sendable {
    let step: LoopStep
    /// The step's number.
    let index: TraceNode
    /// Every node that was made, in order.
    var nodes: [TraceNode] = []
  }

  private struct State: Sendable {
    var passes: [Pass] = []
    var isClosed = false
  }

  let count: StepCount
  let location: SourceLocation
  private let outer: LoopStep?
  private let state = Locked(State())

  /// So many passes, and they must agree.
  private static let mostPasses = 8

  init(_ count: StepCount, at location: SourceLocation) {
    self.count = count
    self.location = location
    outer = OpenLoops.currentStep
  }

  /// The number of steps, or the most of them, where text states it.
  var most: Int? {
    switch count {
    case .known(let count): count
    case .told(_, let most): most
    }
  }

  /// The pass that is being traced.
  var currentStep: LoopStep? { state.withLock { $0.passes.last?.step } }

  /// Notes a node of the current pass.
  func record(_ node: TraceNode) {
    state.withLock { state in
      guard !state.passes.isEmpty else { return }
      state.passes[state.passes.count - 1].nodes.append(node)
    }
  }

  func next() -> StepIndex? {
    let passes = state.withLock { $0.passes }
    if passes.isEmpty {
      if case .known(0) = count {
        state.withLock { $0.isClosed = true }
        return nil
      }
      OpenLoops.open(self)
      return begin()
    }
    if case .known(passes.count) = count {
      end { UnrolledSteps(passes, self.location).close() }
      return nil
    }
    guard passes.count > 1 else { return begin() }
    switch StepComparison(passes, location).outcome() {
    case .agree(let plan):
      end { StepClosing(plan, passes, self).close() }
      return nil
    case .unclear(let message, let place):
      guard passes.count < Self.mostPasses else { misuse(message, at: place) }
      return begin()
    }
  }

  private func begin() -> StepIndex {
    let step = LoopStep(of: location, in: outer)
    let index = TraceNode(placeholder: .i64, shape: [], of: step, at: location)
    index.release()
    state.withLock { $0.passes.append(Pass(step: step, index: index)) }
    return StepIndex(of: self, index)
  }

  /// Ends the tracing; what `close` makes belongs to the loop around.
  private func end(_ close: () -> Void) {
    guard OpenLoops.close(self) else {
      misuse("steps: a loop inside this one was not finished", at: location)
    }
    close()
    state.withLock { state in
      state.isClosed = true
      state.passes = []
    }
  }

  /// Ends with a message where the body was left before the end.
  func requireClosed() {
    let isOpen = state.withLock { !$0.isClosed && !$0.passes.isEmpty }
    guard isOpen else { return }
    misuse(
      "steps: the loop was left before its end, by break, return or a thrown error; all steps "
        + "are one loop of the program. whileLoop ends by a condition", at: location)
  }
}
