// Differentiation as passes, for the command line and IR files.

public import IRCore
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Replaces the first graph by the one that takes a cotangent of each float result, too, and
  /// gives that of each float parameter, too: `Graph.pullback`.
  ///
  /// Changes what a program computes; no compilation runs it. Requires a graph without calls.
  public static func pullback(for row: TargetRow) -> Self {
    .derivative("pullback", summary: "differentiate the first graph in reverse") {
      (graph) throws(DerivativeError) in try graph.pullback(by: graph.floatParameters, row: row)
    }
  }

  /// Replaces the first graph by the one that takes a tangent of each float parameter, too, and
  /// gives that of each float result, too: `Graph.pushforward`.
  ///
  /// Changes what a program computes; no compilation runs it. Requires a graph without calls.
  public static func pushforward(for row: TargetRow) -> Self {
    .derivative("pushforward", summary: "differentiate the first graph forward") {
      (graph) throws(DerivativeError) in try graph.pushforward(by: graph.floatParameters, row: row)
    }
  }

  private static func derivative(
    _ name: String, summary: String,
    _ body: @escaping @Sendable (Graph) throws(DerivativeError) -> Graph
  ) -> Self {
    Pass(name, summary: summary) { (module) throws(PassFailure) in
      guard let main = module.graphs.first else { return module }
      do {
        return Module(graphs: [try body(main)] + module.graphs.dropFirst(), kernels: module.kernels)
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
