// Reductions and scans: their meaning against plain Swift, bit by bit, and their inference.

import IRCore
import LoopIR
import TensorIR
import Testing

/// Sum in an order, written as `Note: order` in CombinationOrder.swift says.
private func sum(_ x: [Float], lanes: Int, chunk: Int) -> Float {
  var chunks: [Float] = []
  for start in stride(from: 0, to: x.count, by: chunk) {
    var acc = [Float](repeating: 0, count: lanes)
    for k in start..<min(start + chunk, x.count) { acc[(k - start) % lanes] += x[k] }
    var h = lanes / 2
    while h >= 1 {
      for l in 0..<h { acc[l] += acc[l + h] }
      h /= 2
    }
    chunks.append(acc[0])
  }
  var m = chunks.count
  while m > 1 {
    var h = 1
    while 2 * h < m { h *= 2 }
    for i in 0..<(m - h) { chunks[i] += chunks[i + h] }
    m = h
  }
  return chunks.first ?? 0
}

/// Numbers of very different size, so that every order of additions rounds its own way.
private func samples(_ count: Int) -> [Float] {
  var state: UInt64 = 0x9e37_79b9_7f4a_7c15
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let mantissa = Float(Int64(bitPattern: state) >> 40) * 0x1p-23
    return Float(sign: .plus, exponent: Int(state >> 20 & 15), significand: mantissa)
  }
}

@Suite struct ReductionTests {
  /// The result of one operation on a tensor.
  func run(
    _ operation: (inout GraphBuilder, ValueID) throws -> ValueID, _ input: TensorValue
  ) throws -> TensorValue {
    var builder = GraphBuilder(name: "f")
    let x = try builder.parameter("x", TensorType(input.type, extents: input.extents))
    let y = try operation(&builder, x)
    let module = Module(graphs: [builder.returning([y])])
    #expect(try Module(parsing: module.description) == module)
    return try GraphInterpreter.run(module, "f", inputs: [input], row: .avx2)[0]
  }

  func reduce(
    _ monoid: Reduction.Monoid, _ input: TensorValue, axes: [Int] = [0],
    order: CombinationOrder = .sequential
  ) throws -> TensorValue {
    try run({ try $0.reduce(monoid, $1, axes: axes, order: order) }, input)
  }

  func floats(_ value: TensorValue) -> [Float] { value.elements.map { Float($0.doubleValue) } }

  // MARK: Order

  static let counts = [0, 1, 2, 3, 7, 8, 9, 31, 32, 33, 64, 95, 97, 160, 161, 200]

  @Test(arguments: counts) func lanesAndChunksHaveOneOrder(count: Int) throws {
    let x = samples(count)
    let input = TensorValue(f32: x)
    for (lanes, chunk) in [(1, 1), (1, 5), (2, 8), (4, 4), (8, 32), (16, 16), (64, 64)] {
      let found = try reduce(.sum, input, order: .lanes(lanes, chunk: chunk))
      #expect(found == TensorValue(f32: [sum(x, lanes: lanes, chunk: chunk)], []))
    }
    #expect(try reduce(.sum, input) == TensorValue(f32: [x.reduce(0, +)], []))
  }

  @Test func ordersDiffer() {
    func results(_ order: ([Float]) -> Float) -> [Float] {
      Self.counts.map { order(samples($0)) }
    }
    let all = Set([
      results { $0.reduce(0, +) }, results { sum($0, lanes: 1, chunk: 16) },
      results { sum($0, lanes: 8, chunk: 32) }, results { sum($0, lanes: 8, chunk: 64) },
      results { sum($0, lanes: 16, chunk: 256) },
    ])
    #expect(all.count == 5, "the tests of the order tell orders apart")
  }

  @Test func signedZerosFollowTheOrder() throws {
    let x = TensorValue(f32: [-0.0, 0.0, 0.0, -0.0])
    // Sequential: the first of equal values. Two lanes: [-0.0, 0.0] keeps lane 0, then likewise.
    #expect(try reduce(.max, x) == TensorValue(f32: [-0.0], []))
    #expect(try reduce(.max, x, order: .lanes(4, chunk: 4)) == TensorValue(f32: [-0.0], []))
    let y = TensorValue(f32: [0.0, -0.0, -0.0])
    // Chunk results 0.0, -0.0 and -0.0: the first with the third, then with the second.
    #expect(try reduce(.min, y, order: .lanes(1, chunk: 1)) == TensorValue(f32: [0.0], []))
    #expect(try reduce(.sum, TensorValue(f32: [-0.0])) == TensorValue(f32: [0.0], []))
    #expect(try reduce(.product, TensorValue(f32: [-0.0])) == TensorValue(f32: [-0.0], []))
  }

