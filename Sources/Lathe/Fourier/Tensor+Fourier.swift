// Discrete Fourier transforms.
//
// Complex numbers are two floats along the last axis, real and imaginary part. f16 and bf16 compute
// in f32 and round once. All are compositions of contractions, so they compile, batch and have
// derivatives as those do. The error grows with the sum of the length's factors: below 1e-6 of the
// largest result for f32 at 2²⁰.

import IRCore

/// What the transforms divide by: each pair, forward and back, divides by the length in all.
public enum FourierNormalization: Sendable, Hashable {
  /// The inverse divides by n; NumPy's `backward`.
  case inverse
  /// The transform divides by n; NumPy's `forward`.
  case forward
  /// Both divide by √n; NumPy's `ortho`.
  case orthonormal

  fileprivate func scale(_ count: Int, isInverse: Bool) -> Double {
    switch self {
    case .inverse: isInverse ? 1 / Double(count) : 1
    case .forward: isInverse ? 1 : 1 / Double(count)
    case .orthonormal: 1 / Double(count).squareRoot()
    }
  }
}

extension Tensor {
  /// `X[k] = Σ x[n] · e^(-2πi·k·n/N)` along an axis of complex numbers, `[…, N, …, 2]`, of floats.
  public func fft(
    axis: Int = -2, normalization: FourierNormalization = .inverse, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    FourierCall("fft", at: .line(file: file, line: line))
      .complex(self, axis, sign: -1, normalization)
  }

  /// `x[n] = Σ X[k] · e^(2πi·k·n/N) / N` along an axis of complex numbers, `[…, N, …, 2]`, of floats.
  public func inverseFFT(
    axis: Int = -2, normalization: FourierNormalization = .inverse, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    FourierCall("inverseFFT", at: .line(file: file, line: line))
      .complex(self, axis, sign: 1, normalization)
  }

  /// Transforms along several axes of complex numbers, one after the other.
  public func fft(
    axes: [Int], normalization: FourierNormalization = .inverse, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    axes.reduce(self) {
      $0.fft(axis: $1, normalization: normalization, file: file, line: line)
    }
  }

  /// Inverse transforms along several axes of complex numbers, one after the other.
  public func inverseFFT(
    axes: [Int], normalization: FourierNormalization = .inverse, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    axes.reduce(self) {
      $0.inverseFFT(axis: $1, normalization: normalization, file: file, line: line)
    }
  }

  /// The first N/2 + 1 results of the transform of real numbers along an axis, as complex numbers:
  /// `[…, N, …]` to `[…, N/2 + 1, …, 2]`. The others are their conjugates.
  public func realFFT(
    axis: Int = -1, normalization: FourierNormalization = .inverse, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    FourierCall("realFFT", at: .line(file: file, line: line)).real(self, axis, normalization)
  }

  /// The real numbers whose `realFFT` this is: `[…, N/2 + 1, …, 2]` to `[…, N, …]`. What the imaginary
  /// parts of the first result, and of the last where N is even, say is not read.
  ///
  /// - Parameter count: N, twice the results less 2 for `nil`, or one more.
  public func inverseRealFFT(
    count: Int? = nil, axis: Int = -2, normalization: FourierNormalization = .inverse,
    file: String = #fileID, line: Int = #line
  ) -> Tensor {
    FourierCall("inverseRealFFT", at: .line(file: file, line: line))
      .inverseReal(self, count, axis, normalization)
  }

  /// The frequencies of the results of `fft`, in cycles per unit of `spacing`, f32: 0, 1, …, then the
  /// negative ones, over `count · spacing`.
  public static func fftFrequencies(
    _ count: Int, spacing: Double = 1, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    guard count > 0 else {
      misuse("fftFrequencies: a count from 1 on expected, found \(count)", file: file, line: line)
    }
    let places = (0..<count).map { $0 <= (count - 1) / 2 ? $0 : $0 - count }
    return Tensor(places.map { Float(Double($0) / (Double(count) * spacing)) })
  }

  /// The frequencies of the results of `realFFT` of `count` numbers, f32.
  public static func realFFTFrequencies(
    _ count: Int, spacing: Double = 1, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    guard count > 0 else {
      misuse(
        "realFFTFrequencies: a count from 1 on expected, found \(count)", file: file, line: line)
    }
    return Tensor((0...count / 2).map { Float(Double($0) / (Double(count) * spacing)) })
  }
}

/// A call of a transform: its checks, and the axis brought to its place.
private struct FourierCall {
  let name: String
  let location: SourceLocation

  init(_ name: String, at location: SourceLocation) {
    self.name = name
    self.location = location
  }

  private func requireFloat(_ x: Tensor) {
    guard x.dtype.isFloat else {
      misuse("\(name): \(x.typeText): a float type expected", at: location)
    }
  }

  private func requireComplex(_ x: Tensor) {
    requireFloat(x)
    guard x.rank >= 2, x.shape[x.rank - 1] == 2 else {
      misuse(
        "\(name): \(x.typeText): complex numbers expected, real and imaginary parts along the last "
          + "axis", at: location)
    }
  }

  /// The place of an axis of complex numbers, which is not the last one.
  private func place(_ axis: Int, of x: Tensor) -> Int {
    let place = Tensor.resolve(axis: axis, rank: x.rank, name, at: location)
    guard place < x.rank - 1 else {
      misuse("\(name): \(x.typeText): axis \(axis) holds the parts of numbers", at: location)
    }
    return place
  }

  private func requireElements(_ count: Int, _ x: Tensor, _ axis: Int) {
    guard count > 0 else {
      misuse("\(name): \(x.typeText): axis \(axis) has no elements", at: location)
    }
  }

