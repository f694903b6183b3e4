// Discrete Fourier transforms as products with small matrices.

import IRCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Transform of `count` numbers along the middle axis of `[batch, count, 2]`: real and imaginary parts
/// stand last.
///
/// A length with factors is split as by Cooley and Tukey (*An algorithm for the machine calculation of
/// complex Fourier series*, 1965): with `n = m·p + q` and `k = r + a·s` for a length `a·m` come m
/// transforms of length a first, then the twiddles `w^(q·r)`, then a transforms of length m. Digits of
/// the result stand in the order in which they were found, and are turned around at the end. A short
/// transform is one contraction with its matrix, whose complex elements are 2×2 real ones: that is
/// where a CPU's multiply-adds run at their peak; where many share them, the twiddles are part of one
/// matrix for each q. A long prime length goes by Bluestein's convolution (*A linear filtering approach
/// to the computation of discrete Fourier transform*, 1970).
struct FourierTransform {
  /// Longest length that is one contraction; longer primes are convolutions.
  static let longestDirect = 64
  /// Most complex elements of the matrices that have twiddles.
  private static let largestTable = 1 << 16

  let dtype: DType
  /// Multiplies angles: -1 forward, 1 back.
  let sign: Double

  func callAsFunction(_ x: Tensor) -> Tensor {
    let (batch, count) = (x.shape[0], x.shape[1])
    if count <= 1 { return x }
    guard let factors = Self.factors(of: count) else { return convolved(x) }
    // [batch, what is left of the count, digits found, 2]
    var line = x.reshaped(to: [batch, count, 1, 2])
    for factor in factors { line = transformed(line, by: factor) }
    if factors.count == 1 { return line.reshaped(to: [batch, count, 2]) }
    let digits = line.reshaped(to: [batch] + factors + [2])
    return digits.permuted([0] + (1...factors.count).reversed() + [factors.count + 1])
      .reshaped(to: [batch, count, 2])
  }

  /// Factors of a length, each at most `longestDirect`; `nil` where there are none such.
  static func factors(of count: Int) -> [Int]? {
    var (factors, rest) = ([Int](), count)
    while rest > 1 {
      guard let factor = factor(of: rest) else {
        guard rest <= longestDirect else { return nil }
        return factors + [rest]
      }
      factors.append(factor)
      rest /= factor
    }
    return factors
  }

  /// Takes the first digit out of what is left: `[batch, factor · rest, found, 2]` to
  /// `[batch, rest, found · factor, 2]`, with its twiddles.
  private func transformed(_ line: Tensor, by factor: Int) -> Tensor {
    let (batch, found) = (line.shape[0], line.shape[2])
    let rest = line.shape[1] / factor
    let parts = line.reshaped(to: [batch, factor, rest, found, 2])
    let shape = [batch, rest, found * factor, 2]
    if rest > 1, batch * found >= 16, rest * factor * factor <= Self.largestTable {
      return einsum("bmqoc, qmcj -> bqoj", parts, matrices(factor, turns: rest))
        .reshaped(to: shape)
    }
    let sums = einsum("bmqoc, mcj -> bqoj", parts, matrices(factor, turns: 1).squeezed(at: 0))
    if rest == 1 { return sums.reshaped(to: shape) }
    let turned = product(
      sums.reshaped(to: [batch, rest, found, factor, 2]),
      twiddles(factor, rest).expandedDimensions(at: 1))
    return turned.reshaped(to: shape)
  }

  /// The factor to take out: all of a short length, else one of at most 32 that leaves as many
  /// transforms of about the same length as are needed; `nil` for a length whose least factor is longer.
  static func factor(of count: Int) -> Int? {
    if count <= 32 { return count }
    var stages = 1
    while pow(32, Double(stages)) < Double(count) { stages += 1 }
    let even = pow(Double(count), 1 / Double(stages)).rounded(.down)
    let factors = (2...32).filter { count % $0 == 0 }
    return factors.first { Double($0) >= even } ?? factors.last
  }

  // MARK: Tables

