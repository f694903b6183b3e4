// Random loop programs through the builder: compiled code against the reference interpreter.

import Driver
import IRCore
import Lathe
import TensorIR
import Testing

/// Draws kernels over one grid of floats, one of integers, and a few variables.
private struct KernelDrawer {
  private var state: UInt64
  private let k: KernelBuilder
  private let floats: Grid
  private let integers: Grid
  private let out: Grid
  private let counts: Grid
  private let local: Grid
  private var indices: [KernelValue] = []
  /// Statements that may still be drawn.
  private var budget = 14

  static let extent = 13

  init(seed: UInt64, _ k: KernelBuilder) {
    state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
    self.k = k
    floats = k.input(.f32, [Self.extent, 5])
    integers = k.input(.i32, [Self.extent])
    out = k.output(.f32, [Self.extent, 5], repeating: 1)
    counts = k.output(.i32, [Self.extent])
    local = k.local(.f32, [7], repeating: 0.5)
  }

  private mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }

  /// Draws the whole body.
  mutating func draw() {
    @Variable var x = 0.25
    @Variable(.i32) var n = 3
    repeat { statement($x, $n, depth: 0) } while budget > 0
    out[0, 0] = x
    counts[0] = n
  }

  private mutating func statement(_ x: Variable, _ n: Variable, depth: Int) {
    budget -= 1
    let k = k
    switch next(depth < 3 ? 9 : 5) {
    case 0: x.wrappedValue = float(x, n)
    case 1: n.wrappedValue = integer(x, n)
    case 2: out[place(Self.extent, n), place(5, n)] = float(x, n)
    case 3: counts[place(Self.extent, n)] += integer(x, n)
    case 4: local[place(7, n)] = float(x, n)
    case 5, 6: loop(x, n, depth)
    case 7:
      k.when(condition(x, n)) {
        statement(x, n, depth: depth + 1)
      } otherwise: {
        if next(2) == 0 { statement(x, n, depth: depth + 1) }
      }
    default:
      @Variable(.i32) var rounds = 0
      let limit = Int32(next(4))
      let start = (state, budget)
      k.while(rounds < KernelValue(limit) && condition(x, n, from: start)) {
        statement(x, n, depth: depth + 1)
        rounds += 1
      }
    }
  }

  private mutating func loop(_ x: Variable, _ n: Variable, _ depth: Int) {
    let lower: KernelValue = indices.isEmpty || next(2) == 0 ? KernelValue(next(3)) : indices[0]
    let step = 1 + next(3)
    var range = k.range(lower..<KernelValue(next(Self.extent + 1)), by: step)
    if next(3) == 0 { range = range.reversed() }
    let start = (state, budget)
    for i in range {
      // The body runs twice, and must record the same.
      (state, budget) = start
      indices.append(i)
      statement(x, n, depth: depth + 1)
      if next(2) == 0 { statement(x, n, depth: depth + 1) }
      indices.removeLast()
    }
  }

  /// An index that is sometimes proven to be in range, and never out of it.
  private mutating func place(_ extent: Int, _ n: Variable) -> KernelValue {
    if let index = indices.last, next(2) == 0 {
      return next(2) == 0 ? index % extent : min(index, KernelValue(extent - 1))
    }
    if next(2) == 0 { return KernelValue(next(extent)) }
    return abs(n.wrappedValue % Int32(extent)).cast(to: .i64)
  }

  private mutating func float(_ x: Variable, _ n: Variable, _ depth: Int = 0) -> KernelValue {
    switch next(depth < 3 ? 11 : 4) {
    case 0: return x.wrappedValue
    case 1: return KernelValue(Float(next(64)) / 16 - 2).cast(to: .f32)
    case 2: return floats[place(Self.extent, n), place(5, n)]
    case 3: return local[place(7, n)]
    case 4: return float(x, n, depth + 1) + float(x, n, depth + 1)
    case 5: return float(x, n, depth + 1) - float(x, n, depth + 1)
    case 6: return float(x, n, depth + 1) * float(x, n, depth + 1)
    case 7: return sqrt(abs(float(x, n, depth + 1)))
    case 8: return max(float(x, n, depth + 1), float(x, n, depth + 1))
    case 9: return integer(x, n, depth + 1).cast(to: .f32) * 0.125
    default: return select(condition(x, n), float(x, n, depth + 1), float(x, n, depth + 1))
    }
  }

  private mutating func integer(_ x: Variable, _ n: Variable, _ depth: Int = 0) -> KernelValue {
    switch next(depth < 3 ? 9 : 4) {
    case 0: return n.wrappedValue
    case 1: return KernelValue(next(50) - 20).cast(to: .i32)
    case 2: return integers[place(Self.extent, n)]
    case 3: return (indices.last ?? KernelValue(4)).cast(to: .i32)
    case 4: return integer(x, n, depth + 1) + integer(x, n, depth + 1)
    case 5: return integer(x, n, depth + 1) * integer(x, n, depth + 1)
    case 6: return integer(x, n, depth + 1) ^ integer(x, n, depth + 1)
    case 7: return integer(x, n, depth + 1) / integer(x, n, depth + 1)
    default: return float(x, n, depth + 1).cast(to: .i32)
    }
  }

  /// A condition of a loop, which runs twice and must record the same.
  private mutating func condition(
    _ x: Variable, _ n: Variable, from start: (UInt64, Int)
  ) -> KernelValue {
    (state, budget) = start
    return condition(x, n)
  }

  private mutating func condition(_ x: Variable, _ n: Variable) -> KernelValue {
    switch next(5) {
    case 0: return float(x, n, 2) < float(x, n, 2)
    case 1: return integer(x, n, 2) >= 0
    case 2: return (indices.last ?? 1) % 3 != 1
    case 3: return x.wrappedValue < 2 && local[place(7, n)] > 0
    default: return n.wrappedValue < 10 || x.wrappedValue > 0
    }
  }
}

