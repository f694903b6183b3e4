// Random bits and fractions of given shapes, which the distributions are made of.

import IRCore
import TensorIR

/// Random numbers of one key and shape.
struct RandomSource {
  let shape: [Int]
  let location: SourceLocation
  private let cipher: Threefry

  /// Numbers for the function named `function`; ends with a message for a shape or a type that it
  /// cannot draw.
  init(
    _ function: String, _ shape: [Int], _ dtype: DType, _ key: RandomKey,
    at location: SourceLocation
  ) {
    Tensor.requireShape(shape, dtype, function, at: location)
    self.shape = shape
    self.location = location
    cipher = Threefry(key, at: location)
  }

  /// Two independent words for every element; `use` keeps apart what one element draws twice.
  func words(use: Int = 0) -> (Tensor, Tensor) {
    let count = shape.reduce(1, *)
    func index(_ dtype: DType) -> Tensor {
      let index = Tensor(.iota(axis: 0), [], dtype: dtype, shape: [count], at: location)
      return index.reshaped(shape, at: location)
    }
    if count <= 1 << 32 { return cipher.encrypt(high: use, low: index(.u32)) }
    let high = apply(.cast, [apply(.shiftRight, [index(.u64), 32])], .u32)
    return cipher.encrypt(
      apply(.or, [high, Tensor(scalar: .integer(use))]), apply(.cast, [index(.u64)], .u32))
  }

  /// 32 random bits.
  func bits() -> Tensor {
    let (first, second) = words()
    return apply(.xor, [first, second])
  }

  /// 64 random bits.
  func wideBits(use: Int = 0) -> Tensor {
    let (first, second) = words(use: use)
    let high = apply(.shiftLeft, [apply(.cast, [first], .u64), 32])
    return apply(.or, [high, apply(.cast, [second], .u64)])
  }

  /// Numbers that were drawn in the arithmetic type of `dtype`, in that type.
  func rounded(_ numbers: Tensor, to dtype: DType) -> Tensor {
    numbers.dtype == dtype ? numbers : apply(.cast, [numbers], dtype)
  }

  /// Multiples of 2⁻²⁴ (f32, also for f16 and bf16) or 2⁻⁵³ (f64) in 0..<1, each as likely.
  func fractions(_ dtype: DType) -> Tensor {
    dtype == .f64 ? fractions(of: wideBits()) : fractions(of: bits())
  }

  /// The upper bits of u32 or u64 words as a fraction in 0..<1.
  func fractions(of words: Tensor) -> Tensor {
    if words.dtype == .u64 {
      let upper = apply(.bitcast, [apply(.shiftRight, [words, 11])], .i64)
      return apply(.mul, [apply(.cast, [upper], .f64), number(0x1p-53)])
    }
    let upper = apply(.bitcast, [apply(.shiftRight, [words, 8])], .i32)
    return apply(.mul, [apply(.cast, [upper], .f32), number(0x1p-24)])
  }

  /// Odd multiples of half the step of `fractions`: never 0 and never 1.
  func openFractions(_ dtype: DType) -> Tensor {
    apply(.add, [fractions(dtype), number(dtype == .f64 ? 0x1p-54 : 0x1p-25)])
  }

  /// Normally distributed: the polar coordinates of G. Box and M. Muller, "A Note on the Generation
  /// of Random Normal Deviates", 1958, of which one of the two coordinates is kept. In f32 for f16
  /// and bf16.
  func normals(_ dtype: DType) -> Tensor {
    let radiusBits: Tensor
    let angle: Tensor
    if dtype == .f64 {
      radiusBits = wideBits()
      angle = fractions(of: wideBits(use: Threefry.second))
    } else {
      let (first, second) = words()
      radiusBits = first
      angle = fractions(of: second)
    }
    // Odd, so that the logarithm is finite.
    let odd = apply(.cast, [apply(.or, [radiusBits, 1])], dtype.arithmeticType)
    let unit = apply(.mul, [odd, number(dtype == .f64 ? 0x1p-64 : 0x1p-32)])
    let radius = apply(.sqrt, [apply(.mul, [apply(.log, [unit]), number(-2)])])
    return apply(.mul, [radius, apply(.cos, [apply(.mul, [angle, number(2 * Double.pi)])])])
  }

  func apply(_ row: Elementwise, _ operands: [Tensor], _ dtype: DType? = nil) -> Tensor {
    Tensor.apply(row, operands, dtype: dtype, at: location)
  }

  func number(_ value: Double) -> Tensor { Tensor(scalar: .float(value)) }
}
