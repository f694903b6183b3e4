// What machine code may call.

import CLatheRuntime

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The only symbols that emitted objects may refer to.
enum RuntimeSymbols {
  /// Addresses in this process by name.
  static var byName: [String: UnsafeRawPointer] {
    Dictionary(all.map { ($0.name, $0.address) }) { first, _ in first }
  }

  /// Names with their addresses in this process.
  static var all: [(name: String, address: UnsafeRawPointer)] {
    let report: @convention(c) (UnsafeMutablePointer<lathe_status>?, Int64) -> Void = lathe_report
    let copy:
      @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, Int) ->
        UnsafeMutableRawPointer? = { memcpy($0, $1, $2) }
    let set: @convention(c) (UnsafeMutableRawPointer, Int32, Int) -> UnsafeMutableRawPointer? = {
      memset($0, $1, $2)
    }
    return [
      ("lathe_report", unsafeBitCast(report, to: UnsafeRawPointer.self)),
      ("memcpy", unsafeBitCast(copy, to: UnsafeRawPointer.self)),
      ("memset", unsafeBitCast(set, to: UnsafeRawPointer.self)),
    ]
  }
}
