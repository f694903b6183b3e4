// Which contractions OpenBLAS computes when operations run one by one.

import Driver
import IRCore
import TensorIR

extension EagerPrograms {
  /// The result of a product of matrices by OpenBLAS; `nil` where the operation is none, or
  /// generated kernels are asked for.
  static func libraryProduct(
    _ operation: TraceOperation, _ dtype: DType, _ shape: [Int], at location: SourceLocation
  ) -> Storage? {
    guard case .contract(let contraction) = operation.kind,
      Evaluation.eagerContraction == .library,
      let a = StridedOperand(operation.operands[0], contraction, 0, shape),
      let b = StridedOperand(operation.operands[1], contraction, 1, shape),
      let product = MatrixProduct(contraction, a, b, dtype, shape)
    else { return nil }
    let threads = Compiler.current.options.threads
    do { return try product(a.storage, b.storage, threads: threads) } catch {
      misuse("contract: \(error)", at: location)
    }
  }
}

/// Operand in memory with the distance, in elements, that a step of each variable moves in it.
private struct StridedOperand {
  let storage: Storage
  let dtype: DType
  let start: Int
  /// By variable of the contraction: the result's axes, then the summed ones.
  let strides: [Int]

  /// `nil` unless the operand, or what it is a view of, stands in memory and indices are linear.
  init?(_ operand: TraceOperand, _ contraction: Contraction, _ number: Int, _ shape: [Int]) {
    guard var node = operand.node else { return nil }
    var map = contraction.operands[number]
    let extents = shape.map { IndexExpression($0) } + contraction.summed
    while case .pending(let operation) = node.snapshot.content {
      guard case .view(let view) = operation.kind, view.guards.isEmpty,
        let composed = View(map).composed(over: view, shape: extents),
        let source = operation.nodes.first
      else { return nil }
      map = composed.indices
      node = source
    }
    guard let storage = node.storage else { return nil }
    let position = zip(map, node.shape).reduce(IndexExpression(0)) {
      $0 * IndexExpression($1.1) + $1.0
    }
    let factors = extents.indices.compactMap { position.coefficient(of: .variable($0)) }
    guard factors.count == extents.count else { return nil }
    self.storage = storage
    dtype = node.dtype
    start = position.constant
    strides = factors
  }
}

extension MatrixProduct {
  /// The product that a contraction over one variable is, when its last axes are rows of the first
  /// operand and columns of the second; the axes before are batches.
  fileprivate init?(
    _ contraction: Contraction, _ a: StridedOperand, _ b: StridedOperand, _ dtype: DType,
    _ shape: [Int]
  ) {
    guard contraction.summed.count == 1, let k = contraction.summed[0].asConstant,
      [a.dtype, b.dtype, contraction.accumulator].allSatisfy({ $0 == dtype })
    else { return nil }
    let sum = shape.count
    var axes = Array(shape.indices)
    var (rows, columns) = (Int?.none, Int?.none)
    if let last = axes.last, a.strides[last] == 0 { columns = axes.removeLast() }
    if let last = axes.last, b.strides[last] == 0 { rows = axes.removeLast() }
    func stride(_ operand: StridedOperand, _ axis: Int?) -> Int {
      axis.map { operand.strides[$0] } ?? 0
    }
    var starts = [Start(a: a.start, b: b.start)]
    for axis in axes {
      starts = starts.flatMap { start in
        (0..<shape[axis]).map { place in
          Start(a: start.a + place * a.strides[axis], b: start.b + place * b.strides[axis])
        }
      }
    }
    self.init(
      dtype, m: rows.map { shape[$0] } ?? 1, n: columns.map { shape[$0] } ?? 1, k: k,
      a: Layout(row: stride(a, rows), column: a.strides[sum]),
      b: Layout(row: b.strides[sum], column: stride(b, columns)), starts: starts)
  }
}
