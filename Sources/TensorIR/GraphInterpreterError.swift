// What stops the interpreter.

public import IRCore
public import LoopIR

/// Why a graph could not be evaluated.
public enum GraphInterpreterError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The module is not well formed.
  case invalid(VerifierError)
  /// No graph of this name.
  case missingGraph(String)
  /// Another number of inputs than of parameters.
  case inputCount(graph: String, expected: Int, found: Int)
  /// An input whose type, rank or extents do not match its parameter.
  case input(graph: String, parameter: String, expected: TensorType, found: TensorType)
  /// An input whose bytes do not fit its type.
  case inputBytes(graph: String, parameter: String, expected: Int, found: Int)
  /// A symbol that neither the inputs nor the caller give a value.
  case unboundSymbol(graph: String, symbol: String)
  /// A shape with a negative extent, or with too many elements.
  case extent(graph: String, value: String, type: TensorType)
  /// A view, gather or scatter that leaves its operand.
  case index(graph: String, value: String, axis: Int, index: Int, extent: Int)
  /// A reduction of no elements by a monoid that has no value of nothing.
  case emptyReduction(graph: String, value: String, monoid: Reduction.Monoid)
  /// A kernel that its interpreter stopped.
  case kernel(InterpreterError)
  /// A check of a kernel that failed.
  case check(kernel: String, message: String)

  /// One line.
  public var description: String {
    switch self {
    case .invalid(let error): "\(error)"
    case .missingGraph(let name): "no graph @\(name)"
    case .inputCount(let graph, let expected, let found):
      "@\(graph): \(expected) inputs expected, found \(found)"
    case .input(let graph, let parameter, let expected, let found):
      "@\(graph): \(parameter): \(expected) expected, found \(found)"
    case .inputBytes(let graph, let parameter, let expected, let found):
      "@\(graph): \(parameter): \(expected) bytes expected, found \(found)"
    case .unboundSymbol(let graph, let symbol): "@\(graph): no value for the symbol \(symbol)"
    case .extent(let graph, let value, let type): "@\(graph): \(value): no tensor is \(type)"
    case .index(let graph, let value, let axis, let index, let extent):
      "@\(graph): \(value): index \(index) leaves axis \(axis), which is \(extent) long"
    case .emptyReduction(let graph, let value, let monoid):
      "@\(graph): \(value): \(monoid) of nothing has no value"
    case .kernel(let error): "\(error)"
    case .check(let kernel, let message): "kernel @\(kernel): \(message)"
    }
  }
}
