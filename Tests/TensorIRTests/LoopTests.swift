// The meaning of loops and conditionals, against plain Swift.

import IRCore
import LoopIR
import TensorIR
import Testing

@Suite struct LoopInterpreterTests {
  func run(_ text: String, _ inputs: TensorValue...) throws -> [TensorValue] {
    try GraphInterpreter.run(Module(parsing: text), "f", inputs: inputs, row: .avx2)
  }

  func integers(_ values: [Int], _ extents: [Int]? = nil) -> TensorValue {
    TensorValue(.i64, integers: values, extents)
  }

  @Test(arguments: [0, 1, 2, 7]) func carriesAndStacks(count: Int) throws {
    let result = try run(
      """
      graph @f(%x: i64[\(count),2], %h: i64[2]) -> i64[2], i64[\(count),2] {
        %0, %1 = loop %t in 0..<\(count) carry (%s: i64[2] = %h) each (%r: i64[2] = %x[\(count - 1) - t]) {
          %0 = mul %s, 3 : i64[2]
          %1 = add %0, %r : i64[2]
          return %1 stack %s -> [t]
        } : i64[2], i64[\(count),2]
        return %0, %1
      }
      """, integers(Array(0..<2 * count), [count, 2]), integers([5, 6]))
    var state = [5, 6]
    var rows: [Int] = []
    for t in (0..<count).reversed() {
      rows += state
      state = [state[0] * 3 + 2 * t, state[1] * 3 + 2 * t + 1]
    }
    #expect(result == [integers(state), integers(rows, [count, 2])])
  }

  /// Two carried values that hand their values on are a lag of two.
  @Test func lagOfTwo() throws {
    let result = try run(
      """
      graph @f(%a: i64, %b: i64) -> i64 {
        %0, %1 = loop %t in 0..<30 carry (%p: i64 = %a, %q: i64 = %b) {
          %0 = add %p, %q : i64
          return %q, %0
        } : i64, i64
        return %0
      }
      """, integers([0], []), integers([1], []))
    #expect(result == [integers([832040], [])])
  }

  /// The operand tells the number of steps, within 0 and the most.
  @Test(arguments: [(-3, 0), (0, 0), (2, 2), (5, 5), (9, 5)])
  func runTimeCount(given: Int, steps: Int) throws {
    let result = try run(
      """
      graph @f(%n: i64, %ys: i64[12]) -> i64, i64[12] {
        %0 = iota 0 : i64[1]
        %1 = view %0[0] -> [] : i64
        %2, %3 = loop %t in 0..<min(%n, 5) carry (%s: i64 = %1) {
          %0 = add %s, 10 : i64
          return %0 stack %t -> %ys[2*t + 1]
        } : i64, i64[12]
        return %2, %3
      }
      """, integers([given], []), integers([Int](repeating: -1, count: 12)))
    var rows = [Int](repeating: -1, count: 12)
    for t in 0..<steps { rows[2 * t + 1] = t }
    #expect(result == [integers([10 * steps], []), integers(rows)])
  }

  @Test(arguments: [0, 1, 27, 97]) func whileCountsCollatz(start: Int) throws {
    let result = try run(
      """
      graph @f(%n: i64, %zero: i64) -> i64, i64 {
        %0, %1 = loop %t carry (%s: i64 = %n, %count: i64 = %zero) while {
          %0 = gt %s, 1 : bool
          return %0
        } do {
          %0 = and %s, 1 : i64
          %1 = eq %0, 0 : bool
          %2 = conditional %1 with (%s: i64 = %s) {
            %0 = div %s, 2 : i64
            return %0
          } else {
            %0 = mul %s, 3 : i64
            %1 = add %0, 1 : i64
            return %1
          } : i64
          %3 = add %t, 1 : i64
          return %2, %3
        } : i64, i64
        return %0, %1
      }
      """, integers([start], []), integers([0], []))
    var value = start
    var steps = 0
    while value > 1 {
      value = value % 2 == 0 ? value / 2 : 3 * value + 1
      steps += 1
    }
    #expect(result == [integers([value], []), integers([steps], [])])
  }

  /// A call inside a body, and a loop inside a loop.
  @Test func bodiesCallAndNest() throws {
    let result = try run(
      """
      graph @f(%x: i64[3,4]) -> i64[3] {
        %0 = loop %t in 0..<3 each (%row: i64[4] = %x[t]) {
          %0 = call @last(%row) : i64
          %1 = loop %s in 0..<4 carry (%sum: i64 = %0) each (%e: i64 = %row[s]) with (%outer: i64 = %t) {
            %0 = mul %e, %outer : i64
            %1 = add %sum, %0 : i64
            return %1
          } : i64
          return stack %1 -> [t]
        } : i64[3]
        return %0
      }
      graph @last(%r: i64[4]) -> i64 {
        %0 = view %r[3] -> [] : i64
        return %0
      }
      """, integers(Array(0..<12), [3, 4]))
    let expected = (0..<3).map { t in 4 * t + 3 + t * (0..<4).reduce(0) { $0 + 4 * t + $1 } }
    #expect(result == [integers(expected)])
  }
}
