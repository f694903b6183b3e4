// What self-check tells about a wrong program.

public import IRCore
import TensorIR

/// A program whose machine code does not give what the interpreter gives, and why.
public struct SelfCheckReport: Error, Sendable {
  /// An operation, and where it was made.
  public struct Operation: Hashable, Sendable {
    /// Its keyword in IR text.
    public let name: String
    /// Where it was made.
    public let location: SourceLocation
  }

  /// The first kernel that differs; `nil` where a pass on graphs is at fault.
  public let kernel: String?
  /// What that kernel computes, or the shrunk program.
  public let operations: [Operation]
  /// The first element that differs, with both values.
  public let difference: String
  /// The first stage whose result is wrong, in words.
  public let guilty: String
  /// That stage's name: of a pass, of a kind of step, or of what is no pass.
  public let stage: String
  /// Nodes of the shrunk program that are no parameters.
  public let shrunkCount: Int
  /// The shrunk program as IR text, with a line that states what must come out.
  public let shrunkText: String
  /// Names of the passes on modules up to and with the guilty one, or up to the kernels.
  public let passes: [String]
  /// The target row.
  public let row: TargetRow

  /// The report in a few lines.
  ///
  /// - Parameters:
  ///   - file: where the shrunk program was written; `nil` where it could not be.
  ///   - place: the text of a place in the user's source.
  public func text(file: String?, place: (SourceLocation) -> String?) -> String {
    let named = operations.map { operation in
      place(operation.location).map { "\(operation.name) in \($0)" } ?? operation.name
    }
    var unique: [String] = []
    for name in named where !unique.contains(name) { unique.append(name) }
    let shown = unique.prefix(8) + (unique.count > 8 ? ["\(unique.count - 8) more"] : [])
    let subject = kernel.map { "kernel @\($0)" } ?? "the graph"
    let lines = [
      "self-check: \(subject) differs from the interpreter: \(difference)",
      "  computes: \(shown.joined(separator: ", "))",
      "  guilty: \(guilty)",
    ]
    guard let file else { return lines.joined(separator: "\n") }
    let list = passes.joined(separator: ",")
    return
      (lines + [
        "  shrunk to \(shrunkCount) operations: \(file)",
        "  reproduce: lathe run \(file) --verify --cpu \(row.name)",
        "  look: lathe opt \(file) --passes \(list) --dump-after all --cpu \(row.name)",
      ]).joined(separator: "\n")
  }

  /// Writes the shrunk program into a new folder for temporary files, and returns its path.
  public func write() -> String? { writeTemporary(shrunkText, name: "shrunk.lathe") }
}
