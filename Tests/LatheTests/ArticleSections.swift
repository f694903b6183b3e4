// Articles of the library beside the tests that hold their programs.

import Foundation
import TestSupport
import Testing

/// An article's program: its name between the marks of the source, and what runs it.
typealias ArticleSection = (name: String, run: @Sendable ((Any...) -> Void) -> Void)

/// Holds an article of the library to a program and its output, as they stand in the source of a
/// test; paths are from `Lathe.docc` and from `LatheTests`.
func expectArticle(
  _ article: String, toShow section: ArticleSection, of source: String
) throws {
  let tests = URL(filePath: #filePath).deletingLastPathComponent()
  let root = tests.deletingLastPathComponent().deletingLastPathComponent()
  func text(_ file: URL) throws -> String { try String(contentsOf: file, encoding: .utf8) }
  let shown = try text(root.appending(path: "Sources/Lathe/Lathe.docc/\(article)"))
  let code = try text(tests.appending(path: source))
  let program = try #require(articleProgram(named: section.name, in: code))
  var lines = ""
  section.run { values in lines += values.map { "\($0)" }.joined(separator: " ") + "\n" }
  let output = lines.trimmingCharacters(in: .newlines)
  #expect(shown.contains("```swift\n\(program)\n```"), "\(program)")
  #expect(shown.contains("```\n\(output)\n```"), "\(output)")
}
