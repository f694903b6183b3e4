// Other sizes and interpolation beside plain loops.

import Lathe

extension ArrayFunction {
  @ArrayFunctions static var sizes: [ArrayFunction] {
    ArrayFunction("resized, nearest, doubled") { x in
      x.resized(to: x.shape.map { $0 * 2 }, .nearest)
    } _: { x in
      HostArray(x.shape.map { $0 * 2 }) { x[$0.map { $0 / 2 }] }
    }
    ArrayFunction("resized, nearest, first of many") { x in
      x.resized(to: x.shape.map { _ in 1 }, .nearest, coordinates: .asymmetric)
    } _: { x in
      HostArray(x.shape.map { _ in 1 }, [x.values[0]])
    }
    linear("half pixel", .halfPixel) { (Double($0) + 0.5) * $1 / $2 - 0.5 }
    linear("align corners", .alignCorners) { Double($0) * ($1 - 1) / ($2 - 1) }
    linear("asymmetric", .asymmetric) { Double($0) * $1 / $2 }
    ArrayFunction("resized, cubic", vectorShapes, floats, tolerance: 256) {
      $0.resized(to: [6], .cubic)
    } _: { x in
      HostArray([6]) { index in
        let n = x.values.count
        let place = (Double(index[0]) + 0.5) * Double(n) / 6 - 0.5
        let low = Int(place.rounded(.down))
        return (low - 1...low + 2).reduce(0.0) { (sum: Double, tap: Int) -> Double in
          let weight: Double = cubic(abs(place - Double(tap)))
          return sum + weight * x.values[min(max(tap, 0), n - 1)]
        }
      }
    }
    ArrayFunction("interpolated", anyShapes, floats, tolerance: 8) { x in
      x.interpolated(
        positions: Tensor([1, 3, 4, 8]).cast(to: x.dtype),
        values: Tensor([2, 6, 0, 4]).cast(to: x.dtype))
    } _: { x in
      x.map { (value: Double) -> Double in
        switch value {
        case ...1: 2
        case ...3: 2 + (value - 1) * 2
        case ...4: 6 - (value - 3) * 6
        case ...8: value - 4
        default: 4
        }
      }
    }
  }

  private static func linear(
    _ name: String, _ coordinates: ResizeCoordinates,
    _ position: @escaping @Sendable (Int, Double, Double) -> Double
  ) -> ArrayFunction {
    ArrayFunction("resized, linear, \(name)", vectorShapes, floats, tolerance: 32) {
      $0.resized(to: [5], .linear, coordinates: coordinates)
    } _: { x in
      HostArray([5]) { index in
        let n = x.values.count
        let place = position(index[0], Double(n), 5)
        let low = place.rounded(.down)
        func value(_ place: Int) -> Double { x.values[min(max(place, 0), n - 1)] }
        let t: Double = place - low
        return value(Int(low)) * (1 - t) + value(Int(low) + 1) * t
      }
    }
  }

  private static func cubic(_ x: Double) -> Double {
    let a = -0.75
    let (square, cube) = (x * x, x * x * x)
    if x <= 1 { return (a + 2) * cube - (a + 3) * square + 1 }
    if x >= 2 { return 0 }
    let high: Double = a * cube - 5 * a * square
    return high + 8 * a * x - 4 * a
  }
}
