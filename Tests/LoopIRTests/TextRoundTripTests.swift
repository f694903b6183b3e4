// Literals and index expressions of every shape survive being printed and read.
import IRCore
import LoopIR
import Testing

@Suite struct TextRoundTripTests {
  @Test(arguments: DType.allCases) func literals(type: DType) throws {
    var noise = Noise.Bits(seed: 11)
    var patterns = (0..<200).map { _ in noise.next() }
    patterns += [
      0, 1, .max, 1 << 63, 1 << 31, 0x7ff8 << 48, 0x7fc0_0000, 0x7f80_0000, 0x7ff0 << 48,
    ]
    for pattern in patterns {
      let literal = Literal(type, bits: pattern)
      let access = Access(BufferID(0), [])
      var kernel = Kernel(
        name: "k", buffers: [Buffer(name: "y", role: .output, type: .u8, shape: [])])
      kernel.body = [.store(.literal(literal), access, mask: nil)]
      #expect(try Kernel(parsing: kernel.description) == kernel, "\(kernel)")
      kernel.buffers[0].type = type
      #expect(try Kernel(parsing: kernel.description) == kernel, "\(kernel)")
      let same = kernel.makeVariable(ValueType(.bool))
      kernel.body.append(
        .define(same, .elementwise(.eq, [.literal(literal), .literal(literal)])))
      let cast = kernel.makeVariable(ValueType(.f32, lanes: 4))
      kernel.body.append(.define(cast, .elementwise(.cast, [.literal(literal)])))
      let splat = kernel.makeVariable(ValueType(type, lanes: 4))
      kernel.body.append(.define(splat, .splat(.literal(literal))))
      #expect(try Kernel(parsing: kernel.description) == kernel, "\(kernel)")
    }
  }

  @Test(arguments: 0..<20) func indexExpressions(seed: Int) throws {
    var noise = Noise.Bits(seed: UInt64(seed))
    var kernel = Kernel(name: "k", symbols: ["n", "m"])
    let loops = (0..<3).map { _ in kernel.makeVariable(ValueType(.i64)) }
    var body: [Statement] = []
    for _ in 0..<30 {
      let expression = noise.expression(over: loops, depth: 3)
      let value = kernel.makeVariable(ValueType(.i64, lanes: 4))
      body.append(.define(value, .index(expression)))
    }
    for loop in loops.reversed() {
      body = [.loop(Loop(.serial, loop, 0, .symbol("n"), body: body))]
    }
    kernel.body = body
    try kernel.verify()
    #expect(try Kernel(parsing: kernel.description) == kernel.normalized(), "\(kernel)")
  }
}

extension Noise {
  /// Reproducible bits.
  struct Bits {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1 }

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let mixed = (state ^ (state >> 29)) &* 0xbf58_476d_1ce4_e5b9
      return mixed ^ (mixed >> 32)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func expression(over variables: [VariableID], depth: Int) -> IndexExpression {
      if depth == 0 || below(5) == 0 { return leaf(variables) }
      let a = expression(over: variables, depth: depth - 1)
      let b = expression(over: variables, depth: depth - 1)
      switch below(7) {
      case 0: return a + b
      case 1: return a - b
      case 2: return a * b
      case 3: return a.floorDiv(b)
      case 4: return a.mod(b)
      case 5: return a.min(b)
      default: return a.max(b)
      }
    }

    private mutating func leaf(_ variables: [VariableID]) -> IndexExpression {
      switch below(5) {
      case 0: .lane
      case 1: .symbol(below(2) == 0 ? "n" : "m")
      case 2: IndexExpression(below(12) - 4)
      default: variables[below(variables.count)].expression
      }
    }
  }
}
