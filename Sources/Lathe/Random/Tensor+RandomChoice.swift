// Random tensors of the discrete distributions.

public import IRCore
import TensorIR

extension Tensor {
  /// Random bits, as u32 or u64.
  public static func randomBits(
    _ shape: [Int], _ dtype: DType = .u32, key: RandomKey, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let source = RandomSource("randomBits", shape, dtype, key, at: location)
    guard dtype == .u32 || dtype == .u64 else {
      misuse("randomBits: u32 or u64 expected, found \(dtype)", at: location)
    }
    return dtype == .u32 ? source.bits() : source.wideBits()
  }

  /// Integers of `range`, each as likely up to one part in 2⁶⁴ times the range's count.
  public static func randomIntegers(
    _ shape: [Int], in range: Range<Int>, _ dtype: DType = .i64, key: RandomKey,
    file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let source = RandomSource("randomIntegers", shape, dtype, key, at: location)
    guard dtype.isInteger else {
      misuse("randomIntegers: an integer type expected, found \(dtype)", at: location)
    }
    let (span, overflow) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
    let bounds = [range.lowerBound, range.upperBound - 1].map { ScalarValue.integer($0) }
    guard !range.isEmpty, !overflow, bounds.allSatisfy({ $0.literal(dtype) != nil }) else {
      misuse("randomIntegers: no \(dtype) to draw from in \(range)", at: location)
    }
    let offset = source.apply(.cast, [source.scaledBits(span)], dtype == .u64 ? .i64 : dtype)
    let value = source.apply(.add, [offset, Tensor(scalar: bounds[0])])
    return value.dtype == dtype ? value : source.apply(.cast, [value], dtype)
  }

  /// Truth values that hold with the given probability.
  public static func randomBernoulli(
    _ shape: [Int], probability: Double, key: RandomKey, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let source = RandomSource("randomBernoulli", shape, .f32, key, at: location)
    guard probability >= 0, probability <= 1 else {
      misuse("randomBernoulli: \(probability) is no probability", at: location)
    }
    return source.apply(.lt, [source.fractions(.f32), source.number(probability)])
  }

  /// Truth values of the shape of `probabilities`, each holding with its own.
  public static func randomBernoulli(
    probabilities: Tensor, key: RandomKey, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let dtype = probabilities.dtype
    requireFloat(dtype, "randomBernoulli", at: location)
    let source = RandomSource(
      "randomBernoulli", probabilities.shape, dtype, key, at: location)
    return source.apply(
      .lt, [source.fractions(dtype), source.rounded(probabilities, to: dtype.arithmeticType)])
  }

  /// Places along `axis`, each chosen with a probability proportional to the exponential of its
  /// logit; the axis is gone from the result, which is i64.
  public static func randomCategorical(
    logits: Tensor, axis: Int = -1, key: RandomKey, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    requireFloat(logits.dtype, "randomCategorical", at: location)
    let source = RandomSource(
      "randomCategorical", logits.shape, logits.dtype, key, at: location)
    let inner = source.apply(.neg, [source.apply(.log, [source.openFractions(logits.dtype)])])
    let gumbel = source.apply(.neg, [source.apply(.log, [inner])])
    let wide = source.rounded(logits, to: logits.dtype.arithmeticType)
    return source.apply(.add, [wide, gumbel]).argMax(axis: axis, file: file, line: line)
  }

  /// The most numbers that `randomPermutation` orders.
  private static let longestPermutation: Int = 65_536

  /// The integers from 0 up to but not including `count` in random order, as i64.
  ///
  /// Counts for each element those that random keys put before it: `count²` comparisons, at most
  /// 65,536 elements.
  public static func randomPermutation(
    _ count: Int, key: RandomKey, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    guard (0...longestPermutation).contains(count) else {
      misuse(
        "randomPermutation: \(count) elements, expected 0 to \(longestPermutation)", at: location)
    }
    let source = RandomSource("randomPermutation", [count], .u64, key, at: location)
    let bits = source.wideBits()
    let mine = bits.expandedDimensions(at: 1, file: file, line: line)
    let index = iota([count, count], axis: 0, file: file, line: line)
    let other = iota([count, count], axis: 1, file: file, line: line)
    let precedes = source.apply(
      .or,
      [
        source.apply(.lt, [bits, mine]),
        source.apply(
          .and, [source.apply(.eq, [bits, mine]), source.apply(.lt, [other, index])]),
      ])
    return source.apply(.cast, [precedes], .i64).sum(axis: 1, file: file, line: line)
  }
}

extension RandomSource {
  /// Integers from 0 up to but not including `span`: the high word of 64 random bits times `span`.
  fileprivate func scaledBits(_ span: Int) -> Tensor {
    let factor = Tensor(scalar: .integer(span))
    guard span < 1 << 32 else { return apply(.mulHigh, [wideBits(), factor]) }
    let (first, second) = words()
    let high = apply(.mul, [apply(.cast, [first], .u64), factor])
    let low = apply(.mul, [apply(.cast, [second], .u64), factor])
    let sum = apply(.add, [high, apply(.shiftRight, [low, 32])])
    return apply(.shiftRight, [sum, 32])
  }
}
