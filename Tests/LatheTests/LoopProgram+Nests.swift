// Loop programs: nests, orders, strides and trip counts.

import Lathe

extension LoopProgram {
  static let all = nests + control + memory

  static let nests: [LoopProgram] = [
    blur(), triangle(), reversedCopy(), strided(), noTrips(), prefix(),
  ]

  private static func blur() -> LoopProgram {
    let (n, m) = (19, 37)
    let x = Sample.floats(n * m)
    var y = [Float](repeating: 0, count: n * m)
    for i in 1..<n - 1 {
      for j in 1..<m - 1 {
        y[i * m + j] =
          (x[(i - 1) * m + j] + x[(i + 1) * m + j] + x[i * m + j - 1] + x[i * m + j + 1]) * 0.25
      }
    }
    return LoopProgram("blur", [Tensor(scalars: x, shape: [n, m])], expected: y) { k in
      let a = k.input(.f32, [n, m])
      let out = k.output(.f32, [n, m])
      for i in k.range(1..<n - 1) {
        for j in k.range(1..<m - 1) {
          out[i, j] = (a[i - 1, j] + a[i + 1, j] + a[i, j - 1] + a[i, j + 1]) * 0.25
        }
      }
    }
  }

  private static func triangle() -> LoopProgram {
    let n = 23
    let x = Sample.floats(n * n)
    var y = [Float](repeating: 0, count: n * n)
    for i in 0..<n { for j in i..<n { y[i * n + j] = x[j * n + i] - Float(i) } }
    return LoopProgram("triangle", [Tensor(scalars: x, shape: [n, n])], expected: y) { k in
      let n = k.extent()
      let a = k.input(.f32, [n, n])
      let out = k.output(.f32, [n, n])
      for i in k.range(0..<n) {
        for j in k.range(i..<n) { out[i, j] = a[j, i] - i.cast(to: .f32) }
      }
    }
  }

  private static func reversedCopy() -> LoopProgram {
    let x = Sample.floats(101)
    var y = [Float](repeating: 0, count: 101)
    var last: Float = 0
    for i in (0..<101).reversed() {
      last = last * 0.5 + x[i]
      y[i] = last
    }
    return LoopProgram("reversed recurrence", [Tensor(x)], expected: y) { k in
      let n = k.extent()
      let a = k.input(.f32, [n])
      let out = k.output(.f32, [n])
      @Variable var last = 0.0
      for i in k.range(0..<n).reversed() {
        last = last * 0.5 + a[i]
        out[i] = last
      }
    }
  }

  private static func strided() -> LoopProgram {
    let x = Sample.integers(40, below: 100)
    var y = [Int32](repeating: 7, count: 40)
    for i in stride(from: 2, to: 39, by: 3) { y[i] = x[i] + x[i + 1] }
    for i in stride(from: 1, to: 20, by: 4).reversed() { y[i] = y[i + 4] + Int32(i) }
    return LoopProgram("strides", [Tensor(x)], expected: y) { k in
      let a = k.input(.i32, [40])
      let out = k.output(.i32, [40], repeating: 7)
      for i in k.range(2..<39, by: 3) { out[i] = a[i] + a[i + 1] }
      for i in k.range(1..<20, by: 4).reversed() { out[i] = out[i + 4] + i.cast(to: .i32) }
    }
  }

  private static func noTrips() -> LoopProgram {
    LoopProgram("no trips", [Tensor([1, 2, 3] as [Int32])], expected: [5, 6, 7] as [Int32]) { k in
      let a = k.input(.i32, [3])
      let out = k.output(.i32, [3])
      @Variable(.i32) var added = 4
      for i in k.range(3..<3) { added = a[i] }
      for i in k.range(KernelValue(2)..<1) { added = a[i] }
      for i in k.range(0..<3) { out[i] = a[i] + added }
    }
  }

  private static func prefix() -> LoopProgram {
    let x = Sample.floats(300)
    var sum: Float = 0
    let y = x.map { value in
      sum += value
      return sum
    }
    return LoopProgram("running sum", [Tensor(x)], expected: y) { k in
      let n = k.extent()
      let a = k.input(.f32, [n])
      let out = k.output(.f32, [n])
      @Variable var sum = 0.0
      for i in k.range(n) {
        sum += a[i]
        out[i] = sum
      }
    }
  }
}
