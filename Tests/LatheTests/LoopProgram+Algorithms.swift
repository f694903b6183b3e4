// Loop programs: nested loops of every kind, locals, searches, tables.

import Lathe

extension LoopProgram {
  static let algorithms: [LoopProgram] = [
    product(), fibonacci(), polynomial(), search(), whileInFor(), forInWhile(), window(),
    transposed(),
    pascal(), maximumPlace(), zigzag(), bubble(), batches(), triple(), scaledRows(), oddAndEven(),
    distances(), runs(), aliased(), swapped(), lastWins(), rolling(), compressed(), nothing(),
  ]

  private static func product() -> LoopProgram {
    let (n, m, p) = (9, 14, 11)
    let (x, y) = (Sample.floats(n * p), Sample.floats(p * m, seed: 2))
    var z = [Float](repeating: 0, count: n * m)
    for i in 0..<n {
      for j in 0..<m { for q in 0..<p { z[i * m + j] += x[i * p + q] * y[q * m + j] } }
    }
    let arguments = [Tensor(scalars: x, shape: [n, p]), Tensor(scalars: y, shape: [p, m])]
    return LoopProgram("matrix product", arguments, expected: z) { k in
      let n = k.extent("n"), p = k.extent("p"), m = k.extent("m")
      let a = k.input(.f32, [n, p]), b = k.input(.f32, [p, m]), out = k.output(.f32, [n, m])
      for i in k.range(n) {
        for j in k.range(m) { for q in k.range(p) { out[i, j] += a[i, q] * b[q, j] } }
      }
    }
  }

  private static func fibonacci() -> LoopProgram {
    var y = [1, 1]
    while y.count < 60 { y.append(y[y.count - 1] + y[y.count - 2]) }
    return LoopProgram("Fibonacci", [], expected: y) { k in
      let out = k.output(.i64, [60])
      @Variable var a = 1
      @Variable var b = 1
      for i in k.range(0..<60) {
        out[i] = a
        let next = a + b
        a = b
        b = next
      }
    }
  }

  private static func polynomial() -> LoopProgram {
    let (x, c) = (Sample.floats(45).map { $0 / 16 }, Sample.floats(6, seed: 3))
    let y = x.map { value in c.reversed().reduce(0) { $0 * value + $1 } }
    return LoopProgram("Horner", [Tensor(x), Tensor(c)], expected: y) { k in
      let x = k.input(.f32, [k.extent("n")]), c = k.input(.f32, [6])
      let out = k.output(.f32, [x.shape[0]])
      for i in k.range(x.shape[0]) {
        let value = x[i]
        @Variable var sum = 0.0
        for j in k.range(0..<6).reversed() { sum = sum * value + c[j] }
        out[i] = sum
      }
    }
  }

  private static func search() -> LoopProgram {
    let x = (0..<100).map { Int32($0 * $0 / 7) }
    let wanted = Sample.integers(30, below: 1_500)
    let y = wanted.map { value in Int32(x.firstIndex { $0 >= value } ?? 100) }
    return LoopProgram("binary search", [Tensor(x), Tensor(wanted)], expected: y) { k in
      let x = k.input(.i32, [100]), wanted = k.input(.i32, [k.extent("m")])
      let out = k.output(.i32, [wanted.shape[0]])
      for i in k.range(wanted.shape[0]) {
        @Variable(.i32) var low = 0
        @Variable(.i32) var high = 100
        k.while(low < high) {
          let middle = (low + high) / 2
          k.when(x[middle] < wanted[i]) {
            low = middle + 1
          } otherwise: {
            high = middle
          }
        }
        out[i] = low
      }
    }
  }

  private static func whileInFor() -> LoopProgram {
    let x = Sample.integers(50, below: 1_000)
    let y = x.map { value -> Int32 in
      var (rest, sum) = (value, Int32(0))
      while rest > 0 {
        sum += rest % 10
        rest /= 10
      }
      return sum
    }
    return LoopProgram("while in for", [Tensor(x)], expected: y) { k in
      let n = k.extent()
      let a = k.input(.i32, [n]), out = k.output(.i32, [n])
      for i in k.range(n) {
        @Variable var rest = a[i]
        @Variable(.i32) var sum = 0
        k.while(rest > 0) {
          sum += rest % 10
          rest = rest / 10
        }
        out[i] = sum
      }
    }
  }