  /// `body` on `[batch, count, 2]`, with the axis brought there and back.
  private func inLine(
    _ x: Tensor, _ place: Int, _ body: (Tensor) -> Tensor
  ) -> Tensor {
    var order = Array(0..<x.rank)
    order.insert(order.remove(at: place), at: x.rank - 2)
    let moved = x.permuted(order)
    let outer = Array(moved.shape.dropLast(2))
    let result = body(moved.reshaped(to: [outer.reduce(1, *)] + moved.shape.suffix(2)))
    var back = Array(0..<result.rank + outer.count - 1)
    back.insert(back.remove(at: outer.count), at: place)
    return result.reshaped(to: outer + result.shape.dropFirst()).permuted(back)
  }

  func complex(
    _ x: Tensor, _ axis: Int, sign: Double, _ normalization: FourierNormalization
  ) -> Tensor {
    let x = x.materialized
    requireComplex(x)
    let place = place(axis, of: x)
    let count = x.shape[place]
    requireElements(count, x, axis)
    let scale = normalization.scale(count, isInverse: sign > 0)
    let result = inLine(x.arithmetic, place) { line in
      scaled(FourierTransform(dtype: line.dtype, sign: sign)(line), scale)
    }
    return result.cast(to: x.dtype)
  }

  private func scaled(_ x: Tensor, _ scale: Double) -> Tensor {
    scale == 1 ? x : x * Tensor(scalar: .float(scale))
  }

  func real(_ x: Tensor, _ axis: Int, _ normalization: FourierNormalization) -> Tensor {
    let x = x.materialized
    requireFloat(x)
    let place = Tensor.resolve(axis: axis, rank: x.rank, name, at: location)
    let count = x.shape[place]
    requireElements(count, x, axis)
    let scale = normalization.scale(count, isInverse: false)
    let numbers = x.arithmetic.expandedDimensions(at: -1)
    let result = inLine(numbers, place) { line in
      scaled(count % 2 == 0 ? halved(line) : whole(line), scale)
    }
    return result.cast(to: x.dtype)
  }

  /// The results of an odd number of real numbers, `[batch, count, 1]`, as of complex ones.
  private func whole(_ x: Tensor) -> Tensor {
    let count = x.shape[1]
    let numbers = x.padded([(0, 0), (0, 0), (0, 1)])
    return FourierTransform(dtype: x.dtype, sign: -1)(numbers)[.all, 0..<count / 2 + 1]
  }

  /// The results of an even number of real numbers, `[batch, count, 1]`: those at even and at odd
  /// places are the parts of half as many complex numbers, whose transform tells them apart.
  private func halved(_ x: Tensor) -> Tensor {
    let half = x.shape[1] / 2
    let z = FourierTransform(dtype: x.dtype, sign: -1)(x.reshaped(to: [x.shape[0], half, 2]))
    let along = Tensor.concatenated([z, z[.all, 0..<1]], axis: 1)
    let against = along.flipped([1])
    let (a, b) = (along[.ellipsis, 0], along[.ellipsis, 1])
    let (c, d) = (against[.ellipsis, 0], against[.ellipsis, 1])
    // Even places: (z + z̄')/2; odd places: (z - z̄')/2i.
    let (even, evenImaginary) = ((a + c) * 0.5, (b - d) * 0.5)
    let (odd, oddImaginary) = ((b + d) * 0.5, (c - a) * 0.5)
    let (cosines, sines) = FourierTransform(dtype: x.dtype, sign: -1).turns(half + 1, of: 2 * half)
    return Tensor.stacked(
      [
        even + odd * cosines - oddImaginary * sines,
        evenImaginary + odd * sines + oddImaginary * cosines,
      ], axis: -1)
  }

  func inverseReal(
    _ x: Tensor, _ count: Int?, _ axis: Int, _ normalization: FourierNormalization
  ) -> Tensor {
    let x = x.materialized
    requireComplex(x)
    let place = place(axis, of: x)
    let known = x.shape[place]
    requireElements(known, x, axis)
    let count = count ?? Swift.max(1, 2 * known - 2)
    guard count > 0, count / 2 + 1 == known else {
      misuse(
        "\(name): \(x.typeText): \(known) results along axis \(axis) are those of "
          + "\(2 * known - 2) or \(2 * known - 1) numbers, found \(count)", at: location)
    }
    let scale = normalization.scale(count, isInverse: true)
    let result = inLine(x.arithmetic, place) { line in
      let (real, imaginary) = (line[.all, .all, 0..<1], line[.all, .all, 1..<2])
      let inner = 1..<Swift.max(1, count - count / 2)
      let mirrored = Tensor.concatenated([real, -imaginary], axis: 2)[.all, inner].flipped([1])
      let all = Tensor.concatenated([withoutImaginaryEnds(line, count), mirrored], axis: 1)
      return scaled(FourierTransform(dtype: line.dtype, sign: 1)(all)[.all, .all, 0..<1], scale)
    }
    return result.squeezed(at: -1).cast(to: x.dtype)
  }

  /// The results with 0 for the imaginary parts of those that are their own conjugates.
  private func withoutImaginaryEnds(_ line: Tensor, _ count: Int) -> Tensor {
    let place = Tensor.iota([line.shape[1], 2], axis: 0)
    let part = Tensor.iota([line.shape[1], 2], axis: 1)
    let last = Tensor(scalar: .integer(count % 2 == 0 ? count / 2 : 0))
    let isEnd = ((place .== 0) | (place .== last)) & (part .== 1)
    return isEnd.select(0, line)
  }
}
