// What the command writes, and where.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Standard output and error.
enum Terminal {
  /// Whether standard output is a terminal that may show colours.
  static let hasColors = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil

  static func bold(_ text: String) -> String { styled(text, "1") }
  static func dim(_ text: String) -> String { styled(text, "2") }

  private static func styled(_ text: String, _ code: String) -> String {
    hasColors ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }

  /// Writes one line to standard error.
  static func writeError(_ line: String) { write("\(line)\n", to: STDERR_FILENO) }

  /// Writes one line to standard output at once.
  static func writeLine(_ line: String) {
    fflush(nil)
    write("\(line)\n", to: STDOUT_FILENO)
  }

  /// Writes text to standard output at once.
  static func write(_ text: String) { write(text, to: STDOUT_FILENO) }

  private static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      #if canImport(Darwin)
        let count = rest.withUnsafeBytes { Darwin.write(descriptor, $0.baseAddress, $0.count) }
      #else
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      #endif
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}

/// Text of `value` with `digits` digits behind the point.
func fixed(_ value: Double, _ digits: Int) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  guard value.isFinite, abs(value) * scale < 1e15 else { return "\(value)" }
  let scaled = Int((abs(value) * scale).rounded())
  let whole = "\(scaled / Int(scale))"
  let fraction = "\(scaled % Int(scale))"
  let padding = String(repeating: "0", count: max(0, digits - fraction.count))
  let sign = value < 0 && scaled > 0 ? "-" : ""
  return digits == 0 ? sign + whole : "\(sign)\(whole).\(padding)\(fraction)"
}

/// Text of `value` with about `digits` digits that count.
func significant(_ value: Double, _ digits: Int = 4) -> String {
  var magnitude = abs(value)
  var behind = digits - 1
  while magnitude >= 10, behind > 0 {
    magnitude /= 10
    behind -= 1
  }
  while magnitude > 0, magnitude < 1, behind < 9 {
    magnitude *= 10
    behind += 1
  }
  return fixed(value, behind)
}
