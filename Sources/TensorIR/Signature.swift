// What graphs and kernels take and return, and how calls match it.

import IRCore
import LoopIR

/// Types of a callee's parameters and results over its own symbols.
struct Signature {
  let parameters: [TensorType]
  let results: [TensorType]
  /// Whether tensors are dense memory whose shape is the callee's own affair: a kernel may walk
  /// a matrix as one row of as many elements.
  let isDense: Bool

  init(_ graph: Graph) {
    isDense = false
    parameters = graph.parameters.map { graph[$0].types[0] }
    results = graph.results.map { graph[type: $0] }
  }

  init(_ kernel: Kernel) {
    isDense = true
    func types(_ roles: [Buffer.Role]) -> [TensorType] {
      kernel.buffers.filter { roles.contains($0.role) }.map { TensorType($0.type, $0.shape) }
    }
    parameters = types([.input, .inout_])
    results = types([.output, .inout_])
  }

  /// The types of a call's results, or what is wrong with its operands.
  func results(of operands: [TensorType]) -> Result<[TensorType], Mismatch> {
    guard operands.count == parameters.count else {
      return .failure(.shape("\(parameters.count) operands expected, found \(operands.count)"))
    }
    var bindings = SymbolBindings()
    bindings.bind(
      zip(parameters, operands).flatMap { parameter, operand in
        parameter.rank == operand.rank || !isDense
          ? zip(parameter.shape, operand.shape).map { ($0, $1) } : []
      })
    for (index, (parameter, operand)) in zip(parameters, operands).enumerated() {
      if parameter.dtype != operand.dtype {
        return .failure(
          .type("\(parameter.dtype) expected for operand \(index), found \(operand.dtype)"))
      }
      let expected = TensorType(parameter.dtype, parameter.shape.map(bindings.substituted))
      guard fits(operand, expected) else {
        return .failure(.shape("\(parameter) expected for operand \(index), found \(operand)"))
      }
    }
    return .success(
      results.map { TensorType($0.dtype, $0.shape.map(bindings.substituted)) })
  }
}

extension Signature {
  /// Whether a tensor of type `found` may stand where `expected` is asked for.
  func fits(_ found: TensorType, _ expected: TensorType) -> Bool {
    found == expected
      || isDense && found.dtype == expected.dtype && found.elementCount == expected.elementCount
  }
}

/// Why operands do not fit an operation or a signature.
package enum Mismatch: Error {
  case shape(String)
  case type(String)

  /// The words.
  package var problem: String {
    switch self {
    case .shape(let text), .type(let text): text
    }
  }
}
