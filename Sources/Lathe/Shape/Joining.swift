// Tensors joined and split along an axis.

import IRCore
import TensorIR

extension Tensor {
  /// Tensors of one type and shape but for the axis, one after the other along it.
  public static func concatenated(
    _ parts: [Tensor], axis: Int = 0, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    joined(parts, axis, "concatenated", at: .line(file: file, line: line))
  }

  /// `concatenated` for `function`, which errors name.
  static func joined(
    _ parts: [Tensor], _ axis: Int, _ function: String, at location: SourceLocation
  ) -> Tensor {
    guard let first = parts.first else {
      misuse("\(function): at least one tensor expected", at: location)
    }
    let axis = resolve(axis: axis, rank: first.rank, function, at: location)
    let parts = parts.map(\.materialized)
    let types = parts.map { TensorType($0.dtype, extents: $0.shape) }
    switch TensorType.concatenated(types, axis: axis) {
    case .failure(let mismatch):
      let list = types.map(\.description).joined(separator: ", ")
      misuse("\(function): \(list) \(mismatch.problem)", at: location)
    case .success(let type):
      let shape = type.extents ?? []
      requireShape(shape, first.dtype, function, at: location)
      if parts.count == 1 { return parts[0] }
      return Tensor(
        .concat(axis: axis), parts.map { .node($0.node) }, dtype: first.dtype, shape: shape,
        at: location)
    }
  }

  /// Tensors of one type and shape as the places along a new axis before axis `axis`; -1 puts it last.
  public static func stacked(
    _ parts: [Tensor], axis: Int = 0, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    guard let first = parts.first else {
      misuse("stacked: at least one tensor expected", at: location)
    }
    let place = resolve(axis: axis, rank: first.rank + 1, "stacked", at: location)
    if let other = parts.first(where: { $0.shape != first.shape || $0.dtype != first.dtype }) {
      misuse(
        "stacked: \(first.typeText), \(other.typeText): one type and shape expected",
        at: location)
    }
    return joined(
      parts.map { $0.expandedDimensions(at: place, file: file, line: line) }, place, "stacked",
      at: location)
  }

  /// Parts of the given extents along an axis, which add up to the axis' extent.
  public func split(
    _ extents: [Int], axis: Int = 0, file: String = #fileID, line: Int = #line
  ) -> [Tensor] {
    let location = SourceLocation.line(file: file, line: line)
    let axis = Self.resolve(axis: axis, rank: rank, "split", at: location)
    guard extents.allSatisfy({ $0 >= 0 }), extents.reduce(0, +) == shape[axis] else {
      misuse(
        "split: \(typeText): extents from 0 on with the sum \(shape[axis]) expected, found "
          + "\(extents)", at: location)
    }
    var start = 0
    return extents.map { extent in
      defer { start += extent }
      return piece(axis, from: start, count: extent, at: location)
    }
  }

  /// A number of equal parts along an axis, whose extent it divides.
  public func split(
    into count: Int, axis: Int = 0, file: String = #fileID, line: Int = #line
  ) -> [Tensor] {
    let location = SourceLocation.line(file: file, line: line)
    let place = Self.resolve(axis: axis, rank: rank, "split", at: location)
    guard count > 0, shape[place] % count == 0 else {
      misuse(
        "split: \(typeText): a number of parts that divides \(shape[place]) expected, found "
          + "\(count)", at: location)
    }
    let extents = [Int](repeating: shape[place] / count, count: count)
    return split(extents, axis: axis, file: file, line: line)
  }
}
