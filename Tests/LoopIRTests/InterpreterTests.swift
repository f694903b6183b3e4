// The interpreter against plain Swift loops.
import IRCore
import LoopIR
import Testing

@Suite struct InterpreterTests {
  private func run(
    _ file: String, _ buffers: [[UInt8]], _ symbols: [Int] = [], row: TargetRow = .avx2,
    order: KernelInterpreter.Order = .forward
  ) throws -> (buffers: [[UInt8]], status: Int?) {
    var buffers = buffers
    let status = try KernelInterpreter.run(
      try KernelFile(path: "run/\(file)").kernel(), buffers: &buffers, symbols: symbols, row: row,
      options: KernelInterpreter.Options(order: order, stepLimit: 100_000_000))
    return (buffers, status)
  }

  private static let orders: [KernelInterpreter.Order] = [
    .forward, .reverse, .shuffled(seed: 1), .shuffled(seed: 2),
  ]

  @Test(arguments: orders) func mandelbrot(order: KernelInterpreter.Order) throws {
    let (m, n) = (9, 12)
    let cx = (0..<n).map { -2 + Float($0) * 2.5 / Float(n) }
    let cy = (0..<m).map { -1.25 + Float($0) * 2.5 / Float(m) }
    var expected: [Int32] = []
    for y0 in cy {
      for x0 in cx {
        var (x, y, k): (Float, Float, Int32) = (0, 0, 0)
        while x * x + y * y <= 4 && k < 200 {
          (x, y, k) = (x * x - y * y + x0, 2 * x * y + y0, k + 1)
        }
        expected.append(k)
      }
    }
    let result = try run(
      "mandelbrot-small", [bytes(cx), bytes(cy), bytes([Int32](repeating: 0, count: m * n))],
      [m, n], order: order)
    #expect(result.buffers[2] == bytes(expected))
    #expect(Set(expected).count > 5)
  }

  @Test(arguments: [0, 1, 2, 33]) func dtw(n: Int) throws {
    let a = Noise.floats(n, seed: 3)
    let b = Noise.floats(n, seed: 4)
    var row = [Float(0)] + [Float](repeating: .infinity, count: n)
    for i in 0..<n {
      var (left, diagonal) = (Float.infinity, row[0])
      row[0] = .infinity
      for j in 0..<n {
        let up = row[j + 1]
        left = abs(a[i] - b[j]) + min(min(diagonal, up), left)
        (diagonal, row[j + 1]) = (up, left)
      }
    }
    let result = try run(
      "dtw-small", [bytes(a), bytes(b), bytes([Float(0)]), bytes(row.map { _ in Float(0) })], [n])
    #expect(result.buffers[2] == bytes([row[n]]))
    #expect(result.buffers[3] == bytes(row))
  }

  @Test(arguments: [0, 1, 15, 16, 17, 100]) func prefixSums(n: Int) throws {
    let x = Noise.floats(n, seed: 5)
    var sum: Float = 0
    let expected = x.map { value -> Float in
      sum += value
      return sum
    }
    let output = [Float](repeating: 0, count: n)
    #expect(try run("prefix_sum", [bytes(x), bytes(output)], [n]).buffers[1] == bytes(expected))
    // Whole numbers: exact in any order.
    let whole = (0..<n).map { Double($0 * 7 % 11) }
    let totals = whole.indices.map { whole[0...$0].reduce(0, +) }
    let lanes = try run("prefix_sum-lanes", [bytes(whole), bytes(whole)], [n])
    #expect(lanes.buffers[1] == bytes(totals))
  }

  @Test(arguments: orders) func gemm(order: KernelInterpreter.Order) throws {
    let (m, n, p) = (5, 7, 6)
    let a = Noise.floats(m * p, seed: 6)
    let b = Noise.floats(p * n, seed: 7)
    var c = [Float](repeating: 0, count: m * n)
    for i in 0..<m {
      for k in 0..<p {
        for j in 0..<n { c[i * n + j] += a[i * p + k] * b[k * n + j] }
      }
    }
    let result = try run(
      "gemm_naive", [bytes(a), bytes(b), bytes(c.map { _ in Float.nan })], [m, n, p], order: order)
    #expect(result.buffers[2] == bytes(c))
  }

