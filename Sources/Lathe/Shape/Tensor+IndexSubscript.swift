// Subscripts in which tensors stand: integers and masks, as NumPy has them.

import IRCore
import TensorIR

/// What a subscript names in a tensor.
enum SubscriptPlaces {
  case slice(Slice)
  /// Places by index tensors.
  case indexed(IndexedPlaces)
}

extension AxisSelection {
  /// The index tensor.
  var indexTensor: Tensor? { if case .tensor(let index) = self { index.tensor } else { nil } }

  /// The index tensor, where it is a mask.
  var mask: Tensor? { indexTensor.flatMap { $0.dtype == .bool ? $0 : nil } }

  /// Number of axes of the tensor that it selects from.
  var axisCount: Int {
    switch self {
    case .rest, .insertion: 0
    case .element, .range, .step: 1
    case .tensor(let index): index.tensor.dtype == .bool ? index.tensor.rank : 1
    }
  }

  /// Whether it stands for a place and not for an axis of what is named.
  private var namesPlaces: Bool {
    switch self {
    case .element, .tensor: true
    case .rest, .insertion, .range, .step: false
    }
  }

  /// How many axes of what the selections name stand before those of index tensors; see
  /// `IndexedPlaces`.
  static func startOfTensors(_ selections: [AxisSelection]) -> Int {
    let places = selections.indices.filter { selections[$0].namesPlaces }
    guard let first = places.first, first + places.count - 1 == places.last else { return 0 }
    return first
  }
}

extension Tensor {
  func places(_ selections: [AxisSelection], at location: SourceLocation) -> SubscriptPlaces {
    guard selections.contains(where: { $0.indexTensor != nil }) else {
      return .slice(slice(selections, at: location))
    }
    let selections = expanded(selections, at: location)
    return .indexed(IndexedPlaces(self, selections, at: location))
  }

  func reading(_ places: SubscriptPlaces, at location: SourceLocation) -> Tensor {
    switch places {
    case .slice(let slice): reading(slice, at: location)
    case .indexed(let places): places.gathered(.error)
    }
  }

  mutating func assign(
    _ value: Tensor, to places: SubscriptPlaces, at location: SourceLocation
  ) {
    switch places {
    case .slice(let slice): assign(value, to: slice, at: location)
    case .indexed(let places):
      self = places.scattered(value.typed(as: self, at: location), .set, .error)
    }
  }

  /// Sets what a mask selects to values that do not depend on how many places it has: no shape
  /// depends on the mask then. `false` where the subscript has no mask, or more than one tensor, or
  /// has a value for each place.
  mutating func assignWhere(
    _ value: Tensor, _ selections: [AxisSelection], at location: SourceLocation
  ) -> Bool {
    let tensors = selections.compactMap(\.indexTensor)
    guard tensors.count == 1, let mask = selections.compactMap(\.mask).first else { return false }
    let selections = expanded(selections, at: location)
    let before = selections.prefix { $0.indexTensor == nil }
    let axis = before.reduce(0) { $0 + $1.axisCount }
    requireMask(mask, axis: axis, at: location)
    let whole = [AxisSelection](repeating: .all, count: mask.rank)
    let slice = slice(before + whole + selections[(before.count + 1)...], at: location)
    guard let first = slice.axes[axis].target else { return false }
    let behind = slice.shape.count - first - mask.rank
    let start = AxisSelection.startOfTensors(selections)
    guard let value = value.typed(as: self, at: location).repeating(over: mask.rank, behind),
      value.rank <= behind || start == first
    else { return false }
    let spread = value.fitted(to: self, slice, at: location)
    let held = mask.view(
      mask.shape.indices.map { .variable(first + $0) }, slice.shape, at: location)
    let part = view(slice.indices, slice.shape, at: location)
    let chosen = Self.apply(.select, [held, spread, part], at: location)
    if slice.isWhole { self = chosen } else { assign(chosen, to: slice, at: location) }
    return true
  }

  /// A value for each place of a mask of `rank` axes, `behind` more axes behind it, as a value for
  /// each element that the mask may select; `nil` where it differs from place to place.
  private func repeating(over rank: Int, _ behind: Int) -> Tensor? {
    let place = self.rank - behind - 1
    guard place >= 0 else { return self }
    guard shape[place] == 1 else { return nil }
    var target = shape
    target.replaceSubrange(place...place, with: [Int](repeating: 1, count: rank))
    return reshaped(target, at: .unknown)
  }

  /// Ends with a message unless `mask` has the extents of the axes from `axis` on.
  func requireMask(_ mask: Tensor, axis: Int, at location: SourceLocation) {
    let end = axis + mask.rank
    guard mask.rank > 0, end <= rank, mask.shape == Array(shape[axis..<end]) else {
      misuse(
        "subscript: \(typeText): a mask with the extents of axes from \(axis) on expected, found "
          + "\(mask.typeText)", at: location)
    }
  }
}
