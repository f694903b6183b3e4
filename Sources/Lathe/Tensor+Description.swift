// Printing tensors.

import IRCore

extension Tensor: CustomStringConvertible, CustomDebugStringConvertible {
  /// The elements in nested brackets, in aligned columns; beyond 1,000 elements the first and last
  /// three of each axis. Reading a description computes the value.
  public var description: String {
    if case .handle(let handle) = representation, handle.node.isTraced {
      return "\(typeText) (traced)"
    }
    let printer = TensorPrinter(
      elements: literals(at: .unknown), shape: shape, isShort: count > TensorPrinter.longest)
    return printer.text()
  }

  /// The description, then element type and shape.
  public var debugDescription: String { "\(description) : \(typeText)" }
}

/// Text of a tensor's elements, as `description` gives it.
private struct TensorPrinter {
  /// Tensors of more elements are shortened.
  static let longest = 1_000
  /// How many elements stand at each end of a shortened axis.
  static let edge = 3
  /// Columns of a line.
  static let width = 80

  private let texts: [Int: String]
  private let shape: [Int]
  private let isShort: Bool
  private let column: Int

  init(elements: [Literal], shape: [Int], isShort: Bool) {
    self.shape = shape
    self.isShort = isShort
    let shown = Self.shownIndices(shape, isShort: isShort)
    var texts = NumberFormat(shown.map { elements[$0] }).texts
    column = texts.reduce(0) { max($0, $1.count) }
    for index in texts.indices {
      texts[index] = String(repeating: " ", count: column - texts[index].count) + texts[index]
    }
    self.texts = Dictionary(uniqueKeysWithValues: zip(shown, texts))
  }

  /// Row-major positions of the elements that are printed.
  private static func shownIndices(_ shape: [Int], isShort: Bool) -> [Int] {
    var positions = [0]
    if shape.contains(0) { return [] }
    for extent in shape {
      let shown = shownPlaces(extent, isShort: isShort)
      positions = positions.flatMap { start in shown.map { start * extent + $0 } }
    }
    return positions
  }

  /// Places of one axis that are printed.
  private static func shownPlaces(_ extent: Int, isShort: Bool) -> [Int] {
    guard isShort, extent > 2 * edge else { return Array(0..<extent) }
    return Array(0..<edge) + Array(extent - edge..<extent)
  }

  func text() -> String { text(axis: 0, start: 0) }

  /// The elements from `start` on along `axis` and those inside it. Recursion is bounded by the
  /// rank.
  private func text(axis: Int, start: Int) -> String {
    guard axis < shape.count else { return texts[start] ?? "" }
    let extent = shape[axis]
    let places = Self.shownPlaces(extent, isShort: isShort)
    var parts: [String] = []
    for (number, place) in places.enumerated() {
      if number == Self.edge, places.count < extent { parts.append("...") }
      parts.append(text(axis: axis + 1, start: start * extent + place))
    }
    let isRow = axis == shape.count - 1
    return isRow ? row(parts, indent: axis + 1) : stack(parts, axis: axis)
  }

  private func row(_ parts: [String], indent: Int) -> String {
    let margin = "\n" + String(repeating: " ", count: indent)
    var text = "["
    var used = indent
    for (index, part) in parts.enumerated() {
      if index > 0 {
        let breaks = used + part.count + 2 > Self.width
        text += breaks ? "," + margin : ", "
        used = breaks ? indent : used + 2
      }
      text += part
      used += part.count
    }
    return text + "]"
  }

  private func stack(_ parts: [String], axis: Int) -> String {
    let blankLines = String(repeating: "\n", count: max(1, shape.count - 1 - axis))
    let separator = "," + blankLines + String(repeating: " ", count: axis + 1)
    return "[" + parts.joined(separator: separator) + "]"
  }
}

/// Texts of numbers in one style: floats with the digits they need up to 8, as many behind the
/// point as the neediest has; with exponents where magnitudes are far apart.
private struct NumberFormat {
  let texts: [String]

  init(_ elements: [Literal]) {
    guard elements.first?.type.isFloat == true else {
      texts = elements.map(\.description)
      return
    }
    let finite = elements.map(\.doubleValue).filter { $0.isFinite && $0 != 0 }.map(abs)
    let largest = finite.max() ?? 0
    let smallest = finite.min() ?? 0
    let hasExponents =
      largest >= 1e8 || (largest > 0 && (smallest < 1e-4 || largest / smallest > 1e6))
    let digits = elements.map { Digits($0) }
    if hasExponents {
      let count = digits.map(\.fractionOfMantissa).max() ?? 0
      texts = digits.map { $0.scientific(count) }
    } else {
      let count = digits.map(\.fraction).max() ?? 0
      texts = digits.map { $0.plain(min(count, 8)) }
    }
  }
}

/// Decimal digits of a float: the shortest that read back, at most 8.
private struct Digits {
  private let value: Double
  private let isNegative: Bool
  private var decimal = DecimalDigits()

  init(_ literal: Literal) {
    value = literal.doubleValue
    isNegative = value.sign == .minus
    guard value.isFinite, value != 0 else { return }
    let shortest = literal.description
    decimal = DecimalDigits(isNegative ? String(shortest.dropFirst()) : shortest).rounded(to: 8)
  }

  private var digits: [UInt8] { decimal.digits }
  private var exponent: Int { decimal.exponent }

  /// Digits needed behind the point.
  var fraction: Int { digits.isEmpty ? 0 : max(0, digits.count - 1 - exponent) }
  /// Digits needed behind the mantissa's point.
  var fractionOfMantissa: Int { max(0, digits.count - 1) }

  private var sign: String { isNegative ? "-" : "" }
  private var special: String? {
    if value.isNaN { return "nan" }
    return value.isInfinite ? sign + "inf" : nil
  }

  private func digit(_ power: Int) -> Character {
    let index = exponent - power
    let digit = digits.indices.contains(index) ? digits[index] : 0
    return Character(UnicodeScalar(48 + digit))
  }

  /// With `count` digits behind the point.
  func plain(_ count: Int) -> String {
    if let special { return special }
    var rounded = self
    let kept = exponent + 1 + count
    rounded.decimal = kept < 0 ? DecimalDigits() : decimal.rounded(to: kept)
    var text = sign
    for power in stride(
      from: max(rounded.digits.isEmpty ? 0 : rounded.exponent, 0), through: 0, by: -1)
    {
      text.append(rounded.digit(power))
    }
    text += "."
    for power in stride(from: -1, through: -count, by: -1) { text.append(rounded.digit(power)) }
    return text
  }

  /// With `count` digits behind the mantissa's point.
  func scientific(_ count: Int) -> String {
    if let special { return special }
    var text = sign
    text.append(digit(exponent))
    if count > 0 { text += "." }
    for index in 0..<count { text.append(digit(exponent - 1 - index)) }
    let magnitude = "\(abs(exponent))"
    return text + "e" + (exponent < 0 ? "-" : "+") + (magnitude.count < 2 ? "0" : "") + magnitude
  }
}
