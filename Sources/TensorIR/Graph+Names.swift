// How the text spells a graph's nodes.

extension Graph {
  /// By node: `%x` for parameters, else `%` and the number of its first result in order.
  public var valueNames: [String] {
    var next = 0
    return nodes.map { node in
      if case .parameter(let name) = node.kind { return "%\(name)" }
      defer { next += node.types.count }
      return "%\(next)"
    }
  }
}
