// The graphs in IR files that the tests of this target read.

import Foundation
import TensorIR
import Testing

/// IR file with graphs.
struct GraphFile: Sendable, CustomTestStringConvertible {
  /// Folder under `IR/` and the name with extension.
  let path: String

  var testDescription: String { path }

  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "IR")

  /// The files of a folder that have graphs, in order of name.
  static func all(in folder: String) -> [GraphFile] {
    let found = FileManager.default.enumerator(atPath: root.appending(path: folder).path())
    let names = found.map { $0.compactMap { $0 as? String } } ?? []
    return names.filter { $0.hasSuffix(".lathe") }.sorted()
      .map { GraphFile(path: "\(folder)/\($0)") }
      .filter { ((try? $0.text()) ?? "").contains("graph @") }
  }

  /// The file's text.
  func text() throws -> String {
    try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
  }

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
