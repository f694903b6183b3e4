// What graphs and kernels take and return, and how calls match it.

import IRCore
import LoopIR

/// Types of a callee's parameters and results over its own symbols.
struct Signature {
  let parameters: [TensorType]
  let results: [TensorType]
  /// Holds for kernels: they see dense memory, so shapes match that have as many elements.
  private let takesMemory: Bool

  init(_ graph: Graph) {
    takesMemory = false
    parameters = graph.parameters.map { graph[$0].types[0] }
    results = graph.results.map { graph[type: $0] }
  }

  init(_ kernel: Kernel) {
    takesMemory = true
    func types(_ roles: [Buffer.Role]) -> [TensorType] {
      kernel.buffers.filter { roles.contains($0.role) }.map { TensorType($0.type, $0.shape) }
    }
    parameters = types([.input, .inout_])
    results = types([.output, .inout_])
  }

  /// Whether a value of type `found` may stand where `expected` is stated.
  func matches(_ expected: TensorType, _ found: TensorType) -> Bool {
    expected == found
      || takesMemory && expected.dtype == found.dtype
        && expected.elementCount == found.elementCount
  }

  /// The types of a call's results, or what is wrong with its operands.
  func results(of operands: [TensorType]) -> Result<[TensorType], MismatchedCall> {
    guard operands.count == parameters.count else {
      return .failure(.shape("\(parameters.count) operands expected, found \(operands.count)"))
    }
    var bindings = SymbolBindings()
    bindings.bind(
      zip(parameters, operands).flatMap { parameter, operand in
        zip(parameter.shape, operand.shape).map { ($0, $1) }
      })
    for (index, (parameter, operand)) in zip(parameters, operands).enumerated() {
      if parameter.dtype != operand.dtype {
        return .failure(
          .type("\(parameter.dtype) expected for operand \(index), found \(operand.dtype)"))
      }
      let expected = TensorType(parameter.dtype, parameter.shape.map(bindings.substituted))
      guard matches(expected, operand) else {
        return .failure(.shape("\(parameter) expected for operand \(index), found \(operand)"))
      }
    }
    return .success(
      results.map { TensorType($0.dtype, $0.shape.map(bindings.substituted)) })
  }
}

/// Why operands do not fit a signature.
enum MismatchedCall: Error {
  case shape(String)
  case type(String)

  /// The words.
  var problem: String {
    switch self {
    case .shape(let text), .type(let text): text
    }
  }
}
