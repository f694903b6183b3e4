// The kernels in IR files that the tests of this target read.
import Foundation
import LoopIR
import Testing

/// IR file with kernels.
struct KernelFile: Sendable, CustomTestStringConvertible {
  /// Folder under `IR/` and the name without extension.
  let path: String

  var testDescription: String { path }

  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "IR")

  /// The files of a folder without graphs, in order of name.
  static func all(in folder: String) -> [KernelFile] {
    let found = FileManager.default.enumerator(atPath: root.appending(path: folder).path())
    let names = found.map { $0.compactMap { $0 as? String } } ?? []
    return names.filter { $0.hasSuffix(".lathe") }.sorted()
      .map { KernelFile(path: "\(folder)/\($0.dropLast(6))") }
      .filter { !((try? $0.text())?.contains("graph @") ?? false) }
  }

  /// The file's text.
  func text() throws -> String {
    try String(contentsOf: Self.root.appending(path: path + ".lathe"), encoding: .utf8)
  }

  /// The file's only kernel.
  func kernel() throws -> Kernel { try Kernel(parsing: try text()) }

  /// Whether the file is a negative twin.
  var hasExpectedError: Bool { (try? text().contains("// error: ")) ?? false }

  /// The line, from 1, and the message that the file says is an error.
  func expectedError() throws -> (line: Int, message: String)? {
    for (index, line) in try text().split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated()
    {
      guard let mark = line.range(of: "// error: ") else { continue }
      return (index + 1, String(line[mark.upperBound...]))
    }
    return nil
  }
}
