// SHA-256, for content hashes that are the same in every process.

/// SHA-256 of bytes (NIST FIPS 180-4, section 6.2).
struct SHA256 {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
    0x5be0_cd19,
  ]

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = firstPrimes(64).map { prime in
    let root = cubeRoot(prime)
    return UInt32((root - root.rounded(.down)) * 0x1p32)
  }

  /// The hash in hexadecimal.
  static func hex(_ text: String) -> String {
    var hash = SHA256()
    hash.process(Array(text.utf8))
    return hash.state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  private static func firstPrimes(_ count: Int) -> [Int] {
    var primes: [Int] = []
    var candidate = 2
    while primes.count < count {
      if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
      candidate += 1
    }
    return primes
  }

  /// Cube root to double precision: enough, since 32 bits of the fraction are used.
  private static func cubeRoot(_ value: Int) -> Double {
    var root = Double(value)
    for _ in 0..<64 { root -= (root * root * root - Double(value)) / (3 * root * root) }
    return root
  }

  private mutating func process(_ message: [UInt8]) {
    var padded = message + [0x80]
    while padded.count % 64 != 56 { padded.append(0) }
    let bits = UInt64(message.count) * 8
    for shift in stride(from: 56, through: 0, by: -8) {
      padded.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
    }
    for start in stride(from: 0, to: padded.count, by: 64) {
      compress(padded[start..<start + 64])
    }
  }

  private mutating func compress(_ block: ArraySlice<UInt8>) {
    var w = [UInt32](repeating: 0, count: 64)
    for (k, byte) in block.enumerated() { w[k / 4] = w[k / 4] << 8 | UInt32(byte) }
    for k in 16..<64 {
      let a = w[k - 15]
      let b = w[k - 2]
      let s0 = Self.rotate(a, 7) ^ Self.rotate(a, 18) ^ a >> 3
      let s1 = Self.rotate(b, 17) ^ Self.rotate(b, 19) ^ b >> 10
      w[k] = w[k - 16] &+ s0 &+ w[k - 7] &+ s1
    }
    var v = state
    for k in 0..<64 {
      let s1 = Self.rotate(v[4], 6) ^ Self.rotate(v[4], 11) ^ Self.rotate(v[4], 25)
      let choice = v[4] & v[5] ^ ~v[4] & v[6]
      let t1 = v[7] &+ s1 &+ choice &+ Self.constants[k] &+ w[k]
      let s0 = Self.rotate(v[0], 2) ^ Self.rotate(v[0], 13) ^ Self.rotate(v[0], 22)
      let majority = v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2]
      v = [t1 &+ s0 &+ majority, v[0], v[1], v[2], v[3] &+ t1, v[4], v[5], v[6]]
    }
    for k in 0..<8 { state[k] = state[k] &+ v[k] }
  }

  private static func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }
}
