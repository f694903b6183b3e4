// The files below IR/: a program, what to run on it, and what must come out.

public import Foundation
public import IRCore
import TensorIR

/// File below `IR/`; see `IR/README.md` for its directives.
public struct IRFile: Sendable, CustomStringConvertible {
  /// Below `IR/`, with extension.
  public let path: String
  /// Everything before the expectation.
  public let program: String
  /// What stands after the line `// expect`.
  public let expected: String?

  /// The folder `IR` of this package.
  public static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "IR")

  /// Every file in order of path.
  public static let all: [IRFile] = {
    let found = FileManager.default.enumerator(atPath: root.path())
    let paths = found.map { $0.compactMap { $0 as? String } } ?? []
    return paths.filter { $0.hasSuffix(".lathe") }.sorted().compactMap { try? IRFile(path: $0) }
  }()

  /// Holds when expectations are to be rewritten: UPDATE_IR=1.
  public static let isUpdating = ProcessInfo.processInfo.environment["UPDATE_IR"] == "1"

  private static let mark = "// expect\n"

  /// Reads a file.
  public init(path: String) throws {
    let text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    self.init(path: path, text: text)
  }

  /// Takes a file's text.
  public init(path: String, text: String) {
    self.path = path
    if let mark = text.range(of: Self.mark) {
      program = String(text[..<mark.lowerBound])
      expected = String(text[mark.upperBound...])
    } else {
      program = text
      expected = nil
    }
  }

  /// The path below `IR/`.
  public var description: String { path }

  /// Puts another text after the mark.
  public func rewriteExpectation(_ text: String) throws {
    try (program + Self.mark + text).write(
      to: Self.root.appending(path: path), atomically: true, encoding: .utf8)
  }

  // MARK: Directives

  /// What follows `// name: ` on each line that has it, with the line's number from 1.
  public func directives(_ name: String) -> [(line: Int, text: String)] {
    EvaluatedCall.directives(name, in: program)
  }

  /// The words of `// run:` without options: names of passes and stages.
  public var stages: [String] {
    let words = directives("run").first?.text.split(separator: " ") ?? []
    return (words.first ?? "").split(separator: ",").map(String.init)
  }

  /// The row named by `--cpu`, AVX2 without one, so that text is the same on every machine.
  public var row: TargetRow {
    let words = directives("run").first?.text.split(separator: " ").map(String.init) ?? []
    guard let option = words.firstIndex(of: "--cpu"), option + 1 < words.count else { return .avx2 }
    return TargetRow(name: words[option + 1]) ?? .avx2
  }

  /// The message of `// error:` and its line.
  public var expectedError: (line: Int, text: String)? { directives("error").first }

  /// Words of `// reason:`, each to stand in a decision of the fusion plan.
  public var reasons: [String] { directives("reason").map(\.text) }

  /// The words of `// count:` and how often each must stand in the output.
  public var counts: [(text: String, count: Int)] {
    directives("count").flatMap { $0.text.components(separatedBy: ", ") }.compactMap { item in
      guard let space = item.lastIndex(of: " "), let count = Int(item[item.index(after: space)...])
      else { return nil }
      return (String(item[..<space]), count)
    }
  }
}

extension String {
  /// How often `text` stands here, not as a part of a longer word.
  public func count(ofWords text: String) -> Int {
    func isWord(_ character: Character?) -> Bool {
      character.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false
    }
    var count = 0
    var rest = startIndex..<endIndex
    while let found = range(of: text, range: rest) {
      let before = found.lowerBound == startIndex ? nil : self[index(before: found.lowerBound)]
      let after = found.upperBound == endIndex ? nil : self[found.upperBound]
      let isPartBefore = isWord(before) && isWord(text.first)
      if !isPartBefore && !(isWord(after) && isWord(text.last)) { count += 1 }
      rest = found.upperBound..<endIndex
    }
    return count
  }
}
