// Draws contractions, and chains of what comes before and after them.

import IRCore
import TensorIR

extension GraphDrawer {
  /// A contraction of a value with another one: some axes go together, some are summed over, and
  /// now and then an axis slides under another.
  mutating func contract(_ value: ValueID) -> ValueID? {
    guard type(value).dtype.isNumeric else { return nil }
    let fitting = (values + [value])
      .filter { type($0).dtype.isFloat == type(value).dtype.isFloat }
      .filter { type($0).dtype.isNumeric }
    let other = random.pick(fitting)
    var variables = VariableDrawer(random: random)
    let first = variables.map(extents(value), sliding: extents(other))
    let second = variables.map(extents(other), sliding: [])
    random = variables.random
    let (shape, summed, renamed) = variables.split(&random)
    guard shape.count < 6, shape.reduce(1, *) <= limit,
      (shape + summed).reduce(1, *) <= 64 * limit
    else { return nil }
    let maps = [first, second].map { map in map.map { $0.substituting(renamed) } }
    let dtype = random.oneIn(6) ? type(other).dtype : type(value).dtype
    let wide: DType = dtype.isFloat ? .f64 : .i64
    return try? builder.contract(
      value, other, maps: maps, shape: shape.map { IndexExpression($0) },
      summed: summed.map { IndexExpression($0) }, dtype: dtype,
      accumulator: random.oneIn(5) ? random.pick([wide, dtype]) : nil)
  }

  /// A contraction between elementwise nodes: some before its operand, a chain after it.
  mutating func layer(_ value: ValueID) -> [ValueID]? {
    var operand = value
    if random.oneIn(2), let before = elementwise(value) { operand = before }
    guard let sum = contract(operand) else { return nil }
    var made = [sum]
    for _ in 0..<random.integer(0...3) {
      guard let next = elementwise(made[made.count - 1]), extents(next) == extents(sum) else {
        break
      }
      made.append(next)
    }
    return made
  }
}

/// Variables of the index maps of one contraction while they are drawn.
private struct VariableDrawer {
  var random: SplitMix64
  private var extents: [Int] = []
  private var uses: [Int] = []

  init(random: SplitMix64) { self.random = random }

  private mutating func variable(_ extent: Int) -> IndexExpression {
    // A variable of this extent that stands already, or a new one.
    let known = extents.indices.filter { extents[$0] == extent }
    if !known.isEmpty, !random.oneIn(4) {
      let chosen = random.pick(known)
      uses[chosen] += 1
      return .variable(chosen)
    }
    extents.append(extent)
    uses.append(1)
    return .variable(extents.count - 1)
  }

  /// Indices for a shape; an axis may be indexed by the sum of two variables, one of which is as
  /// long as an axis of `sliding`.
  mutating func map(_ shape: [Int], sliding: [Int]) -> [IndexExpression] {
    shape.map { extent in
      if extent > 0, random.oneIn(8) { return IndexExpression(random.integer(0...extent - 1)) }
      let windows = sliding.filter { $0 > 1 && $0 < extent }
      guard !windows.isEmpty, random.oneIn(3) else { return variable(extent) }
      let window = random.pick(windows)
      let stride = random.integer(1...2)
      let places = (extent - window) / stride + 1
      return variable(places) * IndexExpression(stride) + variable(window)
    }
  }

  /// The result's extents, the summed ones, and where each variable went.
  func split(
    _ random: inout SplitMix64
  ) -> ([Int], [Int], (IndexExpression.Atom) -> IndexExpression?) {
    var isSummed: [Bool] = []
    for count in uses { isSummed.append(count > 1 ? !random.oneIn(3) : random.oneIn(6)) }
    let order = extents.indices.shuffled(using: &random)
    let kept = order.filter { !isSummed[$0] }
    let summed = order.filter { isSummed[$0] }
    let places = kept + summed
    return (
      kept.map { extents[$0] }, summed.map { extents[$0] },
      { atom in
        guard case .variable(let number) = atom else { return nil }
        return places.firstIndex(of: number).map { .variable($0) }
      }
    )
  }
}
