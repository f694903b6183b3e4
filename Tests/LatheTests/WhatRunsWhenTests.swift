// The code of the article "What runs when", compiled and run.

import Driver
import Foundation
import Lathe
import Testing

@Suite struct WhatRunsWhenTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static func lazy(_ print: (Any...) -> Void) {
    // article: lazy
    let x = Tensor.linspace(0, 1, count: 5)
    let shared = exp(x)
    let a = shared + 1
    let b = shared * 2
    print(a.isEvaluated, b.isEvaluated)
    print(a.max())
    print(a.isEvaluated, b.isEvaluated)
    // article: end
  }

  private static func state(_ print: (Any...) -> Void) {
    // article: state
    struct Line: Sendable {
      var slope = Tensor(Float(0))
      var offset = Tensor(Float(0))
      var rate = Tensor(Float(0.5))

      func callAsFunction(_ x: Tensor) -> Tensor { x * slope + offset }
    }

    let step = compile { (line: inout Line, x: Tensor, y: Tensor) in
      let error = line(x) - y
      line.slope -= line.rate * (error * x).mean()
      line.offset -= line.rate * error.mean()
      return (error * error).mean()
    }

    var line = Line()
    let x = Tensor.linspace(-1, 1, count: 101)
    let y = x * 3 - 2
    for _ in 0..<200 { step(&line, x, y) }
    print(line.slope.round(), line.offset.round(), step.variantCount)
    // article: end
  }

  private static func signature(_ print: (Any...) -> Void) {
    // article: signature
    let scaled = compile { (x: Tensor, factor: Double) in x * factor }
    _ = scaled(Tensor([1.0, 2]), 0.1)
    _ = scaled(Tensor([1.0, 2]), 0.2)
    print(scaled.variants[0].reason ?? "")
    // article: end
  }

  private static func disk(_ print: (Any...) -> Void) {
    // article: disk
    let folder = FileManager.default.temporaryDirectory.appending(path: "kernels-\(UUID())").path()
    for _ in 0..<2 {
      let compiler = Compiler(CompilerOptions(cacheFolder: folder))
      let double = compile { (x: Tensor) in x + x }
      withCompiler(compiler) { _ = double(Tensor([1.0, 2])) }
      let statistics = double.variants[0].statistics
      print(statistics.compiledKernels, statistics.storedKernels)
    }
    // article: end
    try? FileManager.default.removeItem(atPath: folder)
  }

  private static func keys(_ print: (Any...) -> Void) {
    // article: keys
    let (a, b) = RandomKey(1).split()
    let draw = compile { (key: RandomKey) in Tensor.randomUniform([2], key: key) }
    let lazy = Tensor.randomUniform([2], key: a)
    print(draw(a).scalars(as: Float.self) == lazy.scalars(as: Float.self))
    print(draw(a).scalars(as: Float.self) == draw(b).scalars(as: Float.self))
    // article: end
  }

  private static func assignment(_ print: (Any...) -> Void) {
    // article: assignment
    var x = Tensor.zeros([2, 3])
    let copy = x
    x[0] = Tensor([1.0, 2, 3])
    x[.all, 1] += 10
    print(x)
    print(copy)
    // article: end
  }

  private static let programs: [@Sendable ((Any...) -> Void) -> Void] = [
    lazy, state, signature, disk, keys, assignment,
  ]

  @Test func theArticleShowsProgramsAndWhatTheyPrint() throws {
    let article = try text("Sources/Lathe/Lathe.docc/WhatRunsWhen.md")
    let source = try text("Tests/LatheTests/WhatRunsWhenTests.swift")
    let sections = source.components(separatedBy: "// article: ")[1...].filter {
      !$0.hasPrefix("end") && $0.contains("\n    ")
    }
    var shown = 0
    for (program, section) in zip(Self.programs, sections) {
      var output = ""
      program { values in
        output += values.map { "\($0)" }.joined(separator: " ") + "\n"
      }
      let code = section.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
        .map { $0.hasPrefix("    ") ? String($0.dropFirst(4)) : String($0) }
        .joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
      let block = "```swift\n\(code)\n```\n\nprints\n\n```\n\(output)```\n"
      #expect(article.contains(block), "\(block)")
      shown += 1
    }
    #expect(shown == 6 && article.components(separatedBy: "```swift").count == 7)
  }

  @Test func theArticleShowsMessagesThatTheMisuseTestsHold() throws {
    let article = try text("Sources/Lathe/Lathe.docc/WhatRunsWhen.md")
    for index in [0, 7, 19, 22] {
      let message = CompileMisuseTests.all[index].message
      #expect(article.contains(message), "\(message)")
    }
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
  }
}
