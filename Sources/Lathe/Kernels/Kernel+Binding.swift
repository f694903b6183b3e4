// Kernels as recorded, brought to the form that programs call.

import Driver
import IRCore
import LoopIR
import TensorIR

extension Kernel {
  /// The kernel with parameters before locals.
  func withParametersFirst() -> Kernel {
    let order =
      buffers.indices.filter { buffers[$0].role.isParameter }
      + buffers.indices.filter { !buffers[$0].role.isParameter }
    return withBuffers(order)
  }

  /// The kernel with numbers for its symbols.
  func binding(_ values: [String: Int]) -> Kernel {
    if symbols.isEmpty { return self }
    let bind: (IndexExpression) -> IndexExpression = { expression in
      expression.substituting { atom in
        guard case .symbol(let name) = atom else { return nil }
        return values[name].map { IndexExpression($0) }
      }
    }
    var result = self
    result.symbols = []
    for index in buffers.indices { result.buffers[index].shape = buffers[index].shape.map(bind) }
    result.body = Substitution(definition: { $0 }, use: { .variable($0) }, index: bind)(body)
    return result
  }
}

extension [Statement] {
  /// The statements with the messages of checks, here and inside, replaced.
  func mappingChecks(_ message: (String) -> String) -> [Statement] {
    map { statement in
      if case .check(let condition, let old) = statement {
        return .check(condition, message: message(old))
      }
      return statement.mappingBlocks { $0.mappingChecks(message) }
    }
  }
}

extension IndexExpression {
  /// The symbol when the expression is exactly one.
  var asSymbol: String? {
    guard constant == 0, terms.count == 1, terms[0].coefficient == 1,
      terms[0].factors.count == 1, case .symbol(let name) = terms[0].factors[0]
    else { return nil }
    return name
  }

  /// The number for given symbols; -1 where one is missing.
  func value(_ symbols: [String: Int]) -> Int {
    evaluate { atom in
      if case .symbol(let name) = atom { symbols[name] } else { nil }
    } ?? -1
  }
}

extension Tensor {
  /// A number without an element type as a tensor of `dtype`, where it is one; other tensors as they
  /// are.
  func taking(_ dtype: DType) -> Tensor? {
    guard case .scalar(let value) = representation else { return self }
    guard let literal = value.literal(dtype) else { return nil }
    let operation = TraceOperation(kind: .constant(TensorData(dtype, [literal])), operands: [])
    return Tensor(node: TraceNode(operation, dtype: dtype, shape: [], at: .unknown))
  }

  /// The outputs of a kernel whose extents are numbers.
  static func kernel(
    _ kernel: Kernel, _ operands: [TraceNode], at location: SourceLocation
  ) -> [Tensor] {
    let types = kernel.buffers.filter { $0.role == .output }.map { TensorType($0.type, $0.shape) }
    guard types.count == 1, let extents = types[0].extents else {
      return results(of: .kernel(kernel), operands, types, at: location)
    }
    return [
      Tensor(
        .kernel(kernel), operands.map { .node($0) }, dtype: types[0].dtype, shape: extents,
        at: location)
    ]
  }
}
