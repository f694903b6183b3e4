// Element types that elementwise functions and reductions do not take.

import Lathe

private let x = Tensor.zeros([2, 3])
private let i = Tensor([1, 2])
private let b = Tensor([true, false])

extension MisuseTable {
  static let arithmetic = MisuseTable(
    "ArithmeticMisuse.swift", ofFloats + ofIntegers + mixed + reduced + named)

  private typealias Unary = @Sendable (Tensor) -> Tensor
  private typealias Binary = @Sendable (Tensor, Tensor) -> Tensor

  private static let floatFunctions: [(String, Unary)] = [
    ("exp", { exp($0) }), ("exp2", { exp2($0) }), ("expm1", { expm1($0) }), ("log", { log($0) }),
    ("log2", { log2($0) }), ("log10", { log10($0) }), ("log1p", { log1p($0) }),
    ("sqrt", { sqrt($0) }), ("rsqrt", { rsqrt($0) }), ("cbrt", { cbrt($0) }),
    ("sin", { sin($0) }), ("cos", { cos($0) }), ("tan", { tan($0) }), ("asin", { asin($0) }),
    ("acos", { acos($0) }), ("atan", { atan($0) }), ("sinh", { sinh($0) }),
    ("cosh", { cosh($0) }), ("tanh", { tanh($0) }), ("asinh", { asinh($0) }),
    ("acosh", { acosh($0) }), ("atanh", { atanh($0) }), ("erf", { erf($0) }),
    ("erfc", { erfc($0) }), ("floor", { floor($0) }), ("ceil", { ceil($0) }),
    ("trunc", { trunc($0) }), ("round", { round($0) }), ("isNaN", { $0.isNaN() }),
    ("isFinite", { $0.isFinite() }),
  ]

  private static let ofFloats: [Entry] = floatFunctions.map { name, function in
    ("\(name): i64[2]: a float type expected, found i64", { _ = function(i) })
  }

  private static let integerFunctions: [(String, Unary)] = [
    ("popCount", { $0.popCount() }), ("leadingZeros", { $0.leadingZeros() }),
    ("mulHigh", { $0.mulHigh($0) }),
  ]

  private static let ofIntegers: [Entry] = integerFunctions.map { name, function in
    let operands = name == "popCount" || name == "leadingZeros" ? "f32[2,3]" : "f32[2,3], f32[2,3]"
    return ("\(name): \(operands): an integer type expected, found f32", { _ = function(x) })
  }

  private static let mixingFunctions: [(String, Binary)] = [
    ("pow", { pow($0, $1) }), ("atan2", { atan2($0, $1) }), ("hypot", { hypot($0, $1) }),
    ("min", { minimum($0, $1) }), ("max", { maximum($0, $1) }),
    ("floorDiv", { $0.floorDiv($1) }), ("copySign", { $0.copySign($1) }),
    ("rem", { $0.remainder($1) }), ("max", { $0.logAddExp($1) }),
  ]

  /// Each function with two types, and with two shapes.
  private static let mixed: [Entry] = mixingFunctions.flatMap { name, function -> [Entry] in
    let wide = Tensor.zeros([2, 3], .f64)
    let long = Tensor.zeros([4])
    return [
      (
        "\(name): f32[2,3], f64[2,3]: operands of one type expected, found f32 and f64; cast(to:) "
          + "converts", { _ = function(x, wide) }
      ),
      (
        "\(name): f32[2,3], f32[4] do not broadcast: axis -1 has 3 and 4",
        { _ = function(x, long) }
      ),
    ]
  }

  private static let reductions: [(String, @Sendable (Tensor, Int) -> Tensor)] = [
    ("sum", { $0.sum(axis: $1) }), ("product", { $0.product(axis: $1) }),
    ("max", { $0.max(axis: $1) }), ("min", { $0.min(axis: $1) }),
    ("mean", { $0.mean(axis: $1) }), ("variance", { $0.variance(axis: $1) }),
    ("standardDeviation", { $0.standardDeviation(axis: $1) }), ("norm", { $0.norm(axis: $1) }),
    ("argMax", { $0.argMax(axis: $1) }), ("argMin", { $0.argMin(axis: $1) }),
    ("any", { ($0 .> 0).any(axis: $1) }), ("all", { ($0 .> 0).all(axis: $1) }),
    ("cumulativeSum", { $0.cumulativeSum(axis: $1) }),
    ("cumulativeProduct", { $0.cumulativeProduct(axis: $1) }),
    ("cumulativeMax", { $0.cumulativeMax(axis: $1) }),
    ("cumulativeMin", { $0.cumulativeMin(axis: $1) }), ("softmax", { $0.softmax(axis: $1) }),
    ("sorted", { $0.sorted(axis: $1) }), ("topK", { $0.topK(1, axis: $1).values }),
    ("split", { $0.split([1], axis: $1)[0] }),
    ("expandedDimensions", { $0.expandedDimensions(at: $1 + 1) }),
    ("permuted", { $0.permuted([$1, 0]) }), ("transposed", { $0.transposed($1, 0) }),
    ("squeezed", { $0.squeezed(at: $1) }), ("flipped", { $0.flipped([$1]) }),
    ("take", { $0.take(i, axis: $1) }), ("scatter", { $0.scatter(1, at: i, axis: $1) }),
  ]

  /// Each function along an axis that is not there.
  private static let reduced: [Entry] = reductions.map { name, function in
    name == "expandedDimensions"
      ? ("\(name): axis 3 of a tensor of rank 3", { _ = function(x, 2) })
      : ("\(name): axis 2 of a tensor of rank 2", { _ = function(x, 2) })
  }

  private static let named: [Entry] = [
    (
      "isInfinite: i64[2]: a float type expected, found i64; cast(to:) converts",
      { _ = i.isInfinite() }
    ),
    ("signBit: bool[2]: a numeric type expected", { _ = b.signBit() }),
    (
      "nextAfter: i64[2]: a float type expected, found i64; cast(to:) converts",
      { _ = i.nextAfter(0) }
    ),
    (
      "nextAfter: f32[2,3], f64: operands of one type expected; cast(to:) converts",
      { _ = x.nextAfter(Tensor.zeros([], .f64)) }
    ),
    (
      "reciprocal: i64[2]: a float type expected, found i64; cast(to:) converts",
      { _ = i.reciprocal() }
    ),
    (
      "isClose: f32[2,3], i64[2]: operands of one numeric type expected; cast(to:) converts",
      { _ = x.isClose(i) }
    ),
    (
      "isClose: bool[2], bool[2]: operands of one numeric type expected; cast(to:) converts",
      { _ = b.isClose(b) }
    ),
  ]
}
