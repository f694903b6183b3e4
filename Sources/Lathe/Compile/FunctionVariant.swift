// A program of a compiled function, for one signature.

import Driver
import IRCore
import TensorIR

/// A program and all that a call needs beside its state and arguments.
final class FunctionVariant<State: Sendable, Arguments: Sendable, Results: Sendable>: Sendable {
  /// Kept, so that no other compiler takes its place in memory.
  let compiler: Compiler
  let signature: CallSignature
  /// The call's parts by name.
  let parts: [NamedPart]
  let trace: FunctionTrace<State, Arguments, Results>
  /// The program; `nil` where the function computes no tensor.
  let function: CompiledFunction?
  /// Memory of captured tensors, passed after the arguments.
  let captured: [Storage]
  let results: [TensorSignature]
  /// Why it was compiled when there were others before.
  let reason: RecompileReason?
  /// Whether a second trace was compared with the first.
  private let isCompared = Locked(false)

  init(
    _ compiler: Compiler, _ signature: CallSignature, _ parts: [NamedPart],
    _ trace: FunctionTrace<State, Arguments, Results>, _ function: CompiledFunction?,
    reason: RecompileReason?
  ) {
    self.compiler = compiler
    self.signature = signature
    self.parts = parts
    self.trace = trace
    self.function = function
    self.reason = reason
    captured = trace.graph.leaves.map(\.storage)
    let graph = trace.graph.graph
    results = graph.results.map { id in
      let type = graph[type: id]
      return TensorSignature(type.dtype, type.extents ?? [])
    }
  }

  /// The program before any pass.
  var module: Module { Module(graphs: [trace.graph.graph]) }

  /// Roughly what the variant holds: code, constants, and the trace; captured tensors live anyhow.
  var byteCount: Int {
    let graph = trace.graph.graph
    let constants = graph.nodes.reduce(0) { total, node in
      guard case .constant(let data) = node.kind else { return total }
      return total + data.bytes.count
    }
    return (function?.byteCount ?? 0) + constants + graph.nodes.count * 256
  }

  /// Whether the variant serves a call with such parts.
  func fits(_ parts: CallParts, _ compiler: Compiler) -> Bool {
    self.compiler === compiler && signature.fits(parts)
  }

  /// Holds for the first caller only.
  func takesComparison() -> Bool {
    isCompared.withLock { isCompared in
      defer { isCompared = true }
      return !isCompared
    }
  }

  /// The results around the tensors that a run gave, and the new state stored in `state`.
  func rebuild(
    _ outputs: [Storage], _ state: inout State, _ structures: FunctionStructures,
    at location: SourceLocation
  ) -> Results {
    var next = 0
    func fill(_ tensor: inout Tensor) {
      let type = results[next]
      tensor = Tensor(outputs[next], dtype: type.dtype, shape: type.shape, at: location)
      next += 1
    }
    if trace.stateCount > 0 || !structures.state.members.isEmpty {
      var newState = trace.state
      structures.state.update(&newState, fill)
      state = newState
    }
    var values = trace.results
    structures.results.update(&values, fill)
    return values
  }
}
