// What a subscript names: places along each axis of a tensor.

import Driver
import IRCore
import TensorIR

/// Index map and shape of a subscript, axis by axis.
struct Slice {
  /// The places along one axis of the source.
  struct Axis {
    let first: Int
    let step: Int
    let count: Int
    /// The axis of the slice that walks them; `nil` for a single element.
    let target: Int?

    /// The place on the axis, where `place` tells under which number the axis that walks is known.
    func index(_ place: (Int) -> Int) -> IndexExpression {
      guard let target else { return IndexExpression(first) }
      return IndexExpression(first) + .variable(place(target)) * IndexExpression(step)
    }
  }

  let source: [Int]
  private(set) var axes: [Axis] = []
  private(set) var shape: [Int] = []

  init(of source: [Int]) { self.source = source }

  /// Applies the next selection; returns what is wrong with it, if anything is.
  mutating func append(_ selection: AxisSelection) -> String? {
    switch selection {
    case .rest, .step, .tensor: return nil
    case .insertion:
      shape.append(1)
      return nil
    case .element(let index):
      let extent = source[axes.count]
      guard index >= -extent, index < extent else {
        return "index \(index) on axis \(axes.count) of extent \(extent)"
      }
      axes.append(
        Axis(first: index < 0 ? index + extent : index, step: 1, count: 1, target: nil))
      return nil
    case .range(let from, let to, let step): return append(from, to, step)
    }
  }

  private mutating func append(_ from: Int?, _ to: Int?, _ step: Int) -> String? {
    let axis = axes.count
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
    axes.append(Axis(first: first, step: step, count: count, target: shape.count))
    shape.append(count)
    return nil
  }

  /// Whether the slice is all of the source, as it stands there.
  var isWhole: Bool {
    shape == source
      && zip(axes, source).allSatisfy { $0.first == 0 && $0.step == 1 && $0.count == $1 }
  }

  /// From an index of the slice to one of the source.
  var indices: [IndexExpression] { axes.map { $0.index { $0 } } }

  /// The view of a value of the slice's shape that has the source's shape: `fill` stands where the
  /// slice does not reach.
  func inverse(fill: Literal) -> View {
    var indices = [IndexExpression](repeating: 0, count: shape.count)
    let guards = reach { target, index in indices[target] = index }
    return View(indices, guards: guards, fill: guards.isEmpty ? nil : fill)
  }

  /// What an index of the source must satisfy to lie in the slice.
  var guards: [View.Guard] { reach { _, _ in } }

  private func reach(_ body: (_ target: Int, _ index: IndexExpression) -> Void) -> [View.Guard] {
    var guards: [View.Guard] = []
    for (position, axis) in axes.enumerated() {
      let place = IndexExpression.variable(position)
      guard let target = axis.target else {
        if source[position] > 1 {
          guards.append(
            View.Guard(place, in: IndexExpression(axis.first), IndexExpression(axis.first + 1)))
        }
        continue
      }
      let distance =
        axis.step > 0 ? place - IndexExpression(axis.first) : IndexExpression(axis.first) - place
      let stride = IndexExpression(axis.step.magnitude == 1 ? 1 : Int(axis.step.magnitude))
      let index = axis.step.magnitude == 1 ? distance : distance.floorDiv(stride)
      body(target, index)
      if axis.step.magnitude > 1 { guards.append(View.Guard(distance.mod(stride), in: 0, 1)) }
      if axis.count < source[position] {
        guards.append(View.Guard(index, in: 0, IndexExpression(axis.count)))
      }
    }
    return guards
  }
}

extension Slice {
  /// The elements in row-major order as one run of the source: its first element, where the slice
  /// is one run.
  var run: Int? {
    var first = 0
    var isPartial = false
    var stride = 1
    for (axis, extent) in zip(axes, source).reversed() {
      if axis.count > 1, isPartial || axis.step != 1 { return nil }
      if axis.count < extent { isPartial = true }
      first += axis.first * stride
      stride *= extent
    }
    return first
  }

  /// Calls `body` with runs of elements that are neighbours in both: the first in the source, the
  /// first in the slice, and their number.
  func forEachRun(_ body: (_ source: Int, _ slice: Int, _ count: Int) -> Void) {
    let total = axes.reduce(1) { $0 * $1.count }
    guard total > 0 else { return }
    var strides = [Int](repeating: 1, count: source.count)
    for axis in strides.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * source[axis + 1]
    }
    let isRun = axes.last.map { $0.step == 1 } ?? true
    let length = isRun ? axes.last?.count ?? 1 : 1
    let outer = isRun ? axes.dropLast() : axes[...]
    let tail = isRun ? axes.last?.first ?? 0 : 0
    var counters = [Int](repeating: 0, count: outer.count)
    for position in stride(from: 0, to: total, by: length) {
      var place = tail
      for (index, axis) in outer.enumerated() {
        place += (axis.first + counters[index] * axis.step) * strides[index]
      }
      body(place, position, length)
      for index in counters.indices.reversed() {
        counters[index] += 1
        if counters[index] < outer[index].count { break }
        counters[index] = 0
      }
    }
  }
}
