// Subscripts: a tensor's elements, slices and strides as views.

import IRCore
import TensorIR

extension Tensor {
  /// Elements, slices and strides; axes that no index names stay whole.
  ///
  /// ```swift
  /// x[0]               // the first row
  /// x[-1, 1..<3]       // of the last row, elements 1 and 2
  /// x[.all, .stride(by: 2)]
  /// x[.ellipsis, .newAxis]
  /// ```
  public subscript<each Index: TensorIndex>(
    _ indices: repeat each Index, file file: String = #fileID, line line: Int = #line
  ) -> Tensor {
    var selections: [AxisSelection] = []
    for index in repeat each indices { selections.append(index.selection) }
    return selecting(selections, at: .line(file: file, line: line))
  }

  private func selecting(_ selections: [AxisSelection], at location: SourceLocation) -> Tensor {
    var slice = Slice(of: shape)
    for selection in expanded(selections, at: location) {
      if let problem = slice.append(selection) {
        misuse("subscript: \(typeText): \(problem)", at: location)
      }
    }
    return view(slice.indices, slice.shape, at: location)
  }

  /// The selections with the ellipsis, or the missing rest, written as whole axes.
  private func expanded(
    _ selections: [AxisSelection], at location: SourceLocation
  ) -> [AxisSelection] {
    let ellipses = selections.count { $0 == .rest }
    let used = selections.count { $0 != .rest && $0 != .insertion }
    guard ellipses <= 1 else { misuse("subscript: more than one ellipsis", at: location) }
    guard used <= rank else {
      misuse("subscript: \(typeText): \(used) indices for \(rank) axes", at: location)
    }
    let whole = [AxisSelection](repeating: .all, count: rank - used)
    guard let place = selections.firstIndex(of: .rest) else { return selections + whole }
    return selections[..<place] + whole + selections[(place + 1)...]
  }
}

/// Index map and shape of a subscript's result, axis by axis.
private struct Slice {
  let source: [Int]
  var indices: [IndexExpression] = []
  var shape: [Int] = []

  init(of source: [Int]) { self.source = source }

  /// Applies the next selection; returns what is wrong with it, if anything is.
  mutating func append(_ selection: AxisSelection) -> String? {
    switch selection {
    case .rest: return nil
    case .insertion:
      shape.append(1)
      return nil
    case .element(let index):
      let extent = source[indices.count]
      guard index >= -extent, index < extent else {
        return "index \(index) on axis \(indices.count) of extent \(extent)"
      }
      indices.append(IndexExpression(index < 0 ? index + extent : index))
      return nil
    case .range(let from, let to, let step): return append(from, to, step)
    }
  }

  private mutating func append(_ from: Int?, _ to: Int?, _ step: Int) -> String? {
    let axis = indices.count
    let extent = source[axis]
    guard step != 0 else { return "a stride of 0 on axis \(axis)" }
    func resolve(_ bound: Int) -> Int { bound < 0 ? bound + extent : bound }
    let first = from.map(resolve) ?? (step > 0 ? 0 : extent - 1)
    let end = to.map(resolve) ?? (step > 0 ? extent : -1)
    let allowed = step > 0 ? 0...extent : -1...max(extent - 1, -1)
    guard allowed.contains(first), allowed.contains(end) else {
      let text = "\(from.map(String.init) ?? "")..<\(to.map(String.init) ?? "")"
      return "range \(text) on axis \(axis) of extent \(extent)"
    }
    let count = max(
      0, step > 0 ? (end - first + step - 1) / step : (first - end - step - 1) / -step)
    indices.append(
      IndexExpression(first) + .variable(shape.count) * IndexExpression(step))
    shape.append(count)
    return nil
  }
}
