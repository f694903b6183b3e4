// Random contractions and convolutions: the interpreter's bits on every row and number of threads.

import Driver
import IRCore
import TensorIR
import TestSupport
import Testing

@Suite struct RandomContractions {
  #if DEBUG
    static let seeds: Range<UInt64> = 0..<16
  #else
    static let seeds: Range<UInt64> = 0..<48
  #endif

  /// Matrices in all orders of their axes, batches that broadcast, what comes before and after.
  private static func drawProduct(seed: UInt64) throws -> DrawnModule {
    var random = SplitMix64(seed: seed)
    let isLarge = seed % 8 == 3
    let sizes =
      isLarge ? [64, 97, 128, 130, 255, 300] : [0, 1, 2, 3, 5, 8, 15, 16, 17, 31, 33, 48, 65]
    // The interpreter takes 20 ns or so for a product.
    var extents = (0..<3).map { _ in random.pick(sizes) }
    if isLarge { extents[random.integer(0...2)] = random.integer(1...40) }
    let (m, n, k) = (extents[0], extents[1], extents[2])
    let batch = isLarge || !random.oneIn(3) ? 1 : random.integer(0...4)
    let dtype = random.pick([DType.f32, .f32, .f32, .f64, .i32, .i64])
    var builder = GraphBuilder(name: "main")
    // Variables: batch, m, n, k.
    func factor(
      _ name: String, _ axes: [(variable: Int, extent: Int)]
    ) throws -> (ValueID, [IndexExpression]) {
      var axes = axes
      if !random.oneIn(3) { axes.insert((0, batch), at: 0) }
      if random.oneIn(2) { axes.shuffle(using: &random) }
      let type = TensorType(dtype, extents: axes.map(\.extent))
      return (try builder.parameter(name, type), axes.map { .variable($0.variable) })
    }
    let (a, aMap) = try factor("a", [(1, m), (3, k)])
    let (b, bMap) = try factor("b", [(3, k), (2, n)])
    let bias = try builder.parameter("bias", TensorType(dtype, extents: [n]))
    let wide: DType = dtype.isFloat ? .f64 : .i64
    var result = try builder.contract(
      random.oneIn(4) ? builder.elementwise(.mul, [.value(a), .literal(.one(dtype))]) : a, b,
      maps: [aMap, bMap], shape: [batch, m, n].map { IndexExpression($0) },
      summed: [IndexExpression(k)], accumulator: random.oneIn(4) ? wide : nil)
    if random.oneIn(2) {
      let spread = try builder.broadcast(bias, to: builder[type: result].shape)
      result = try builder.elementwise(.add, [.value(result), .value(spread)])
      result = try builder.elementwise(.max, [.value(result), .literal(.zero(dtype))])
    }
    return DrawnModule(builder.returning([result]), &random)
  }

