// The code that documents show, compiled and run.

import Foundation
import Lathe
import Testing

@Suite struct DocumentedCodeTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The program of the README, verbatim; `print` collects what it would write.
  private static func runReadmeProgram() -> String {
    var output = ""
    func print(_ value: Any) { output += "\(value)\n" }
    // README: the first program
    let x = Tensor.linspace(-2, 2, count: 8)
    let y = tanh(x * 0.5 + 0.1) * sigmoid(x) + exp(-x * x)  // builds a graph; nothing has run
    print(y)  // runs it, as one compiled kernel

    let scale = compile { (a: Tensor, b: Tensor) in relu(a - b) * 0.5 }
    let image = Tensor.iota([2, 3], axis: 1).cast(to: .f32)
    print(scale(image, Tensor([0.5, 1, 0])))  // compiled once for these shapes; b is broadcast
    print(scale.ir(.kernel))  // its loops, before they are split, vectorized and shared out
    // README: end
    return output
  }

  @Test func readmeShowsThisProgramAndItsOutput() throws {
    let readme = try text("README.md")
    let source = try text("Tests/LatheTests/DocumentedCodeTests.swift")
    let start = try #require(source.range(of: "// README: the first program\n"))
    let end = try #require(source.range(of: "    // README: end"))
    let program = source[start.upperBound..<end.lowerBound]
      .split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.hasPrefix("    ") ? String($0.dropFirst(4)) : String($0) }
      .joined(separator: "\n").trimmingCharacters(in: .newlines)
    #expect(readme.contains("```swift\nimport Lathe\n\n\(program)\n```"), "\(program)")
    let output = Self.runReadmeProgram().trimmingCharacters(in: .newlines)
    #expect(readme.contains("```\n\(output)\n```"), "\(output)")
  }

  /// The program of the article on contraction, verbatim.
  private static func runContractionProgram() -> String {
    var output = ""
    func print(_ value: Any) { output += "\(value)\n" }
    // Contraction: the program
    let x = Tensor.iota([2, 3], axis: 1).cast(to: .f32)  // [batch, in]
    let w = Tensor.linspace(-1, 1, count: 12).reshaped(3, 4)  // [in, out]
    let b = Tensor([0.5, 0, -1, 0])  // [out]
    let layer = compile { (x: Tensor, w: Tensor, b: Tensor) in relu(x.matmul(w) + b) }
    print(layer(x, w, b))  // the product, the bias and relu: one kernel
    print(layer.ir(.fused))

    let gram = compile { (a: Tensor) in a.transposed().matmul(a) }
    _ = gram(x)
    print(gram.ir(.fused))  // the transposition is an index map, not a copy

    print(einsum("bi,bj->ij", x, x))  // the same sums
    print(einsum("ii", x.transposed().matmul(x)))  // a trace

    let image = Tensor.iota([1, 1, 4, 4], axis: 3).cast(to: .f32)  // [batch, channel, y, x]
    let edge = Tensor([-1.0, 0, 1]).reshaped(1, 1, 1, 3)  // [out, in, y, x]
    print(image.convolution(edge, padding: [0, 1])[0, 0, 0])
    print(image.convolution(edge, stride: [2, 1], padding: [0, 1]).shape)
    // Contraction: end
    return output
  }

  @Test func theArticleOnContractionShowsThisProgramAndItsOutput() throws {
    let article = try text("Sources/Lathe/Lathe.docc/Contraction.md")
    let source = try text("Tests/LatheTests/DocumentedCodeTests.swift")
    let start = try #require(source.range(of: "// Contraction: the program\n"))
    let end = try #require(source.range(of: "    // Contraction: end"))
    let program = source[start.upperBound..<end.lowerBound]
      .split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.hasPrefix("    ") ? String($0.dropFirst(4)) : String($0) }
      .joined(separator: "\n").trimmingCharacters(in: .newlines)
    #expect(article.contains("```swift\nimport Lathe\n\n\(program)\n```"), "\(program)")
    let output = Self.runContractionProgram().trimmingCharacters(in: .newlines)
    #expect(article.contains("```\n\(output)\n```"), "\(output)")
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
  }
}
