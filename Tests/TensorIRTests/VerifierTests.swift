// What the verifier refuses: as IR files where text can say it, else as data.

import IRCore
import LoopIR
import TensorIR
import Testing

@Suite struct GraphVerifierTests {
  @Test(arguments: GraphFile.all(in: "verify")) func refusesTheFile(file: GraphFile) throws {
    let expected = try #require(try file.expectedError())
    let module = try Module(parsing: try file.text())
    let error = #expect(throws: VerifierError.self) { try module.verify() }
    let description = error?.description ?? ""
    #expect(description.contains(expected.message), "\(description)")
  }

  @Test(arguments: GraphFile.all(in: "parse")) func readsTheFile(file: GraphFile) throws {
    if let (line, message) = try file.expectedError() {
      let error = #expect(throws: TextError.self) { try Module(parsing: try file.text()) }
      #expect(error?.line == line)
      #expect(error?.message == message)
    } else {
      let module = try Module(parsing: try file.text())
      try module.verify()
      #expect(try Module(parsing: module.description) == module)
    }
  }

  /// A graph of two parameters and the given nodes, which returns its last value.
  func graph(_ nodes: [Node]) -> Graph {
    var graph = Graph(name: "f")
    graph.append(Node(.parameter("x"), [], TensorType(.f32, extents: [4])))
    for node in nodes { graph.append(node) }
    graph.results = [ValueID(NodeID(graph.nodes.count - 1))]
    return graph
  }

  func refusal(_ unit: some Verifiable) -> String {
    do { try unit.verify() } catch { return error.description }
    return "nothing refused"
  }

  static let x = TensorOperand.value(ValueID(NodeID(0)))
  static let type = TensorType(.f32, extents: [4])

  /// A function of `a`, whose rule takes `b`, or whose arguments are too many.
  static func custom(_ name: String, argumentCount: Int) -> Node {
    func graph(_ names: [String]) -> Graph {
      var graph = Graph(name: "")
      for name in names { graph.append(Node(.parameter(name), [], type)) }
      graph.results = [ValueID(NodeID(names.count - 1))]
      return graph
    }
    return Node(
      .custom(
        CustomNode(
          body: graph(["a"]), pullback: graph([name, "y", "dy"]), argumentCount: argumentCount)),
      [x], type)
  }