  @Test func reducedElementsGoInRowMajorOrder() throws {
    let x = samples(3 * 4 * 5)
    let input = TensorValue(f32: x, [3, 4, 5])
    let order = CombinationOrder.lanes(2, chunk: 6)
    let found = try reduce(.sum, input, axes: [0, 2], order: order)
    let expected = (0..<4).map { j in
      let elements = (0..<3).flatMap { i in (0..<5).map { k in x[i * 20 + j * 5 + k] } }
      return sum(elements, lanes: 2, chunk: 6)
    }
    #expect(found == TensorValue(f32: expected, [4]))
  }

  @Test(arguments: [DType.f32, .f64, .i32, .i64, .bool])
  func standardOrderFollowsRowAndShape(type: DType) {
    for row in TargetRow.all {
      let native = row.lanes(type)
      func order(
        _ count: Int?, _ isInnermost: Bool = true, results: Int? = 1
      ) -> CombinationOrder {
        .standard(count: count, results: results, isInnermost: isInnermost, type: type, row: row)
      }
      #expect(order(nil) == .lanes(4 * native, chunk: 4096))
      #expect(order(4096) == .lanes(4 * native, chunk: 4096))
      #expect(order(native + 1) == .lanes(2 * native, chunk: 4096))
      #expect(order(0) == .lanes(native, chunk: 4096))
      #expect(order(4096, false) == .lanes(1, chunk: 4096))
      #expect(order(4096, false, results: 4096) == .lanes(1, chunk: 512))
      #expect(order(4097, false) == .lanes(1, chunk: 512))
      #expect(order(50257) == .lanes(4 * native, chunk: 4096))
      let long = (50257 + 4 * native - 1) / (4 * native) * 4 * native
      #expect(order(50257, results: 64) == .lanes(4 * native, chunk: long))
      #expect(order(1 << 18, results: 64) == .lanes(4 * native, chunk: 4096))
    }
  }

  @Test func innermostAxesAreContiguous() {
    let type = TensorType(.f32, [2, .symbol("n"), 4, 1])
    func isInnermost(_ axes: [Int]) -> Bool {
      Reduction(.sum, axes: axes, order: .sequential).isInnermost(in: type)
    }
    #expect(isInnermost([2]) && isInnermost([2, 3]) && isInnermost([1, 2]) && isInnermost([3]))
    #expect(isInnermost([0, 1, 2]))
    #expect(!isInnermost([1]) && !isInnermost([0]) && !isInnermost([0, 2]))
    let reduction = Reduction(.sum, axes: [2, 3], of: type, row: .avx2)
    #expect(reduction.order == .lanes(8, chunk: 4096))
    #expect(reduction.elementCount(of: type) == 4)
  }

  // MARK: Values

  static let shapes: [([Int], [Int])] = [
    ([1], [0]), ([7], [0]), ([5, 3], [0]), ([5, 3], [1]), ([5, 3], [0, 1]), ([2, 1, 3], [1]),
    ([2, 3, 5], [0, 2]), ([2, 3, 5], [1]), ([1, 1], [0, 1]), ([3, 0, 2], [0]), ([0, 2], [1]),
  ]

