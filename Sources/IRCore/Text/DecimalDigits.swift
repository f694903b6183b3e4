// Decimal digits of numbers.

/// Decimal digits of a positive number: `0.d₀d₁d₂… · 10^(exponent + 1)`.
package struct DecimalDigits: Hashable, Sendable {
  /// From 0 to 9, the first and the last not 0; none for 0.
  package private(set) var digits: [UInt8] = []
  /// Power of ten of the first digit.
  package private(set) var exponent = 0

  /// The digits of 0.
  package init() {}

  /// Reads a number's text, with or without point and exponent.
  package init(_ text: String) {
    let parts = text.split(separator: "e")
    var point: Int?
    for byte in parts[0].utf8 {
      if byte == UInt8(ascii: ".") { point = digits.count } else { digits.append(byte - 48) }
    }
    let power = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let zeros = digits.prefix { $0 == 0 }.count
    digits.removeFirst(zeros)
    dropZeros()
    exponent = (point ?? parts[0].utf8.count) - 1 - zeros + power
  }

  /// The number with at most `count` digits, half a unit away from zero.
  package func rounded(to count: Int) -> DecimalDigits {
    guard digits.count > count else { return self }
    var result = self
    let roundsUp = digits[count] >= 5
    result.digits.removeLast(digits.count - count)
    if roundsUp { result.addUnit() }
    result.dropZeros()
    return result
  }

  private mutating func addUnit() {
    while let last = digits.popLast() {
      guard last == 9 else { return digits.append(last + 1) }
    }
    (digits, exponent) = ([1], exponent + 1)
  }

  private mutating func dropZeros() {
    while digits.last == 0 { digits.removeLast() }
  }

  /// An integer and a power of ten: `125e-2`.
  package var text: String {
    if digits.isEmpty { return "0" }
    return digits.map(String.init).joined() + "e\(exponent - digits.count + 1)"
  }
}
