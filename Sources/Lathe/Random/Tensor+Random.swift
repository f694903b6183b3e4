// Random tensors of the continuous distributions.

public import IRCore
import TensorIR

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The C library's error function, whose name tensors take.
private func errorFunction(_ x: Double) -> Double {
  #if canImport(Darwin)
    Darwin.erf(x)
  #else
    Glibc.erf(x)
  #endif
}

extension Tensor {
  /// Uniformly distributed floats from the lower bound up to but not including the upper one.
  public static func randomUniform(
    _ shape: [Int], in range: Range<Double> = 0..<1, _ dtype: DType = .f32, key: RandomKey,
    file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let source = RandomSource("randomUniform", shape, dtype, key, at: location)
    requireFloat(dtype, "randomUniform", at: location)
    guard !range.isEmpty, (range.upperBound - range.lowerBound).isFinite else {
      misuse("randomUniform: nothing to draw from in \(range)", at: location)
    }
    var numbers = source.fractions(dtype)
    if range == 0..<1, !dtype.isShortFloat { return numbers }
    if range != 0..<1 {
      let width = source.number(range.upperBound - range.lowerBound)
      let scaled = source.apply(.mul, [numbers, width])
      numbers = source.apply(.add, [scaled, source.number(range.lowerBound)])
    }
    // What is rounded may come up to the bound.
    let greatest = Literal(dtype, below: range.upperBound).doubleValue
    return source.rounded(source.apply(.min, [numbers, source.number(greatest)]), to: dtype)
  }

  /// Normally distributed floats.
  public static func randomNormal(
    _ shape: [Int], mean: Double = 0, deviation: Double = 1, _ dtype: DType = .f32,
    key: RandomKey, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let source = RandomSource("randomNormal", shape, dtype, key, at: location)
    requireFloat(dtype, "randomNormal", at: location)
    return source.rounded(source.scaled(source.normals(dtype), mean, deviation), to: dtype)
  }

  /// Normally distributed floats of those within `range`, which counts in deviations from the mean.
  public static func randomTruncatedNormal(
    _ shape: [Int], in range: ClosedRange<Double> = -2...2, mean: Double = 0,
    deviation: Double = 1, _ dtype: DType = .f32, key: RandomKey, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let source = RandomSource("randomTruncatedNormal", shape, dtype, key, at: location)
    requireFloat(dtype, "randomTruncatedNormal", at: location)
    let low = errorFunction(range.lowerBound / 2.0.squareRoot())
    let high = errorFunction(range.upperBound / 2.0.squareRoot())
    guard low < high else {
      misuse("randomTruncatedNormal: nothing to draw from in \(range)", at: location)
    }
    let fractions = source.apply(
      .add,
      [
        source.apply(.mul, [source.openFractions(dtype), source.number(high - low)]),
        source.number(low),
      ])
    let value = source.apply(
      .mul, [source.inverseErrorFunction(fractions), source.number(2.0.squareRoot())])
    let inside = source.apply(
      .clamp, [value, source.number(range.lowerBound), source.number(range.upperBound)])
    return source.rounded(source.scaled(inside, mean, deviation), to: dtype)
  }

  static func requireFloat(_ dtype: DType, _ function: String, at location: SourceLocation) {
    guard !dtype.isFloat else { return }
    misuse("\(function): a float type expected, found \(dtype)", at: location)
  }
}

extension RandomSource {
  fileprivate func scaled(_ value: Tensor, _ mean: Double, _ deviation: Double) -> Tensor {
    let wide = deviation == 1 ? value : apply(.mul, [value, number(deviation)])
    return mean == 0 ? wide : apply(.add, [wide, number(mean)])
  }

  /// The number whose error function is `x`: the polynomials of Mike Giles, "Approximating the erfinv
  /// function", 2011, good to 4e-7; for f64 two of Halley's steps follow.
  fileprivate func inverseErrorFunction(_ x: Tensor) -> Tensor {
    let one = number(1)
    let product = apply(.mul, [apply(.sub, [one, x]), apply(.add, [one, x])])
    let w = apply(.neg, [apply(.log, [product])])
    let center = polynomial(apply(.sub, [w, number(2.5)]), Self.centerCoefficients)
    let tail = polynomial(
      apply(.sub, [apply(.sqrt, [w]), number(3)]), Self.tailCoefficients)
    let factor = apply(.select, [apply(.lt, [w, number(5)]), center, tail])
    var y = apply(.mul, [factor, x])
    guard x.dtype == .f64 else { return y }
    for _ in 0..<2 {
      let error = apply(.sub, [apply(.erf, [y]), x])
      let slope = apply(.mul, [apply(.exp, [apply(.mul, [y, y])]), number(0.886226925452758014)])
      let step = apply(.mul, [error, slope])
      let correction = apply(.add, [apply(.mul, [y, step]), one])
      y = apply(.sub, [y, apply(.div, [step, correction])])
    }
    return y
  }

  private func polynomial(_ x: Tensor, _ coefficients: [Double]) -> Tensor {
    coefficients.dropFirst().reduce(apply(.mul, [x, number(coefficients[0])])) { sum, next in
      let value = apply(.add, [sum, number(next)])
      return next == coefficients.last ? value : apply(.mul, [value, x])
    }
  }

  private static let centerCoefficients = [
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
    -0.00125372503, -0.00417768164, 0.246640727, 1.50140941,
  ]
  private static let tailCoefficients = [
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
    0.00943887047, 1.00167406, 2.83297682,
  ]
}

extension Literal {
  /// The greatest float of a type below a number.
  fileprivate init(_ type: DType, below bound: Double) {
    let nearest = Literal(type, bound)
    let sign: UInt64 = 1 << UInt64(type.bitWidth - 1)
    if nearest.doubleValue < bound {
      self = nearest
    } else if nearest.bits & ~sign == 0 {
      self.init(type, bits: sign | 1)
    } else {
      self.init(type, bits: nearest.bits < sign ? nearest.bits - 1 : nearest.bits + 1)
    }
  }
}
