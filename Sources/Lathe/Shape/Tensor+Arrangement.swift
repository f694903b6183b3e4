// Elements repeated, moved and taken apart: views and what joins them.

import IRCore
import TensorIR

extension Tensor {
  /// The tensor as a tile, `counts[k]` times along axis `k`. Where there are more counts than axes,
  /// or fewer, they match from the last; what is missing is 1.
  public func tiled(_ counts: [Int], file: String = #fileID, line: Int = #line) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    guard counts.allSatisfy({ $0 >= 0 }) else {
      misuse("tiled: \(typeText): counts from 0 on expected, found \(counts)", at: location)
    }
    let rank = Swift.max(self.rank, counts.count)
    let extents = [Int](repeating: 1, count: rank - self.rank) + shape
    let counts = [Int](repeating: 1, count: rank - counts.count) + counts
    let target = zip(extents, counts).map { $0.multipliedFullWidth(by: $1) }
    let shape = target.map { $0.high == 0 ? Int(bitPattern: $0.low) : -1 }
    Self.requireShape(shape, dtype, "tiled", at: location)
    let places = self.shape.indices.map {
      IndexExpression.variable(2 * ($0 + rank - self.rank) + 1)
    }
    let tiles = view(places, zip(counts, extents).flatMap { [$0, $1] }, at: location)
    return tiles.reshaped(shape, at: location)
  }

  /// Each element along an axis `count` times, one beside the other; in row-major order among all
  /// for `nil`.
  public func repeated(
    _ count: Int, axis: Int? = nil, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    guard count >= 0 else {
      misuse("repeated: \(typeText): a count from 0 on expected, found \(count)", at: location)
    }
    guard let axis else {
      return reshaped([self.count], at: location).repeated(count, axis: 0, file: file, line: line)
    }
    let place = Self.resolve(axis: axis, rank: rank, "repeated", at: location)
    var spread = shape
    spread.insert(count, at: place + 1)
    Self.requireShape(spread, dtype, "repeated", at: location)
    var target = shape
    target[place] *= count
    let places = shape.indices.map { IndexExpression.variable($0 > place ? $0 + 1 : $0) }
    return view(places, spread, at: location).reshaped(target, at: location)
  }

  /// Each element along an axis as often as its count says, one beside the other.
  public func repeated(
    _ counts: [Int], axis: Int, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let place = Self.resolve(axis: axis, rank: rank, "repeated", at: location)
    guard counts.count == shape[place], counts.allSatisfy({ $0 >= 0 }) else {
      misuse(
        "repeated: \(typeText): \(shape[place]) counts from 0 on expected, found \(counts)",
        at: location)
    }
    let places = counts.enumerated().flatMap { [Int](repeating: $0, count: $1) }
    return take(Tensor(places), axis: place, file: file, line: line)
  }

  /// The elements moved along axes by as many places as stated, round the ends: what leaves at the
  /// end comes in at the start.
  public func rolled(
    by shifts: [Int], axes: [Int], file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    guard shifts.count == axes.count else {
      misuse(
        "rolled: \(typeText): one shift for each axis expected, found \(shifts) for \(axes)",
        at: location)
    }
    return zip(shifts, axes).reduce(self) { tensor, move in
      let axis = Self.resolve(axis: move.1, rank: rank, "rolled", at: location)
      let extent = shape[axis]
      guard extent > 0 else { return tensor }
      let shift = (move.0 % extent + extent) % extent
      if shift == 0 { return tensor }
      return Self.joined(
        [
          tensor.piece(axis, from: extent - shift, count: shift, at: location),
          tensor.piece(axis, from: 0, count: extent - shift, at: location),
        ], axis, "rolled", at: location)
    }
  }

  /// The elements moved along an axis by `shift` places, round the ends; in row-major order among
  /// all for `nil`.
  public func rolled(
    by shift: Int, axis: Int? = nil, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    if let axis { return rolled(by: [shift], axes: [axis], file: file, line: line) }
    let location = SourceLocation.line(file: file, line: line)
    return reshaped([count], at: location).rolled(
      by: [shift], axes: [0], file: file, line: line
    ).reshaped(shape, at: location)
  }

  /// Axis `source` in place `target`, the others in their order.
  public func movedAxis(
    from source: Int, to target: Int, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    movedAxes(from: [source], to: [target], file: file, line: line)
  }

  /// Axes `sources` in places `targets`, the others in their order.
  public func movedAxes(
    from sources: [Int], to targets: [Int], file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    func resolved(_ axes: [Int]) -> [Int] {
      axes.map { Self.resolve(axis: $0, rank: rank, "movedAxes", at: location) }
    }
    let (from, to) = (resolved(sources), resolved(targets))
    guard from.count == to.count, Set(from).count == from.count, Set(to).count == to.count else {
      misuse(
        "movedAxes: \(typeText): as many distinct places as axes expected, found \(sources) to "
          + "\(targets)", at: location)
    }
    var order = (0..<rank).filter { !from.contains($0) }
    for (target, source) in zip(to, from).sorted(by: { $0.0 < $1.0 }) {
      order.insert(source, at: target)
    }
    return permuted(order, file: file, line: line)
  }

  /// The slices along an axis, which they do not have.
  public func unstacked(
    axis: Int = 0, file: String = #fileID, line: Int = #line
  ) -> [Tensor] {
    let location = SourceLocation.line(file: file, line: line)
    let axis = Self.resolve(axis: axis, rank: rank, "unstacked", at: location)
    var target = shape
    target.remove(at: axis)
    return (0..<shape[axis]).map { place in
      let indices = shape.indices.map { other -> IndexExpression in
        other == axis ? IndexExpression(place) : .variable(other < axis ? other : other - 1)
      }
      return view(indices, target, at: location)
    }
  }

  /// Tensors repeated to the shape that all of them broadcast to.
  public static func broadcast(
    _ tensors: [Tensor], file: String = #fileID, line: Int = #line
  ) -> [Tensor] {
    let location = SourceLocation.line(file: file, line: line)
    var common: [Int] = []
    for tensor in tensors {
      guard let joined = join(common, tensor.shape) else {
        misuse("broadcast: \(list(tensors)) do not broadcast", at: location)
      }
      common = joined
    }
    return tensors.map { $0.broadcast(to: common, "broadcast", at: location) }
  }

  /// `count` elements along an axis from `first` on in steps of `step`.
  func piece(
    _ axis: Int, from first: Int, by step: Int = 1, count: Int, at location: SourceLocation
  ) -> Tensor {
    var indices = shape.indices.map { IndexExpression.variable($0) }
    indices[axis] = IndexExpression(first) + indices[axis] * IndexExpression(step)
    var target = shape
    target[axis] = count
    return view(indices, target, at: location)
  }
}
