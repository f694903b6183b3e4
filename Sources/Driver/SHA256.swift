// SHA-256, for content hashes that are the same in every process.

/// SHA-256 of bytes (NIST FIPS 180-4, section 6.2).
package struct SHA256 {
  private var state = (
    UInt32(0x6a09_e667), UInt32(0xbb67_ae85), UInt32(0x3c6e_f372), UInt32(0xa54f_f53a),
    UInt32(0x510e_527f), UInt32(0x9b05_688c), UInt32(0x1f83_d9ab), UInt32(0x5be0_cd19)
  )

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = firstPrimes(64).map { prime in
    let root = cubeRoot(prime)
    return UInt32((root - root.rounded(.down)) * 0x1p32)
  }

  /// The hash of a text's UTF-8 in hexadecimal.
  package static func hex(_ text: String) -> String {
    var text = text
    return text.withUTF8 { bytes in
      var hash = SHA256()
      hash.process(UnsafeRawBufferPointer(bytes))
      return hash.digits
    }
  }

  private var digits: String {
    let words = [
      state.0, state.1, state.2, state.3, state.4, state.5, state.6, state.7,
    ]
    return words.map { word in
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

  private mutating func process(_ message: UnsafeRawBufferPointer) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
      let whole = message.count & ~63
      for start in stride(from: 0, to: whole, by: 64) {
        compress(UnsafeRawBufferPointer(rebasing: message[start..<start + 64]), schedule)
      }
      // What is left, a one, zeros, and the number of bits, in one block or two.
      var rest = Array(message[whole...]) + [0x80]
      while rest.count % 64 != 56 { rest.append(0) }
      withUnsafeBytes(of: (UInt64(message.count) * 8).bigEndian) { rest += $0 }
      rest.withUnsafeBytes { bytes in
        for start in stride(from: 0, to: bytes.count, by: 64) {
          compress(UnsafeRawBufferPointer(rebasing: bytes[start..<start + 64]), schedule)
        }
      }
    }
  }

  private mutating func compress(
    _ block: UnsafeRawBufferPointer, _ w: UnsafeMutableBufferPointer<UInt32>
  ) {
    for k in 0..<16 {
      w[k] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * k, as: UInt32.self))
    }
    for k in 16..<64 {
      let (a, b) = (w[k - 15], w[k - 2])
      let s0 = Self.rotate(a, 7) ^ Self.rotate(a, 18) ^ a >> 3
      let s1 = Self.rotate(b, 17) ^ Self.rotate(b, 19) ^ b >> 10
      w[k] = w[k - 16] &+ s0 &+ w[k - 7] &+ s1
    }
    var (a, b, c, d, e, f, g, h) = state
    Self.constants.withUnsafeBufferPointer { constants in
      for k in 0..<64 {
        let s1 = Self.rotate(e, 6) ^ Self.rotate(e, 11) ^ Self.rotate(e, 25)
        let t1 = h &+ s1 &+ (e & f ^ ~e & g) &+ constants[k] &+ w[k]
        let s0 = Self.rotate(a, 2) ^ Self.rotate(a, 13) ^ Self.rotate(a, 22)
        let t2 = s0 &+ (a & b ^ a & c ^ b & c)
        (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
      }
    }
    state = (
      state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d, state.4 &+ e, state.5 &+ f,
      state.6 &+ g, state.7 &+ h
    )
  }

  private static func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x &>> n | x &<< (32 &- n) }
}
