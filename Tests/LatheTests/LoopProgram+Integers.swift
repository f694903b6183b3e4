// Loop programs: integers, bits, conversions.

import Lathe

extension LoopProgram {
  static let integers: [LoopProgram] = [
    wrappingSum(), wrappingBytes(), hashes(), signedBytes(), divisions(), shifts(), conversions(),
    primes(), powers(), unsigned(),
  ]

  private static func wrappingSum() -> LoopProgram {
    let x = Sample.integers(60, below: 10_000).map { $0 &* 400_000 }
    let y = x.reduce(Int32(0)) { ($0 &* 31) &+ $1 }
    return LoopProgram("integer overflow", [Tensor(x)], expected: [y]) { k in
      let a = k.input(.i32, [k.extent()])
      let out = k.output(.i32, [Int]())
      @Variable(.i32) var hash = 0
      for i in k.range(a.shape[0]) { hash = hash * 31 + a[i] }
      out[] = hash
    }
  }

  private static func wrappingBytes() -> LoopProgram {
    let x = Sample.integers(77, below: 256).map { UInt8($0) }
    let y = zip(x, x.reversed()).map { ($0 &+ $1) &* 3 }
    return LoopProgram("bytes wrap", [Tensor(x)], expected: y) { k in
      let n = k.extent()
      let a = k.input(.u8, [n]), out = k.output(.u8, [n])
      for i in k.range(n) { out[i] = (a[i] + a[n - 1 - i]) * 3 }
    }
  }

  private static func hashes() -> LoopProgram {
    let y = (0..<50).map { index -> UInt32 in
      var z = UInt32(index) &* 0x9e37_79b9
      z ^= z >> 16
      z = z &* 0x85eb_ca6b
      return z ^ (z >> 13)
    }
    return LoopProgram("bit mixing", [], expected: y) { k in
      let out = k.output(.u32, [50])
      for i in k.range(0..<50) {
        @Variable var z = i.cast(to: .u32) * 0x9e37_79b9
        z = z ^ (z >> 16)
        z = z * 0x85eb_ca6b
        out[i] = z ^ (z >> 13)
      }
    }
  }

  private static func signedBytes() -> LoopProgram {
    let x = Sample.integers(40, below: 256).map { Int8(truncatingIfNeeded: $0) }
    var y = [Int](repeating: 0, count: 256)
    for value in x { y[Int(value) + 128] -= Int(value) }
    return LoopProgram("places by signed bytes", [Tensor(x)], expected: y) { k in
      let a = k.input(.i8, [k.extent()])
      let out = k.output(.i64, [256])
      for i in k.range(a.shape[0]) {
        let value = a[i].cast(to: .i64)
        out[value + 128] -= value
      }
    }
  }

  private static func divisions() -> LoopProgram {
    let x = Sample.integers(64, below: 200).map { $0 - 100 }
    let y = x.enumerated().map { place, value -> Int32 in
      let divisor = Int32(place % 7) - 3
      return divisor == 0 ? 0 : value / divisor + value % divisor
    }
    return LoopProgram("signed division", [Tensor(x)], expected: y) { k in
      let n = k.extent()
      let a = k.input(.i32, [n]), out = k.output(.i32, [n])
      for i in k.range(n) {
        let divisor = (i % 7 - 3).cast(to: .i32)
        k.when(divisor != 0) { out[i] = a[i] / divisor + a[i] % divisor }
      }
    }
  }

  private static func shifts() -> LoopProgram {
    let x = Sample.integers(40, below: 5_000)
    let y = x.enumerated().map { ($1 << Int32($0 % 8)) | (-$1 >> 3) & 0x55 }
    return LoopProgram("shifts and masks", [Tensor(x)], expected: y) { k in
      let n = k.extent()
      let a = k.input(.i32, [n]), out = k.output(.i32, [n])
      for i in k.range(n) {
        out[i] = (a[i] << (i % 8).cast(to: .i32)) | ((-a[i] >> 3) & 0x55)
      }
    }
  }

  private static func conversions() -> LoopProgram {
    let x = Sample.floats(90)
    let y = x.map { Double(Int32($0 * 3)) / 2 + Double(abs($0)) }
    return LoopProgram("conversions", [Tensor(x)], expected: y) { k in
      let n = k.extent()
      let a = k.input(.f32, [n]), out = k.output(.f64, [n])
      for i in k.range(n) {
        out[i] = (a[i] * 3).cast(to: .i32).cast(to: .f64) / 2 + abs(a[i]).cast(to: .f64)
      }
    }
  }

  private static func primes() -> LoopProgram {
    var y = [Bool](repeating: true, count: 200)
    (y[0], y[1]) = (false, false)
    for p in 2..<15 where y[p] { for q in stride(from: p * p, to: 200, by: p) { y[q] = false } }
    return LoopProgram("sieve", [], expected: y.map { $0 ? 1 : 0 }) { k in
      let out = k.output(.i32, [200], repeating: 1)
      out[0] = 0
      out[1] = 0
      for p in k.range(2..<15) {
        k.when(out[p] == 1) {
          @Variable var q = p * p
          k.while(q < 200) {
            out[q] = 0
            q += p
          }
        }
      }
    }
  }

  private static func powers() -> LoopProgram {
    let x = Sample.integers(33, below: 12)
    let y = x.map { value -> Int in
      var (result, base, exponent) = (1, 3, Int(value))
      while exponent > 0 {
        if exponent & 1 == 1 { result = result &* base }
        base = base &* base
        exponent >>= 1
      }
      return result
    }
    return LoopProgram("powers by squaring", [Tensor(x)], expected: y) { k in
      let n = k.extent()
      let a = k.input(.i32, [n]), out = k.output(.i64, [n])
      for i in k.range(n) {
        @Variable(.i64) var result = 1
        @Variable(.i64) var base = 3
        @Variable var exponent = a[i]
        k.while(exponent > 0) {
          k.when((exponent & 1) == 1) { result *= base }
          base *= base
          exponent = exponent >> 1
        }
        out[i] = result
      }
    }
  }

  private static func unsigned() -> LoopProgram {
    let x: [UInt16] = (0..<50).map { UInt16(($0 * 4_099) % 65_536) }
    let y = x.map { value in x.count { $0 < value } }
    return LoopProgram("ranks of unsigned numbers", [Tensor(x)], expected: y) { k in
      let n = k.extent()
      let a = k.input(.u16, [n]), out = k.output(.i64, [n])
      for i in k.range(n) {
        for j in k.range(n) { k.when(a[j] < a[i]) { out[i] += 1 } }
      }
    }
  }
}
