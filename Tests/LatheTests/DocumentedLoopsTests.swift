// The code that the article on loops shows, compiled and run.

import Foundation
import Lathe
import Testing

@Suite struct DocumentedLoopsTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The program of the article, verbatim; `print` collects what it would write.
  private static func run() -> String {
    var output = ""
    func print(_ value: Any) { output += "\(value)\n" }
    // Loops: the program
    let life = kernel("life") { k in
      let n = k.extent("n"), m = k.extent("m")
      let cells = k.input(.i32, [n, m]), next = k.output(.i32, [n, m])
      for i in k.range(0..<n) {
        for j in k.range(0..<m) {
          @Variable(.i32) var neighbours = 0
          for y in k.range(max(i - 1, 0)..<min(i + 2, n)) {
            for x in k.range(max(j - 1, 0)..<min(j + 2, m)) { neighbours += cells[y, x] }
          }
          neighbours -= cells[i, j]
          let lives = neighbours == 3 || neighbours == 2 && cells[i, j] == 1
          next[i, j] = lives.cast(to: .i32)
        }
      }
    }
    var board = Tensor.zeros([5, 5], .i32)
    board[2, 1..<4] = Tensor.ones([3], .i32)
    print(life(board))
    print(life(life(board))[2])

    let distance = kernel("distance") { k in
      let n = k.extent("n"), m = k.extent("m")
      let a = k.input(.u8, [n]), b = k.input(.u8, [m])
      let edits = k.output(.i32, [Int]())
      let table = k.local(.i32, [n + 1, m + 1])
      for i in k.range(0..<n + 1) { table[i, 0] = i.cast(to: .i32) }
      for j in k.range(0..<m + 1) { table[0, j] = j.cast(to: .i32) }
      for i in k.range(1..<n + 1) {
        for j in k.range(1..<m + 1) {
          let change = (a[i - 1] != b[j - 1]).cast(to: .i32)
          let oneMore = min(table[i - 1, j], table[i, j - 1]) + 1
          table[i, j] = min(oneMore, table[i - 1, j - 1] + change)
        }
      }
      edits[] = table[n, m]
    }
    print(distance(Tensor(Array("kitten".utf8)), Tensor(Array("sitting".utf8))))

    let escape = kernel("escape") { k in
      let x = k.input(.f32, [k.extent("n")])
      let counts = k.output(.i32, [x.shape[0]])
      for i in k.range(x.shape[0]) {
        let c = x[i]
        @Variable var z = 0.0
        @Variable(.i32) var count = 0
        k.while(count < 100 && abs(z) <= 2) {
          z = z * z + c
          count += 1
        }
        counts[i] = count
      }
    }
    let around = compile { (x: Tensor) in escape(x * 0.5) * 2 }
    print(around(Tensor([-1.0, 0, 0.75, 4])))
    print(around.ir(.fused))  // the multiplications are part of the kernel
    // Loops: end
    return output
  }

  @Test func theArticleShowsThisProgramAndItsOutput() throws {
    let article = try text("Sources/Lathe/Lathe.docc/WritingLoops.md")
    let source = try text("Tests/LatheTests/DocumentedLoopsTests.swift")
    let start = try #require(source.range(of: "// Loops: the program\n"))
    let end = try #require(source.range(of: "    // Loops: end"))
    let program = source[start.upperBound..<end.lowerBound]
      .split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.hasPrefix("    ") ? String($0.dropFirst(4)) : String($0) }
      .joined(separator: "\n").trimmingCharacters(in: .newlines)
    #expect(article.contains("```swift\n\(program)\n```"), "\(program)")
    let output = Self.run().trimmingCharacters(in: .newlines)
    #expect(article.contains("```\n\(output)\n```"), "\(output)")
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
  }
}