  private static func forInWhile() -> LoopProgram {
    let x = Sample.floats(12)
    var (y, rounds) = (x, 0)
    while y.reduce(0, +) < 10_000, rounds < 40 {
      for i in 0..<12 { y[i] = y[i] * 1.25 + 1 }
      rounds += 1
    }
    return LoopProgram("for in while", [Tensor(x)], expected: y + [Float(rounds)]) { k in
      let a = k.input(.f32, [12]), out = k.output(.f32, [13])
      for i in k.range(0..<12) { out[i] = a[i] }
      @Variable var rounds = 0.0
      @Variable var sum = 0.0
      for i in k.range(0..<12) { sum += out[i] }
      k.while(sum < 10_000 && rounds < 40) {
        sum = 0
        for i in k.range(0..<12) {
          out[i] = out[i] * 1.25 + 1
          sum += out[i]
        }
        rounds += 1
      }
      out[12] = rounds
    }
  }

  private static func window() -> LoopProgram {
    let x = Sample.floats(64)
    let y = (0..<64).map { i in x[max(0, i - 2)...min(63, i + 2)].max() ?? 0 }
    return LoopProgram("clamped window", [Tensor(x)], expected: y) { k in
      let n = k.extent()
      let a = k.input(.f32, [n]), out = k.output(.f32, [n])
      for i in k.range(n) {
        @Variable var best = -KernelValue(Float.infinity)
        for j in k.range(max(i - 2, 0)..<min(i + 3, n)) { best = max(best, a[j]) }
        out[i] = best
      }
    }
  }

  private static func transposed() -> LoopProgram {
    let x = Sample.floats(7 * 5 * 3)
    var y = [Float](repeating: 0, count: x.count)
    for i in 0..<7 {
      for j in 0..<5 { for l in 0..<3 { y[(l * 7 + i) * 5 + j] = x[(i * 5 + j) * 3 + l] } }
    }
    return LoopProgram(
      "three axes", [Tensor(scalars: x, shape: [7, 5, 3])], expected: y
    ) { k in
      let n = k.extent(), m = k.extent(), p = k.extent()
      let a = k.input(.f32, [n, m, p]), out = k.output(.f32, [p, n, m])
      for i in k.range(n) {
        for j in k.range(m) { for l in k.range(p) { out[l, i, j] = a[i, j, l] } }
      }
    }
  }

  private static func pascal() -> LoopProgram {
    var y = [[Int]](repeating: [Int](repeating: 0, count: 12), count: 12)
    for i in 0..<12 {
      for j in 0...i { y[i][j] = j == 0 || j == i ? 1 : y[i - 1][j - 1] + y[i - 1][j] }
    }
    return LoopProgram("Pascal's triangle", [], expected: y.flatMap { $0 }) { k in
      let out = k.output(.i64, [12, 12])
      for i in k.range(0..<12) {
        for j in k.range(0..<i + 1) {
          k.when(j == 0 || j == i) {
            out[i, j] = 1
          } otherwise: {
            out[i, j] = out[i - 1, j - 1] + out[i - 1, j]
          }
        }
      }
    }
  }

  private static func maximumPlace() -> LoopProgram {
    let x = Sample.floats(90)
    var place = 0
    for i in 1..<90 where x[i] > x[place] { place = i }
    return LoopProgram("place of the maximum", [Tensor(x)], expected: [place]) { k in
      let a = k.input(.f32, [k.extent()])
      let out = k.output(.i64, [1])
      @Variable var place = 0
      @Variable var best = a[0]
      for i in k.range(1..<a.shape[0]) {
        k.when(a[i] > best) {
          best = a[i]
          place = i
        }
      }
      out[0] = place
    }
  }

  private static func zigzag() -> LoopProgram {
    var y = [Int](repeating: 0, count: 6 * 8)
    var count = 0
    for i in 0..<6 {
      for step in 0..<8 {
        y[i * 8 + (i % 2 == 0 ? step : 7 - step)] = count
        count += 1
      }
    }
    return LoopProgram("zigzag", [], expected: y) { k in
      let out = k.output(.i64, [6, 8])
      @Variable var count = 0
      for i in k.range(0..<6) {
        for step in k.range(0..<8) {
          out[i, select(i % 2 == 0, step, 7 - step)] = count
          count += 1
        }
      }
    }
  }

