// Programs that articles show, as they stand in the tests that run them.

import Foundation

/// The lines of a source file between `// article: NAME` and `// article: end`, as an article shows
/// them; `nil` where there are none.
public func articleProgram(named name: String, in source: String) -> String? {
  guard let start = source.range(of: "// article: \(name)\n") else { return nil }
  let rest = source[start.upperBound...]
  guard let end = rest.range(of: "    // article: end") else { return nil }
  return rest[..<end.lowerBound]
    .split(separator: "\n", omittingEmptySubsequences: false)
    .map { $0.hasPrefix("    ") ? String($0.dropFirst(4)) : String($0) }
    .joined(separator: "\n").trimmingCharacters(in: .newlines)
}
