// Making reductions and scans: axes, orders, kept dimensions.

import Driver
import IRCore
import TensorIR

/// One reduction as a caller asks for it: the axes as they were resolved, and what errors name.
struct AxisReduction {
  /// Ascending; none when the tensor is a scalar or the caller names none.
  let axes: [Int]
  /// Whether reduced axes stay with extent 1.
  let keepsDimensions: Bool
  /// The function that the caller sees.
  let function: String
  /// The caller's line.
  let location: SourceLocation

  /// Resolves axes that may count from the end; `nil` means all.
  init(
    _ axes: [Int]?, of tensor: Tensor, keepDims: Bool, _ function: String,
    at location: SourceLocation
  ) {
    let rank = tensor.rank
    let resolved = (axes ?? Array(0..<rank)).map {
      Tensor.resolve(axis: $0, rank: rank, function, at: location)
    }
    self.axes = resolved.sorted()
    guard Set(resolved).count == resolved.count else {
      misuse("\(function): \(tensor.typeText): \(axes ?? []) names an axis twice", at: location)
    }
    keepsDimensions = keepDims
    self.function = function
    self.location = location
  }

  /// The reduction of axes that are known to be ascending and in range.
  init(ascending axes: [Int], _ function: String, at location: SourceLocation) {
    self.axes = axes
    keepsDimensions = false
    self.function = function
    self.location = location
  }

  /// Number of elements that each result combines.
  func count(in tensor: Tensor) -> Int { axes.reduce(1) { $0 * tensor.shape[$1] } }

  /// The reduction of `tensor` by `monoid`, in the standard order for the current compiler's row.
  /// Sums and products of f16 and bf16 are taken in f32 and rounded at the end.
  func callAsFunction(_ monoid: Reduction.Monoid, _ tensor: Tensor) -> Tensor {
    guard monoid.roundsPartialResults else { return reduced(monoid, tensor) }
    return inArithmeticType(tensor) { reduced(monoid, $0) }
  }

  private func reduced(_ monoid: Reduction.Monoid, _ tensor: Tensor) -> Tensor {
    let operand = tensor.materialized
    let type = operand.node.tensorType
    guard let dtype = monoid.resultType(of: type.dtype) else {
      misuse(
        "\(function): \(operand.typeText): a \(monoid.row.operands) type expected, found "
          + "\(type.dtype); cast(to:) converts", at: location)
    }
    if axes.isEmpty { return unreduced(operand, dtype) }
    let row = Compiler.current.options.row
    let reduction = Reduction(monoid, axes: axes, of: type, row: row)
    switch reduction.result(of: type) {
    case .failure(let mismatch):
      misuse("\(function): \(operand.typeText) \(mismatch.problem)", at: location)
    case .success(let result):
      let reduced = Tensor(
        .reduce(reduction), [.node(operand.node)], dtype: result.dtype,
        shape: result.extents ?? [], at: location)
      return keepsDimensions ? restored(reduced, operand.shape) : reduced
    }
  }

  /// The maximum, by which exponentials are shifted: what is computed does not depend on it, so it
  /// has no part in slopes.
  func shift(of tensor: Tensor) -> Tensor { apply(.stopGradient, self(.max, tensor)) }

  /// Over no axis every element is its own result, at place 0.
  private func unreduced(_ operand: Tensor, _ dtype: DType) -> Tensor {
    operand.dtype == dtype ? operand : Tensor.zeros(operand.shape, dtype)
  }

  /// `rows`, of the axes that are not reduced or of all with extent 1 at the reduced ones, repeated
  /// along the reduced axes: one view, so that what is computed from rows stays one element per row.
  func spread(_ rows: Tensor, _ shape: [Int]) -> Tensor {
    if rows.rank == shape.count { return rows.broadcast(to: shape, function, at: location) }
    let kept = shape.indices.filter { !axes.contains($0) }
    return rows.view(kept.map { .variable($0) }, shape, at: location)
  }

  /// `reduced` with its reduced axes again, of extent 1.
  private func restored(_ reduced: Tensor, _ shape: [Int]) -> Tensor {
    let kept = shape.indices.filter { !axes.contains($0) }
    let target = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
    return reduced.view(kept.map { .variable($0) }, target, at: location)
  }

  /// What `body` makes of a tensor: of f16 and bf16 what it makes of their f32, rounded once.
  func inArithmeticType(_ tensor: Tensor, _ body: (Tensor) -> Tensor) -> Tensor {
    rounded(body(widened(tensor, like: tensor)), like: tensor)
  }

  /// What `body` makes of a float tensor, as `inArithmeticType`.
  func ofFloat(_ tensor: Tensor, _ body: (Tensor) -> Tensor) -> Tensor {
    requireFloat(tensor)
    return inArithmeticType(tensor, body)
  }

  /// A value as it stands beside the f32 of `tensor`, where both are f16 or both are bf16.
  func widened(_ value: Tensor, like tensor: Tensor) -> Tensor {
    guard tensor.dtype.isShortFloat, value.dtype == tensor.dtype else { return value }
    return Tensor.apply(.cast, [value], dtype: .f32, at: location)
  }

  /// A result in the type of `tensor`, where that is f16 or bf16.
  func rounded(_ result: Tensor, like tensor: Tensor) -> Tensor {
    guard tensor.dtype.isShortFloat else { return result }
    return Tensor.apply(.cast, [result], dtype: tensor.dtype, at: location)
  }

  /// Ends the process unless `tensor` has a float type.
  func requireFloat(_ tensor: Tensor) {
    guard !tensor.dtype.isFloat else { return }
    misuse(
      "\(function): \(tensor.typeText): a float type expected, found \(tensor.dtype); "
        + "cast(to:) converts", at: location)
  }

  /// Applies a row at the caller's line.
  func apply(_ row: Elementwise, _ operands: Tensor...) -> Tensor {
    Tensor.apply(row, operands, at: location)
  }
}

extension Tensor {
  /// The scan of this tensor by `monoid`.
  func scanned(
    _ monoid: Reduction.Monoid, _ axis: Int, exclusive: Bool, reverse: Bool, _ function: String,
    at location: SourceLocation
  ) -> Tensor {
    let operand = materialized
    let axis = Self.resolve(axis: axis, rank: rank, function, at: location)
    guard operand.dtype.isNumeric else {
      misuse(
        "\(function): \(typeText): a numeric type expected, found \(dtype); cast(to:) converts",
        at: location)
    }
    func scanned(_ x: Tensor) -> Tensor {
      let scan = Scan(
        monoid, axis: axis, isExclusive: exclusive, isReverse: reverse, of: x.node.tensorType,
        row: Compiler.current.options.row)
      return Tensor(.scan(scan), [.node(x.node)], dtype: x.dtype, shape: x.shape, at: location)
    }
    guard monoid.roundsPartialResults else { return scanned(operand) }
    let reduce = AxisReduction(ascending: [axis], function, at: location)
    return reduce.inArithmeticType(operand, scanned)
  }
}
