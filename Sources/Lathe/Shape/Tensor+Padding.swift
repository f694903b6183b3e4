// Padding: elements before and behind a tensor's own.

import IRCore
import TensorIR

/// What stands in a tensor's padding, made of its own elements.
public enum PaddingMode: Hashable, Sendable, CaseIterable {
  /// The nearest element: `a a | a b c | c c`.
  case edge
  /// The elements mirrored at the outermost one, which is not repeated: `c b | a b c | b a`.
  case reflect
  /// The elements mirrored behind the outermost one: `b a | a b c | c b`.
  case symmetric
  /// The elements from the other end: `b c | a b c | a b`.
  case wrap
}

extension PaddingMode {
  /// The most places that the elements of an axis fill.
  fileprivate func most(_ extent: Int) -> Int {
    switch self {
    case .edge: extent > 0 ? .max : 0
    case .reflect: max(0, extent - 1)
    case .symmetric, .wrap: extent
    }
  }

  /// The first of `count` elements that stand before those of an axis, and the step from one to the
  /// next.
  fileprivate func before(_ count: Int, _ extent: Int) -> (first: Int, step: Int) {
    switch self {
    case .edge: (0, 0)
    case .reflect: (count, -1)
    case .symmetric: (count - 1, -1)
    case .wrap: (extent - count, 1)
    }
  }

  /// The first of the elements that stand behind those of an axis, and the step from one to the
  /// next.
  fileprivate func behind(_ extent: Int) -> (first: Int, step: Int) {
    switch self {
    case .edge: (extent - 1, 0)
    case .reflect: (extent - 2, -1)
    case .symmetric: (extent - 1, -1)
    case .wrap: (0, 1)
    }
  }
}

extension Tensor {
  /// With `padding[k].before` elements of `value` before and `.after` behind axis `k`.
  public func padded(
    _ padding: [(before: Int, after: Int)], with value: ScalarValue = .float(0),
    file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    requirePadding(padding, at: location)
    guard let fill = value == .float(0) ? .zero(dtype) : value.literal(dtype) else {
      misuse("padded: \(typeText): \(value) is no \(dtype)", at: location)
    }
    let target = zip(shape, padding).map { $0 + $1.before + $1.after }
    Self.requireShape(target, dtype, "padded", at: location)
    let indices = padding.enumerated().map { axis, pad in
      IndexExpression.variable(axis) - IndexExpression(pad.before)
    }
    let guards = indices.indices.filter { target[$0] != shape[$0] }.map { axis in
      View.Guard(indices[axis], in: 0, IndexExpression(shape[axis]))
    }
    let view = View(indices, guards: guards, fill: guards.isEmpty ? nil : fill)
    return self.view(view, target, at: location)
  }

  /// With `padding[k].before` of its own elements before and `.after` behind axis `k`, as `mode`
  /// says.
  public func padded(
    _ padding: [(before: Int, after: Int)], mode: PaddingMode, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    requirePadding(padding, at: location)
    return padding.enumerated().reduce(self) { tensor, pad in
      tensor.padded(pad.offset, pad.element.before, pad.element.after, mode, at: location)
    }
  }

  private func padded(
    _ axis: Int, _ before: Int, _ after: Int, _ mode: PaddingMode, at location: SourceLocation
  ) -> Tensor {
    let extent = shape[axis]
    guard Swift.max(before, after) <= mode.most(extent) else {
      misuse(
        "padded: \(typeText): at most \(mode.most(extent)) elements to \(mode) along axis \(axis)"
          + " expected, found \(Swift.max(before, after))", at: location)
    }
    let (first, step) = mode.before(before, extent)
    let (next, stride) = mode.behind(extent)
    let pieces = [
      before > 0 ? piece(axis, from: first, by: step, count: before, at: location) : nil, self,
      after > 0 ? piece(axis, from: next, by: stride, count: after, at: location) : nil,
    ]
    return Self.joined(pieces.compactMap { $0 }, axis, "padded", at: location)
  }

  private func requirePadding(
    _ padding: [(before: Int, after: Int)], at location: SourceLocation
  ) {
    guard padding.count == rank, padding.allSatisfy({ $0.before >= 0 && $0.after >= 0 }) else {
      misuse("padded: \(typeText): expected \(rank) pairs of counts from 0 on", at: location)
    }
  }
}
