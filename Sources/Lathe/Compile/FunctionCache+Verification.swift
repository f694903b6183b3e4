// Programs of compiled functions beside the interpreter.

import Driver
import IRCore
import TensorIR

extension FunctionCache {
  /// Runs a new program on the parts of its first call, each kernel beside the interpreter.
  func verify(
    _ trace: Trace, _ parts: CallParts, _ compiler: Compiler
  ) throws(EvaluationFailure) {
    let graph = trace.graph.graph
    let storages = try parts.storages().get() + trace.graph.leaves.map(\.storage)
    let inputs = zip(graph.parameters, storages).map { id, storage in
      let type = graph[id].types[0]
      return TensorValue(
        type.dtype, type.extents ?? [], bytes: storage.withUnsafeBytes { Array($0) })
    }
    let report: SelfCheckReport?
    do {
      report = try SelfCheck(compiler).report(
        Module(graphs: [graph]), inputs, updates: trace.updates, kept: trace.graph.kept)
    } catch {
      throw .notRun("the interpreter stops: \(error)")
    }
    if let report { throw .differs(report.text(file: report.write()) { $0.known }) }
  }
}

extension SourceLocation {
  /// The text where a place is known.
  package var known: String? {
    if case .unknown = self { nil } else { text }
  }
}
