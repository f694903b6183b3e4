// Shapes: reshape, permute, broadcast and their kin. All are views; none copies by itself.

import IRCore
import TensorIR

extension Tensor {
  /// The same elements in row-major order under another shape; one extent may be -1 and follows.
  public func reshaped(
    to shape: [Int], file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let target = resolved(shape, at: location)
    if target == self.shape { return self }
    return reshaped(target, at: location)
  }

  /// The same elements in row-major order under another shape; one extent may be -1 and follows.
  public func reshaped(_ shape: Int..., file: String = #fileID, line: Int = #line) -> Tensor {
    reshaped(to: shape, file: file, line: line)
  }

  /// One axis of all elements.
  public func flattened(file: String = #fileID, line: Int = #line) -> Tensor {
    reshaped(to: [count], file: file, line: line)
  }

  /// The axes in another order: axis `k` of the result is axis `axes[k]` of this.
  public func permuted(_ axes: [Int], file: String = #fileID, line: Int = #line) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let resolved = axes.map { Self.resolve(axis: $0, rank: rank, "permuted", at: location) }
    guard resolved.sorted() == Array(0..<rank) else {
      misuse("permuted: \(typeText): \(axes) is no order of its axes", at: location)
    }
    var indices = [IndexExpression](repeating: 0, count: rank)
    for (axis, source) in resolved.enumerated() { indices[source] = .variable(axis) }
    return view(indices, resolved.map { shape[$0] }, at: location)
  }

  /// The axes in reverse order.
  public func transposed(file: String = #fileID, line: Int = #line) -> Tensor {
    permuted((0..<rank).reversed(), file: file, line: line)
  }

  /// Two axes exchanged.
  public func transposed(
    _ first: Int, _ second: Int, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    var axes = Array(0..<rank)
    axes.swapAt(
      Self.resolve(axis: first, rank: rank, "transposed", at: location),
      Self.resolve(axis: second, rank: rank, "transposed", at: location))
    return permuted(axes, file: file, line: line)
  }

  /// A new axis of extent 1 before axis `axis` of this; -1 puts it last.
  public func expandedDimensions(
    at axis: Int, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let axis = Self.resolve(axis: axis, rank: rank + 1, "expandedDimensions", at: location)
    var target = shape
    target.insert(1, at: axis)
    let indices = (0..<rank).map { IndexExpression.variable($0 < axis ? $0 : $0 + 1) }
    return view(indices, target, at: location)
  }

  /// Without axis `axis`, whose extent must be 1; without every axis of extent 1 for `nil`.
  public func squeezed(
    at axis: Int? = nil, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let dropped: [Int]
    if let axis {
      dropped = [Self.resolve(axis: axis, rank: rank, "squeezed", at: location)]
      guard shape[dropped[0]] == 1 else {
        misuse("squeezed: \(typeText): axis \(axis) has extent \(shape[dropped[0]])", at: location)
      }
    } else {
      dropped = shape.indices.filter { shape[$0] == 1 }
    }
    let kept = shape.indices.filter { !dropped.contains($0) }
    var indices = [IndexExpression](repeating: 0, count: rank)
    for (axis, source) in kept.enumerated() { indices[source] = .variable(axis) }
    return view(indices, kept.map { shape[$0] }, at: location)
  }

  /// Repeated to `shape` by NumPy's rule: axes match from the last, an extent of 1 or a missing
  /// axis repeats.
  public func broadcast(
    to shape: [Int], file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    Self.requireShape(shape, dtype, "broadcast", at: location)
    return broadcast(to: shape, "broadcast", at: location)
  }

  /// The elements in reverse order along `axes`, by default all.
  public func flipped(
    _ axes: [Int]? = nil, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let chosen = (axes ?? Array(0..<rank)).map {
      Self.resolve(axis: $0, rank: rank, "flipped", at: location)
    }
    let indices = shape.enumerated().map { axis, extent -> IndexExpression in
      let index = IndexExpression.variable(axis)
      return chosen.contains(axis) ? IndexExpression(extent - 1) - index : index
    }
    return view(indices, shape, at: location)
  }
}

extension Tensor {
  /// A view of this tensor, which is itself when it maps every index to itself.
  func view(_ view: View, _ shape: [Int], at location: SourceLocation) -> Tensor {
    let isIdentity =
      shape == self.shape && view.guards.isEmpty
      && view.indices.enumerated().allSatisfy { $1.asVariable == $0 }
    if isIdentity { return self }
    let operand = materialized
    return Tensor(.view(view), [.node(operand.node)], dtype: dtype, shape: shape, at: location)
  }

  /// As many elements, in row-major order, under another shape.
  func reshaped(_ shape: [Int], at location: SourceLocation) -> Tensor {
    view(Reshape.map(from: self.shape, to: shape), shape, at: location)
  }

  func view(
    _ indices: [IndexExpression], _ shape: [Int], at location: SourceLocation
  ) -> Tensor {
    view(View(indices), shape, at: location)
  }

  func broadcast(to shape: [Int], _ function: String, at location: SourceLocation) -> Tensor {
    if shape == self.shape { return self }
    let missing = shape.count - rank
    let isPossible =
      missing >= 0
      && self.shape.enumerated().allSatisfy { $1 == 1 || $1 == shape[$0 + missing] }
    guard isPossible else {
      misuse("\(function): \(typeText) does not broadcast to \(shape)", at: location)
    }
    let indices = self.shape.enumerated().map { axis, extent -> IndexExpression in
      extent == 1 ? 0 : .variable(axis + missing)
    }
    return view(indices, shape, at: location)
  }

  /// An axis counted from the front for one that may count from the end: -1 is the last.
  static func resolve(
    axis: Int, rank: Int, _ function: String, at location: SourceLocation
  ) -> Int {
    guard axis >= -rank, axis < rank else {
      misuse("\(function): axis \(axis) of a tensor of rank \(rank)", at: location)
    }
    return axis < 0 ? axis + rank : axis
  }

  /// `shape` with the extent for its -1.
  private func resolved(_ shape: [Int], at location: SourceLocation) -> [Int] {
    let known = shape.filter { $0 != -1 }
    let product = known.reduce(1, *)
    var target = shape
    if known.count == shape.count - 1, product > 0, count % product == 0,
      let free = shape.firstIndex(of: -1)
    {
      target[free] = count / product
    }
    guard target.allSatisfy({ $0 >= 0 }), target.reduce(1, *) == count else {
      misuse("reshaped: \(typeText) has \(count) elements, not those of \(shape)", at: location)
    }
    return target
  }
}
