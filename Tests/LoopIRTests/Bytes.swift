// Data for kernels under test.

/// The bytes of an array of trivial values.
func bytes<T: BitwiseCopyable>(_ values: [T]) -> [UInt8] {
  values.withUnsafeBytes { Array($0) }
}

/// Reproducible numbers.
enum Noise {
  /// Floats in -1..<1, multiples of 2⁻²⁰.
  static func floats(_ count: Int, seed: UInt64) -> [Float] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int64(bitPattern: state) >> 43) * 0x1p-20
    }
  }
}
