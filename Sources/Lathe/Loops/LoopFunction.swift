// What the functions that make loops share: structures whose tensors become parameters.

import Driver
import IRCore
import TensorIR

/// Trace of functions over the parts of structures.
struct LoopFunction {
  let name: String
  let location: SourceLocation

  func fail(_ message: String) -> Never { misuse("\(name): \(message)", at: location) }

  /// Puts placeholders in place of a value's tensors; the old tensors and the placeholders.
  func replace<Value>(
    _ value: inout Value, _ structure: Structure, shape: (Tensor) -> [Int] = { $0.shape }
  ) -> (old: [TraceNode], placeholders: [TraceNode]) {
    var old: [TraceNode] = []
    var placeholders: [TraceNode] = []
    structure.update(&value) { tensor in
      let node = tensor.materialized.node
      let placeholder = TraceNode(
        placeholder: node.dtype, shape: shape(tensor), at: location)
      old.append(node)
      placeholders.append(placeholder)
      tensor = Tensor(node: placeholder)
    }
    return (old, placeholders)
  }

  /// Takes a value's tensors out.
  func take<Value>(_ value: inout Value, _ structure: Structure) -> [TraceNode] {
    var nodes: [TraceNode] = []
    structure.update(&value) { tensor in
      nodes.append(tensor.materialized.node)
      tensor = Tensor(scalar: .integer(0))
    }
    return nodes
  }

  /// Puts tensors in the places of a value's tensors.
  func fill<Value>(_ value: inout Value, _ structure: Structure, with tensors: [Tensor]) {
    var next = tensors[...]
    structure.update(&value) { tensor in
      if let new = next.popFirst() { tensor = new }
    }
  }

  /// Ends with a message where a value's parts are not those of another: a step must leave the
  /// types, shapes and host values that it found, and so must the other function of a choice.
  func requireSame<Value>(
    _ new: Value, as old: [NamedPart], _ structure: Structure,
    _ first: String = "before a step", _ second: String = "after it"
  ) {
    let parts = NamedPart.all(of: new, structure, at: location)
    for (before, after) in zip(old, parts) {
      switch (before.content, after.content) {
      case (.tensor(let a), .tensor(let b)) where a != b:
        fail("\(after.path) is \(a) \(first) and \(b) \(second); they must be the same")
      case (.value(let a), .value(let b)) where a != b:
        fail(
          "\(after.path) is \(a) \(first) and \(b) \(second); "
            + "what changes must be a Tensor")
      default: break
      }
    }
    guard old.count == parts.count else {
      fail("a value of \(old.count) parts \(first), of \(parts.count) \(second)")
    }
  }
}

extension [TraceNode] {
  /// The nodes' types.
  var types: [TensorType] { map(\.tensorType) }
}
