// Functions of tensors, compiled once per signature.

package import Driver
package import IRCore
package import TensorIR

/// Function of tensors that runs as one compiled program; made by `compile { … }`.
///
/// The first call with tensors of new types and shapes traces the function and compiles what it
/// did; later calls run the program. Concrete tensors that the function captures are read when it
/// is traced, and stay what they were then.
///
/// ```swift
/// let f = compile { (x: Tensor, y: Tensor) in tanh(x * 0.5) + y }
/// let z = f(x, y)
/// print(f.ir(.fused))
/// ```
public struct CompiledTensorFunction<Arguments, Results>: Sendable {
  private let cache: SignatureCache
  private let collect: @Sendable ([Tensor]) -> Results

  init(
    _ cache: SignatureCache, collect: @escaping @Sendable ([Tensor]) -> Results
  ) {
    self.cache = cache
    self.collect = collect
  }

  /// What the function became at one level, for the types and shapes of the latest new signature.
  public func ir(
    _ stage: IRStage, file: String = #fileID, line: Int = #line
  ) -> String {
    cache.text(of: stage, at: .line(file: file, line: line))
  }

  /// Number of programs compiled so far, one for each signature.
  public var variantCount: Int { cache.variantCount }

  /// The program for the arguments' types and the memory that it reads, for callers that run it
  /// many times.
  package func prepared(
    _ arguments: [Tensor], file: String = #fileID, line: Int = #line
  ) -> (function: CompiledFunction, inputs: [Storage]) {
    let (variant, inputs) = cache.variant(for: arguments, at: .line(file: file, line: line))
    return (variant.function, inputs)
  }

  /// The program as it is traced for arguments of the given types, before any pass.
  package func tracedModule(_ types: [(dtype: DType, shape: [Int])]) -> Module {
    cache.tracedModule(types)
  }

  private func run(_ arguments: [Tensor], _ file: String, _ line: Int) -> Results {
    collect(cache.call(arguments, at: .line(file: file, line: line)))
  }
}

/// Compiles a function of as many arguments as a list holds, for callers that learn their number at
/// run time; calls of one function all have the same.
package func compile(
  listed body: @escaping @Sendable ([Tensor]) -> Tensor, file: String = #fileID,
  line: Int = #line
) -> CompiledTensorFunction<[Tensor], Tensor> {
  CompiledTensorFunction(SignatureCache(at: .line(file: file, line: line)) { [body($0)] }) {
    $0[0]
  }
}

extension CompiledTensorFunction where Arguments == [Tensor] {
  /// Runs the function.
  package func callAsFunction(
    _ arguments: [Tensor], file: String = #fileID, line: Int = #line
  ) -> Results { run(arguments, file, line) }
}

extension CompiledTensorFunction where Arguments == Tensor {
  /// Runs the function.
  public func callAsFunction(
    _ a: Tensor, file: String = #fileID, line: Int = #line
  ) -> Results { run([a], file, line) }
}

extension CompiledTensorFunction where Arguments == (Tensor, Tensor) {
  /// Runs the function.
  public func callAsFunction(
    _ a: Tensor, _ b: Tensor, file: String = #fileID, line: Int = #line
  ) -> Results { run([a, b], file, line) }
}

extension CompiledTensorFunction where Arguments == (Tensor, Tensor, Tensor) {
  /// Runs the function.
  public func callAsFunction(
    _ a: Tensor, _ b: Tensor, _ c: Tensor, file: String = #fileID, line: Int = #line
  ) -> Results { run([a, b, c], file, line) }
}

extension CompiledTensorFunction where Arguments == (Tensor, Tensor, Tensor, Tensor) {
  /// Runs the function.
  public func callAsFunction(
    _ a: Tensor, _ b: Tensor, _ c: Tensor, _ d: Tensor, file: String = #fileID, line: Int = #line
  ) -> Results { run([a, b, c, d], file, line) }
}