  @Test func gatherReportsTheLowestFailedCheck() throws {
    let table: [Float] = [10, 11, 12]
    let good = try run(
      "gather", [bytes(table), bytes([2, 0, 1] as [Int32]), bytes(table)], [3, 3])
    #expect(good.status == nil)
    #expect(good.buffers[2] == bytes([12, 10, 11] as [Float]))
    let bad = try run(
      "gather", [bytes(table), bytes([-1, 7, 1] as [Int32]), bytes(table)], [3, 3])
    #expect(bad.status == 0)
    #expect(bad.buffers[2] == bytes([10, 12, 11] as [Float]))
    let kernel = try KernelFile(path: "run/gather").kernel()
    #expect(kernel.checkMessages == ["gather: index out of range"])
  }

  @Test func gatherInLanes() throws {
    let at: [Int32] = [0, 1, 2, 3, -1, -2, 100, 9]
    let table: [Float] = [5, 6, 7]
    let result = try run("gather-lanes", [bytes(table), bytes(at), bytes(at)], [3])
    #expect(result.buffers[2] == bytes([5, 6, 7, 5, 7, 6, 6, 5] as [Float]))
  }

  @Test(arguments: [0, 1, 7, 8, 9]) func maskedTail(n: Int) throws {
    let x = (0..<n).map { Float($0) }
    let result = try run("masked-tail", [bytes(x), bytes(x), bytes([Float(0)])], [n])
    #expect(result.buffers[1] == bytes(x.map { 2 * $0 + 1 }))
    #expect(result.buffers[2] == bytes([x.reduce(0, +)]))
  }

  @Test func branches() throws {
    let x: [Int64] = [1, 2, 3, 7, 27]
    let result = try run("branch", [bytes(x), bytes(x), bytes([Int64(0)])], [5])
    #expect(result.buffers[1] == bytes([0, 1, 7, 16, 111] as [Int64]))
    #expect(result.buffers[2] == bytes([111] as [Int64]))
  }

  @Test func mixedTypes() throws {
    let blocks = bytes([Float(1.5)]) + bytes([Int64(-2)]) + bytes([Float(0.25)]) + bytes([Int64(9)])
    let result = try run("mixed-types", [blocks, bytes([0, 0] as [Double])], [2])
    #expect(result.buffers[1] == bytes([-3, 2.25] as [Double]))
  }

  @Test func lanesAccumulateOneAfterTheOther() throws {
    let x: [Int32] = [0, 1, 1, 1, 2, 0, 3, 3, 3, 3]
    let result = try run("accumulate-lanes", [bytes(x), bytes([10, 20, 30, 40] as [Int32])], [10])
    #expect(result.buffers[1] == bytes([12, 23, 31, 44] as [Int32]))
  }

  @Test(arguments: orders) func tilesArePrivate(order: KernelInterpreter.Order) throws {
    let x = (0..<3 * 64).map { Float($0) }
    let sums = (0..<3).map { x[64 * $0..<64 * $0 + 64].reduce(0, +) }
    let result = try run("local-tile", [bytes(x), bytes(sums)], [3], order: order)
    #expect(result.buffers[1] == bytes(sums))
  }
}

/// What the interpreter refuses, and what it makes visible.
@Suite struct InterpreterLimitTests {
  private func run(
    _ text: String, _ buffers: [[UInt8]], _ symbols: [Int] = [], row: TargetRow = .avx2,
    options: KernelInterpreter.Options = .init()
  ) throws -> [[UInt8]] {
    var buffers = buffers
    _ = try KernelInterpreter.run(
      Kernel(parsing: text), buffers: &buffers, symbols: symbols, row: row, options: options)
    return buffers
  }