  @Test(arguments: shapes) func monoidsCombineIntegers(shape: [Int], axes: [Int]) throws {
    let count = shape.reduce(1, *)
    let x = (0..<count).map { ($0 * 7 + 3) % 11 - 5 }
    let input = TensorValue(.i32, integers: x, shape)
    let groups = Self.groups(x, shape, axes)
    let operations: [(Reduction.Monoid, ([Int]) -> Int)] = [
      (.sum, { $0.reduce(0, +) }),
      (.product, { $0.reduce(1) { Int(Int32(truncatingIfNeeded: $0 * $1)) } }),
      (.max, { $0.max() ?? 0 }), (.min, { $0.min() ?? 0 }),
      (.argMax, { g in g.firstIndex(of: g.max() ?? 0) ?? 0 }),
      (.argMin, { g in g.firstIndex(of: g.min() ?? 0) ?? 0 }),
    ]
    for (monoid, expected) in operations {
      if monoid.row.givesPlace, axes.count != 1, axes.count != shape.count { continue }
      for order in [CombinationOrder.sequential, .lanes(4, chunk: 8)] {
        let found = try reduce(monoid, input, axes: axes, order: order)
        #expect(found.type == (monoid.row.givesPlace ? .i64 : .i32))
        #expect(found.elements.map(\.intValue) == groups.map(expected), "\(monoid) \(order)")
      }
    }
    let bools = TensorValue(.bool, integers: x.map { $0 > 2 ? 1 : 0 }, shape)
    #expect(
      try reduce(.any, bools, axes: axes).elements.map(\.intValue)
        == groups.map { $0.contains { $0 > 2 } ? 1 : 0 })
    #expect(
      try reduce(.all, bools, axes: axes).elements.map(\.intValue)
        == groups.map { $0.allSatisfy { $0 > 2 } ? 1 : 0 })
  }

  /// The elements that each result combines, both in row-major order.
  static func groups(_ x: [Int], _ shape: [Int], _ axes: [Int]) -> [[Int]] {
    let kept = shape.indices.filter { !axes.contains($0) }
    let count = kept.reduce(1) { $0 * shape[$1] }
    var groups = [[Int]](repeating: [], count: count)
    for (element, value) in x.enumerated() {
      var rest = element
      var place = [Int](repeating: 0, count: shape.count)
      for axis in shape.indices.reversed() {
        place[axis] = rest % shape[axis]
        rest /= shape[axis]
      }
      groups[kept.reduce(0) { $0 * shape[$1] + place[$1] }].append(value)
    }
    return groups
  }

  @Test func nothingIsTheIdentity() throws {
    let nothing = TensorValue(f32: [], [2, 0])
    #expect(try floats(reduce(.sum, nothing, axes: [1])) == [0, 0])
    #expect(try floats(reduce(.product, nothing, axes: [0, 1])) == [1])
    #expect(try reduce(.max, nothing, axes: [0]).count == 0)
    let none = TensorValue(.bool, integers: [], [0])
    #expect(try reduce(.any, none).elements == [.bool(false)])
    #expect(try reduce(.all, none).elements == [.bool(true)])
  }

  @Test func nothingAtRunTimeIsAnErrorForMax() throws {
    let text = """
      graph @f(%x: f32[n,2]) -> f32[2] {
        %0 = reduce max %x axes(0) order(sequential) : f32[2]
        return %0
      }
      """
    let error = #expect(throws: GraphInterpreterError.self) {
      try GraphInterpreter.run(
        Module(parsing: text), "f", inputs: [TensorValue(f32: [], [0, 2])], row: .sse2)
    }
    #expect(error?.description == "@f: %0: max of nothing has no value")
  }

  @Test func nanPropagatesAndTheFirstIsTheArg() throws {
    let x = TensorValue(f32: [1, .infinity, .nan, -.infinity, .nan, 2])
    for order in [CombinationOrder.sequential, .lanes(2, chunk: 4), .lanes(1, chunk: 1)] {
      for monoid in [Reduction.Monoid.sum, .product, .max, .min] {
        #expect(try reduce(monoid, x, order: order).elements[0].isNaN)
      }
      #expect(try reduce(.argMax, x, order: order).elements[0].intValue == 2)
      #expect(try reduce(.argMin, x, order: order).elements[0].intValue == 2)
    }
    let infinite = TensorValue(f32: [-.infinity, -.infinity])
    #expect(try floats(reduce(.max, infinite)) == [-.infinity])
    #expect(try reduce(.argMax, infinite).elements[0].intValue == 0)
  }

  @Test func identitiesAreTheMonoidsOwn() {
    for type in DType.allCases {
      for monoid in Reduction.Monoid.allCases
      where !monoid.row.givesPlace && monoid.resultType(of: type) == type {
        let program = ScalarProgram(
          monoid.row.combination, operands: [type, type], result: type)
        let identity = monoid.identity(type)
        for value in [0.0, 1, 3, 100, -5] {
          let x = Literal(type, value)
          let bits = program.evaluate([identity.bits, x.bits], fused: false)
          #expect(bits == x.bits, "\(monoid) \(type) \(x)")
        }
      }
    }
  }

  // MARK: Scans

  @Test(arguments: [[6], [1], [0], [2, 3, 4], [3, 1, 0]])
  func scansRunAlongTheirAxis(shape: [Int]) throws {
    let x = samples(shape.reduce(1, *))
    let input = TensorValue(f32: x, shape)
    for axis in shape.indices {
      for (exclusive, reverse) in [(false, false), (true, false), (false, true), (true, true)] {
        let found = try run(
          { try $0.scan(.sum, $1, axis: axis, exclusive: exclusive, reverse: reverse) }, input)
        let expected = Self.scan(x, shape, axis, exclusive, reverse)
        #expect(found == TensorValue(f32: expected, shape))
      }
    }
  }

  static func scan(
    _ x: [Float], _ shape: [Int], _ axis: Int, _ exclusive: Bool, _ reverse: Bool
  ) -> [Float] {
    let step = shape[(axis + 1)...].reduce(1, *)
    var result = x
    for start in x.indices where start / step % shape[axis] == 0 {
      var sum: Float = 0
      for k in 0..<shape[axis] {
        let place = start + (reverse ? shape[axis] - 1 - k : k) * step
        if exclusive { result[place] = sum }
        sum += x[place]
        if !exclusive { result[place] = sum }
      }
    }
    return result
  }

  @Test func otherMonoidsScan() throws {
    let x = TensorValue(.i64, integers: [3, -1, 4, 4, 2])
    func scan(_ monoid: Reduction.Monoid, _ exclusive: Bool) throws -> [Int] {
      try run({ try $0.scan(monoid, $1, axis: 0, exclusive: exclusive) }, x)
        .elements.map(\.intValue)
    }
    #expect(try scan(.product, false) == [3, -3, -12, -48, -96])
    #expect(try scan(.max, false) == [3, 3, 4, 4, 4])
    #expect(try scan(.min, true) == [.max, 3, -1, -1, -1])
    #expect(try scan(.max, true) == [.min, 3, 3, 4, 4])
  }

  // MARK: Inference

  func refusal(
    _ type: TensorType, _ body: (inout GraphBuilder, ValueID) throws(InferenceError) -> ValueID
  ) throws -> String {
    var builder = GraphBuilder(name: "f")
    let x = try builder.parameter("x", type)
    do { _ = try body(&builder, x) } catch { return error.description }
    return "nothing refused"
  }

  @Test func inferenceNamesWhatIsWrong() throws {
    let cube = TensorType(.f32, [2, 0, .symbol("n")])
    func reduce(_ monoid: Reduction.Monoid, _ axes: [Int]) throws -> String {
      try refusal(cube) { (b, x) throws(InferenceError) in
        try b.reduce(monoid, x, axes: axes, order: .sequential)
      }
    }
    #expect(try reduce(.sum, [3]) == "reduce sum axes(3): f32[2,0,n] has no axis 3")
    #expect(
      try reduce(.sum, [2, 0])
        == "reduce sum axes(2, 0): f32[2,0,n] is reduced over axes(2, 0), which do not ascend")
    #expect(
      try reduce(.any, [0]) == "reduce any axes(0): f32[2,0,n] is not bool, which any needs")
    #expect(
      try reduce(.argMin, [0, 2])
        == "reduce argMin axes(0, 2): f32[2,0,n] is reduced over axes(0, 2), but argMin takes one "
        + "axis or all")
    #expect(
      try reduce(.min, [1])
        == "reduce min axes(1): f32[2,0,n] has extent 0 along axis 1, and min of nothing has no "
        + "value")
    #expect(try reduce(.max, [2]) == "nothing refused")
    let scan = try refusal(TensorType(.bool, [4])) { (b, x) throws(InferenceError) in
      try b.scan(.sum, x, axis: 0)
    }
    #expect(scan == "scan sum axis 0: bool[4] is not numeric, which sum needs")
  }
}
