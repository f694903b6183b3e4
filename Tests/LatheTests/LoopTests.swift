// Loops over tensors against the same code in ordinary Swift.

import Lathe
import Testing

@Suite struct LoopTests {
  static let executions: [Execution] = [.lazy, .eager]

  /// h ← h·w + x[t], by plain Swift.
  func expected(_ x: [[Float]], _ h: [Float], _ w: [Float]) -> (last: [Float], all: [Float]) {
    var h = h
    var all: [Float] = []
    for row in x {
      h = zip(zip(h, w), row).map { $0.0 * $0.1 + $1 }
      all += h
    }
    return (h, all)
  }

  static func rows(_ n: Int) -> [[Float]] {
    (0..<n).map { t in (0..<3).map { Float($0 + 1) / Float(t + 1) } }
  }

  static func tensor(_ rows: [[Float]]) -> Tensor {
    Tensor(rows.flatMap { $0 }).reshaped(to: [rows.count, 3])
  }

  @Test(arguments: [0, 1, 2, 3, 10, 500], executions.indices)
  func recurrenceBySteps(n: Int, execution: Int) {
    withExecution(Self.executions[execution]) {
      let x = Self.tensor(Self.rows(n))
      let w = Tensor([Float](arrayLiteral: 0.5, 0.25, -0.5))
      var h = Tensor([Float](arrayLiteral: 1, 2, 3))
      var ys = Tensor.zeros([n, 3])
      for t in steps(n) {
        h = h * w + x[t]
        ys[t] = h
      }
      let (last, all) = expected(Self.rows(n), [1, 2, 3], [0.5, 0.25, -0.5])
      #expect(h.scalars(as: Float.self) == last)
      #expect(ys.scalars(as: Float.self) == all)
    }
  }

  @Test(arguments: [1, 2, 10, 500], executions.indices)
  func recurrenceByScan(n: Int, execution: Int) {
    withExecution(Self.executions[execution]) {
      let w = Tensor([Float](arrayLiteral: 0.5, 0.25, -0.5))
      let start = Tensor([Float](arrayLiteral: 1, 2, 3))
      let (h, ys) = scan(over: Self.tensor(Self.rows(n)), from: start) { h, x in
        h = h * w + x
        return h
      }
      let (last, all) = expected(Self.rows(n), [1, 2, 3], [0.5, 0.25, -0.5])
      #expect(h.scalars(as: Float.self) == last)
      #expect(ys.scalars(as: Float.self) == all)
    }
  }

  @Test func insideACompiledFunction() {
    let run = compile { (x: Tensor, h: Tensor, w: Tensor) in
      var h = h
      for t in steps(x.shape[0]) { h = h * w + x[t] }
      return h * 2
    }
    for n in [4, 9, 4] {
      let result = run(
        Self.tensor(Self.rows(n)), Tensor([Float](arrayLiteral: 1, 2, 3)),
        Tensor([Float](arrayLiteral: 0.5, 0.25, -0.5)))
      let (last, _) = expected(Self.rows(n), [1, 2, 3], [0.5, 0.25, -0.5])
      #expect(result.scalars(as: Float.self) == last.map { $0 * 2 })
    }
    #expect(run.variantCount == 2)
  }

  /// A lag of two.
  @Test(arguments: [0, 1, 2, 3, 4, 30]) func fibonacci(n: Int) {
    var (a, b) = (Tensor(Int(0)), Tensor(Int(1)))
    for _ in steps(n) { (a, b) = (b, a + b) }
    var (x, y) = (0, 1)
    for _ in 0..<n { (x, y) = (y, x + y) }
    #expect(a.scalar(as: Int.self) == x)
    #expect(b.scalar(as: Int.self) == y)
  }

