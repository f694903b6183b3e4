// Who is computing which values: two tasks that read one value evaluate it once.

import Driver
import Synchronization

/// One evaluation that is under way.
final class EvaluationRun: Sendable {
  private let isDone = Promise<Bool>()

  /// Lets those who wait go on, whether or not the values were computed.
  func finish() { isDone.fulfill(true) }

  /// Waits until the evaluation is over.
  func wait() { _ = isDone.wait() }
}

/// Claims on values that evaluations under way will complete.
enum EvaluationClaims {
  private static let runs = Locked<[ObjectIdentifier: EvaluationRun]>([:])

  /// Claims `nodes` for a new run; `nil` and the run that has one of them where there is one.
  static func claim(
    _ nodes: [TraceNode]
  ) -> (mine: EvaluationRun?, other: EvaluationRun?) {
    runs.withLock { runs in
      for node in nodes {
        if let other = runs[ObjectIdentifier(node)] { return (nil, other) }
      }
      let mine = EvaluationRun()
      for node in nodes { runs[ObjectIdentifier(node)] = mine }
      return (mine, nil)
    }
  }

  /// Ends a run and its claims.
  static func release(_ nodes: [TraceNode], of run: EvaluationRun) {
    runs.withLock { runs in
      for node in nodes { runs.removeValue(forKey: ObjectIdentifier(node)) }
    }
    run.finish()
  }
}

/// What pending values hold in sum, so that nothing grows without limit.
enum PendingTraces {
  private static let nodes = Atomic(0)
  private static let bytes = Atomic(0)

  /// So many pending nodes, or bytes that only they may read, and new values run as they are made.
  static let nodeLimit: Int = 100_000
  static let byteLimit: Int = 1 << 30

  /// Notes a new pending node that reads so many bytes.
  static func add(bytes count: Int) {
    nodes.add(1, ordering: .relaxed)
    if count > 0 { bytes.add(count, ordering: .relaxed) }
  }

  /// Notes that a pending node is one no more.
  static func remove(bytes count: Int) {
    nodes.subtract(1, ordering: .relaxed)
    if count > 0 { bytes.subtract(count, ordering: .relaxed) }
  }

  /// Whether new values should run at once.
  static var isFull: Bool {
    nodes.load(ordering: .relaxed) > nodeLimit || bytes.load(ordering: .relaxed) > byteLimit
  }
}