  /// Windows along one to three axes with padding, stride, dilation and groups.
  private static func drawConvolution(seed: UInt64) throws -> DrawnModule {
    var random = SplitMix64(seed: seed &+ 1_000)
    let axes = random.integer(1...3)
    let groups = random.pick([1, 1, 2, 3])
    let (taken, given) = (random.integer(1...4), random.integer(1...5))
    let window = (0..<axes).map { _ in random.integer(1...3) }
    let stride = (0..<axes).map { _ in random.integer(1...2) }
    let dilation = (0..<axes).map { _ in random.integer(1...2) }
    let low = (0..<axes).map { _ in random.integer(0...2) }
    let high = (0..<axes).map { _ in random.integer(0...2) }
    let extents = (0..<axes).map { axis in
      random.integer((window[axis] - 1) * dilation[axis] + 1...(axes == 3 ? 8 : 19))
    }
    var builder = GraphBuilder(name: "main")
    let batch = random.integer(1...2)
    let x = try builder.parameter(
      "x", TensorType(.f32, extents: [batch, taken * groups] + extents))
    let w = try builder.parameter(
      "w", TensorType(.f32, extents: [given * groups, taken] + window))
    let padded = try builder.pad(x, low: [0, 0] + low, high: [0, 0] + high, fill: .f32(0))
    let rank = axes + 2
    let group = IndexExpression.variable(1).floorDiv(IndexExpression(given))
    var source: [IndexExpression] = [
      .variable(0), group * IndexExpression(taken) + .variable(rank),
    ]
    var weights: [IndexExpression] = [.variable(1), .variable(rank)]
    var shape = [batch, given * groups]
    for axis in 0..<axes {
      let element = IndexExpression.variable(rank + 1 + axis)
      source.append(
        .variable(axis + 2) * IndexExpression(stride[axis])
          + element * IndexExpression(dilation[axis]))
      weights.append(element)
      let room = extents[axis] + low[axis] + high[axis] - (window[axis] - 1) * dilation[axis] - 1
      shape.append(room / stride[axis] + 1)
    }
    var result = try builder.contract(
      padded, w, maps: [source, weights], shape: shape.map { IndexExpression($0) },
      summed: ([taken] + window).map { IndexExpression($0) })
    if random.oneIn(2) {
      result = try builder.elementwise(.tanh, [.value(result)])
    }
    return DrawnModule(builder.returning([result]), &random)
  }

  @Test(arguments: seeds) func productsGiveTheInterpretersBits(seed: UInt64) throws {
    try check(try Self.drawProduct(seed: seed))
  }

  /// Matrices of whole panels, in either order of axes: some are packed on every row.
  @Test(arguments: seeds.prefix(12)) func keptFactorsGiveTheInterpretersBits(seed: UInt64) throws {
    var random = SplitMix64(seed: seed &+ 2_000)
    let (m, n, k) = (
      random.integer(9...40), random.pick([64, 128, 192]), random.integer(256...300)
    )
    var builder = GraphBuilder(name: "main")
    let isTurned = random.oneIn(2)
    let x = try builder.parameter("x", TensorType(.f32, extents: [m, k]))
    let w = try builder.parameter("w", TensorType(.f32, extents: isTurned ? [n, k] : [k, n]))
    let result = try builder.contract(
      x, w,
      maps: [
        [.variable(0), .variable(2)],
        isTurned ? [.variable(1), .variable(2)] : [.variable(2), .variable(1)],
      ], shape: [m, n].map { IndexExpression($0) }, summed: [IndexExpression(k)])
    let drawn = DrawnModule(builder.returning([result]), &random)
    for row in TargetRow.runnable {
      let options = CompilerOptions(row: row)
      let function = try Compiler(options).compile(drawn.module, kept: 0..<2)
      #expect(function.packedPlaces == [1], "\(row.name): \(drawn.module)")
    }
    try check(drawn)
  }

  @Test(arguments: seeds) func convolutionsGiveTheInterpretersBits(seed: UInt64) throws {
    try check(try Self.drawConvolution(seed: seed))
  }

  private func check(_ drawn: DrawnModule) throws {
    var expected: [Bool: [TensorValue]] = [:]
    for row in TargetRow.runnable {
      let values = try expected[row.hasFMA] ?? drawn.module.interpreted(drawn.inputs, row: row)
      expected[row.hasFMA] = values
      for threads in [1, 2, 3, 8] {
        let options = CompilerOptions(row: row, threads: threads, verifiesPasses: true)
        let function = try Compiler(options).compile(drawn.module)
        let found = difference(try function.run(drawn.inputs), values)
        #expect(found == nil, "\(row.name), \(threads) threads:\n\(drawn.module)")
      }
      // The same with factors that are kept, and so may be packed ahead.
      let options = CompilerOptions(row: row, threads: 2, verifiesPasses: true)
      let function = try Compiler(options).compile(drawn.module, kept: drawn.inputs.indices)
      let found = difference(try function.run(drawn.inputs, kept: true), values)
      #expect(found == nil, "\(row.name), kept factors:\n\(drawn.module)")
    }
  }
}