  private static func bubble() -> LoopProgram {
    let x = Sample.integers(25, below: 99)
    return LoopProgram("bubble sort", [Tensor(x)], expected: x.sorted()) { k in
      let n = k.extent()
      let a = k.update(.i32, [n])
      for i in k.range(n) {
        for j in k.range(0..<n - 1 - i) {
          let (x, y) = (a[j], a[j + 1])
          k.when(x > y) {
            a[j] = y
            a[j + 1] = x
          }
        }
      }
    }
  }

  private static func batches() -> LoopProgram {
    let x = Sample.floats(6 * 10)
    var y: [Float] = []
    for b in 0..<6 {
      var local = [Float](repeating: 0, count: 4)
      for i in 0..<10 { local[i % 4] += x[b * 10 + i] }
      y += local
    }
    return LoopProgram(
      "a local per iteration", [Tensor(scalars: x, shape: [6, 10])], expected: y
    ) { k in
      let a = k.input(.f32, [k.extent("batch"), 10])
      let out = k.output(.f32, [a.shape[0], 4])
      for b in k.range(a.shape[0]) {
        let local = k.local(.f32, [4])
        for i in k.range(0..<10) { local[i % 4] += a[b, i] }
        for i in k.range(0..<4) { out[b, i] = local[i] }
      }
    }
  }

  private static func triple() -> LoopProgram {
    var y = 0
    for a in 1..<30 { for b in a..<30 { for c in b..<45 where a * a + b * b == c * c { y += a } } }
    return LoopProgram("triples", [], expected: [y]) { k in
      let out = k.output(.i64, [Int]())
      @Variable var sum = 0
      for a in k.range(1..<30) {
        for b in k.range(a..<30) {
          for c in k.range(b..<45) { k.when(a * a + b * b == c * c) { sum += a } }
        }
      }
      out[] = sum
    }
  }

  private static func scaledRows() -> LoopProgram {
    let x = Sample.floats(5 * 33).map { abs($0) + 1 }
    var y = x
    for i in 0..<5 {
      let total = x[i * 33..<(i + 1) * 33].reduce(0, +)
      for j in 0..<33 { y[i * 33 + j] = x[i * 33 + j] / total }
    }
    return LoopProgram("rows by their sums", [Tensor(scalars: x, shape: [5, 33])], expected: y) {
      k in
      let n = k.extent(), m = k.extent()
      let a = k.input(.f32, [n, m]), out = k.output(.f32, [n, m])
      for i in k.range(n) {
        @Variable var total = 0.0
        for j in k.range(m) { total += a[i, j] }
        for j in k.range(m) { out[i, j] = a[i, j] / total }
      }
    }
  }

  private static func oddAndEven() -> LoopProgram {
    let x = Sample.integers(41, below: 500)
    let y = x.filter { $0 % 2 == 0 } + x.filter { $0 % 2 == 1 }
    return LoopProgram("stable partition", [Tensor(x)], expected: y) { k in
      let n = k.extent()
      let a = k.input(.i32, [n]), out = k.output(.i32, [n])
      @Variable(.i32) var next = 0
      for parity in k.range(0..<2) {
        for i in k.range(n) {
          k.when(a[i] % 2 == parity.cast(to: .i32)) {
            out[next] = a[i]
            next += 1
          }
        }
      }
    }
  }

  private static func distances() -> LoopProgram {
    let (s, t) = (Array("kitten and sitting".utf8), Array("sitting and kitten".utf8))
    var d = (0...t.count).map { Int32($0) }
    for i in 1...s.count {
      var diagonal = d[0]
      d[0] = Int32(i)
      for j in 1...t.count {
        let old = d[j]
        d[j] = min(min(d[j], d[j - 1]) + 1, diagonal + (s[i - 1] == t[j - 1] ? 0 : 1))
        diagonal = old
      }
    }
    return LoopProgram(
      "edit distance in one row", [Tensor(s), Tensor(t)], expected: [d[t.count]]
    ) { k in
      let n = k.extent("n"), m = k.extent("m")
      let s = k.input(.u8, [n]), t = k.input(.u8, [m]), out = k.output(.i32, [Int]())
      let d = k.local(.i32, [m + 1])
      for j in k.range(0..<m + 1) { d[j] = j.cast(to: .i32) }
      for i in k.range(1..<n + 1) {
        @Variable var diagonal = d[0]
        d[0] = i.cast(to: .i32)
        for j in k.range(1..<m + 1) {
          let old = d[j]
          let change = select(s[i - 1] == t[j - 1], 0, KernelValue(Int32(1)).cast(to: .i32))
          d[j] = min(min(old, d[j - 1]) + 1, diagonal + change)
          diagonal = old
        }
      }
      out[] = d[m]
    }
  }

