// Arrays of numbers by plain loops, to which the library's functions are held.

import Lathe

/// Dense array in row-major order, each element a Double whatever its type.
struct HostArray: Equatable, Sendable {
  var shape: [Int]
  var values: [Double]

  init(_ shape: [Int], _ values: [Double]) {
    self.shape = shape
    self.values = values
  }

  /// The array whose element at each index `body` gives.
  init(_ shape: [Int], _ body: ([Int]) -> Double) {
    self.shape = shape
    values = Self.indices(shape).map(body)
  }

  /// Integers that are neither sorted nor distinct, from 0 to 1 for `bool` and from 0 to 12 else.
  init(sample shape: [Int], _ dtype: DType) {
    var state = 7
    self.init(shape) { _ in
      state = (state * 31 + 17) % 1009
      return Double(dtype == .bool ? state % 2 : state % 13)
    }
  }

  /// Reads a tensor.
  init(_ tensor: Tensor) {
    self.init(tensor.shape, tensor.cast(to: .f64).scalars(as: Double.self))
  }

  var rank: Int { shape.count }

  /// All indices in row-major order.
  static func indices(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { prefixes, extent in
      prefixes.flatMap { prefix in (0..<extent).map { prefix + [$0] } }
    }
  }

  subscript(_ index: [Int]) -> Double {
    values[zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }]
  }

  /// The array with another extent along an axis, each element from the source at the place that
  /// `place` gives for the one of the result; 0 where it gives none.
  func moved(_ axis: Int, _ extent: Int, _ place: (Int) -> Int?) -> HostArray {
    var target = shape
    target[axis] = extent
    return HostArray(target) { index in
      guard let found = place(index[axis]) else { return 0 }
      var source = index
      source[axis] = found
      return self[source]
    }
  }

  /// The vectors along the last axis, each made another.
  func rows(_ body: ([Double]) -> [Double]) -> HostArray {
    let extent = shape[rank - 1]
    let count = shape.dropLast().reduce(1, *)
    let rows = (0..<count).map { body(Array(values[$0 * extent..<($0 + 1) * extent])) }
    let width = rows.first?.count ?? body([Double](repeating: 0, count: extent)).count
    return HostArray(shape.dropLast() + [width], rows.flatMap { $0 })
  }

  /// Each element made another.
  func map(_ body: (Double) -> Double) -> HostArray { HostArray(shape, values.map(body)) }

  func flattened() -> HostArray { HostArray([values.count], values) }

  func reshaped(_ shape: [Int]) -> HostArray { HostArray(shape, values) }

  /// The axes in reverse order.
  func transposed() -> HostArray {
    HostArray(shape.reversed()) { self[$0.reversed()] }
  }
}

/// How the elements of an operand lie in memory.
enum Layout: CaseIterable {
  case contiguous, transposed, sliced

  /// A tensor with the elements of `array`.
  func tensor(_ array: HostArray, _ dtype: DType) -> Tensor {
    func dense(_ array: HostArray) -> Tensor {
      Tensor(scalars: array.values, shape: array.shape, dtype: dtype)
    }
    switch self {
    case .contiguous: return dense(array)
    case .transposed: return dense(array.transposed()).transposed()
    case .sliced:
      guard array.rank > 0 else { return dense(array) }
      let last = array.rank - 1
      let wide = array.moved(last, array.shape[last] * 2 + 1) { $0 % 2 == 1 ? $0 / 2 : nil }
      return dense(wide)[.ellipsis, .stride(from: 1, by: 2)]
    }
  }
}