  static let data: [(Node, String)] = [
    (
      custom("b", argumentCount: 1),
      "%0: custom: the body's names expected of the operands of its pullback"
    ),
    (custom("a", argumentCount: 2), "%0: custom: 2 arguments stated of 1 operands"),
    (
      Node(.elementwise(.neg), [.value(ValueID(NodeID(1)))], type),
      "%0: neg: operand 0, %0, is not defined before this use"
    ),
    (
      Node(.elementwise(.neg), [.value(ValueID(NodeID(7)))], type),
      "%0: neg: operand 0, %?7, is not defined before this use"
    ),
    (
      Node(.elementwise(.neg), [.value(ValueID(NodeID(0), 1))], type),
      "%0: neg: operand 0, %x, is not defined before this use"
    ),
    (Node(.elementwise(.add), [x], type), "%0: add: 2 operands expected, found 1"),
    (Node(.elementwise(.neg), [x], [type, type]), "%0: neg: 1 result expected, found 2"),
    (Node(.elementwise(.neg), [x], []), "%0: neg: 1 result expected, found 0"),
    (Node(.iota(axis: 0), [x], type), "%0: iota: 0 operands expected, found 1"),
    (
      Node(.view(View([0])), [.literal(.f32(1))], type),
      "%0: view: operand 0 is a literal; only elementwise nodes take literals"
    ),
    (
      Node(.view(View([.variable(1)])), [x], type), "%0: view: there is no axis number 1"
    ),
    (
      Node(.view(View([.lane])), [x], type), "%0: view: the lane means nothing outside kernels"
    ),
    (
      Node(.view(View([.variable(0)], fill: .f32(0))), [x], type), "%0: view: a fill without guards"
    ),
    (
      Node(.view(View([.variable(0)], guards: [.init(.variable(0), in: 0, 4)])), [x], type),
      "%0: view: guards without a fill"
    ),
    (
      Node(
        .view(
          View([.variable(0)], guards: [.init(.variable(0), in: 0, 3)], fill: .bool(true))), [x],
        type), "%0: view: a fill of f32 expected, found bool"
    ),
    (
      Node(.constant(TensorData(.f32, bytes: [1, 2])), [], type),
      "%0: constant: 16 bytes expected for f32[4], found 2"
    ),
    (
      Node(.constant(TensorData(.i32, bytes: [])), [], type),
      "%0: constant: data of f32 expected, found i32"
    ),
    (Node(.parameter("x"), [], type), "%x: parameter: a second parameter %x"),
    (Node(.parameter("1y"), [], type), "%1y: parameter: '1y' is no name of a parameter"),
    (
      Node(.sort(axis: 0, descending: false), [x], type),
      "%0: sort is declared, but this version does not build it yet"
    ),
    (
      Node(.reduce(Reduction(.sum, axes: [0], order: .sequential)), [x, x], TensorType(.f32)),
      "%0: reduce: 1 operands expected, found 2"
    ),
    (
      Node(.reduce(Reduction(.sum, axes: [0], order: .sequential)), [.literal(.f32(1))], type),
      "%0: reduce: operand 0 is a literal; only elementwise nodes take literals"
    ),
    (
      Node(.reduce(Reduction(.argMax, axes: [0], order: .sequential)), [x], [type, type]),
      "%0: reduce: 1 result expected, found 2"
    ),
    (
      Node(.loop(LoopNode(body: body(["t", "s"]), count: 4, carriedCount: 1)), [x, x], type),
      "%0: loop: 1 operands expected, found 2"
    ),
    (
      Node(
        .loop(LoopNode(body: body(["t"]), count: 4, carriedCount: 1)), [x], type),
      "%0: loop: a body of at least 2 parameters expected, found 1"
    ),
    (
      Node(
        .loop(
          LoopNode(
            body: body(["t", "s"]), condition: body(["t", "u"]), count: 4, carriedCount: 1)), [x],
        type),
      "%0: loop: the body's parameters but for its rows expected of the condition"
    ),
    (
      Node(.loop(LoopNode(body: body(["s", "t"]), count: 4, carriedCount: 1)), [x], type),
      "%0: loop: i64 expected for the step's number, found f32[4]"
    ),
    (
      Node(
        .conditional(ConditionalNode(then: body(["s"]), otherwise: body(["t"]))), [x], type),
      "%0: conditional: two bodies of equal parameters expected"
    ),
  ]

  /// A graph that returns its last parameter; `t` is a step's number.
  static func body(_ names: [String]) -> Graph {
    var graph = Graph(name: "body")
    for name in names {
      graph.append(Node(.parameter(name), [], name == "t" ? TensorType(.i64) : type))
    }
    graph.results = [ValueID(NodeID(names.count - 1))]
    return graph
  }

  @Test(arguments: data.indices) func refusesData(index: Int) {
    let (node, message) = Self.data[index]
    let text = refusal(graph([node]))
    #expect(text == "@f: \(message)")
  }

  @Test func refusesResultsThatDoNotExist() {
    var graph = graph([])
    graph.results = []
    #expect(refusal(graph) == "@f: returns nothing")
    graph.results = [ValueID(NodeID(0), 3)]
    #expect(refusal(graph) == "@f: returns %x, which does not exist")
  }

  @Test func refusesNamesThatDoNotPrint() {
    var graph = graph([])
    graph.name = "two words"
    #expect(refusal(graph) == "@two words: 'two words' is no name")
  }

  @Test func parametersComeFirst() {
    let graph = graph([
      Node(.elementwise(.neg), [Self.x], Self.type), Node(.parameter("y"), [], Self.type),
    ])
    #expect(refusal(graph) == "@f: %y: parameter: parameters come before all other nodes")
  }

  @Test func kernelsOfOneNameAreEqual() {
    let graph = graph([Node(.kernel(Kernel(name: "k")), [], [])])
    let other = Kernel(name: "k", symbols: ["n"])
    let text = refusal(Module(graphs: [graph], kernels: [other]))
    #expect(text == "@f: kernel @k differs from another of that name")
    let twice = refusal(Module(graphs: [], kernels: [other, other]))
    #expect(twice == "@k: two graphs or kernels have this name")
  }
}
