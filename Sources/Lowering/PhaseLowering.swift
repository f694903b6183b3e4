// From a graph of calls to one kernel of phases.

import IRCore
import LoopIR
import TensorIR

/// Puts the kernels of regions one after the other into one kernel. What goes from one to another
/// and nowhere else is a local that all threads share.
///
/// Beside a contraction, which schedules treat buffer by buffer, each use of a tensor has a buffer
/// of its own, and what goes from one region to another keeps its axes in both.
struct PhaseLowering {
  /// The kernel of one call.
  private struct Part {
    let node: NodeID
    /// What its `in` buffers are, in order.
    let operands: [ValueID]
    let kernel: Kernel
  }

  private let graph: Graph
  private var kernel: Kernel
  /// In order.
  private let parts: [Part]
  private let contracts: Bool
  private var places: [ValueID: BufferID] = [:]
  /// By part: the buffers of its own by the number of the operand.
  private var own: [[Int: BufferID]]
  /// Numbers of the parameters that further `in` buffers repeat.
  private(set) var repeated: [Int] = []
  /// Values whose kernels agree on a shape; others are flat.
  private var shapes: [ValueID: [IndexExpression]?] = [:]

  /// Lowers the regions that a graph of calls names.
  init(_ graph: Graph, _ regions: (String) -> Graph?) throws(PassFailure) {
    self.graph = graph
    kernel = Kernel(name: graph.name)
    var called: [(NodeID, Graph)] = []
    for id in graph.ids {
      switch graph[id].kind {
      case .parameter: continue
      case .call(let name):
        if let region = regions(name) { called.append((id, region)) }
      default:
        throw PassFailure(
          pass: "lower", "@\(graph.name) holds a \(graph[id].kind.keyword) beside calls")
      }
    }
    contracts = called.contains { $0.1.nodes.contains(where: \.isContraction) }
    var parts = try Self.parts(graph, called, separates: contracts, mergesAxes: true)
    var shapes = Self.shapes(graph, parts, each: contracts)
    if contracts, shapes.values.contains(nil) {
      parts = try Self.parts(graph, called, separates: true, mergesAxes: false)
      shapes = Self.shapes(graph, parts, each: true)
    }
    self.parts = parts
    self.shapes = shapes
    own = Array(repeating: [:], count: parts.count)
  }

  private static func parts(
    _ graph: Graph, _ called: [(NodeID, Graph)], separates: Bool, mergesAxes: Bool
  ) throws(PassFailure) -> [Part] {
    var parts: [Part] = []
    for (id, region) in called {
      let operands = graph[id].operands.compactMap(\.value)
      let (region, repeated) = separates ? region.separatingFactors() : (region, [])
      parts.append(
        Part(
          node: id, operands: operands + repeated.map { operands[$0] },
          kernel: try Kernel(lowering: region, mergesAxes: mergesAxes)))
    }
    return parts
  }

  /// Whether a graph is one of calls.
  static func applies(to graph: Graph) -> Bool {
    graph.nodes.contains { if case .call = $0.kind { true } else { false } }
  }

  mutating func lowered() -> Kernel {
    declareBuffers()
    for (number, part) in parts.enumerated() { append(part, number) }
    return kernel
  }

  /// The values that a part's parameters are, by buffer.
  private static func values(_ part: Part, _ graph: Graph) -> [ValueID?] {
    var operands = part.operands[...]
    var results = graph[part.node].types.indices.map { ValueID(part.node, $0) }[...]
    return part.kernel.buffers.map { buffer in
      switch buffer.role {
      case .input: operands.popFirst()
      case .output: results.popFirst()
      default: nil
      }
    }
  }

  /// The shapes that kernels agree on; of parameters those of the first use where each has its own.
  private static func shapes(
    _ graph: Graph, _ parts: [Part], each: Bool
  ) -> [ValueID: [IndexExpression]?] {
    var shapes: [ValueID: [IndexExpression]?] = [:]
    for part in parts {
      for (buffer, value) in zip(part.kernel.buffers, values(part, graph)) {
        guard let value else { continue }
        guard let known = shapes[value] else {
          shapes[value] = .some(buffer.shape)
          continue
        }
        if each, graph[value.node].isParameter { continue }
        if known != buffer.shape { shapes[value] = .some(nil) }
      }
    }
    return shapes
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
    if contracts { declareRepeats() }
    for (index, value) in graph.results.enumerated() {
      declare(graph.results.count == 1 ? "y" : "y\(index)", .output, value)
    }
    var count = 0
    for part in parts {
      for index in graph[part.node].types.indices where places[ValueID(part.node, index)] == nil {
        declare("between\(count)", .shared, ValueID(part.node, index))
        count += 1
      }
    }
  }

  /// Buffers for all but the first use of each parameter.
  private mutating func declareRepeats() {
    var taken: Set<ValueID> = []
    for (number, part) in parts.enumerated() {
      let inputs = part.kernel.buffers.filter { $0.role == .input }
      for (place, (value, buffer)) in zip(part.operands, inputs).enumerated() {
        guard let parameter = graph.parameters.firstIndex(of: value.node),
          !taken.insert(value).inserted
        else { continue }
        repeated.append(parameter)
        own[number][place] = BufferID(kernel.buffers.count)
        var buffer = buffer
        buffer.name = freshName(buffer.name)
        kernel.buffers.append(buffer)
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

  /// The buffers that a part's become.
  private mutating func buffers(of part: Part, _ number: Int) -> [BufferID] {
    var input = 0
    return zip(part.kernel.buffers, Self.values(part, graph)).map { buffer, value -> BufferID in
      defer { if buffer.role == .input { input += 1 } }
      if buffer.role == .input, let known = own[number][input] { return known }
      if let value, let known = places[value] { return known }
      var local = buffer
      local.name = freshName(buffer.name)
      kernel.buffers.append(local)
      return BufferID(kernel.buffers.count - 1)
    }
  }

  /// Appends a part's statements as loops.
  private mutating func append(_ whole: Part, _ number: Int) {
    let buffers = buffers(of: whole, number)
    let part = whole.kernel
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
