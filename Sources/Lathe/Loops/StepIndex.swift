// The number of a step: what a loop over `steps` hands to its body.

import Driver
import IRCore
import TensorIR

/// Row of a tensor that a step names: a multiple of the step's number and a constant.
struct StepRow: Hashable, Sendable {
  var scale: Int
  var offset: Int

  /// Over the step's number as variable 0.
  var index: IndexExpression {
    .variable(0) * IndexExpression(scale) + IndexExpression(offset)
  }

  /// `t`, `2 * t - 1`.
  var text: String { index.text { _ in "t" } }
}

/// The number of a step of a loop, or a multiple of it and a constant, before it is known which step
/// that is.
///
/// It names rows (`x[t]`, `x[n - 1 - t]`, `ys[2 * t + 1] = v`) and, as `t.tensor`, takes part in
/// computations. It is no Swift number: no `if` can ask for it.
public struct StepIndex: TensorIndex, Hashable, Sendable {
  let loop: StepLoop
  let node: TraceNode
  private(set) var row = StepRow(scale: 1, offset: 0)

  init(of loop: StepLoop, _ node: TraceNode) {
    self.loop = loop
    self.node = node
  }

  /// The element that the step names.
  public var selection: AxisSelection { .step(self) }

  /// The number as an i64 scalar.
  public var tensor: Tensor {
    let number = Tensor(node: node)
    if row == StepRow(scale: 1, offset: 0) { return number }
    return number * Tensor(scalar: .integer(row.scale)) + Tensor(scalar: .integer(row.offset))
  }

  /// The number of a step so many steps later.
  public static func + (a: StepIndex, b: Int) -> StepIndex { a.with(a.row.scale, a.row.offset + b) }
  /// The number of a step so many steps later.
  public static func + (a: Int, b: StepIndex) -> StepIndex { b + a }
  /// The number of a step so many steps before.
  public static func - (a: StepIndex, b: Int) -> StepIndex { a + -b }
  /// Counts down from `a`.
  public static func - (a: Int, b: StepIndex) -> StepIndex { -1 * b + a }
  /// A multiple.
  public static func * (a: StepIndex, b: Int) -> StepIndex {
    a.with(a.row.scale * b, a.row.offset * b)
  }
  /// A multiple.
  public static func * (a: Int, b: StepIndex) -> StepIndex { b * a }

  private func with(_ scale: Int, _ offset: Int) -> StepIndex {
    var index = self
    index.row = StepRow(scale: scale, offset: offset)
    return index
  }

  /// Equal numbers of one step of one loop.
  public static func == (a: StepIndex, b: StepIndex) -> Bool {
    a.node === b.node && a.row == b.row
  }

  /// Hashes what equality compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(node))
    hasher.combine(row)
  }
}

extension Tensor {
  /// The row that the one step among `selections` names, as a tensor; what is left to select of it
  /// stands in `selections` then. `nil` where no step is among them.
  func row(of selections: inout [AxisSelection], at location: SourceLocation) -> Tensor? {
    guard let (axis, index) = stepAxis(&selections, at: location) else { return nil }
    let source = movingToFront(axis, at: location)
    index.requireInside(source, at: location)
    return Tensor(
      .row(index.row), [source.node, index.node], dtype: dtype,
      shape: Array(source.shape.dropFirst()), at: location)
  }

  /// Sets the row that the one step among `selections` names; `false` where no step is among them.
  mutating func assignRow(
    _ value: Tensor, _ selections: [AxisSelection], at location: SourceLocation
  ) -> Bool {
    var rest = selections
    guard let (axis, index) = stepAxis(&rest, at: location) else { return false }
    index.requireInside(movingToFront(axis, at: location), at: location)
    guard axis == 0, rest.allSatisfy({ $0 == .all || $0 == .rest }) else {
      misuse(
        "subscript: \(typeText): a step sets whole rows along the first axis, ys[t] = …",
        at: location)
    }
    var row = Slice(of: shape)
    _ = row.append(.element(0))
    for _ in shape.dropFirst() { _ = row.append(.all) }
    let value = value.fitted(to: self, row, at: location)
    self = Tensor(
      .settingRow(index.row), [materialized.node, value.node, index.node], dtype: dtype,
      shape: shape, at: location)
    return true
  }

  private init(
    _ action: TraceOperation.Action, _ operands: [TraceNode], dtype: DType, shape: [Int],
    at location: SourceLocation
  ) {
    let operation = TraceOperation(action, operands.map { .node($0) })
    self.init(node: TraceNode(operation, dtype: dtype, shape: shape, at: location))
  }

  /// The axis that a step selects, and the selections without it.
  private func stepAxis(
    _ selections: inout [AxisSelection], at location: SourceLocation
  ) -> (axis: Int, index: StepIndex)? {
    let places = selections.indices.filter {
      if case .step = selections[$0] { true } else { false }
    }
    guard let place = places.first, case .step(let index) = selections[place] else { return nil }
    guard places.count == 1 else {
      misuse("subscript: \(typeText): two steps in one subscript; write x[t][s]", at: location)
    }
    guard rank > 0, !selections[..<place].contains(.rest) else {
      misuse("subscript: \(typeText): a step behind an ellipsis", at: location)
    }
    let axis = selections[..<place].reduce(0) { $0 + $1.axisCount }
    guard axis < rank else {
      misuse("subscript: \(typeText): \(axis + 1) indices for \(rank) axes", at: location)
    }
    selections.remove(at: place)
    return (axis, index)
  }

  private func movingToFront(_ axis: Int, at location: SourceLocation) -> Tensor {
    if axis == 0 { return materialized }
    var order = Array(0..<rank)
    order.insert(order.remove(at: axis), at: 0)
    let indices = (0..<rank).map { source in
      IndexExpression.variable(order.firstIndex(of: source) ?? 0)
    }
    return view(indices, order.map { shape[$0] }, at: location)
  }
}

extension StepIndex {
  /// Ends with a message where a step would leave a tensor.
  fileprivate func requireInside(_ tensor: Tensor, at location: SourceLocation) {
    guard let count = loop.most, count > 0 else {
      misuse(
        "subscript: \(tensor.typeText)[\(row.text)]: a loop without a most number of steps "
          + "names no rows", at: location)
    }
    let ends = [row.offset, row.offset + row.scale * (count - 1)]
    guard let outside = ends.first(where: { !(0..<tensor.shape[0]).contains($0) }) else { return }
    misuse(
      "subscript: row \(row.text) of \(count) steps reaches \(outside), which \(tensor.typeText) "
        + "does not have", at: location)
  }
}