  private static func runs() -> LoopProgram {
    let x = Sample.integers(60, below: 3)
    var (longest, current) = (1, 1)
    for i in 1..<60 {
      current = x[i] == x[i - 1] ? current + 1 : 1
      longest = max(longest, current)
    }
    return LoopProgram("longest run", [Tensor(x)], expected: [longest]) { k in
      let a = k.input(.i32, [k.extent()])
      let out = k.output(.i64, [1])
      @Variable var longest = 1
      @Variable var current = 1
      for i in k.range(1..<a.shape[0]) {
        current = select(a[i] == a[i - 1], current + 1, 1)
        longest = max(longest, current)
      }
      out[0] = longest
    }
  }

  private static func aliased() -> LoopProgram {
    let x = Tensor(Sample.floats(40))
    let numbers = Sample.floats(40)
    let y = (0..<40).map { numbers[$0] * 2 + numbers[39 - $0] }
    return LoopProgram("one tensor as two inputs", [x, x], expected: y) { k in
      let n = k.extent()
      let a = k.input(.f32, [n]), b = k.input(.f32, [n]), out = k.output(.f32, [n])
      for i in k.range(n) { out[i] = a[i] * 2 + b[n - 1 - i] }
    }
  }

  private static func swapped() -> LoopProgram {
    let x = Sample.floats(31)
    return LoopProgram("reversal in place", [Tensor(x)], expected: x.reversed() as [Float]) { k in
      let n = k.extent()
      let a = k.update(.f32, [n])
      for i in k.range(0..<n / 2) {
        let (first, last) = (a[i], a[n - 1 - i])
        a[i] = last
        a[n - 1 - i] = first
      }
    }
  }

  private static func lastWins() -> LoopProgram {
    let places = Sample.integers(70, below: 20)
    var y = [Int](repeating: -1, count: 20)
    for (i, place) in places.enumerated() { y[Int(place)] = i }
    return LoopProgram("the last store wins", [Tensor(places)], expected: y) { k in
      let places = k.input(.i32, [k.extent()])
      let out = k.output(.i64, [20], repeating: -1)
      for i in k.range(places.shape[0]) { out[places[i]] = i }
    }
  }

  private static func rolling() -> LoopProgram {
    let x = Sample.floats(50)
    var (y, ring) = ([Float](), [Float](repeating: 0, count: 4))
    for i in 0..<50 {
      ring[i % 4] = x[i]
      y.append((ring[0] + ring[1]) + (ring[2] + ring[3]))
    }
    return LoopProgram("a ring", [Tensor(x)], expected: y) { k in
      let n = k.extent()
      let a = k.input(.f32, [n]), out = k.output(.f32, [n])
      let ring = k.local(.f32, [4])
      for i in k.range(n) {
        ring[i % 4] = a[i]
        out[i] = (ring[0] + ring[1]) + (ring[2] + ring[3])
      }
    }
  }

  private static func compressed() -> LoopProgram {
    let starts: [Int32] = [0, 3, 3, 7, 10]
    let columns = Sample.integers(10, below: 8)
    let (values, x) = (Sample.floats(10), Sample.floats(8, seed: 4))
    var y = [Float](repeating: 0, count: 4)
    for row in 0..<4 {
      for place in Int(starts[row])..<Int(starts[row + 1]) {
        y[row] += values[place] * x[Int(columns[place])]
      }
    }
    let arguments = [Tensor(starts), Tensor(columns), Tensor(values), Tensor(x)]
    return LoopProgram("sparse rows", arguments, expected: y) { k in
      let starts = k.input(.i32, [5]), columns = k.input(.i32, [k.extent("count")])
      let values = k.input(.f32, [columns.shape[0]]), x = k.input(.f32, [8])
      let out = k.output(.f32, [4])
      for row in k.range(0..<4) {
        @Variable var sum = 0.0
        for place in k.range(starts[row]..<starts[row + 1]) {
          sum += values[place] * x[columns[place]]
        }
        out[row] = sum
      }
    }
  }

  private static func nothing() -> LoopProgram {
    LoopProgram("an empty grid", [Tensor.zeros([0, 3])], expected: [Float]()) { k in
      let n = k.extent()
      let a = k.input(.f32, [n, 3]), out = k.output(.f32, [n, 3])
      for i in k.range(n) { for j in k.range(0..<3) { out[i, j] = a[i, j] + 1 } }
    }
  }
}
