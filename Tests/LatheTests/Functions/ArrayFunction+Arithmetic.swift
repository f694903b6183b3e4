// Elementwise functions and differences beside plain loops.

import Foundation
import Lathe

extension ArrayFunction {
  private static let signed = numeric.filter { !$0.isUnsignedInteger }

  @ArrayFunctions static var arithmetic: [ArrayFunction] {
    ArrayFunction("isInfinite", anyShapes, floats) {
      (1 / ($0 - 3)).isInfinite()
    } _: { x in
      x.map { $0 == 3 ? 1 : 0 }
    }
    ArrayFunction("signBit", anyShapes, signed) {
      ($0 - 5).signBit()
    } _: { x in
      x.map { $0 < 5 ? 1 : 0 }
    }
    ArrayFunction("signBit of zero", anyShapes, floats) {
      ($0 * -0.0).signBit()
    } _: { x in
      x.map { _ in 1 }
    }
    ArrayFunction("nextAfter", anyShapes, [.f32]) {
      $0.nextAfter(5)
    } _: { x in
      x.map { (value: Double) -> Double in
        let y = Float(value)
        if y == 5 { return value }
        let next: Float = y < 5 ? y.nextUp : y.nextDown
        return Double(next)
      }
    }
    ArrayFunction("nextAfter, f64", anyShapes, [.f64]) {
      (-$0).nextAfter(-5)
    } _: { x in
      x.map { (value: Double) -> Double in
        let y = -value
        if y == -5 { return y }
        return y < -5 ? y.nextUp : y.nextDown
      }
    }
    ArrayFunction("remainder", anyShapes, signed) {
      ($0 - 6).remainder(4)
    } _: { x in
      x.map { (value: Double) -> Double in
        let y = value - 6
        return y - 4 * (y / 4).rounded(.down)
      }
    }
    ArrayFunction("remainder of a negative divisor", anyShapes, signed) {
      ($0 - 6).remainder(-4)
    } _: { x in
      x.map { (value: Double) -> Double in
        let y = value - 6
        return y + 4 * (y / -4).rounded(.down)
      }
    }
    ArrayFunction("remainder, unsigned", anyShapes, integers) {
      $0.remainder(5)
    } _: { x in
      x.map { $0.truncatingRemainder(dividingBy: 5) }
    }
    ArrayFunction("logAddExp", anyShapes, floats, tolerance: 16) {
      $0.logAddExp(6)
    } _: { x in
      x.map { log(exp($0) + exp(6)) }
    }
    ArrayFunction("squared", anyShapes, numeric.filter { $0 != .i8 }) {
      $0.squared()
    } _: { x in
      x.map { $0 * $0 }
    }
    ArrayFunction("reciprocal", anyShapes, floats, tolerance: 1) {
      ($0 + 1).reciprocal()
    } _: { x in
      x.map { 1 / ($0 + 1) }
    }
    ArrayFunction("isClose", anyShapes, numeric) { x in
      x.isClose(x + 1, relativeTolerance: 0.125, absoluteTolerance: 0.5)
    } _: { x in
      x.map { (value: Double) -> Double in
        1 <= 0.5 + 0.125 * (value + 1) ? 1 : 0
      }
    }
    ArrayFunction("differences", anyShapes, numeric) {
      $0.sorted().differences()
    } _: { x in
      x.rows { row in
        let sorted = row.sorted()
        return zip(sorted.dropFirst(), sorted).map { $0 - $1 }
      }
    }
    ArrayFunction("second differences", [[4], [3, 5], [17]], signed) {
      $0.differences(order: 2)
    } _: { x in
      x.rows { row in
        row.indices.dropFirst(2).map { (place: Int) -> Double in
          let outer: Double = row[place] + row[place - 2]
          return outer - 2 * row[place - 1]
        }
      }
    }
  }
}
