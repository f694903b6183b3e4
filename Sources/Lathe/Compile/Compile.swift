// `compile`, by number of arguments.

import IRCore

/// Compiles a function of one argument to a tensor, once for each combination of types and shapes.
public func compile(
  file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (Tensor) -> Tensor
) -> CompiledTensorFunction<Tensor, Tensor> {
  CompiledTensorFunction(
    SignatureCache(at: .line(file: file, line: line)) { [body($0[0])] }
  ) { $0[0] }
}

/// Compiles a function of one argument to two tensors, once for each combination of types and shapes.
public func compile(
  file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (Tensor) -> (Tensor, Tensor)
) -> CompiledTensorFunction<Tensor, (Tensor, Tensor)> {
  CompiledTensorFunction(
    SignatureCache(at: .line(file: file, line: line)) { flat(body($0[0])) }
  ) { ($0[0], $0[1]) }
}

/// Compiles a function of one argument to three tensors, once for each combination of types and shapes.
public func compile(
  file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (Tensor) -> (Tensor, Tensor, Tensor)
) -> CompiledTensorFunction<Tensor, (Tensor, Tensor, Tensor)> {
  CompiledTensorFunction(
    SignatureCache(at: .line(file: file, line: line)) { flat(body($0[0])) }
  ) { ($0[0], $0[1], $0[2]) }
}

/// Compiles a function of one argument to an array of tensors, once for each combination of types and shapes.
public func compile(
  file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (Tensor) -> [Tensor]
) -> CompiledTensorFunction<Tensor, [Tensor]> {
  CompiledTensorFunction(
    SignatureCache(at: .line(file: file, line: line)) { body($0[0]) }
  ) { $0 }
}

/// Compiles a function of two arguments to a tensor, once for each combination of types and shapes.
public func compile(
  file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (Tensor, Tensor) -> Tensor
) -> CompiledTensorFunction<(Tensor, Tensor), Tensor> {
  CompiledTensorFunction(
    SignatureCache(at: .line(file: file, line: line)) { [body($0[0], $0[1])] }
  ) { $0[0] }
}

/// Compiles a function of two arguments to two tensors, once for each combination of types and shapes.
public func compile(
  file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (Tensor, Tensor) -> (Tensor, Tensor)
) -> CompiledTensorFunction<(Tensor, Tensor), (Tensor, Tensor)> {
  CompiledTensorFunction(
    SignatureCache(at: .line(file: file, line: line)) { flat(body($0[0], $0[1])) }
  ) { ($0[0], $0[1]) }
}

/// Compiles a function of two arguments to three tensors, once for each combination of types and shapes.
public func compile(
  file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (Tensor, Tensor) -> (Tensor, Tensor, Tensor)
) -> CompiledTensorFunction<(Tensor, Tensor), (Tensor, Tensor, Tensor)> {
  CompiledTensorFunction(
    SignatureCache(at: .line(file: file, line: line)) { flat(body($0[0], $0[1])) }
  ) { ($0[0], $0[1], $0[2]) }
}

/// Compiles a function of two arguments to an array of tensors, once for each combination of types and shapes.
public func compile(
  file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (Tensor, Tensor) -> [Tensor]
) -> CompiledTensorFunction<(Tensor, Tensor), [Tensor]> {
  CompiledTensorFunction(
    SignatureCache(at: .line(file: file, line: line)) { body($0[0], $0[1]) }
  ) { $0 }
}

/// Compiles a function of three arguments to a tensor, once for each combination of types and shapes.
public func compile(
  file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (Tensor, Tensor, Tensor) -> Tensor
) -> CompiledTensorFunction<(Tensor, Tensor, Tensor), Tensor> {
  CompiledTensorFunction(
    SignatureCache(at: .line(file: file, line: line)) { [body($0[0], $0[1], $0[2])] }
  ) { $0[0] }
}

/// Compiles a function of three arguments to two tensors, once for each combination of types and shapes.
public func compile(
  file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (Tensor, Tensor, Tensor) -> (Tensor, Tensor)
) -> CompiledTensorFunction<(Tensor, Tensor, Tensor), (Tensor, Tensor)> {
  CompiledTensorFunction(
    SignatureCache(at: .line(file: file, line: line)) { flat(body($0[0], $0[1], $0[2])) }
  ) { ($0[0], $0[1]) }
}

/// Compiles a function of three arguments to three tensors, once for each combination of types and shapes.
public func compile(
  file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (Tensor, Tensor, Tensor) -> (Tensor, Tensor, Tensor)
) -> CompiledTensorFunction<(Tensor, Tensor, Tensor), (Tensor, Tensor, Tensor)> {
  CompiledTensorFunction(
    SignatureCache(at: .line(file: file, line: line)) { flat(body($0[0], $0[1], $0[2])) }
  ) { ($0[0], $0[1], $0[2]) }
}

/// Compiles a function of three arguments to an array of tensors, once for each combination of types and shapes.
public func compile(
  file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (Tensor, Tensor, Tensor) -> [Tensor]
) -> CompiledTensorFunction<(Tensor, Tensor, Tensor), [Tensor]> {
  CompiledTensorFunction(
    SignatureCache(at: .line(file: file, line: line)) { body($0[0], $0[1], $0[2]) }
  ) { $0 }
}

/// Compiles a function of four arguments to a tensor, once for each combination of types and shapes.
public func compile(
  file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (Tensor, Tensor, Tensor, Tensor) -> Tensor
) -> CompiledTensorFunction<(Tensor, Tensor, Tensor, Tensor), Tensor> {
  CompiledTensorFunction(
    SignatureCache(at: .line(file: file, line: line)) { [body($0[0], $0[1], $0[2], $0[3])] }
  ) { $0[0] }
}

/// Compiles a function of four arguments to two tensors, once for each combination of types and shapes.
public func compile(
  file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (Tensor, Tensor, Tensor, Tensor) -> (Tensor, Tensor)
) -> CompiledTensorFunction<(Tensor, Tensor, Tensor, Tensor), (Tensor, Tensor)> {
  CompiledTensorFunction(
    SignatureCache(at: .line(file: file, line: line)) { flat(body($0[0], $0[1], $0[2], $0[3])) }
  ) { ($0[0], $0[1]) }
}

/// Compiles a function of four arguments to three tensors, once for each combination of types and shapes.
public func compile(
  file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (Tensor, Tensor, Tensor, Tensor) -> (Tensor, Tensor, Tensor)
) -> CompiledTensorFunction<(Tensor, Tensor, Tensor, Tensor), (Tensor, Tensor, Tensor)> {
  CompiledTensorFunction(
    SignatureCache(at: .line(file: file, line: line)) { flat(body($0[0], $0[1], $0[2], $0[3])) }
  ) { ($0[0], $0[1], $0[2]) }
}

/// Compiles a function of four arguments to an array of tensors, once for each combination of types and shapes.
public func compile(
  file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (Tensor, Tensor, Tensor, Tensor) -> [Tensor]
) -> CompiledTensorFunction<(Tensor, Tensor, Tensor, Tensor), [Tensor]> {
  CompiledTensorFunction(
    SignatureCache(at: .line(file: file, line: line)) { body($0[0], $0[1], $0[2], $0[3]) }
  ) { $0 }
}

private func flat(_ results: (Tensor, Tensor)) -> [Tensor] { [results.0, results.1] }

private func flat(_ results: (Tensor, Tensor, Tensor)) -> [Tensor] {
  [results.0, results.1, results.2]
}
