// Op by op, as eager frameworks run.

import Driver
import IRCore
import TensorIR

extension Evaluation {
  /// Whether operations run as they are called.
  @TaskLocal static var isEager = false
  /// Who computes products of matrices that run as they are called.
  @TaskLocal static var eagerContraction = EagerContraction.library
}

/// Who computes products of matrices when operations run one by one.
public enum EagerContraction: Sendable, Hashable {
  /// OpenBLAS, where it is installed, for products and batches of f32 and f64 matrices; it has an
  /// order of sums of its own. Generated kernels compute all other contractions.
  case library
  /// Generated kernels, which give the bits that compiled programs give.
  case generated
}

/// When operations run.
public struct Execution: Sendable, Hashable {
  fileprivate let isEager: Bool
  fileprivate var contraction = EagerContraction.library

  /// When a value is read, as one program with all that it needs; so it is by default.
  public static let lazy = Execution(isEager: false)

  /// As they are called, each a kernel of its own that is compiled once: what eager frameworks do,
  /// for comparison. Views and constants stay parts of the operations that read them.
  public static let eager = Execution(isEager: true)

  /// As they are called, with a choice of who computes products of matrices.
  public static func eager(contraction: EagerContraction) -> Execution {
    Execution(isEager: true, contraction: contraction)
  }
}

/// Runs `body`, whose operations run as `execution` says, in the tasks that it starts too. Inside
/// `compile { … }` nothing runs either way.
///
/// ```swift
/// let y = withExecution(.eager) { tanh(x * 0.5) + 1 }
/// ```
public func withExecution<Result>(
  _ execution: Execution, _ body: () throws -> Result
) rethrows -> Result {
  try Evaluation.$isEager.withValue(execution.isEager) {
    try Evaluation.$eagerContraction.withValue(execution.contraction, operation: body)
  }
}

/// Compiled programs of single operations on values in memory.
enum EagerPrograms {
  /// What tells one operation's program from another's.
  private struct Key: Hashable {
    enum Operand: Hashable {
      case literal(Literal)
      /// Which operand first has the same value, so that `x * x` reads x once.
      case value(first: Int, DType, [Int])
    }

    let kind: NodeKind
    let operands: [Operand]
    let dtype: DType
    let shape: [Int]
  }

  private struct Programs: Sendable {
    var compiler: Compiler?
    var functions: [Key: CompiledFunction] = [:]
  }

  /// So many programs stay.
  private static let capacity = 1_024
  private static let programs = Locked<Programs>(Programs())

  /// Runs one operation, together with the views and constants that it reads; `nil` inside the
  /// trace of a compiled function.
  static func run(
    _ operation: TraceOperation, _ dtype: DType, _ shape: [Int], at location: SourceLocation
  ) -> Storage? {
    let nodes = operation.nodes
    if nodes.contains(where: \.isTraced) || OpenLoops.currentStep != nil { return nil }
    if let storage = libraryProduct(operation, dtype, shape, at: location) { return storage }
    guard let (key, inputs) = key(of: operation, dtype, shape) else {
      let node = TraceNode(operation, dtype: dtype, shape: shape, at: location)
      complete(node, at: location)
      return node.storage
    }
    let compiler = Compiler.current
    let known = programs.withLock { $0.compiler === compiler ? $0.functions[key] : nil }
    do {
      let function = try known ?? compile(operation, key, compiler, at: location)
      return try Evaluation.run(function, inputs)[0]
    } catch {
      misuse("\(error)", at: location)
    }
  }

  private static func complete(_ node: TraceNode, at location: SourceLocation) {
    do { try Evaluation.evaluate([node]) } catch { misuse("\(error)", at: location) }
  }

  /// The key and the distinct inputs, where every operand stands in memory.
  private static func key(
    of operation: TraceOperation, _ dtype: DType, _ shape: [Int]
  ) -> (key: Key, inputs: [Storage])? {
    var operands: [Key.Operand] = []
    var inputs: [Storage] = []
    for (index, operand) in operation.operands.enumerated() {
      switch operand {
      case .literal(let literal): operands.append(.literal(literal))
      case .node(let node):
        guard let storage = node.storage else { return nil }
        let first = operation.operands.firstIndex { $0.node === node } ?? index
        operands.append(.value(first: first, node.dtype, node.shape))
        if first == index { inputs.append(storage) }
      }
    }
    guard let kind = operation.kind else { return nil }
    return (Key(kind: kind, operands: operands, dtype: dtype, shape: shape), inputs)
  }

  private static func compile(
    _ operation: TraceOperation, _ key: Key, _ compiler: Compiler, at location: SourceLocation
  ) throws(EvaluationFailure) -> CompiledFunction {
    let node = TraceNode(operation, dtype: key.dtype, shape: key.shape, at: location)
    let function = try Evaluation.compile(TraceGraph(name: "main", results: [node]).graph)
    programs.withLock { programs in
      if programs.compiler !== compiler || programs.functions.count >= capacity {
        programs = Programs(compiler: compiler)
      }
      programs.functions[key] = function
    }
    return function
  }
}
