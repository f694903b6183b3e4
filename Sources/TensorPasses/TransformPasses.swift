// Differentiation and batching as passes, for the command line and IR files.

public import IRCore
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Replaces the first graph by the one that takes a cotangent of each float result, too, and
  /// gives that of each float parameter, too: `Graph.pullback`.
  ///
  /// Changes what a program computes; no compilation runs it. Requires a graph without calls.
  public static func pullback(for row: TargetRow) -> Self {
    .transform("pullback", summary: "differentiate the first graph in reverse") {
      (graph) throws(TransformError) in try graph.pullback(by: graph.floatParameters, row: row)
    }
  }

  /// Replaces the first graph by the one that takes a tangent of each float parameter, too, and
  /// gives that of each float result, too: `Graph.pushforward`.
  ///
  /// Changes what a program computes; no compilation runs it. Requires a graph without calls.
  public static func pushforward(for row: TargetRow) -> Self {
    .transform("pushforward", summary: "differentiate the first graph forward") {
      (graph) throws(TransformError) in try graph.pushforward(by: graph.floatParameters, row: row)
    }
  }

  /// Replaces the first graph by the one that computes for two values of every parameter at once:
  /// `Graph.batched`.
  ///
  /// Changes what a program computes; no compilation runs it. Requires a graph without calls.
  public static func batch(for row: TargetRow) -> Self {
    .transform("batch", summary: "let the first graph compute for two values at once") {
      (graph) throws(TransformError) in
      try graph.batched(over: Array(graph.parameters.indices), count: 2, row: row)
    }
  }

  private static func transform(
    _ name: String, summary: String,
    _ body: @escaping @Sendable (Graph) throws(TransformError) -> Graph
  ) -> Self {
    Pass(name, summary: summary) { (module) throws(PassFailure) in
      guard let main = module.graphs.first else { return module }
      do {
        return Module(
          graphs: [try body(main).namingKernelsApart()] + module.graphs.dropFirst(),
          kernels: module.kernels)
      } catch { throw PassFailure(pass: name, "\(error)") }
    }
  }
}

extension Graph {
  /// Places of the parameters that are floats.
  fileprivate var floatParameters: [Int] {
    parameters.indices.filter { self[parameters[$0]].types[0].dtype.isFloat }
  }
}
