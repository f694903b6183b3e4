// Loops of kernels: sequences that yield one symbolic index.

import Driver
import IRCore
import LoopIR

/// Whole numbers from a first one up to a bound that is not reached, inside a kernel.
public struct KernelBounds: Sendable {
  /// First number.
  public let lowerBound: KernelValue
  /// Bound that is not reached.
  public let upperBound: KernelValue

  /// Numbers from `lowerBound` up to and without `upperBound`.
  public init(_ lowerBound: KernelValue, _ upperBound: KernelValue) {
    self.lowerBound = lowerBound
    self.upperBound = upperBound
  }
}

extension KernelValue {
  /// Numbers from `a` up to and without `b`; none where `b` is not above `a`. Of two literals
  /// Swift's own range is made.
  @_disfavoredOverload
  public static func ..< (a: KernelValue, b: KernelValue) -> KernelBounds { KernelBounds(a, b) }
  /// Numbers from `a` up to and without `b`; none where `b` is not above `a`.
  @_disfavoredOverload
  public static func ..< (a: Int, b: KernelValue) -> KernelBounds {
    KernelBounds(KernelValue(a), b)
  }
  /// Numbers from `a` up to and without `b`; none where `b` is not above `a`.
  @_disfavoredOverload
  public static func ..< (a: KernelValue, b: Int) -> KernelBounds {
    KernelBounds(a, KernelValue(b))
  }
}

/// Loop of a kernel, to be written as `for i in k.range(0..<n) { … }`.
///
/// The body runs once while the kernel is built, with a symbolic `i`, and in the kernel for each
/// number. What changes from iteration to iteration is a ``Variable``. Leaving the body early
/// (`break`, `return`, a thrown error) is an error; `k.when` skips.
public struct KernelRange: Sequence, Sendable {
  fileprivate let bounds: KernelBounds
  fileprivate let step: Int
  fileprivate let name: String?
  fileprivate let location: SourceLocation
  fileprivate var isReversed = false

  init(_ bounds: KernelBounds, step: Int, name: String?, at location: SourceLocation) {
    self.bounds = bounds
    self.step = step
    self.name = name
    self.location = location
  }

  /// The same numbers, the last one first.
  public func reversed() -> KernelRange {
    var result = self
    result.isReversed.toggle()
    return result
  }

  /// Opens the loop when its body begins.
  public func makeIterator() -> Iterator { Iterator(self) }

  /// Yields one symbolic index and closes the loop after it.
  public final class Iterator: IteratorProtocol, Sendable {
    private enum State {
      case waiting
      case running(KernelDraft.Opened)
      case done
    }

    private let range: KernelRange
    private let state = Locked<State>(.waiting)

    fileprivate init(_ range: KernelRange) { self.range = range }

    /// The index the first time; `nil` when the body has run.
    public func next() -> KernelValue? {
      switch state.withLock({ $0 }) {
      case .waiting:
        let opened = KernelTrace.record(at: range.location) { $0.open(self.range) }
        state.withLock { $0 = .running(opened) }
        return opened.index
      case .running(let opened):
        KernelTrace.record(at: range.location) { $0.close(opened) }
        state.withLock { $0 = .done }
        return nil
      case .done: return nil
      }
    }

    deinit {
      if case .running(let opened) = state.withLock({ $0 }) {
        misuse(
          "kernel \(opened.name): the body of k.range was left by break, return or an error; a loop of a kernel runs to "
            + "its end, and k.when skips", at: range.location)
      }
    }
  }
}

extension KernelDraft {
  /// Loop whose body is being recorded.
  struct Opened: Sendable {
    let variable: VariableID
    let lower: IndexExpression
    let upper: IndexExpression
    let step: Int
    let scope: Int
    let index: KernelValue
    /// The kernel's.
    let name: String
  }

  fileprivate mutating func open(_ range: KernelRange) -> Opened {
    guard range.step >= 1 else {
      misuse(
        "kernel \(kernel.name): k.range: a step of at least 1 expected, found \(range.step); "
          + "reversed() counts down", at: range.location)
    }
    let lower = index(range.bounds.lowerBound, "k.range", at: range.location)
    let upper = index(range.bounds.upperBound, "k.range", at: range.location)
    let bounds = [range.bounds.lowerBound, range.bounds.upperBound]
    let name = range.name ?? loopName
    guard range.isReversed else {
      return open(name, lower, upper, range.step) { $0 }
    }
    guard self.range(of: lower) != nil, self.range(of: upper) != nil else {
      misuse(
        "kernel \(kernel.name): k.range: a reversed loop needs bounds of at most 32 bits, found "
          + "\(bounds.map(\.spelling).joined(separator: ", "))", at: range.location)
    }
    if range.step == 1 { return open(name, lower, upper, 1) { lower + upper - 1 - $0 } }
    // The numbers of iterations, at least 0.
    let step = IndexExpression(range.step)
    let count = (upper - lower + step - 1).max(0).floorDiv(step)
    return open(name, 0, count, 1) { lower + (count - 1 - $0) * step }
  }

  private mutating func open(
    _ name: String, _ lower: IndexExpression, _ upper: IndexExpression, _ step: Int,
    _ position: (IndexExpression) -> IndexExpression
  ) -> Opened {
    let variable = makeLoopVariable(name, lower, upper)
    let scope = openScope()
    let index = position(variable.expression)
    let origin = KernelValue.Origin(kernel: id, scope: scope)
    let content: KernelValue.Content =
      self.range(of: index) == nil ? .variable(variable) : .index(index)
    return Opened(
      variable: variable, lower: lower, upper: upper, step: step, scope: scope,
      index: KernelValue(content, .i64, origin), name: kernel.name)
  }

  fileprivate mutating func close(_ opened: Opened) {
    let body = closeScope()
    append(
      .loop(
        opened.variable, lower: opened.lower, upper: opened.upper, step: opened.step, body: body))
  }

  /// `i`, `j`, `k`, … by depth.
  private var loopName: String {
    let names = ["i", "j", "k", "l", "m", "n"]
    let depth = scopes.count - 1
    return depth < names.count ? names[depth] : "i\(depth)"
  }
}
