// Running traces: one read, one program.

import Driver
import IRCore
import TensorIR

/// Why a trace could not be evaluated.
public enum EvaluationFailure: Error, Sendable, CustomStringConvertible {
  /// The program was not compiled, for the stated reason.
  case notCompiled(String)
  /// The program was compiled and failed while it ran.
  case notRun(String)
  /// The program does not give the interpreter's bits; the report of the self-check.
  case differs(String)

  /// One line; a report has several.
  public var description: String {
    switch self {
    case .notCompiled(let reason): "cannot compile the program: \(reason)"
    case .notRun(let reason): "cannot run the program: \(reason)"
    case .differs(let report): report
    }
  }
}

extension EvaluationFailure {
  /// A failure of a run, with the place of the operation at fault where it is known: a check's own,
  /// or that of the result for which there was no memory.
  init(_ failure: RunFailure, _ results: [(type: TensorType, location: SourceLocation)] = []) {
    switch failure {
    case .check(_, let message, .unknown): self = .notRun(message)
    case .check(_, let message, let location): self = .notRun("\(location.text): \(message)")
    case .allocation(let allocation):
      let result = results.first { $0.type.byteCount == allocation.byteCount }
      let place = result.map { ", for the \($0.type) of \($0.location.text)" }
      self = .notRun("\(failure)\(place ?? "")")
    case .argumentCount, .argumentSize: self = .notRun("\(failure)")
    }
  }
}

extension TensorType {
  /// Bytes of a tensor with constant extents.
  fileprivate var byteCount: Int? { extents?.reduce(dtype.byteSize, *) }
}

enum Evaluation {
  /// Chains of pending nodes longer than this are run when the next node is made.
  static let deepestTrace = 1_000
  /// A read looks for further users of what it computes until it has met so many nodes.
  static let widestSearch = 10_000

  /// Computes `roots` and, in the same program, every value that a tensor holds and that shares a
  /// pending node with them.
  static func evaluate(_ roots: [TraceNode]) throws(EvaluationFailure) {
    while true {
      let pending = roots.filter { !$0.isReady }
      guard !pending.isEmpty else { return }
      let results = connectedResults(of: pending)
      let (mine, other) = EvaluationClaims.claim(results)
      guard let mine else {
        other?.wait()
        continue
      }
      defer { EvaluationClaims.release(results, of: mine) }
      return try evaluate(claimed: results)
    }
  }

  private static func evaluate(claimed results: [TraceNode]) throws(EvaluationFailure) {
    // Others may have completed some between the search and the claim.
    let results = results.filter { !$0.isReady }
    guard !results.isEmpty else { return }
    let trace = TraceGraph(name: "main", results: results)
    let program: (function: CompiledFunction, isNew: Bool)
    do { program = try Compiler.current.program(Module(graphs: [trace.graph])) } catch {
      throw .notCompiled("\(error)")
    }
    if program.isNew { NumberWarnings.note(trace.graph) }
    let storages: [Storage]
    do { storages = try program.function(trace.leaves.map(\.storage)) } catch {
      throw EvaluationFailure(error, results.map { ($0.tensorType, $0.location) })
    }
    for (node, storage) in zip(results, storages) { node.complete(with: storage) }
  }

  /// The program that evaluating `roots` runs, and the nodes that it completes.
  static func program(of roots: [TraceNode]) -> (trace: TraceGraph, results: [TraceNode]) {
    let results = connectedResults(of: roots)
    return (TraceGraph(name: "main", results: results), results)
  }

  static func compile(_ graph: Graph) throws(EvaluationFailure) -> CompiledFunction {
    do { return try Compiler.current.compile(Module(graphs: [graph])) } catch {
      throw .notCompiled("\(error)")
    }
  }

  static func run(
    _ function: CompiledFunction, _ inputs: [Storage]
  ) throws(EvaluationFailure) -> [Storage] {
    do { return try function(inputs) } catch { throw EvaluationFailure(error) }
  }

  /// The roots, then every other held pending node that is connected with them through pending
  /// nodes, in the order of the search.
  private static func connectedResults(of roots: [TraceNode]) -> [TraceNode] {
    var met = Set(roots.map(ObjectIdentifier.init))
    var queue = roots
    var results = roots
    var next = 0
    while next < queue.count {
      let snapshot = queue[next].snapshot
      guard case .pending(let operation) = snapshot.content else {
        next += 1
        continue
      }
      if next >= roots.count, snapshot.isHeld { results.append(queue[next]) }
      for node in operation.nodes where met.insert(ObjectIdentifier(node)).inserted {
        queue.append(node)
      }
      if queue.count < widestSearch {
        for node in snapshot.consumers where !node.isTraced {
          if met.insert(ObjectIdentifier(node)).inserted { queue.append(node) }
        }
      }
      next += 1
    }
    return results
  }
}
