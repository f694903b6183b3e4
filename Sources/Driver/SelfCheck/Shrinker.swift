// Making failing programs small.

import CLatheRuntime
package import IRCore
import TensorIR

/// Makes a failing program smaller for as long as it still fails.
///
/// Greedy: drops results, returns an inner value instead, replaces inner values by parameters with
/// the values that the interpreter gives them (which cuts off all that came before), skips nodes in
/// favour of an operand, and keeps fewer elements.
package struct Shrinker {
  private let row: TargetRow
  private let fails: (ProgramCase) -> String?
  private let deadline: Int64

  /// Shrinks programs for which `fails` says why they fail, for `seconds` at most.
  package init(
    row: TargetRow, seconds: Double = 60, fails: @escaping (ProgramCase) -> String?
  ) {
    self.row = row
    self.fails = fails
    deadline = lathe_now_ns() + Int64(seconds * 1e9)
  }

  /// A smaller program that fails, with its failure.
  package func shrink(_ program: ProgramCase, _ failure: String) -> (ProgramCase, String) {
    var best = (program, failure)
    while let smaller = step(best.0) { best = smaller }
    return best
  }

  private func step(_ program: ProgramCase) -> (ProgramCase, String)? {
    for candidate in candidates(program) {
      if lathe_now_ns() > deadline { return nil }
      guard let smaller = candidate(), (try? smaller.module.verify()) != nil else { continue }
      if let failure = fails(smaller) { return (smaller, failure) }
    }
    return nil
  }

  /// Programs with strictly less in them: fewer results, else fewer nodes, else fewer elements.
  private func candidates(_ program: ProgramCase) -> [() -> ProgramCase?] {
    let graph = program.graph
    var list: [() -> ProgramCase?] = []
    if graph.results.count > 1 {
      list += graph.results.map { result in { program.keeping([result]) } }
    }
    let unused = program.keeping(graph.results)
    if unused.graph.nodes.count < graph.nodes.count { list.append { unused } }
    for id in graph.ids where !graph[id].isParameter {
      let upTo = program.keeping([ValueID(id)])
      if upTo.graph.nodes.count < graph.nodes.count { list.append { upTo } }
    }
    for id in graph.ids.reversed() where !graph[id].isParameter {
      for result in graph[id].types.indices {
        let value = ValueID(id, result)
        if !graph.results.contains(value) { list.append { cut(program, value) } }
      }
      for operand in graph[id].operands.compactMap(\.value)
      where graph[id].types == [graph[type: operand]] {
        list.append { program.keeping(graph.results, replacing: [ValueID(id): operand]) }
      }
    }
    let count = program.inputs.first.map { $0.extents.reduce(1, *) } ?? 0
    if count > 1 {
      list.append { program.keepingElements(0..<count / 2) }
      list.append { program.keepingElements(count / 2..<count) }
      if count < 40 {
        list += (0..<count).map { place in { program.keepingElements(place..<place + 1) } }
      }
    }
    return list
  }

  private func cut(_ program: ProgramCase, _ value: ValueID) -> ProgramCase? {
    let upTo = program.keeping([value])
    guard let values = try? upTo.interpreted(row: row) else { return nil }
    let smaller = program.keeping(program.graph.results, cutting: (value, values[0]))
    return smaller.graph.computedCount < program.graph.computedCount ? smaller : nil
  }
}

extension Graph {
  /// Number of nodes that are no parameters.
  fileprivate var computedCount: Int { nodes.count(where: { !$0.isParameter }) }
}