  /// The matrices of a transform with the twiddles of each q, `[turns, count, 2, count · 2]`.
  private func matrices(_ count: Int, turns: Int) -> Tensor {
    var values: [Double] = []
    values.reserveCapacity(turns * count * count * 4)
    for q in 0..<turns {
      for m in 0..<count {
        let parts = (0..<count).map { root($0 * (m * turns + q), of: count * turns) }
        for part in parts { values += [part.real, part.imaginary] }
        for part in parts { values += [-part.imaginary, part.real] }
      }
    }
    return Tensor(scalars: values, shape: [turns, count, 2, count * 2]).cast(to: dtype)
  }

  /// `w^(q·r)`, `[rest, factor, 2]`.
  private func twiddles(_ factor: Int, _ rest: Int) -> Tensor {
    var values: [Double] = []
    values.reserveCapacity(factor * rest * 2)
    for q in 0..<rest {
      for r in 0..<factor {
        let part = root(r * q, of: factor * rest)
        values += [part.real, part.imaginary]
      }
    }
    return Tensor(scalars: values, shape: [rest, factor, 2]).cast(to: dtype)
  }

  /// `e^(sign · 2πi · number / count)`: exact for quarters, the angle within an eighth of a turn.
  private func root(_ number: Int, of count: Int) -> (real: Double, imaginary: Double) {
    let (quarter, rest) = (4 * (number % count)).quotientAndRemainder(dividingBy: count)
    let isSteep = 2 * rest > count
    let angle = Double.pi / 2 * Double(isSteep ? count - rest : rest) / Double(count)
    let (x, y) = isSteep ? (sin(angle), cos(angle)) : (cos(angle), sin(angle))
    let turned = [(x, y), (-y, x), (-x, -y), (y, -x)][quarter]
    return (turned.0, sign * turned.1)
  }

  /// Cosines and sines of the first `number` angles of `count`, `[number]` each.
  func turns(_ number: Int, of count: Int) -> (cosines: Tensor, sines: Tensor) {
    let roots = (0..<number).map { root($0, of: count) }
    return (
      cosines: Tensor(roots.map(\.real)).cast(to: dtype),
      sines: Tensor(roots.map(\.imaginary)).cast(to: dtype)
    )
  }

  // MARK: Convolutions

  /// `x` with chirps around a circular convolution of a length with small factors:
  /// `k·n = (k² + n² - (k - n)²) / 2`.
  private func convolved(_ x: Tensor) -> Tensor {
    let count = x.shape[1]
    var length = 1
    while length < 2 * count - 1 { length *= 2 }
    let chirp = (0..<count).map { root($0 * $0 % (2 * count), of: 2 * count) }
    var kernel = [Double](repeating: 0, count: 2 * length)
    for (place, part) in chirp.enumerated() {
      for index in place == 0 ? [0] : [place, length - place] {
        kernel[2 * index] = part.real
        kernel[2 * index + 1] = -part.imaginary
      }
    }
    let turn = Tensor(scalars: chirp.flatMap { [$0.real, $0.imaginary] }, shape: [count, 2])
      .cast(to: dtype)
    let forward = FourierTransform(dtype: dtype, sign: -1)
    let back = FourierTransform(dtype: dtype, sign: 1)
    let filter = forward(Tensor(scalars: kernel, shape: [1, length, 2]).cast(to: dtype))
    let padded = product(x, turn).padded([(0, 0), (0, length - count), (0, 0)])
    let found = back(product(forward(padded), filter))[.all, 0..<count]
    return product(found, turn) * Tensor(scalar: .float(1 / Double(length)))
  }

  /// Complex products; shapes broadcast.
  private func product(_ x: Tensor, _ y: Tensor) -> Tensor {
    let (a, b) = (x[.ellipsis, 0], x[.ellipsis, 1])
    let (c, d) = (y[.ellipsis, 0], y[.ellipsis, 1])
    return Tensor.stacked([a * c - b * d, a * d + b * c], axis: -1)
  }
}
