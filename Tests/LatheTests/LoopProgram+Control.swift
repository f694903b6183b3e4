// Loop programs: choices, while loops, carried variables.

import Lathe

extension LoopProgram {
  static let control: [LoopProgram] = [escape(), collatz(), signs()]

  private static func escape() -> LoopProgram {
    let x = Sample.floats(130)
    let y = x.map { value in
      var z = value
      var count: Int32 = 0
      while count < 20 && z * z < 900 {
        z = z * 1.5 + 0.25
        count += 1
      }
      return count
    }
    return LoopProgram("early exit", [Tensor(x)], expected: y) { k in
      let n = k.extent()
      let a = k.input(.f32, [n])
      let out = k.output(.i32, [n])
      for i in k.range(n) {
        @Variable var z = a[i]
        @Variable(.i32) var count = 0
        k.while(count < 20 && z * z < 900) {
          z = z * 1.5 + 0.25
          count += 1
        }
        out[i] = count
      }
    }
  }

  private static func collatz() -> LoopProgram {
    let y = (1...64).map { start in
      var n = start
      var steps: Int32 = 0
      while n != 1 {
        if n % 2 == 0 { n = n / 2 } else { n = 3 * n + 1 }
        steps += 1
      }
      return steps
    }
    return LoopProgram("while with choices", [], expected: y) { k in
      let out = k.output(.i32, [64])
      for i in k.range(0..<64) {
        @Variable var n = i + 1
        @Variable(.i32) var steps = 0
        k.while(n != 1) {
          k.when(n % 2 == 0) {
            n = n / 2
          } otherwise: {
            n = 3 * n + 1
          }
          steps += 1
        }
        out[i] = steps
      }
    }
  }

  private static func signs() -> LoopProgram {
    let x = Sample.floats(77)
    var (positive, negative, last) = (Float(0), Float(0), Float(0))
    for value in x {
      if value > 0 {
        positive += value
        if value > 2 { last = value }
      } else {
        negative -= value
      }
    }
    return LoopProgram(
      "carried through choices", [Tensor(x)], expected: [positive, negative, last]
    ) { k in
      let n = k.extent()
      let a = k.input(.f32, [n])
      let out = k.output(.f32, [3])
      @Variable var positive = 0.0
      @Variable var negative = 0.0
      @Variable var last = 0.0
      for i in k.range(n) {
        let value = a[i]
        k.when(value > 0) {
          positive += value
          k.when(value > 2) { last = value }
        } otherwise: {
          negative -= value
        }
      }
      out[0] = positive
      out[1] = negative
      out[2] = last
    }
  }
}
