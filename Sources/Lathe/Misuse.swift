// How programmer errors end: one line that names the caller's line, and exit code 1.

public import IRCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
  @_spi(Internal) import Runtime
#endif

/// Ends the process with exit code 1 and one line on standard error: where the mistake stands in
/// the caller's source, then `message`.
public func misuse(_ message: String, at location: SourceLocation) -> Never {
  writeLine("\(location.text): \(message)")
  // Not `exit`: destructors of libraries would run under threads that still compile.
  fflush(nil)
  _exit(1)
}

/// Ends the process with exit code 1 and one line on standard error that names the caller's line.
public func misuse(_ message: String, file: String = #fileID, line: Int = #line) -> Never {
  misuse(message, at: .line(file: file, line: line))
}

/// Writes one line to standard error.
func writeLine(_ text: String) {
  var rest = Array("\(text)\n".utf8)[...]
  while !rest.isEmpty {
    let written = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    guard written > 0 else { break }
    rest = rest.dropFirst(written)
  }
}

extension SourceLocation {
  /// `File.swift:41`; the bare address where the binary does not tell lines.
  public var text: String {
    switch self {
    case .unknown: "unknown place"
    case .line(let file, let line): "\(file.lastPathComponent):\(line)"
    case .address(let address): Self.symbolicated(address)
    }
  }

  /// Finds the line of a return address; takes some 30 microseconds.
  private static func symbolicated(_ address: UInt) -> String {
    #if os(Linux)
      let frame = RichFrame<UInt>.returnAddress(address)
      let backtrace = Backtrace(architecture: hostArchitecture, frames: [frame], images: nil)
      // Lines come only with the option `showInlineFrames`, which the default has.
      let symbols = backtrace.symbolicated()
      if let found = symbols?.frames.lazy.compactMap(\.symbol?.sourceLocation).first {
        return "\(found.path.lastPathComponent):\(found.line)"
      }
    #endif
    return "0x" + String(address, radix: 16)
  }

  private static var hostArchitecture: String {
    #if arch(arm64)
      "arm64"
    #else
      "x86_64"
    #endif
  }
}

extension String {
  /// The part behind the last slash.
  var lastPathComponent: Substring {
    self[(lastIndex(of: "/").map { index(after: $0) } ?? startIndex)...]
  }
}
