// Structs, tuples, arrays, dictionaries and optionals as states, arguments and results.

import Lathe
import Testing

private struct Layer: Sendable {
  var weight: Tensor
  let offset: Tensor?
  var scales: [Tensor]
}

private enum Mode: Sendable { case training, inference }

private struct Network: Sendable {
  var layers: [Layer]
  var named: [String: Tensor]
  var pair: (Tensor, Tensor)
  var mode: Mode
  let name: String
  var steps: Int

  init(_ value: Float) {
    layers = (0..<2).map {
      Layer(
        weight: Tensor([value + Float($0)]), offset: $0 == 0 ? nil : Tensor([10.0]),
        scales: [Tensor([2.0]), Tensor([3.0])])
    }
    named = ["b": Tensor([5.0]), "a": Tensor([7.0]), "c": Tensor([9.0])]
    pair = (Tensor([1.0]), Tensor([2.0]))
    mode = .training
    name = "net"
    steps = 3
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    var x = x
    for layer in layers {
      x = x * layer.weight
      if let offset = layer.offset { x = x + offset }
      for scale in layer.scales { x = x * scale }
    }
    return x + named["a"]! * pair.0 - named["b"]! * pair.1
  }
}

private struct Outcome: Sendable {
  let loss: Tensor
  let parts: [String: (Tensor, Int)]
  let label: String?
}

private protocol Module: Sendable {
  func callAsFunction(_ x: Tensor) -> Tensor
}
private struct Scale: Module {
  var factor: Tensor
  func callAsFunction(_ x: Tensor) -> Tensor { x * factor }
}
private struct Wide: Module {
  // More than an existential holds inline.
  var parts = (Tensor([1.0]), Tensor([2.0]), Tensor([3.0]), 4)
  func callAsFunction(_ x: Tensor) -> Tensor { x + parts.0 + parts.2 * Tensor(Float(parts.3)) }
}

