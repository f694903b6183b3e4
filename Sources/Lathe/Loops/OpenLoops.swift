// The loops that are open, by task.

import Driver
import IRCore
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// One pass of a loop's body that is or was traced.
final class LoopStep: Sendable {
  enum State: Sendable {
    case isOpen
    /// The loop is closed: of the pass only these nodes stand for values after the loop, all where
    /// there is no list.
    case isClosed(values: Set<ObjectIdentifier>?, isTraced: Bool)
  }

  let loop: SourceLocation
  /// The step of the loop around in which this loop stands.
  private let outer: LoopStep?
  private let state = Locked(State.isOpen)

  init(of loop: SourceLocation, in outer: LoopStep?) {
    self.loop = loop
    self.outer = outer
  }

  func set(_ new: State) { state.withLock { $0 = new } }

  private var current: State { state.withLock { $0 } }

  /// Whether values of this pass exist only in the loop, or in a function that is traced.
  func isTraced(_ node: TraceNode) -> Bool {
    switch current {
    case .isOpen: return true
    case .isClosed(let values, let isTraced):
      if values?.contains(ObjectIdentifier(node)) == false { return true }
      return outer?.isTraced(node) ?? isTraced
    }
  }

  /// Ends with a message where a value stands for nothing.
  func requireUsable(_ node: TraceNode, at location: SourceLocation) {
    if case .isClosed(let values?, _) = current, !values.contains(ObjectIdentifier(node)) {
      misuse(
        "steps: a value that an iteration of the loop of \(loop.text) made at "
          + "\(node.location.text) is used after the loop, and it is not that of the last one; "
          + "store it in a row: ys[t] = …",
        at: location)
    }
  }

  /// Ends with a message where a value cannot be read by the program.
  func requireReadable(_ node: TraceNode, at location: SourceLocation) {
    requireUsable(node, at: location)
    if case .isOpen = current {
      misuse(
        "steps: a value is read in the loop of \(loop.text) that makes it: its steps run later; "
          + "read it after the loop", at: location)
    }
    outer?.requireReadable(node, at: location)
  }
}

/// What traces loops: each task has its own, and so has each thread outside of tasks.
enum OpenLoops {
  private enum Key: Hashable {
    case task(Int)
    case thread(UInt)
  }

  private static let count = Atomic(0)
  /// By task the loops that are open, the innermost last; `nil` where other traces stand between.
  private static let loops = Locked<[Key: [StepLoop?]]>([:])

  private static var key: Key {
    withUnsafeCurrentTask { task in
      task.map { .task($0.hashValue) } ?? .thread(thread)
    }
  }

  private static var thread: UInt {
    #if canImport(Darwin)
      UInt(bitPattern: pthread_self())
    #else
      UInt(pthread_self())
    #endif
  }

  /// The innermost open loop.
  private static var current: StepLoop? {
    if count.load(ordering: .relaxed) == 0 { return nil }
    let key = key
    return loops.withLock { $0[key]?.last ?? nil }
  }

  /// The pass of the innermost open loop that is being traced.
  static var currentStep: LoopStep? { current?.currentStep }

  /// Notes a node that was made in a pass of the innermost loop.
  static func record(_ node: TraceNode, in step: LoopStep) {
    guard let loop = current, loop.currentStep === step else { return }
    loop.record(node)
  }

  static func open(_ loop: StepLoop) { push(loop) }

  /// Closes the innermost loop, which must be `loop`.
  static func close(_ loop: StepLoop) -> Bool {
    let key = key
    let isInnermost = loops.withLock { $0[key]?.last.map { $0 === loop } ?? false }
    if isInnermost { pop() }
    return isInnermost
  }

  /// Runs `body`, whose nodes belong to no open loop: another trace takes them.
  static func suspended<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    if count.load(ordering: .relaxed) == 0 { return try body() }
    push(nil)
    defer { pop() }
    return try body()
  }

  private static func push(_ loop: StepLoop?) {
    count.add(1, ordering: .relaxed)
    let key = key
    loops.withLock { $0[key, default: []].append(loop) }
  }

  private static func pop() {
    let key = key
    loops.withLock { loops in
      loops[key]?.removeLast()
      if loops[key]?.isEmpty == true { loops.removeValue(forKey: key) }
    }
    count.subtract(1, ordering: .relaxed)
  }
}
