// Why an object is not linked.

/// What is wrong with the bytes of an object file, or what this linker does not know.
public enum ObjectFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// No 64-bit little-endian relocatable ELF file, or not one of this machine.
  case notRelocatable(String)
  /// A part that leaves the file, or its table.
  case outside(String)
  /// Something that emitted kernels have none of.
  case unsupported(String)
  /// A symbol that nobody defines.
  case undefined(symbol: String)
  /// A place whose value does not fit.
  case tooFar(symbol: String)
  /// The system gave no memory that may be run.
  case memory(errno: Int32)

  /// The failure in one line.
  public var description: String {
    switch self {
    case .notRelocatable(let what): "no relocatable object of this machine: \(what)"
    case .outside(let what): "\(what) leaves the object"
    case .unsupported(let what): "\(what) is not linked here"
    case .undefined(let symbol): "nothing defines the symbol \(symbol)"
    case .tooFar(let symbol): "\(symbol) is too far away for its use"
    case .memory(let code): "no memory for code (error \(code))"
    }
  }
}
