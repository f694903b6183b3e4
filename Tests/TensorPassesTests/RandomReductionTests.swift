// Random reductions and scans keep their bits through every exact pass.

import IRCore
import TensorIR
import TensorPasses
import Testing

/// Draws graphs of reductions, scans, views and elementwise nodes over extents 0, 1 and odd ones.
private struct ReductionDrawer {
  private var state: UInt64
  private var builder = GraphBuilder(name: "f")
  private var values: [ValueID] = []

  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1 }

  private mutating func next(below bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }

  mutating func draw() throws -> Graph {
    let dtype = [DType.f32, .f64, .i32, .i64, .bool][next(below: 5)]
    let shape = (0..<(1 + next(below: 3))).map { _ in [0, 1, 1, 2, 3, 5, 7, 16][next(below: 8)] }
    values = [try builder.parameter("x", TensorType(dtype, extents: shape))]
    if next(below: 3) == 0 {
      let count = shape.reduce(1, *)
      let elements = (0..<count).map { Literal(dtype, Double($0 % 5) - 2.5) }
      values.append(try builder.constant(TensorData(dtype, elements), extents: shape))
    }
    for _ in 0..<12 {
      let value = values[values.count - 1 - next(below: min(values.count, 3))]
      // What inference refuses is not drawn.
      if let made = try? node(value) { values.append(made) }
    }
    return builder.returning(values)
  }

  private mutating func node(_ value: ValueID) throws -> ValueID {
    let type = builder[type: value]
    let monoid = Reduction.Monoid.allCases[next(below: Reduction.Monoid.allCases.count)]
    switch next(below: 6) {
    case 0, 1, 2:
      let axes = (0..<type.rank).filter { _ in next(below: 2) == 0 }
      let orders: [CombinationOrder] = [
        .sequential, .lanes(1, chunk: 3), .lanes(4, chunk: 8), .lanes(16, chunk: 64),
      ]
      return try builder.reduce(monoid, value, axes: axes, order: orders[next(below: 4)])
    case 3:
      return try builder.scan(
        monoid, value, axis: next(below: max(1, type.rank)), exclusive: next(below: 2) == 0,
        reverse: next(below: 2) == 0)
    case 4: return try builder.expandDims(value, axis: next(below: type.rank + 1))
    default:
      return try builder.elementwise(.add, [.value(value), .literal(.one(type.dtype))])
    }
  }
}

@Suite struct RandomReductionTests {
  @Test(arguments: [TargetRow.avx2, .sse2]) func passesKeepBits(row: TargetRow) throws {
    var kinds: Set<String> = []
    for seed in 0..<150 as Range<UInt64> {
      var drawer = ReductionDrawer(seed: seed)
      let graph = try drawer.draw()
      kinds.formUnion(graph.nodes.map(\.kind.keyword))
      let before = Module(graphs: [graph])
      try before.verify()
      #expect(try Module(parsing: before.description) == before, "seed \(seed)")
      let inputs = PassFileTests.inputs(of: graph)
      let expected = try GraphInterpreter.run(before, "f", inputs: inputs, row: row)
      let exact = TensorPasses.all(for: row).filter { !$0.changesRounding }
      for passes in exact.map({ [$0] }) + [TensorPasses.standard(for: row)] {
        let after = try Pipeline(passes).run(before)
        let found = try GraphInterpreter.run(after, "f", inputs: inputs, row: row)
        #expect(
          found.map(PassFileTests.bits) == expected.map(PassFileTests.bits),
          "seed \(seed): \(passes.map(\.name))")
      }
    }
    #expect(kinds.isSuperset(of: ["reduce", "scan", "view", "add", "constant"]))
  }
}
