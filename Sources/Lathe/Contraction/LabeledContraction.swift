// Contractions by labels: axes of one label go together.

import Driver
import IRCore
import TensorIR

/// A contraction as a caller asks for it: what errors name, and in which type sums are formed.
struct ContractionCall {
  /// The function that the caller sees.
  let function: String
  /// Type in which products are added; for `nil` the operands', or f32 where they are f16 or bf16.
  let accumulator: DType?
  /// The caller's line.
  let location: SourceLocation

  init(_ function: String, accumulator: DType? = nil, at location: SourceLocation) {
    self.function = function
    self.accumulator = accumulator
    self.location = location
  }

  /// Ends the process with a message that names the operands.
  func fail(_ operands: [Tensor], _ problem: String) -> Never {
    misuse("\(function): \(Tensor.list(operands)) \(problem)", at: location)
  }

  /// Operands that are values of one numeric type.
  func requireTypes(_ operands: [Tensor]) {
    for operand in operands where !operand.dtype.isNumeric {
      fail(operands, "hold \(operand.dtype), a numeric type expected; cast(to:) converts")
    }
    for operand in operands where operand.dtype != operands[0].dtype {
      fail(operands, "do not match: one element type expected; cast(to:) converts")
    }
    guard let accumulator else { return }
    if accumulator.isFloat != operands[0].dtype.isFloat || !accumulator.isNumeric {
      fail(
        operands,
        "cannot be summed in \(accumulator): floats are summed in floats, integers in integers")
    }
  }

  /// The node: index maps are over the result's axes and then the summed variables.
  func contract(
    _ a: Tensor, _ b: Tensor, maps: [[IndexExpression]], shape: [Int], summed: [Int]
  ) -> Tensor {
    requireTypes([a, b])
    Tensor.requireShape(shape, a.dtype, function, at: location)
    let contraction = Contraction(
      operands: maps, summed: summed.map { IndexExpression($0) },
      accumulator: accumulator ?? a.dtype.arithmeticType)
    return Tensor(
      .contract(contraction), [.node(a.node), .node(b.node)], dtype: a.dtype, shape: shape,
      at: location)
  }
}

/// A tensor whose axes have labels.
struct Labeled<Label: Hashable> {
  let tensor: Tensor
  let labels: [Label]

  init(_ tensor: Tensor, _ labels: [Label]) {
    self.tensor = tensor.materialized
    self.labels = labels
  }

  /// The extent along a label: that of its axis, or of the longest, since extent 1 repeats.
  func extent(of label: Label) -> Int? {
    zip(labels, tensor.shape).filter { $0.0 == label }.map(\.1).max()
  }

  /// The index of each axis when labels stand at `places`; an axis of extent 1 repeats.
  func map(_ places: [Label: IndexExpression]) -> [IndexExpression] {
    zip(labels, tensor.shape).map { label, extent in
      extent == 1 ? 0 : places[label] ?? 0
    }
  }
}

extension ContractionCall {
  /// The product of two labeled tensors with the axes `result`, summed over all other labels in
  /// order of first occurrence.
  ///
  /// Labels of both have equal extents, or one of extent 1. Labels that only one operand has, and
  /// the result lacks, are summed in that operand beforehand. Where nothing is left to sum, this
  /// is an elementwise product.
  func callAsFunction<Label: Hashable>(
    _ a: Labeled<Label>, _ b: Labeled<Label>, to result: [Label]
  ) -> Tensor {
    requireTypes([a.tensor, b.tensor])
    let a = summingOut(a, keeping: Set(b.labels).union(result))
    let b = summingOut(b, keeping: Set(a.labels).union(result))
    func extent(_ label: Label) -> Int {
      let (x, y) = (a.extent(of: label), b.extent(of: label))
      // An extent of 1 repeats, to 0 times too.
      return x == nil || x == 1 ? y ?? x ?? 1 : x ?? 1
    }
    var summed: [Label] = []
    for label in a.labels + b.labels where !result.contains(label) && !summed.contains(label) {
      summed.append(label)
    }
    var places: [Label: IndexExpression] = [:]
    for (place, label) in (result + summed).enumerated() { places[label] = .variable(place) }
    let shape = result.map(extent)
    let maps = [a.map(places), b.map(places)]
    if summed.isEmpty {
      let factors = zip([a.tensor, b.tensor], maps).map { $0.view($1, shape, at: location) }
      return Tensor.apply(.mul, factors, at: location)
    }
    return contract(
      a.tensor, b.tensor, maps: maps, shape: shape, summed: summed.map(extent))
  }

  /// A tensor with its labels in the order of `result`, summed over the others; a label that
  /// several axes have takes their diagonal.
  func arranged<Label: Hashable>(_ x: Labeled<Label>, to result: [Label]) -> Tensor {
    let x = summingOut(x, keeping: Set(result))
    var places: [Label: IndexExpression] = [:]
    for (place, label) in result.enumerated() { places[label] = .variable(place) }
    let shape = result.map { x.extent(of: $0) ?? 1 }
    return x.tensor.view(x.map(places), shape, at: location)
  }

  /// A tensor summed over the labels that are not `kept`.
  private func summingOut<Label: Hashable>(
    _ x: Labeled<Label>, keeping kept: Set<Label>
  ) -> Labeled<Label> {
    if x.labels.allSatisfy(kept.contains) { return x }
    var labels: [Label] = []
    for label in x.labels where !labels.contains(label) { labels.append(label) }
    // A label that stands twice is a diagonal, taken before it is summed.
    var places: [Label: IndexExpression] = [:]
    for (place, label) in labels.enumerated() { places[label] = .variable(place) }
    let diagonal = x.tensor.view(
      x.map(places), labels.map { x.extent(of: $0) ?? 1 }, at: location)
    let axes = labels.indices.filter { !kept.contains(labels[$0]) }
    let sum = AxisReduction(ascending: axes, function, at: location)(.sum, diagonal)
    return Labeled(sum, labels.filter(kept.contains))
  }
}
