// How parameters begin.

public import Lathe

/// Distribution that a parameter is drawn from, scaled by how many values meet in one output.
///
/// For a weight `[inputs, outputs]` the fan-in is `inputs` and the fan-out `outputs`; for a filter
/// `[outputs, inputs, kernel…]` both are times the elements of the kernel.
public enum Initializer: Hashable, Sendable {
  /// All elements alike.
  case constant(Double)
  /// Uniform in ±√(6 / (fan-in + fan-out)) (Xavier Glorot and Yoshua Bengio, *Understanding the
  /// difficulty of training deep feedforward neural networks*, 2010).
  case glorotUniform
  /// Normal of variance 2 / (fan-in + fan-out) (same source).
  case glorotNormal
  /// Uniform in ±√(6 / fan-in) (Kaiming He and others, *Delving deep into rectifiers*, 2015).
  case heUniform
  /// Normal of variance 2 / fan-in (same source).
  case heNormal
  /// Uniform in ±√(3 / fan-in) (Yann LeCun and others, *Efficient BackProp*, 1998).
  case leCunUniform
  /// Normal of variance 1 / fan-in (same source).
  case leCunNormal
  /// Uniform in ±bound.
  case uniform(Double)
  /// Normal with mean 0.
  case normal(deviation: Double)
  /// Normal with mean 0, cut at two standard deviations.
  case truncatedNormal(deviation: Double)
  /// Orthonormal rows or columns, whichever are fewer, times `gain` (Andrew Saxe and others, *Exact
  /// solutions to the nonlinear dynamics of learning in deep linear neural networks*, 2013), by
  /// Gram-Schmidt on the host. Axes after the first count as columns.
  case orthogonal(gain: Double = 1)

  /// A parameter of the given shape; `fan` is its fan-in and fan-out.
  public func callAsFunction(
    _ shape: [Int], fan: (in: Int, out: Int), _ dtype: DType = .f32, key: RandomKey,
    file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let (fanIn, fanOut) = (Double(max(1, fan.in)), Double(max(1, fan.out)))
    func uniform(_ bound: Double) -> Tensor {
      .randomUniform(shape, in: -bound..<bound, dtype, key: key, file: file, line: line)
    }
    func normal(_ deviation: Double) -> Tensor {
      .randomNormal(shape, deviation: deviation, dtype, key: key, file: file, line: line)
    }
    switch self {
    case .constant(let value): return .full(shape, value, dtype, file: file, line: line)
    case .glorotUniform: return uniform((6 / (fanIn + fanOut)).squareRoot())
    case .glorotNormal: return normal((2 / (fanIn + fanOut)).squareRoot())
    case .heUniform: return uniform((6 / fanIn).squareRoot())
    case .heNormal: return normal((2 / fanIn).squareRoot())
    case .leCunUniform: return uniform((3 / fanIn).squareRoot())
    case .leCunNormal: return normal((1 / fanIn).squareRoot())
    case .uniform(let bound): return uniform(bound)
    case .normal(let deviation): return normal(deviation)
    case .truncatedNormal(let deviation):
      return .randomTruncatedNormal(
        shape, deviation: deviation, dtype, key: key, file: file, line: line)
    case .orthogonal(let gain):
      let values = normal(1).cast(to: .f64, file: file, line: line)
      return orthonormal(values, gain).cast(to: dtype, file: file, line: line)
    }
  }

  /// A weight `[inputs, outputs]`.
  func weight(_ inputs: Int, _ outputs: Int, key: RandomKey) -> Tensor {
    self([inputs, outputs], fan: (inputs, outputs), key: key)
  }
}

/// Rows or columns of a matrix made orthonormal, times `gain`.
private func orthonormal(_ x: Tensor, _ gain: Double) -> Tensor {
  let shape = x.shape
  guard shape.count >= 2, x.count > 0 else { return x * gain }
  let (rows, columns) = (shape[0], x.count / shape[0])
  let values = x.scalars(as: Double.self)
  let isWide = rows <= columns
  let (count, length) = isWide ? (rows, columns) : (columns, rows)
  func place(_ vector: Int, _ element: Int) -> Int {
    isWide ? vector * columns + element : element * columns + vector
  }
  var vectors = (0..<count).map { vector in (0..<length).map { values[place(vector, $0)] } }
  for index in 0..<count {
    // Twice is enough (William Kahan's rule).
    for _ in 0..<2 {
      for other in 0..<index {
        let shared = zip(vectors[index], vectors[other]).reduce(0) { $0 + $1.0 * $1.1 }
        for k in 0..<length { vectors[index][k] -= shared * vectors[other][k] }
      }
    }
    let norm = vectors[index].reduce(0) { $0 + $1 * $1 }.squareRoot()
    for k in 0..<length { vectors[index][k] /= norm }
  }
  var result = values
  for vector in 0..<count {
    for element in 0..<length { result[place(vector, element)] = gain * vectors[vector][element] }
  }
  return Tensor(scalars: result, shape: shape)
}
