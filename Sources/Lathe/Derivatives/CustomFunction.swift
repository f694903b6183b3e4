// A function with a derivative of its own, from its closures to a node.

import Driver
import IRCore
import TensorIR

/// Traces a function and its rules at an argument.
struct CustomFunction<Value, Result> {
  let function: LoopFunction
  let body: (Value) -> Result
  let pullback: ((Value, Result, Result) -> Value)?
  let pushforward: ((Value, Result, Value) -> Result)?
  private let values = Structure.whole(Value.self, "argument")
  private let results = Structure.whole(Result.self, "result")

  init(
    function: LoopFunction, body: @escaping (Value) -> Result,
    pullback: ((Value, Result, Result) -> Value)?,
    pushforward: ((Value, Result, Value) -> Result)?
  ) {
    self.function = function
    self.body = body
    self.pullback = pullback
    self.pushforward = pushforward
  }

  /// The result, as those of one node.
  func result(of value: Value) -> Result {
    _ = NamedPart.all(of: value, values, at: function.location)
    var argument = value
    let (old, arguments) = function.replace(&argument, values)
    var result = OpenLoops.suspended { body(argument) }
    _ = NamedPart.all(of: result, results, at: function.location)
    let nodes = function.take(&result, results)
    let trace = TracedRules(arguments: arguments, results: nodes, at: function.location)
    function.fill(&result, results, with: trace.known.map { Tensor(node: $0) })
    let rules = [
      pullback.map { rule in
        traced(result, results, of: argument, values, "the argument", "what the pullback gives") {
          rule(argument, result, $0)
        }
      },
      pushforward.map { rule in
        traced(argument, values, of: result, results, "the result", "what the pushforward gives") {
          rule(argument, result, $0)
        }
      },
    ]
    _ = function.take(&argument, values)
    _ = function.take(&result, results)
    let (node, captured) = trace.node(pullback: rules[0], pushforward: rules[1])
    let found = Tensor.results(
      of: .custom(node), old + captured, nodes.types, at: function.location)
    function.fill(&result, results, with: found)
    requireNoLeak(
      from: arguments + trace.known + rules.compactMap { $0?.seeds }.joined(), function.name,
      "the function or its derivative")
    return result
  }

  /// Traces a rule at placeholders for the slopes of `source`; it gives those of `target`.
  private func traced<Source, Target>(
    _ source: Source, _ sources: Structure, of target: Target, _ targets: Structure,
    _ first: String, _ second: String, _ rule: (Source) -> Target
  ) -> TracedRules.Rule {
    var slope = source
    var seeds: [TraceNode] = []
    sources.update(&slope) { tensor in
      guard tensor.dtype.isFloat else {
        return tensor = Tensor.zeros(tensor.shape, tensor.dtype)
      }
      let seed = TraceNode(placeholder: tensor.dtype, shape: tensor.shape, at: function.location)
      seeds.append(seed)
      tensor = Tensor(node: seed)
    }
    var made = OpenLoops.suspended { rule(slope) }
    _ = function.take(&slope, sources)
    let parts = NamedPart.all(of: target, targets, at: function.location)
    function.requireSame(made, as: parts, targets, "in \(first)", "in \(second)")
    let slopes = function.take(&made, targets).filter(\.dtype.isFloat)
    return TracedRules.Rule(seeds: seeds, slopes: slopes)
  }
}

/// A function and its rules as they were traced.
private struct TracedRules {
  /// What a rule takes beside the arguments and results, and what it gives.
  struct Rule {
    let seeds: [TraceNode]
    let slopes: [TraceNode]
  }

  let arguments: [TraceNode]
  let results: [TraceNode]
  /// Placeholders of the results, for the rules.
  let known: [TraceNode]

  init(arguments: [TraceNode], results: [TraceNode], at location: SourceLocation) {
    self.arguments = arguments
    self.results = results
    known = results.map { TraceNode(placeholder: $0.dtype, shape: $0.shape, at: location) }
  }

  /// The node, and the operands that the function and its rules captured.
  func node(pullback: Rule?, pushforward: Rule?) -> (CustomNode, captured: [TraceNode]) {
    let rules = [pullback, pushforward].compactMap { $0 }
    var captures = BodyCaptures(parameters: arguments + known + rules.flatMap(\.seeds))
    captures.add(results + rules.flatMap(\.slopes))
    func graph(_ added: [TraceNode], _ names: [String], _ results: [TraceNode]) -> Graph {
      TraceGraph.body(
        arguments + added, names: numbered("x", arguments) + names, captures: captures.nodes,
        results: results)
    }
    func graph(_ rule: Rule, _ mark: String) -> Graph {
      graph(known + rule.seeds, numbered("y", known) + numbered(mark, rule.seeds), rule.slopes)
    }
    let node = CustomNode(
      body: graph([], [], results), pullback: pullback.map { graph($0, "dy") },
      pushforward: pushforward.map { graph($0, "dx") }, argumentCount: arguments.count)
    return (node, captures.operands)
  }

  private func numbered(_ mark: String, _ nodes: [TraceNode]) -> [String] {
    nodes.indices.map { "\(mark)\($0)" }
  }
}
