// Random contractions and what goes on with their results in one kernel: the interpreter's bits.

import Driver
import IRCore
import TensorIR
import TestSupport
import Testing

@Suite struct JoinedContractions {
  #if DEBUG
    static let seeds: Range<UInt64> = 0..<8
  #else
    static let seeds: Range<UInt64> = 0..<32
  #endif

  /// A product, what is computed from its rows, and sometimes another product with that.
  private static func drawRows(seed: UInt64) throws -> DrawnModule {
    var random = SplitMix64(seed: seed)
    let isBatched = random.oneIn(3)
    let m = isBatched ? random.integer(9...70) : random.integer(128...200)
    let (n, k) = (random.pick([3, 10, 16, 33, 48, 64]), random.integer(1...20))
    let dtype = random.pick([DType.f32, .f32, .f64])
    let around = isBatched ? [random.integer(8...9)] : []
    let sharesFactor = !isBatched
    var builder = GraphBuilder(name: "main")
    func matrix(_ name: String, _ extents: [Int], around: [Int]) throws -> ValueID {
      try builder.parameter(name, TensorType(dtype, extents: around + extents))
    }
    let x = try matrix("x", [m, k], around: around)
    let w = try matrix("w", [k, n], around: sharesFactor ? [] : around)
    let width = random.pick([5, 16, 40])
    let v = try matrix("v", [n, width], around: sharesFactor ? [] : around)
    func product(_ a: ValueID, _ b: ValueID, _ n: Int, _ k: Int) throws -> ValueID {
      let batch = around.indices.map { IndexExpression.variable($0) }
      let (i, j, l) = (around.count, around.count + 1, around.count + 2)
      return try builder.contract(
        a, b,
        maps: [
          batch + [.variable(i), .variable(l)],
          (sharesFactor ? [] : batch) + [.variable(l), .variable(j)],
        ],
        shape: (around + [m, n]).map { IndexExpression($0) }, summed: [IndexExpression(k)])
    }
    var rows = try product(x, w, n, k)
    if random.oneIn(2) {
      rows = try builder.elementwise(.tanh, [.value(rows)])
    }
    let shape = builder[type: rows].shape
    let order = CombinationOrder.lanes(random.pick([8, 16, 64]), chunk: 4096)
    func reduced(_ monoid: Reduction.Monoid, _ value: ValueID) throws -> ValueID {
      try builder.reduce(monoid, value, axes: [around.count + 1], order: order)
    }
    func spread(_ value: ValueID) throws -> ValueID {
      let wide = try builder.expandDims(value, axis: around.count + 1)
      return try builder.broadcast(wide, to: shape)
    }
    var results: [ValueID] = random.oneIn(4) ? [rows] : []
    let most = try reduced(.max, rows)
    var values = try builder.elementwise(.sub, [.value(rows), .value(try spread(most))])
    values = try builder.elementwise(.exp, [.value(values)])
    let sum = try reduced(.sum, values)
    switch random.integer(0...2) {
    case 0: results.append(sum)
    case 1: results += [try builder.elementwise(.div, [.value(values), .value(try spread(sum))])]
    default:
      let share = try builder.elementwise(.div, [.value(values), .value(try spread(sum))])
      results.append(try product(share, v, width, n))
    }
    return DrawnModule(builder.returning(results), &random)
  }

  /// A convolution of several images and pooling over windows of its result.
  private static func drawPooling(seed: UInt64) throws -> DrawnModule {
    var random = SplitMix64(seed: seed &+ 1_000)
    let (images, taken, given) = (
      random.integer(8...10), random.integer(1...3), random.integer(2...7)
    )
    let (window, side) = (random.integer(1...3), random.integer(6...14))
    var builder = GraphBuilder(name: "main")
    let x = try builder.parameter(
      "x", TensorType(.f32, extents: [images, taken, side, side]))
    let w = try builder.parameter(
      "w", TensorType(.f32, extents: [given, taken, window, window]))
    let room = side - window + 1
    var result = try builder.contract(
      x, w,
      maps: [
        [
          .variable(0), .variable(4), .variable(2) + .variable(5), .variable(3) + .variable(6),
        ],
        [.variable(1), .variable(4), .variable(5), .variable(6)],
      ], shape: [images, given, room, room].map { IndexExpression($0) },
      summed: [taken, window, window].map { IndexExpression($0) })
    if random.oneIn(2) { result = try builder.elementwise(.relu, [.value(result)]) }
    var results: [ValueID] = random.oneIn(3) ? [result] : []
    let monoid = random.pick([Reduction.Monoid.max, .sum])
    if random.oneIn(3) {
      result = try builder.pad(
        result, low: [0, 0, 1, 1], high: [0, 0, 1, 0],
        fill: monoid == .max ? .f32(-.infinity) : .f32(0))
    }
    let (size, stride) = (random.integer(2...3), random.integer(1...3))
    result = try builder.slidingWindow(
      result, axes: [2, 3], sizes: [size, size], strides: [stride, stride], dilations: [1, 1])
    results.append(
      try builder.reduce(monoid, result, axes: [4, 5], order: .lanes(1, chunk: 4096)))
    return DrawnModule(builder.returning(results), &random)
  }

  @Test(arguments: seeds) func rowsGiveTheInterpretersBits(seed: UInt64) throws {
    try Self.drawRows(seed: seed).check(kernels: 1)
  }

  @Test(arguments: seeds) func windowsGiveTheInterpretersBits(seed: UInt64) throws {
    try Self.drawPooling(seed: seed).check(kernels: 1)
  }
}

extension DrawnModule {
  /// The interpreter's bits on every row, and with every number of threads, from so many kernels.
  fileprivate func check(kernels: Int) throws {
    var expected: [Bool: [TensorValue]] = [:]
    for row in TargetRow.runnable {
      let values = try expected[row.hasFMA] ?? module.interpreted(inputs, row: row)
      expected[row.hasFMA] = values
      for threads in [1, 2, 3] {
        let options = CompilerOptions(row: row, threads: threads, verifiesPasses: threads == 2)
        let function = try Compiler(options).compile(module)
        #expect(function.kernelCount == kernels, "\(row.name):\n\(module)")
        let found = difference(try function.run(inputs), values)
        #expect(found == nil, "\(row.name), \(threads) threads:\n\(module)")
      }
    }
  }
}
