// Loop programs: data-dependent places, locals, tables.

import Lathe

extension LoopProgram {
  static let memory: [LoopProgram] = [counts(), gathered(), sorted(), warping()]

  private static func counts() -> LoopProgram {
    let x = Sample.integers(500, below: 256).map { UInt8($0) }
    var y = [Int](repeating: 0, count: 256)
    for value in x { y[Int(value)] += 1 }
    return LoopProgram("histogram", [Tensor(x)], expected: y) { k in
      let a = k.input(.u8, [k.extent()])
      let out = k.output(.i64, [256])
      for i in k.range(a.shape[0]) { out[a[i]] += 1 }
    }
  }

  private static func gathered() -> LoopProgram {
    let x = Sample.floats(50)
    let places = Sample.integers(80, below: 50)
    let y = places.map { x[Int($0)] }
    return LoopProgram("gather", [Tensor(x), Tensor(places)], expected: y) { k in
      let a = k.input(.f32, [k.extent("n")])
      let places = k.input(.i32, [k.extent("m")])
      let out = k.output(.f32, [places.shape[0]])
      for i in k.range(places.shape[0]) { out[i] = a[places[i]] }
    }
  }

  private static func sorted() -> LoopProgram {
    let x = Sample.floats(40)
    return LoopProgram("insertion sort", [Tensor(x)], expected: x.sorted()) { k in
      let n = k.extent()
      let a = k.update(.f32, [n])
      for i in k.range(1..<n) {
        let key = a[i]
        @Variable var j = i - 1
        k.while(j >= 0 && a[j] > key) {
          a[j + 1] = a[j]
          j -= 1
        }
        a[j + 1] = key
      }
    }
  }

  private static func warping() -> LoopProgram {
    let (a, b) = (Sample.floats(31), Sample.floats(47, seed: 2))
    var d = [[Float]](repeating: [Float](repeating: .infinity, count: 48), count: 32)
    d[0][0] = 0
    for i in 1...31 {
      for j in 1...47 {
        d[i][j] = abs(a[i - 1] - b[j - 1]) + min(min(d[i - 1][j], d[i][j - 1]), d[i - 1][j - 1])
      }
    }
    return LoopProgram("time warping", [Tensor(a), Tensor(b)], expected: [d[31][47]]) { k in
      let n = k.extent(), m = k.extent()
      let a = k.input(.f32, [n]), b = k.input(.f32, [m])
      let cost = k.output(.f32, [Int]())
      let d = k.local(.f32, [n + 1, m + 1], repeating: KernelValue(Float.infinity))
      d[0, 0] = 0
      for i in k.range(1..<n + 1) {
        for j in k.range(1..<m + 1) {
          d[i, j] = abs(a[i - 1] - b[j - 1]) + min(min(d[i - 1, j], d[i, j - 1]), d[i - 1, j - 1])
        }
      }
      cost[] = d[n, m]
    }
  }
}
