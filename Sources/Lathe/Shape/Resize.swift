// Pictures and signals in another size.

import IRCore
import TensorIR

/// How `resized` finds an element of the result.
public enum ResizeMethod: Hashable, Sendable {
  /// The nearest element; of two equally near ones the first.
  case nearest
  /// Between the two neighbours along each axis.
  case linear
  /// By the cubic convolution of the four neighbours along each axis; `a` is its parameter.
  case cubic(a: Double)

  /// Cubic convolution with the parameter -0.75.
  public static let cubic = ResizeMethod.cubic(a: -0.75)
}

/// Which place of a source a place of the result is, along an axis.
public enum ResizeCoordinates: Hashable, Sendable, CaseIterable {
  /// Elements are areas: `(x + 0.5) · source / target - 0.5`.
  case halfPixel
  /// The first and the last elements match: `x · (source - 1) / (target - 1)`.
  case alignCorners
  /// The first elements match: `x · source / target`.
  case asymmetric
}

extension Tensor {
  /// This tensor with other extents, each axis on its own: the elements between are interpolated,
  /// and the outermost ones go on outside. Nothing is averaged where extents shrink.
  ///
  /// ```swift
  /// image.resized(to: [1, 3, 448, 448], .linear)
  /// ```
  ///
  /// Float types; `nearest` takes all. The formulas are those of the ONNX operator Resize.
  public func resized(
    to shape: [Int], _ method: ResizeMethod = .linear,
    coordinates: ResizeCoordinates = .halfPixel, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let isPossible =
      shape.count == rank
      && zip(self.shape, shape).allSatisfy { ($1 == 0 || $0 > 0) && $1 >= 0 }
    guard isPossible, dtype.isFloat || method == .nearest else {
      misuse(
        "resized: \(typeText): \(rank) extents, elements to take, and a float type unless nearest "
          + "expected, found \(shape)", at: location)
    }
    Self.requireShape(shape, dtype, "resized", at: location)
    return shape.indices.filter { shape[$0] != self.shape[$0] }.reduce(self) { tensor, axis in
      let taps = ResizeTaps(
        from: self.shape[axis], to: shape[axis], method: method, coordinates: coordinates)
      return tensor.combined(taps, axis, at: location)
    }
  }

  /// The weighted sum of the elements that taps name along an axis, in the order of the taps.
  private func combined(
    _ taps: ResizeTaps, _ axis: Int, at location: SourceLocation
  ) -> Tensor {
    var sum: Tensor?
    for tap in taps.taps {
      let element = take(Tensor(tap.places), axis: axis)
      guard taps.taps.count > 1 else { return element }
      let weights = Tensor(tap.weights).cast(to: dtype).view(
        [.variable(axis)], element.shape, at: location)
      let term = Self.apply(.mul, [element, weights], at: location)
      sum = sum.map { Self.apply(.add, [$0, term], at: location) } ?? term
    }
    return sum ?? self
  }
}

/// Which elements along an axis make each element of a resized one.
private struct ResizeTaps {
  /// For each place of the result an element of the source and its weight.
  struct Tap {
    var places: [Int] = []
    var weights: [Double] = []
  }

  private(set) var taps: [Tap] = []

  init(
    from source: Int, to target: Int, method: ResizeMethod, coordinates: ResizeCoordinates
  ) {
    for place in 0..<target {
      let position = coordinates.position(place, from: source, to: target)
      for (number, (offset, weight)) in method.weights(position).enumerated() {
        if taps.count <= number { taps.append(Tap()) }
        taps[number].places.append(min(max(offset, 0), source - 1))
        taps[number].weights.append(weight)
      }
    }
    if target == 0 { taps = [Tap()] }
  }
}

extension ResizeCoordinates {
  /// The place of the source that is place `x` of the result.
  fileprivate func position(_ x: Int, from source: Int, to target: Int) -> Double {
    let ratio = Double(source) / Double(target)
    return switch self {
    case .halfPixel: (Double(x) + 0.5) * ratio - 0.5
    case .asymmetric: Double(x) * ratio
    case .alignCorners: target == 1 ? 0 : Double(x * (source - 1)) / Double(target - 1)
    }
  }
}

extension ResizeMethod {
  /// The elements that make the value at a position, and their weights, which add up to 1.
  fileprivate func weights(_ position: Double) -> [(offset: Int, weight: Double)] {
    let low = position.rounded(.down)
    let t = position - low
    switch self {
    case .nearest: return [(Int((position - 0.5).rounded(.up)), 1)]
    case .linear: return [(Int(low), 1 - t), (Int(low) + 1, t)]
    case .cubic(let a):
      return (-1...2).map { (Int(low) + $0, Self.kernel(abs(t - Double($0)), a)) }
    }
  }

  /// The cubic convolution kernel at a distance from 0 to 2 (R. Keys, "Cubic Convolution
  /// Interpolation for Digital Image Processing", 1981, equation 4).
  private static func kernel(_ x: Double, _ a: Double) -> Double {
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
  }
}
