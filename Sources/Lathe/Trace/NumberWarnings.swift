// Lazy programs that differ in nothing but numbers.

import Driver
import IRCore
import TensorIR

/// Notices when reads compile one program after another that differ only in numbers written into
/// them, such as a learning rate that changes from step to step.
enum NumberWarnings {
  private struct Family {
    var count = 0
    var latest: Graph
  }

  private static let families = Locked<[Graph: Family]>([:])
  /// At so many programs of one family a line is written.
  private static let warningCount = 8
  /// So many families are watched.
  private static let capacity = 256

  /// Notes that a read compiled `graph`, which no earlier read had.
  static func note(_ graph: Graph) {
    guard let key = graph.withoutNumbers else { return }
    let before: Graph? = families.withLock { families in
      if families.count >= capacity { families.removeAll() }
      var family = families[key] ?? Family(latest: graph)
      family.count += 1
      let before = family.count == warningCount ? family.latest : nil
      family.latest = graph
      families[key] = family
      return before
    }
    guard let before, let change = change(from: before, to: graph) else { return }
    writeLine(
      "\(change.location.text): warning: \(warningCount) programs were compiled that differ in "
        + "numbers only: \(change.old) → \(change.new); make it a Tensor")
  }

  private static func change(
    from old: Graph, to new: Graph
  ) -> (location: SourceLocation, old: Literal, new: Literal)? {
    for (index, (before, after)) in zip(old.nodes, new.nodes).enumerated() {
      for (a, b) in zip(before.operands, after.operands) {
        guard let a = a.literal, let b = b.literal, a != b else { continue }
        return (new.locations[index], a, b)
      }
    }
    return nil
  }
}

extension Graph {
  /// The graph with zeros for the literals among operands; `nil` where there is none.
  fileprivate var withoutNumbers: Graph? {
    guard nodes.contains(where: { $0.operands.contains { $0.literal != nil } }) else { return nil }
    var result = Graph(name: name)
    for node in nodes {
      var node = node
      node.operands = node.operands.map { operand in
        operand.literal.map { .literal(.zero($0.type)) } ?? operand
      }
      result.append(node)
    }
    result.results = results
    return result
  }
}