@Suite struct RandomKernelTests {
  #if DEBUG
    static let seeds: Range<UInt64> = 0..<60
  #else
    static let seeds: Range<UInt64> = 0..<400
  #endif

  @Test(arguments: stride(from: seeds.lowerBound, to: seeds.upperBound, by: 20).map { $0 })
  func compiledCodeIsAsInterpreted(first: UInt64) throws {
    let floats = Tensor(scalars: Sample.floats(KernelDrawer.extent * 5), shape: [13, 5])
    let integers = Tensor(Sample.integers(KernelDrawer.extent, below: 90))
    let rows = [TargetRow.avx512, .avx2, .sse2].filter(\.isRunnable)
    for seed in first..<first + 20 {
      let drawn = kernel("drawn\(seed)") { k in
        var drawer = KernelDrawer(seed: seed, k)
        drawer.draw()
      }
      let function = compile { (a: Tensor, b: Tensor) in drawn.outputs(of: a, b) }
      let row = rows[Int(seed) % rows.count]
      let options = CompilerOptions(row: row, threads: 1 + Int(seed % 3), verifiesPasses: true)
      let found = withCompiler(Compiler(options)) { function(floats, integers) }
      let expected = try GraphInterpreter.run(
        function.tracedModule((floats, integers)), "main",
        inputs: [value(floats), value(integers)], row: row)
      for (output, reference) in zip(found, expected) {
        let agrees = zip(value(output).elements, reference.elements).allSatisfy {
          $0 == $1 || $0.isNaN && $1.isNaN
        }
        #expect(agrees, "seed \(seed) on \(row.name)")
      }
    }
  }

  private func value(_ tensor: Tensor) -> TensorValue {
    let bytes = tensor.storage(at: .unknown).withUnsafeBytes { Array($0) }
    return TensorValue(tensor.dtype, tensor.shape, bytes: bytes)
  }
}
