// Derivatives of a graph against central differences and against each other.

import IRCore
import TensorIR
import TensorPasses
import TestSupport
import Testing

/// One graph at one place, in f64, run by the interpreter.
struct DerivativeCheck {
  let graph: Graph
  /// Values of the parameters.
  let inputs: [TensorValue]
  private var random: SplitMix64
  private let row = TargetRow.avx2

  init(_ graph: Graph, seed: UInt64, values: ClosedRange<Double>) {
    self.graph = graph
    random = SplitMix64(seed: seed)
    var inputs: [TensorValue] = []
    for parameter in graph.parameters {
      inputs.append(Self.draw(graph[parameter].types[0], values, &random))
    }
    self.inputs = inputs
  }

  private static func draw(
    _ type: TensorType, _ values: ClosedRange<Double>, _ random: inout SplitMix64
  ) -> TensorValue {
    let extents = type.extents ?? []
    let elements = (0..<extents.reduce(1, *)).map { _ -> Literal in
      type.dtype.isFloat
        ? Literal(type.dtype, Double.random(in: values, using: &random))
        : Literal(type.dtype, integer: random.integer(0...1))
    }
    return TensorValue(type.dtype, extents, elements)
  }

  private func run(_ graph: Graph, _ inputs: [TensorValue]) throws -> [TensorValue] {
    try GraphInterpreter.run(
      Module(graphs: [graph]), graph.name, inputs: inputs, symbols: [:], row: row)
  }

  /// The places of the float parameters.
  private var floats: [Int] { inputs.indices.filter { inputs[$0].type.isFloat } }

  /// Checks the pushforward against differences, the pullback against the pushforward, and, for
  /// `order` 2, both of the pullback.
  mutating func check(order: Int = 2, tolerance: Double = 1e-6) throws {
    let forward = try graph.pushforward(by: floats, row: row)
    let backward = try graph.pullback(by: floats, row: row)
    try forward.verify()
    try backward.verify()
    let tangents = floats.map { Self.draw(type(of: inputs[$0]), -1...1, &random) }
    let results = try run(graph, inputs)
    let floatResults = results.filter { $0.type.isFloat }
    let cotangents = floatResults.map { Self.draw(type(of: $0), -1...1, &random) }
    let pushed = try run(forward, inputs + tangents)
    let pulled = try run(backward, inputs + cotangents)
    #expect(Array(pushed.prefix(results.count)) == results)
    #expect(Array(pulled.prefix(results.count)) == results)
    let slopes = Array(pushed.dropFirst(results.count))
    let gradients = Array(pulled.dropFirst(results.count))
    try compareWithDifferences(tangents, slopes, tolerance)
    let forwardSum = Self.dot(cotangents, slopes)
    let backwardSum = Self.dot(gradients, tangents)
    #expect(
      abs(forwardSum.value - backwardSum.value) <= 1e-11 * (forwardSum.size + backwardSum.size),
      "jvp gives \(forwardSum.value), vjp \(backwardSum.value)")
    guard order > 1 else { return }
    var second = self
    second = DerivativeCheck(backward, inputs + cotangents, random)
    try second.check(order: order - 1, tolerance: tolerance)
  }

  private init(_ graph: Graph, _ inputs: [TensorValue], _ random: SplitMix64) {
    self.graph = graph
    self.inputs = inputs
    self.random = random
  }

  private func type(of value: TensorValue) -> TensorType {
    TensorType(value.type, extents: value.extents)
  }

  /// Central differences of step h have an error of h² and of the rounding of results over h.
  private func compareWithDifferences(
    _ tangents: [TensorValue], _ slopes: [TensorValue], _ tolerance: Double
  ) throws {
    let step = 1e-5
    let after = try run(graph, moved(tangents, by: step)).filter { $0.type.isFloat }
    let before = try run(graph, moved(tangents, by: -step)).filter { $0.type.isFloat }
    let size = (after + slopes).flatMap(\.elements).map { abs($0.doubleValue) }.max() ?? 0
    for (slope, (a, b)) in zip(slopes, zip(after, before)) {
      for (place, (found, (x, y))) in zip(slope.elements, zip(a.elements, b.elements)).enumerated()
      {
        let difference = (x.doubleValue - y.doubleValue) / (2 * step)
        #expect(
          abs(found.doubleValue - difference) <= tolerance * max(1, size),
          "element \(place): \(found), by differences \(difference)")
      }
    }
  }

  private func moved(_ tangents: [TensorValue], by step: Double) -> [TensorValue] {
    var moved = inputs
    for (place, tangent) in zip(floats, tangents) {
      let elements = zip(inputs[place].elements, tangent.elements).map {
        Literal(.f64, $0.doubleValue + step * $1.doubleValue)
      }
      moved[place] = TensorValue(.f64, inputs[place].extents, elements)
    }
    return moved
  }

  private static func dot(
    _ a: [TensorValue], _ b: [TensorValue]
  ) -> (value: Double, size: Double) {
    let products = zip(a.flatMap(\.elements), b.flatMap(\.elements)).map {
      $0.doubleValue * $1.doubleValue
    }
    return (products.reduce(0, +), products.map { abs($0) }.reduce(0, +))
  }
}