@Suite struct CompiledStructureTests {
  @Test func protocolsMayHideTypes() {
    let f = compile { (model: [any Module], x: Tensor) in model.reduce(x) { $1($0) } }
    let x = Tensor([2.0])
    #expect(f([Scale(factor: Tensor([5.0])), Wide()], x).item() == 23)
    #expect(f([Scale(factor: Tensor([6.0])), Wide()], x).item() == 25)
    #expect(f.variantCount == 1)
    #expect(f([Wide(), Scale(factor: Tensor([6.0]))], x).item() == 90)
    #expect(
      f.variants[0].reason
        == "argument 1[0] Scale → Wide")
    let g = compile { (model: inout [any Module], x: Tensor) in
      for index in model.indices {
        guard var scale = model[index] as? Scale else { continue }
        scale.factor += x
        model[index] = scale
      }
    }
    var model: [any Module] = [Wide(), Scale(factor: Tensor([6.0]))]
    let copy = model
    for _ in 0..<3 { g(&model, x) }
    #expect(model[1](Tensor([1.0])).item() == 12 && copy[1](Tensor([1.0])).item() == 6)
    #expect(model[0](x).item() == 15)
  }

  @Test func structsOfAllKindsAreArguments() {
    let f = compile { (net: Network, x: Tensor) in net(x) }
    for value: Float in [1, 4] {
      let net = Network(value)
      let x = Tensor([0.5, 2])
      #expect(f(net, x).scalars(as: Float.self) == net(x).scalars(as: Float.self))
    }
    #expect(f.variantCount == 1)
  }

  @Test func everyPartOfAStateIsUpdated() {
    let f = compile { (net: inout Network, x: Tensor) in
      net.layers[1].weight += x
      net.layers[0].scales[1] = net.layers[0].scales[1] * 2
      net.named["c"] = net.named["a"]! + net.named["b"]!
      net.pair.1 = net.pair.0
      net.mode = .inference
      net.steps += 1
      return net.layers[0].weight
    }
    var net = Network(1)
    let first = f(&net, Tensor([0.5]))
    #expect(first.item() == 1 && net.layers[1].weight.item() == 2.5)
    #expect(net.layers[0].scales[1].item() == 6 && net.layers[0].scales[0].item() == 2)
    #expect(net.layers[0].offset == nil && net.layers[1].offset?.item() == 10)
    #expect(net.named.keys.sorted() == ["a", "b", "c"] && net.named["c"]?.item() == 12)
    #expect(net.pair.1.item() == 1 && net.mode == .inference && net.name == "net")
    #expect(net.steps == 4)
    _ = f(&net, Tensor([0.5]))
    #expect(net.layers[1].weight.item() == 3 && net.steps == 5)
    #expect(
      f.variants[0].reason == "Network.mode training → inference, Network.steps 3 → 4")
  }

  @Test func resultsAreRebuilt() {
    let f = compile { (x: Tensor, label: String?) in
      Outcome(loss: x.sum(), parts: ["x": (x * 2, 7), "y": (x + 1, 8)], label: label)
    }
    let outcome = f(Tensor([1.0, 2]), "name")
    #expect(outcome.loss.item() == 3 && outcome.label == "name")
    #expect(outcome.parts["x"]!.0.scalars(as: Float.self) == [2, 4])
    #expect(outcome.parts["y"]!.0.scalars(as: Float.self) == [2, 3])
    #expect(outcome.parts["x"]!.1 == 7 && outcome.parts["y"]!.1 == 8)
    #expect(f(Tensor([1.0, 2]), nil).label == nil)
    #expect(f.variantCount == 2)
  }

  @Test func aStateMayGrow() {
    let f = compile { (list: inout [Tensor], x: Tensor) in list.append(x * 2) }
    var list: [Tensor] = []
    f(&list, Tensor([1.0]))
    f(&list, Tensor([2.0]))
    #expect(list.map { $0.item() } == [2, 4])
    #expect(f.variants[0].reason == "state 0 elements → 1 elements")
  }

  @Test func everyNumberOfArgumentsCompiles() throws {
    let x = Tensor([2.0])
    let a0 = compile { Tensor([1.0]) + 1 }
    let a1 = compile { (a: Tensor) in a + 1 }
    let a2 = compile { (a: Tensor, b: Int) in a + b }
    let a3 = compile { (a: Tensor, b: Int, c: Double) in a + Double(b) * c }
    let a4 = compile { (a: Tensor, b: Int, c: Double, d: [Tensor]) in
      a + Double(b) * c + d[0]
    }
    #expect(
      [a0(), a1(x), a2(x, 2), a3(x, 3, 0.5), a4(x, 3, 0.5, [x])].map { $0.item() }
        == [2, 3, 4, 3.5, 5.5])
    #expect(try [a0.run(()), a1.run(x), a2.run((x, 2))].map { $0.item() } == [2, 3, 4])
    var s = Tensor([0.0])
    let s0 = compile { (s: inout Tensor) in s += 1 }
    let s1 = compile { (s: inout Tensor, a: Tensor) in s += a }
    let s2 = compile { (s: inout Tensor, a: Tensor, b: Int) in s += a * b }
    let s3 = compile { (s: inout Tensor, a: Tensor, b: Int, c: Int) in s += a * b * c }
    let s4 = compile { (s: inout Tensor, a: Tensor, b: Int, c: Int, d: Tensor) -> Tensor in
      s += a * b * c + d
      return s * 2
    }
    s0(&s)
    s1(&s, x)
    s2(&s, x, 10)
    s3(&s, x, 10, 10)
    #expect(s.item() == 223)
    #expect(s4(&s, x, 10, 100, x).item() == 4450 && s.item() == 2225)
    try s1.run(&s, x)
    #expect(s.item() == 2227)
  }

  /// The trap of parameter packs: what the function writes to its state must arrive.
  @Test func writesToTheStateAreNeverLost() {
    @Sendable func update(_ state: inout [String: Tensor], _ x: Tensor, _ y: Tensor) -> Tensor {
      state["sum"] = state["sum"]! + x * y
      return x
    }
    let f = compile(update)
    var state = ["sum": Tensor([1.0])]
    for count in 1...5 {
      _ = f(&state, Tensor([2.0]), Tensor([3.0]))
      #expect(state["sum"]?.item() == Double(1 + 6 * count))
    }
    var number = 5
    let g = compile { (n: inout Int) in n *= 2 }
    g(&number)
    g(&number)
    #expect(number == 20)
  }

  @Test func functionsInStructsCount() {
    struct Dense: Sendable {
      var weight: Tensor
      let activation: @Sendable (Tensor) -> Tensor
    }
    let f = compile { (layer: Dense, x: Tensor) in layer.activation(x * layer.weight) }
    let x = Tensor([1.0, -1])
    let positive = Dense(weight: Tensor([2.0])) { relu($0) }
    let negative = Dense(weight: Tensor([2.0])) { -relu($0) }
    #expect(f(positive, x).scalars(as: Float.self) == [2, 0])
    #expect(f(negative, x).scalars(as: Float.self) == [-2, 0])
    #expect(f(positive, x).scalars(as: Float.self) == [2, 0])
    #expect(f.variantCount == 2)
  }

  @Test func throwingFunctionsCacheNothing() {
    struct Refusal: Error {}
    let f = compile { (x: Tensor, fails: Bool) throws(Refusal) -> Tensor in
      if fails { throw Refusal() }
      return x + 1
    }
    let x = Tensor([1.0])
    #expect(throws: Refusal.self) { try f(x, true) }
    #expect(f.variantCount == 0)
    #expect((try? f(x, false))?.item() == 2)
    #expect(f.variantCount == 1)
    var state = Tensor([1.0])
    let g = compile { (s: inout Tensor, fails: Bool) throws(Refusal) in
      s += 1
      if fails { throw Refusal() }
    }
    #expect(throws: Refusal.self) { try g(&state, true) }
    #expect(state.item() == 1)
  }

  @Test func traversalFindsLiteralsAndPendingTensors() {
    let f = compile { (list: [Tensor]) in list[0] + list[1] * list[2] }
    let pending = exp(Tensor([0.0]))
    #expect(f([1.0, pending * 2.0, Tensor([3.0])]).shape == [1])
  }
}
