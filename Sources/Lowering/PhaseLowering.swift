// From a graph of calls to one kernel of phases.

import IRCore
import LoopIR
import TensorIR

/// Puts the kernels of regions one after the other into one kernel. What goes from one to another
/// and nowhere else is a local that all threads share.
struct PhaseLowering {
  private let graph: Graph
  private var kernel: Kernel
  /// The kernels of the calls, in order.
  private let parts: [(node: NodeID, kernel: Kernel)]
  private var places: [ValueID: BufferID] = [:]
  /// Values whose kernels agree on a shape; others are flat.
  private var shapes: [ValueID: [IndexExpression]?] = [:]

  /// Lowers the regions that a graph of calls names.
  init(_ graph: Graph, _ regions: (String) -> Graph?) throws(PassFailure) {
    self.graph = graph
    kernel = Kernel(name: graph.name)
    var parts: [(NodeID, Kernel)] = []
    for id in graph.ids {
      switch graph[id].kind {
      case .parameter: continue
      case .call(let name):
        guard let region = regions(name) else { continue }
        parts.append((id, try Kernel(lowering: region)))
      default:
        throw PassFailure(
          pass: "lower", "@\(graph.name) holds a \(graph[id].kind.keyword) beside calls")
      }
    }
    self.parts = parts
  }

  /// Whether a graph is one of calls.
  static func applies(to graph: Graph) -> Bool {
    graph.nodes.contains { if case .call = $0.kind { true } else { false } }
  }

  mutating func lowered() -> Kernel {
    for (id, part) in parts { noteShapes(id, part) }
    declareBuffers()
    for (number, part) in parts.enumerated() { append(part.kernel, of: part.node, number) }
    return kernel
  }

  /// The values that a part's parameters are, by buffer.
  private func values(_ id: NodeID, _ part: Kernel) -> [ValueID?] {
    var operands = graph[id].operands.compactMap(\.value)[...]
    var results = graph[id].types.indices.map { ValueID(id, $0) }[...]
    return part.buffers.map { buffer in
      switch buffer.role {
      case .input: operands.popFirst()
      case .output: results.popFirst()
      default: nil
      }
    }
  }

  private mutating func noteShapes(_ id: NodeID, _ part: Kernel) {
    for (buffer, value) in zip(part.buffers, values(id, part)) {
      guard let value else { continue }
      if let known = shapes[value], known != buffer.shape {
        shapes[value] = .some(nil)
      } else {
        shapes[value] = buffer.shape
      }
    }
  }

  private func shape(of value: ValueID) -> [IndexExpression] {
    if let shape = shapes[value], let shape { return shape }
    return [graph[type: value].elementCount]
  }

  // MARK: Buffers

  private mutating func declareBuffers() {
    for id in graph.parameters {
      guard case .parameter(let name) = graph[id].kind else { continue }
      declare(name, .input, ValueID(id))
    }
    for (index, value) in graph.results.enumerated() {
      declare(graph.results.count == 1 ? "y" : "y\(index)", .output, value)
    }
    var count = 0
    for (id, _) in parts {
      for index in graph[id].types.indices where places[ValueID(id, index)] == nil {
        declare("between\(count)", .shared, ValueID(id, index))
        count += 1
      }
    }
  }

  private mutating func declare(_ name: String, _ role: Buffer.Role, _ value: ValueID) {
    places[value] = BufferID(kernel.buffers.count)
    kernel.buffers.append(
      Buffer(
        name: freshName(name), role: role, type: graph[type: value].dtype, shape: shape(of: value)))
  }

  private func freshName(_ name: String) -> String {
    var name = name
    while kernel.buffers.contains(where: { $0.name == name }) { name += "_" }
    return name
  }

  // MARK: Phases

  /// Appends a part's statements as loops.
  private mutating func append(_ part: Kernel, of id: NodeID, _ number: Int) {
    let buffers = zip(part.buffers, values(id, part)).map { buffer, value -> BufferID in
      if let value, let known = places[value] { return known }
      var local = buffer
      local.name = freshName(buffer.name)
      kernel.buffers.append(local)
      return BufferID(kernel.buffers.count - 1)
    }
    for symbol in part.symbols where !kernel.symbols.contains(symbol) {
      kernel.symbols.append(symbol)
    }
    let offset = kernel.variables.count
    var taken = Set(kernel.variables.compactMap(\.name))
    kernel.variables += part.variables.map { variable in
      guard number > 0, var name = variable.name else { return variable }
      name += "_\(number)"
      while !taken.insert(name).inserted { name += "_" }
      return Variable(name: name, type: variable.type)
    }
    var substitution = Substitution(renumbering: { VariableID($0.index + offset) })
    let shapes = kernel.buffers.map(\.shape)
    substitution.access = { access in
      var access = access
      let own = part[access.buffer].shape
      access.buffer = buffers[access.buffer.index]
      if shapes[access.buffer.index] != own {
        access.indices = [zip(access.indices, own).reduce(0) { $0 * $1.1 + $1.0 }]
      }
      return access
    }
    let body = substitution(part.body)
    let isLoops = body.allSatisfy { if case .loop = $0 { true } else { false } }
    if isLoops {
      kernel.body += body
    } else {
      let once = kernel.makeVariable(ValueType(.i64), name: "once_\(number)")
      kernel.body.append(.loop(Loop(.serial, once, 0, 1, body: body)))
    }
  }
}
