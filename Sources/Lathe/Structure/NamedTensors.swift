// The tensors of a value, for those who look at a model from outside.

import Driver

/// A tensor of a model with where it stands.
public struct NamedTensor: Sendable {
  /// The stored properties and subscripts that lead to it: `layers[2].weight`.
  public let path: String
  /// The tensor.
  public let tensor: Tensor
  /// Whether it is a `@Statistic`, which no optimizer changes.
  public let isStatistic: Bool
}

/// The tensors of a struct, tuple, array, dictionary or optional of such, in the order of the
/// declarations: what `compile` and `gradient` take apart.
public func namedTensors<Value>(of value: Value) -> [NamedTensor] {
  var result: [NamedTensor] = []
  var isStatistic = false
  withUnsafePointer(to: value) { place in
    Structure.of(Value.self).visit(UnsafeRawPointer(place), path: "") { leaf, path in
      switch leaf {
      case .tensor(let tensor):
        let path = (path ?? "").split(separator: ".", omittingEmptySubsequences: true)
          .map { $0.hasPrefix("_") ? $0.dropFirst() : $0 }.joined(separator: ".")
        result.append(NamedTensor(path: path, tensor: tensor, isStatistic: isStatistic))
        isStatistic = false
      case .value(.other(let mark)): isStatistic = mark.value is StatisticMark
      case .value, .unsupported: break
      }
    }
  }
  return result
}

/// Calls `body` with every tensor of a value to change it, in the order of `namedTensors(of:)`.
public func updateTensors<Value>(of value: inout Value, _ body: (inout Tensor) -> Void) {
  withUnsafeMutablePointer(to: &value) {
    Structure.of(Value.self).update(UnsafeMutableRawPointer($0), body)
  }
}

/// A tensor of a model that follows the data and is not trained: a running mean. Gradients and
/// optimizers leave it alone; checkpoints keep it.
///
/// ```swift
/// struct Normalization { @Statistic var mean: Tensor }
/// ```
@propertyWrapper
public struct Statistic: Sendable {
  /// The tensor.
  public var wrappedValue: Tensor

  /// Begins with a tensor.
  public init(wrappedValue: Tensor) { self.wrappedValue = wrappedValue }
}

/// Tells a statistic from other tensors.
struct StatisticMark: Hashable, Sendable {}

extension Statistic: StructureContainer {
  static func visit(
    _ place: UnsafeRawPointer, path: String?, _ body: (StructureLeaf, String?) -> Void
  ) {
    body(.value(.other(SendablePart(StatisticMark()))), path)
    body(.tensor(place.assumingMemoryBound(to: Self.self).pointee.wrappedValue), path)
  }

  static func update(_ place: UnsafeMutableRawPointer, _ body: (inout Tensor) -> Void) {
    body(&place.assumingMemoryBound(to: Self.self).pointee.wrappedValue)
  }
}

extension Tensor {
  /// Whether two handles are of one computation: the same value, computed once.
  package func isSame(as other: Tensor) -> Bool { materialized.node === other.materialized.node }
}
