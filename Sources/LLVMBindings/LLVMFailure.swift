// The error of every throwing call in this module.
import CLLVM

/// What LLVM said when it refused a module, a target, an object or a symbol.
public struct LLVMFailure: Error, Equatable, CustomStringConvertible {
  /// LLVM's own words, one or more lines.
  public let message: String

  /// Makes a failure with the given words.
  public init(message: String) { self.message = message }

  /// Consumes an LLVM error; nothing else may touch `error` afterwards.
  init(consuming error: LLVMErrorRef) {
    let text = LLVMGetErrorMessage(error)
    defer { LLVMDisposeErrorMessage(text) }
    message = text.map { String(cString: $0) } ?? "LLVM reported no reason"
  }

  /// The message.
  public var description: String { message }

  /// Throws if an LLVM call returned an error, consuming it.
  static func check(_ error: LLVMErrorRef?) throws(LLVMFailure) {
    if let error { throw LLVMFailure(consuming: error) }
  }
}

/// Copies a message that LLVM allocated, and frees it.
func takeMessage(_ message: UnsafeMutablePointer<CChar>?) -> String {
  defer { LLVMDisposeMessage(message) }
  return message.map { String(cString: $0) } ?? ""
}
