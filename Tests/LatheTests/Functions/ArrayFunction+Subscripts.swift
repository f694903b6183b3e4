// Subscripts with tensors beside plain loops.

import Lathe

extension ArrayFunction {
  @ArrayFunctions static var subscripts: [ArrayFunction] {
    ArrayFunction("x[indices]") {
      $0[Tensor([-1, 0, 0])]
    } _: { x in
      x.moved(0, 3) { $0 == 0 ? x.shape[0] - 1 : 0 }
    }
    ArrayFunction("x[index]") {
      $0[Tensor(-1)]
    } _: { x in
      let last = x.shape[0] - 1
      return HostArray(Array(x.shape.dropFirst())) { x[[last] + $0] }
    }
    ArrayFunction("x[..., indices]") {
      $0[.ellipsis, Tensor([[0], [-1]])]
    } _: { x in
      let n = x.shape[x.rank - 1]
      return HostArray(x.shape.dropLast() + [2, 1]) {
        x[$0.dropLast(2) + [$0[x.rank - 1] == 0 ? 0 : n - 1]]
      }
    }
    ArrayFunction("x[i, j]", [[3, 5], [4, 2], [2, 3, 4]]) {
      $0[Tensor([0, 1]), Tensor([[1], [-1]])]
    } _: { x in
      HostArray([2, 2] + x.shape.dropFirst(2)) {
        x[[$0[1], $0[0] == 0 ? 1 : x.shape[1] - 1] + $0.dropFirst(2)]
      }
    }
    ArrayFunction("x[i, range, j]", [[2, 3, 4], [3, 3, 2]]) {
      $0[Tensor([1, 0, 1]), 1..., Tensor([0, 1, -1])]
    } _: { x in
      let (i, j) = ([1, 0, 1], [0, 1, x.shape[2] - 1])
      return HostArray([3, x.shape[1] - 1]) { x[[i[$0[0]], $0[1] + 1, j[$0[0]]]] }
    }
    ArrayFunction("x[0, range, j]", [[2, 3, 4], [3, 3, 2]]) {
      $0[0, .stride(by: 2), Tensor([1, 0, 1])]
    } _: { x in
      let j = [1, 0, 1]
      return HostArray([3, (x.shape[1] + 1) / 2]) { x[[0, $0[1] * 2, j[$0[0]]]] }
    }
    ArrayFunction("x[range, 0, j]", [[2, 3, 4], [3, 3, 2]]) {
      $0[.all, 0, Tensor([1, 0, 1])]
    } _: { x in
      let j = [1, 0, 1]
      return HostArray([x.shape[0], 3]) { x[[$0[0], 0, j[$0[1]]]] }
    }
    ArrayFunction("x[newAxis, i]") {
      $0[.newAxis, Tensor([0, -1])]
    } _: { x in
      let moved = x.moved(0, 2) { $0 == 0 ? 0 : x.shape[0] - 1 }
      return moved.reshaped([1] + moved.shape)
    }
    ArrayFunction("x[mask]") { x in
      x[x.dtype == .bool ? x : x .> 5]
    } _: { x in
      let least = x.values.contains { $0 > 1 } ? 5.0 : 0.0
      let kept = x.values.filter { $0 > least }
      return HostArray([kept.count], kept)
    }
    ArrayFunction("x[rows]", [[4], [3, 5], [2, 3, 4], [17]]) {
      $0[Tensor.arange($0.shape[0]) % 2 .== 0]
    } _: { x in
      x.moved(0, (x.shape[0] + 1) / 2) { $0 * 2 }
    }
    ArrayFunction("x[..., columns]") {
      $0[.ellipsis, Tensor.arange($0.shape[$0.rank - 1]) % 2 .== 0]
    } _: { x in
      x.moved(x.rank - 1, (x.shape[x.rank - 1] + 1) / 2) { $0 * 2 }
    }
    assignment("x[indices] = 1") {
      $0[Tensor([0, -1])] = $0.one
    } _: { x, index in
      index[0] == 0 || index[0] == x.shape[0] - 1 ? 1 : x[index]
    }
    assignment("x[indices] = rows") { x in
      let row = x[0]
      x[Tensor([-1, -1])] = Tensor.stacked([x[-1], row])
    } _: { x, index in
      index[0] == x.shape[0] - 1 ? x[[0] + index.dropFirst()] : x[index]
    }
    assignment("x[..., indices] = 1") {
      $0[.ellipsis, Tensor([0])] = $0.one
    } _: { x, index in
      index[x.rank - 1] == 0 ? 1 : x[index]
    }
    assignment("x[mask] = 1") { x in
      x[x.dtype == .bool ? x : x .> 5] = x.one
    } _: { x, index in
      let least = x.values.contains { $0 > 1 } ? 5.0 : 0.0
      return x[index] > least ? 1 : x[index]
    }
    assignment("x[rows] = row") { x in
      x[Tensor.arange(x.shape[0]) % 2 .== 1] = x[0]
    } _: { x, index in
      index[0] % 2 == 1 ? x[[0] + index.dropFirst()] : x[index]
    }
    assignment("x[..., mask] = values", [[4], [3, 5], [2, 3, 4]]) { x in
      let mask = Tensor.arange(x.shape[x.rank - 1]) % 2 .== 0
      x[.ellipsis, mask] = x[.ellipsis, mask].flipped([-1])
    } _: { x, index in
      let n = x.shape[x.rank - 1]
      let last = (n - 1) / 2 * 2
      let place = index[x.rank - 1]
      return place % 2 == 0 ? x[index.dropLast() + [last - place]] : x[index]
    }
    assignment("x[1..., mask] = 1", [[3, 5], [4, 2], [2, 3]]) { x in
      x[1..., Tensor.arange(x.shape[1]) .== 1] = x.one
    } _: { x, index in
      index[0] > 0 && index[1] == 1 ? 1 : x[index]
    }
  }

  private static func assignment(
    _ name: String, _ shapes: [[Int]] = anyShapes,
    _ change: @escaping @Sendable (inout Tensor) -> Void,
    _ element: @escaping @Sendable (HostArray, [Int]) -> Double
  ) -> ArrayFunction {
    ArrayFunction(name, shapes) { x in
      var changed = x
      change(&changed)
      return changed
    } _: { x in
      HostArray(x.shape) { element(x, $0) }
    }
  }
}

extension Tensor {
  /// One, or truth.
  fileprivate var one: Tensor { dtype == .bool ? true : 1 }
}
