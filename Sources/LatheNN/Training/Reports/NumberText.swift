// Numbers and durations for people.

/// Texts of numbers, without a locale.
enum NumberText {
  /// A number with a fixed count of decimals, at most 9; `nan` and `inf` as Swift writes them.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "\(value)" }
    let scale = (0..<decimals).reduce(1) { product, _ in product * 10 }
    let scaled = Int((abs(value) * Double(scale)).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    let (whole, part) = scaled.quotientAndRemainder(dividingBy: scale)
    guard decimals > 0 else { return "\(sign)\(whole)" }
    let digits = "\(part)"
    return "\(sign)\(whole)." + String(repeating: "0", count: decimals - digits.count) + digits
  }

  /// Four significant digits or so: `0.01234`, `1.234`, `123.4`, `12340`, `1.2e-05`.
  static func short(_ value: Double) -> String {
    let size = abs(value)
    switch size {
    case 0: return "0"
    case 1000..<1e9: return fixed(value, 0)
    case 100..<1000: return fixed(value, 1)
    case 10..<100: return fixed(value, 2)
    case 0.1..<10: return fixed(value, 4)
    case 0.001..<0.1: return fixed(value, 5)
    default: return "\(Float(value))"
    }
  }

  /// A count with its thousands apart: `12,345`.
  static func grouped(_ value: Double) -> String {
    let digits = fixed(value, 0)
    guard value.isFinite, abs(value) < 1e9 else { return digits }
    var text = ""
    for (index, digit) in digits.enumerated() {
      let left = digits.count - index
      if index > 0, left % 3 == 0, text.last != "-" { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// `4.2s`, `42s`, `3m07s`, `2h05m`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    if seconds < 9.95 { return fixed(max(0, seconds), 1) + "s" }
    let whole = Int(seconds.rounded())
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    if whole < 60 { return "\(whole)s" }
    if whole < 3600 { return "\(whole / 60)m\(two(whole % 60))s" }
    return "\(whole / 3600)h\(two(whole % 3600 / 60))m"
  }
}