  @Test func namesTheAccessOutOfRange() {
    let text = """
      kernel @k(in %x: f32[2,n], out %y: f32[2]) symbols(n) {
        for %i in 0..<2 {
          %a = load %x[%i, %i + 2] : f32
          store %a, %y[%i]
        }
      }
      """
    let error = #expect(throws: InterpreterError.self) {
      try run(text, [[UInt8](repeating: 0, count: 24), [UInt8](repeating: 0, count: 8)], [3])
    }
    #expect(error?.description == "@k: index 3 of %x on axis 1 is not in 0..<3")
  }

  @Test func refusesWideAndMisalignedAccesses() {
    func error(_ access: String) -> String? {
      let text = "kernel @k(out %y: u8[8]) {\n  store 1.0:f32, \(access)\n}"
      do { _ = try run(text, [[UInt8](repeating: 0, count: 8)]) } catch { return "\(error)" }
      return nil
    }
    #expect(error("%y[4]") == nil)
    #expect(error("%y[5] align 1") == "@k: byte 5 of %y begins a value that ends after byte 8")
    #expect(error("%y[2]") == "@k: byte 2 of %y is no multiple of 4")
    #expect(error("%y[2] align 2") == nil)
  }

  @Test func refusesWrongArguments() {
    let text = "kernel @k(out %y: f32[n]) symbols(n) {\n}"
    func error(_ buffers: [[UInt8]], _ symbols: [Int]) -> String? {
      do { _ = try run(text, buffers, symbols) } catch { return "\(error)" }
      return nil
    }
    let eight = [UInt8](repeating: 0, count: 8)
    #expect(error([eight], [2]) == nil)
    #expect(error([eight], [3]) == "@k: %y has 8 bytes, needed are 12")
    #expect(
      error([eight], [1 << 62]) == "@k: %y has 8 bytes, needed are more than an address space holds"
    )
    #expect(error([eight], []) == "@k: extents (n) expected, found []")
    #expect(error([eight], [-1]) == "@k: extents (n) expected, found [-1]")
    #expect(error([], [2]) == "@k: 1 buffers expected, found 0")
  }

  @Test func stopsEndlessLoops() {
    let loops = [
      "while {\n test true\n} do {\n}", "for %i in 0..<9000000000000000000 {\n}",
      "parallel %i in 0..<9000000000000000000 {\n}",
    ]
    for loop in loops {
      let error = #expect(throws: InterpreterError.self) {
        try run("kernel @k() {\n\(loop)\n}", [], options: .init(stepLimit: 1000))
      }
      #expect(error?.description == "@k: still running after 1000 steps")
    }
  }

  @Test func keepsTheBuffersAfterAnError() {
    var buffers = [bytes([1, 2] as [Int32])]
    let kernel = try? Kernel(
      parsing: "kernel @k(inout %y: i32[2]) {\n  store 7, %y[0]\n  store 7, %y[2]\n}")
    #expect(throws: InterpreterError.self) {
      try KernelInterpreter.run(#require(kernel), buffers: &buffers, row: .avx2)
    }
    #expect(buffers == [bytes([7, 2] as [Int32])])
  }

  @Test func unwrittenMemoryIsPoison() throws {
    let text = """
      kernel @k(out %y: i32[4], inout %z: i32[2]) {
        local %t: i32[1] in stack
        parallel %i in 0..<2 {
          %old = load %t[0] : i32
          store %old, %y[%i]
          store 5, %t[0]
        }
      }
      """
    let poison = Int32(bitPattern: 0xA5A5_A5A5)
    let result = try run(text, [bytes([1, 2, 3, 4] as [Int32]), bytes([8, 9] as [Int32])])
    #expect(result == [bytes([poison, poison, poison, poison]), bytes([8, 9] as [Int32])])
  }

  /// A kernel whose iterations depend on each other shows it under another order.
  @Test func dependentIterationsShow() throws {
    let text = """
      kernel @k(inout %y: i32[8]) {
        parallel %i in 0..<7 {
          %a = load %y[%i] : i32
          store %a, %y[%i + 1]
        }
      }
      """
    let start = [bytes((0..<8).map { Int32($0) })]
    let forward = try run(text, start)
    #expect(try run(text, start, options: .init(order: .reverse)) != forward)
    #expect(try run(text, start, options: .init(order: .shuffled(seed: 1))) != forward)
  }

  @Test func mulAddRoundsAsTheRowDoes() throws {
    let text = """
      kernel @k(in %x: f32, out %y: f32) {
        %a = load %x[] : f32
        %b = mulAdd %a, %a, -1.0 : f32
        store %b, %y[]
      }
      """
    let x: Float = 1 + 0x1p-12
    let buffers = [bytes([x]), bytes([x])]
    #expect(try run(text, buffers, row: .avx2)[1] == bytes([Float(-1).addingProduct(x, x)]))
    #expect(try run(text, buffers, row: .sse2)[1] == bytes([x * x - 1]))
    #expect(Float(-1).addingProduct(x, x) != x * x - 1)
  }

  @Test func reductionCombinesHalves() throws {
    let text = """
      kernel @k(in %x: f32[4], out %y: f32) {
        %v = load %x[lane] : 4xf32
        %s = reduceLanes add %v : f32
        store %s, %y[]
      }
      """
    let x: [Float] = [1e8, 1, -1e8, 1]
    #expect(
      try run(text, [bytes(x), bytes([Float(0)])])[1] == bytes([(x[0] + x[2]) + (x[1] + x[3])]))
  }
}