  @Test(arguments: [1, 2, 3, 20]) func stepsComputeWithTheirNumber(n: Int) {
    var sum: Tensor = 0.0
    var squares = Tensor.zeros([2 * n], .i64)
    for t in steps(n) {
      sum = sum + (n - 1 - t).tensor.cast(to: .f32) * 0.5
      squares[2 * t + 1] = t.tensor * t.tensor
    }
    #expect(sum.item() == Double(n * (n - 1)) / 4)
    #expect(
      squares.scalars(as: Int.self) == (0..<2 * n).map { $0 % 2 == 0 ? 0 : ($0 / 2) * ($0 / 2) })
  }

  @Test(arguments: [1, 3, 6]) func nestedLoops(n: Int) {
    let x = Tensor.iota([n, 5], axis: 1).cast(to: .f32)
    var total = Tensor(Float(0))
    var rows = Tensor.zeros([n])
    for t in steps(n) {
      var row = Tensor(Float(0))
      let scale = x[t]
      for s in steps(5) { row = row + scale[s] * (t.tensor + 1).cast(to: .f32) }
      total = total + row
      rows[t] = row
    }
    let expected = (0..<n).map { Float(10 * ($0 + 1)) }
    #expect(rows.scalars(as: Float.self) == expected)
    #expect(total.item() == Double(expected.reduce(0, +)))
  }

  /// Columns, reversed rows, parts of rows, constants made in the body, values made only there.
  @Test func whatABodyMayDo() {
    let x =
      Tensor.iota([4, 6], axis: 1).cast(to: .f32) + 10
      * Tensor.iota([4, 1], axis: 0).cast(to: .f32)
    var sum = Tensor.zeros([2])
    var last = Tensor.zeros([2])
    for t in steps(6) {
      let column = x[1..<3, t]
      last = column + Tensor([Float](arrayLiteral: 1, 2)) + x[0, 5 - t]
      sum = sum + last
    }
    // column: 10 + t, 20 + t; x[0, 5 - t] = 5 - t.
    #expect(last.scalars(as: Float.self) == [16, 27])
    #expect(sum.scalars(as: Float.self) == [96, 162])
  }

  @Test(arguments: [-1, 0, 1, 3, 5, 9]) func stepsToldAtRunTime(n: Int) {
    let run = compile { (n: Tensor, x: Tensor) in
      var sum = Tensor(Float(0))
      var seen = Tensor.full([5], Float(-1))
      for t in steps(n, atMost: 5) {
        sum = sum + x[t]
        seen[t] = sum
      }
      return (sum, seen)
    }
    let (sum, seen) = run(Tensor(n), Tensor([Float](arrayLiteral: 1, 2, 3, 4, 5)))
    let made = min(5, max(0, n))
    let sums = (0..<made).map { (t: Int) -> Float in Float((t + 1) * (t + 2) / 2) }
    #expect(sum.scalar(as: Float.self) == sums.last ?? 0)
    let rest = [Float](repeating: -1, count: 5 - made)
    #expect(seen.scalars(as: Float.self) == sums + rest)
    #expect(run.variantCount == 1)
  }

  @Test(arguments: executions.indices) func newtonFindsRoots(execution: Int) {
    withExecution(Self.executions[execution]) {
      let a = Tensor([Float](arrayLiteral: 2, 9, 100))
      let root = whileLoop(from: a, while: { x in abs(x * x - a).max() .> 1e-3 }) { x in
        x = (x + a / x) * 0.5
      }
      var x: [Float] = [2, 9, 100]
      let squares = x
      func isFar(_ index: Int) -> Bool { abs(x[index] * x[index] - squares[index]) > 1e-3 }
      while x.indices.contains(where: isFar) {
        for index in x.indices { x[index] = (x[index] + squares[index] / x[index]) * 0.5 }
      }
      #expect(root.scalars(as: Float.self) == x)
    }
  }

  @Test func whileLoopsEndAtTheirLimit() {
    let count = whileLoop(from: Tensor(0), atMost: 7, while: { $0 .>= 0 }) { $0 = $0 + 1 }
    #expect(count.scalar(as: Int.self) == 7)
    let none = whileLoop(from: Tensor(3), while: { $0 .< 0 }) { $0 = $0 + 1 }
    #expect(none.scalar(as: Int.self) == 3)
  }

  @Test(arguments: executions.indices, [Float(-3), 4])
  func conditionalTakesOneBranch(execution: Int, offset: Float) {
    withExecution(Self.executions[execution]) {
      let x = Tensor([Float](arrayLiteral: 1, 2)) + offset
      let outside = x * 3
      let (y, z) = conditional(x.sum() .> 0) {
        (sqrt(x), outside)
      } otherwise: {
        (x * 2, x)
      }
      let values = [1 + offset, 2 + offset]
      let isPositive = values[0] + values[1] > 0
      #expect(
        y.scalars(as: Float.self) == values.map { isPositive ? $0.squareRoot() : $0 * 2 })
      #expect(z.scalars(as: Float.self) == values.map { isPositive ? $0 * 3 : $0 })
    }
  }

  /// Functions inside loops and loops inside functions.
  @Test func loopsOfBothKindsNest() {
    var total = Tensor(0)
    for t in steps(6) {
      let count = whileLoop(from: (t.tensor + 1, Tensor(0)), while: { $0.0 .> 1 }) { state in
        let isEven = (state.0 & 1) .== 0
        state.0 = conditional(isEven) {
          state.0 / 2
        } otherwise: {
          state.0 * 3 + 1
        }
        state.1 = state.1 + 1
      }
      total = total + count.1
    }
    func collatz(_ n: Int) -> Int { n == 1 ? 0 : 1 + collatz(n % 2 == 0 ? n / 2 : 3 * n + 1) }
    #expect(total.scalar(as: Int.self) == (1...6).map(collatz).reduce(0, +))
  }

  /// The program does not grow with the number of steps.
  @Test func theProgramIsTheSameForAnyCount() {
    func graph(_ n: Int) -> Int {
      let run = compile { (h: Tensor) in
        var h = h
        for _ in steps(n) { h = tanh(h * 0.5 + 0.1) }
        return h
      }
      _ = run(Tensor.zeros([8]))
      return run.ir(.graph).split(separator: "\n").count
    }
    #expect(graph(10) == graph(100_000))
  }

  /// Many tasks trace loops at once.
  @Test func tasksHaveTheirOwnLoops() async {
    await withTaskGroup(of: Int.self) { group in
      for task in 0..<16 {
        group.addTask {
          var sum = Tensor(0)
          for _ in steps(50) {
            sum = sum + Tensor(task)
            await Task.yield()
          }
          return sum.scalar(as: Int.self)
        }
      }
      var sums: [Int] = []
      for await sum in group { sums.append(sum) }
      #expect(sums.sorted() == (0..<16).map { 50 * $0 })
    }
  }
}
