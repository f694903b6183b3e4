// Functions of one tensor beside the same function of a host array.

import Lathe

/// A function of the library, the shapes and element types on which it is tried, and what it must
/// give.
struct ArrayFunction: Sendable, CustomStringConvertible {
  let description: String
  let shapes: [[Int]]
  let dtypes: [DType]
  /// In units of the element type's epsilon, relative to the larger of 1 and the value.
  let tolerance: Double
  let function: @Sendable (Tensor) -> Tensor
  let reference: @Sendable (HostArray) -> HostArray

  init(
    _ name: String, _ shapes: [[Int]] = Self.anyShapes, _ dtypes: [DType] = DType.allCases,
    tolerance: Double = 0, _ function: @escaping @Sendable (Tensor) -> Tensor,
    _ reference: @escaping @Sendable (HostArray) -> HostArray
  ) {
    description = name
    self.shapes = shapes
    self.dtypes = dtypes
    self.tolerance = tolerance
    self.function = function
    self.reference = reference
  }

  static let anyShapes = [[4], [3, 5], [1, 3], [2, 3, 4], [17]]
  static let matrixShapes = [[3, 3], [4, 2], [2, 3, 5], [1, 17]]
  static let vectorShapes = [[1], [2], [9], [17]]
  static let numeric = DType.allCases.filter { $0.isNumeric }
  static let floats = DType.allCases.filter { $0.isFloat }
  static let integers = DType.allCases.filter { $0.isInteger }

  /// Whether the result's shape depends on the operand's elements.
  var hasShapeOfValues: Bool {
    [
      "unique", "distinctElements, inverse", "distinctElements, counts", "x[mask]",
      "distinctElements, indices", "nonZero", "binCounts, as many as needed",
    ].contains(description)
  }

  static let all = arrangements + subscripts + searches + arithmetic + sizes
}

/// Lists rows one below the other.
@resultBuilder enum ArrayFunctions {
  static func buildBlock(_ rows: ArrayFunction...) -> [ArrayFunction] { rows }
}

