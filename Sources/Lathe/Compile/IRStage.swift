// Reading what a program became.

package import Driver
import IRCore
import LoopIR
package import TensorIR

/// Levels at which a compiled function can be read.
public enum IRStage: String, CaseIterable, Sendable {
  /// The graph as it was traced.
  case graph
  /// The graph after fusion.
  case fused
  /// Loop nests, before they are scheduled.
  case kernel
  /// Loop nests after their schedules.
  case scheduled
  /// The LLVM module.
  case llvm
  /// Machine code as text.
  case assembly
}

extension CompilationStages {
  /// The text at one level.
  package func text(of stage: IRStage) throws(CompileFailure) -> String {
    switch stage {
    case .graph: graph.description
    case .fused: fused.description
    case .kernel: planned.map(\.description).joined(separator: "\n")
    case .scheduled: scheduled.map(\.description).joined(separator: "\n")
    case .llvm: try llvm()
    case .assembly: try assembly()
    }
  }
}

extension IRStage {
  /// What a compiler makes of `module` at this level.
  func text(
    of module: Module, kept: Range<Int> = 0..<0, _ compiler: Compiler, at location: SourceLocation
  ) -> String {
    do { return try compiler.stages(of: module, kept: kept).text(of: self) } catch {
      misuse("ir: \(error)", at: location)
    }
  }
}

extension Tensor {
  /// The program that reading this tensor would run, at one level; for a value in memory a program
  /// that returns it.
  public func ir(
    _ stage: IRStage = .graph, file: String = #fileID, line: Int = #line
  ) -> String {
    let location = SourceLocation.line(file: file, line: line)
    return stage.text(of: Module(graphs: [pendingGraph]), Compiler.current, at: location)
  }

  /// The graph that reading this tensor would compile.
  package var pendingGraph: Graph {
    let tensor = materialized
    return Evaluation.program(of: [tensor.node]).trace.graph
  }

  /// Whether the value stands in memory; else reading it computes it.
  public var isEvaluated: Bool { node.isReady }
}
