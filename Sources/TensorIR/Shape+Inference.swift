// Rules on shapes that the builder, the verifier and the tensor API share.

public import IRCore

extension TensorType {
  /// The shape to which operands broadcast by NumPy's rules: axes align from the last, and an axis
  /// of extent 1 repeats.
  public static func broadcastShape(
    of operation: String, _ operands: [TensorType]
  ) throws(InferenceError) -> [IndexExpression] {
    let rank = operands.map(\.rank).max() ?? 0
    var shape: [IndexExpression] = []
    for axis in 0..<rank {
      var extent: IndexExpression = 1
      for operand in operands where axis >= rank - operand.rank {
        let found = operand.shape[axis - rank + operand.rank]
        if found == 1 || found == extent { continue }
        guard extent == 1 else {
          throw .shape(
            operation, operands,
            "do not broadcast: axis \(axis) is \(Self.text(extent)) and \(Self.text(found))")
        }
        extent = found
      }
      shape.append(extent)
    }
    return shape
  }

  /// An extent as text.
  static func text(_ extent: IndexExpression) -> String { extent.text { "?\($0)" } }

  /// A shape as text: `[2,n]`.
  static func text(_ shape: [IndexExpression]) -> String {
    "[\(shape.map { text($0) }.joined(separator: ","))]"
  }

  /// Index map of a reshape: result axes to operand axes, in row-major order.
  ///
  /// Axes of extent 1 fall away, then the shortest runs of axes with equal products are mapped
  /// each on its own, so that axes that stay keep plain indices. `nil` when the element counts are
  /// not equal expressions.
  package static func reshapeIndices(
    from old: [IndexExpression], to new: [IndexExpression]
  ) -> [IndexExpression]? {
    func product(_ shape: some Sequence<IndexExpression>) -> IndexExpression {
      shape.reduce(1) { $0 * $1 }
    }
    guard product(old) == product(new) else { return nil }
    var indices = [IndexExpression](repeating: 0, count: old.count)
    if product(old) == 0 { return indices }
    let facts = AxisFacts(new)
    var olds = old.indices.filter { old[$0] != 1 }[...]
    var news = new.indices.filter { new[$0] != 1 }[...]
    while !olds.isEmpty, !news.isEmpty {
      let (a, b) = Self.shortestRuns(olds.map { old[$0] }, news.map { new[$0] })
      var linear = IndexExpression(0)
      for axis in news.prefix(b) { linear = linear * new[axis] + .variable(axis) }
      for axis in olds.prefix(a).dropFirst().reversed() {
        indices[axis] = facts.simplify(linear.mod(old[axis]))
        linear = facts.simplify(linear.floorDiv(old[axis]))
      }
      if let first = olds.first { indices[first] = facts.simplify(linear) }
      olds = olds.dropFirst(a)
      news = news.dropFirst(b)
    }
    return indices
  }

  /// How many axes at the start of each shape have equal products, as few as possible.
  private static func shortestRuns(
    _ a: [IndexExpression], _ b: [IndexExpression]
  ) -> (Int, Int) {
    var best = (a.count, b.count)
    var left = IndexExpression(1)
    for i in 1...a.count {
      left = left * a[i - 1]
      var right = IndexExpression(1)
      for j in 1...b.count {
        right = right * b[j - 1]
        if left == right, i + j < best.0 + best.1 { best = (i, j) }
      }
    }
    return best
  }
}

/// Values of symbols, found by matching the shapes of parameters with those of arguments.
struct SymbolBindings {
  private(set) var values: [String: IndexExpression]

  init(_ values: [String: IndexExpression] = [:]) { self.values = values }

  /// Binds the symbols of `pairs` of (parameter's extent, argument's extent): plain symbols first,
  /// then those in `factor * symbol + constant`.
  mutating func bind(_ pairs: [(parameter: IndexExpression, argument: IndexExpression)]) {
    for (parameter, argument) in pairs where Self.isPlain(parameter) {
      bind(parameter, argument)
    }
    for (parameter, argument) in pairs where !Self.isPlain(parameter) {
      bind(parameter, argument)
    }
  }

  private mutating func bind(_ parameter: IndexExpression, _ argument: IndexExpression) {
    guard parameter.terms.count == 1, parameter.terms[0].factors.count == 1,
      case .symbol(let name) = parameter.terms[0].factors[0], values[name] == nil
    else { return }
    let factor = IndexExpression(parameter.terms[0].coefficient)
    let product = argument - IndexExpression(parameter.constant)
    let quotient = product.floorDiv(factor)
    if quotient * factor == product { values[name] = quotient }
  }

  private static func isPlain(_ extent: IndexExpression) -> Bool {
    extent.constant == 0 && extent.terms.count == 1 && extent.terms[0].coefficient == 1
      && extent.terms[0].factors.count == 1
  }

  /// The expression with the known symbols replaced.
  func substituted(_ expression: IndexExpression) -> IndexExpression {
    expression.substituting { atom in
      guard case .symbol(let name) = atom else { return nil }
      return values[name]
    }
  }
}