extension ArrayFunction {
  @ArrayFunctions static var arrangements: [ArrayFunction] {
    ArrayFunction("tiled, last axis") {
      $0.tiled([3])
    } _: { x in
      x.moved(x.rank - 1, x.shape[x.rank - 1] * 3) { $0 % x.shape[x.rank - 1] }
    }
    ArrayFunction("tiled, new axis") {
      $0.tiled([2] + $0.shape.map { _ in 1 })
    } _: { x in
      HostArray([2] + x.shape, x.values + x.values)
    }
    ArrayFunction("repeated") {
      $0.repeated(2, axis: -1)
    } _: { x in
      x.moved(x.rank - 1, x.shape[x.rank - 1] * 2) { $0 / 2 }
    }
    ArrayFunction("repeated, all") {
      $0.repeated(3)
    } _: { x in
      x.flattened().moved(0, x.values.count * 3) { $0 / 3 }
    }
    ArrayFunction("repeated by counts") { x in
      x.repeated((0..<x.shape[0]).map { $0 % 3 }, axis: 0)
    } _: { x in
      let places = (0..<x.shape[0]).flatMap { [Int](repeating: $0, count: $0 % 3) }
      return x.moved(0, places.count) { places[$0] }
    }
    ArrayFunction("rolled") {
      $0.rolled(by: 2, axis: 0)
    } _: { x in
      let n = x.shape[0]
      return x.moved(0, n) { ($0 - 2 % n + n) % n }
    }
    ArrayFunction("rolled back, all") {
      $0.rolled(by: -1)
    } _: { x in
      let n = x.values.count
      return x.flattened().moved(0, n) { ($0 + 1) % n }.reshaped(x.shape)
    }
    ArrayFunction("rolled, two axes", matrixShapes) {
      $0.rolled(by: [1, -1], axes: [0, -1])
    } _: {
      x in
      let (n, m) = (x.shape[0], x.shape[x.rank - 1])
      return x.moved(0, n) { ($0 - 1 + n) % n }.moved(x.rank - 1, m) { ($0 + 1) % m }
    }
    ArrayFunction("movedAxis", matrixShapes) {
      $0.movedAxis(from: -1, to: 0)
    } _: { x in
      HostArray([x.shape[x.rank - 1]] + x.shape.dropLast()) {
        x[Array($0.dropFirst()) + [$0[0]]]
      }
    }
    ArrayFunction("unstacked") {
      $0.unstacked(axis: 0).last!
    } _: { x in
      let last = x.shape[0] - 1
      return HostArray(Array(x.shape.dropFirst())) { x[[last] + $0] }
    }
    ArrayFunction("flipped") {
      $0.flipped([-1])
    } _: { x in
      x.rows { $0.reversed() }
    }
    ArrayFunction("padded with 1") {
      $0.padded($0.shape.map { _ in (1, 0) }, with: $0.dtype == .bool ? true : 1)
    } _: { x in
      HostArray(x.shape.map { $0 + 1 }) { $0.contains(0) ? 1 : x[$0.map { $0 - 1 }] }
    }
    padding("edge", .edge) { place, n in min(max(place, 0), n - 1) }
    padding("reflect", .reflect) { place, n in
      place < 0 ? -place : place >= n ? 2 * n - 2 - place : place
    }
    padding("symmetric", .symmetric) { place, n in
      place < 0 ? -place - 1 : place >= n ? 2 * n - 1 - place : place
    }
    padding("wrap", .wrap) { place, n in (place + n) % n }
    ArrayFunction("diagonal", matrixShapes) {
      $0.diagonal()
    } _: { x in
      let (rows, columns) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
      return HostArray(x.shape.dropLast(2) + [min(rows, columns)]) { x[$0 + [$0[$0.count - 1]]] }
    }
    ArrayFunction("diagonal above", matrixShapes) {
      $0.diagonal(offset: 1)
    } _: { x in
      let (rows, columns) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
      return HostArray(x.shape.dropLast(2) + [min(rows, columns - 1)]) {
        x[$0 + [$0[$0.count - 1] + 1]]
      }
    }
    ArrayFunction("diagonalMatrix") {
      $0.diagonalMatrix()
    } _: { x in
      HostArray(x.shape + [x.shape[x.rank - 1]]) { index in
        index[x.rank - 1] == index[x.rank] ? x[Array(index.dropLast())] : 0
      }
    }
    ArrayFunction("lowerTriangle", matrixShapes) {
      $0.lowerTriangle()
    } _: { x in
      HostArray(x.shape) { $0[x.rank - 1] <= $0[x.rank - 2] ? x[$0] : 0 }
    }
    ArrayFunction("upperTriangle above", matrixShapes) {
      $0.upperTriangle(offset: 1)
    } _: { x in
      HostArray(x.shape) { $0[x.rank - 1] >= $0[x.rank - 2] + 1 ? x[$0] : 0 }
    }
    ArrayFunction("meshGrid", vectorShapes) {
      Tensor.meshGrid([$0, $0])[0]
    } _: { x in
      HostArray([x.shape[0], x.shape[0]]) { x[[$0[0]]] }
    }
    ArrayFunction("meshGrid swapped", vectorShapes) {
      Tensor.meshGrid([$0, $0], swapsFirst: true)[0]
    } _: { x in
      HostArray([x.shape[0], x.shape[0]]) { x[[$0[1]]] }
    }
  }

  private static func padding(
    _ name: String, _ mode: PaddingMode, _ place: @escaping @Sendable (Int, Int) -> Int
  ) -> ArrayFunction {
    ArrayFunction("padded, \(name)", [[4], [3, 5], [2, 3, 4], [17]]) { x in
      var padding = x.shape.map { _ in (before: 0, after: 0) }
      padding[x.rank - 1] = (2, 1)
      return x.padded(padding, mode: mode)
    } _: { x in
      let n = x.shape[x.rank - 1]
      return x.moved(x.rank - 1, n + 3) { place($0 - 2, n) }
    }
  }
}
