// The IR files of the passes on graphs: what a list of passes prints, and that bits stay.

import Foundation
import IRCore
import TensorIR
import TensorPasses
import Testing

/// IR file whose head names passes (`// run: a,b`) and whose end shows what they print.
struct PassFile: Sendable, CustomTestStringConvertible {
  let path: String

  var testDescription: String { path }

  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "IR")

  /// The files of `IR/simplify`, in order of name.
  static let all: [PassFile] = {
    let found = FileManager.default.enumerator(atPath: root.appending(path: "simplify").path())
    let names = found.map { $0.compactMap { $0 as? String } } ?? []
    return names.filter { $0.hasSuffix(".lathe") }.sorted().map { PassFile(path: $0) }
  }()

  /// Puts another text after the mark.
  func rewrite(_ after: String) throws {
    let url = Self.root.appending(path: "simplify/\(path)")
    let text = try String(contentsOf: url, encoding: .utf8)
    let mark = try #require(text.range(of: "// expect\n"))
    try (text[..<mark.upperBound] + after).write(to: url, atomically: true, encoding: .utf8)
  }

  static let isUpdating = ProcessInfo.processInfo.environment["UPDATE_IR"] == "1"

  /// The passes, the text before them and the text after them.
  func parts() throws -> (passes: [Pass<Module, Module>], before: Module, after: String) {
    let text = try String(
      contentsOf: Self.root.appending(path: "simplify/\(path)"), encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let head = try #require(lines.first { $0.hasPrefix("// run: ") })
    let mark = try #require(lines.firstIndex(of: "// expect"))
    let passes = try head.dropFirst(8).split(separator: ",").map {
      try #require(TensorPasses.named($0, for: .avx2), "no pass \($0)")
    }
    let before = lines[..<mark].joined(separator: "\n")
    return (
      passes, try Module(parsing: before), lines[(mark + 1)...].joined(separator: "\n")
    )
  }
}

@Suite struct PassFileTests {
  @Test(arguments: PassFile.all) func printsWhatItSays(file: PassFile) throws {
    let (passes, before, after) = try file.parts()
    try before.verify()
    let result = try Pipeline(passes).run(before)
    if PassFile.isUpdating { return try file.rewrite(result.description) }
    #expect(result.description == after, "rerun with UPDATE_IR=1 and read what changes")
  }

  /// Every pass alone and the default list keep each bit of what a file computes.
  @Test(arguments: PassFile.all) func keepsBits(file: PassFile) throws {
    let before = try file.parts().before
    for row in [TargetRow.avx2, .sse2] {
      let exact = TensorPasses.all(for: row).filter { !$0.changesRounding }
      for passes in exact.map({ [$0] }) + [TensorPasses.standard(for: row)] {
        let after = try Pipeline(passes).run(before)
        for graph in before.graphs {
          let inputs = Self.inputs(of: graph)
          let a = try GraphInterpreter.run(before, graph.name, inputs: inputs, row: row)
          let b = try GraphInterpreter.run(after, graph.name, inputs: inputs, row: row)
          #expect(a.map(Self.bits) == b.map(Self.bits), "\(passes.map(\.name)) \(row.name)")
        }
      }
    }
  }

  /// Bits of the elements; every NaN counts as the same.
  static func bits(_ value: TensorValue) -> [UInt64] {
    value.elements.map { $0.isNaN ? .max : $0.bits }
  }

  private static let samples: [Double] = [
    0, -0.0, 1, -1, 0.5, 3, -7, 2.5, .infinity, -.infinity, .nan, 0x1p-149, 1e30, 100, -100, 0.1,
    0x1p-1074,
  ]

  /// Values for every parameter; each symbol is 6.
  static func inputs(of graph: Graph) -> [TensorValue] {
    var next = 0
    return graph.parameters.map { parameter in
      let type = graph[parameter].types[0]
      let extents = type.shape.map { $0.evaluate { _ in 6 } ?? 0 }
      let elements = (0..<extents.reduce(1, *)).map { _ in
        next += 1
        return Literal(type.dtype, samples[next * 5 % samples.count])
      }
      return TensorValue(type.dtype, extents, elements)
    }
  }
}

@Suite struct PassTests {
  @Test func theTableNamesEveryPassOnce() throws {
    let names = TensorPasses.all(for: .sse2).map(\.name)
    #expect(Set(names).count == names.count)
    for pass in TensorPasses.standard(for: .sse2) {
      #expect(names.contains(pass.name) && !pass.changesRounding)
    }
    #expect(try #require(TensorPasses.named("fast-algebra", for: .sse2)).changesRounding)
    #expect(TensorPasses.named("no-such-pass", for: .sse2) == nil)
  }

  @Test func foldedMulAddFollowsTheRow() throws {
    let text = """
      graph @f() -> f64 {
        %0 = mulAdd 1.0000000009313226, 1.0000000009313226, -1.0 : f64
        return %0
      }
      """
    let before = try Module(parsing: text)
    for row in TargetRow.all {
      let after = try Pass.foldConstants(for: row).run(before)
      let expected = try GraphInterpreter.run(before, "f", inputs: [], row: row)
      #expect(try GraphInterpreter.run(after, "f", inputs: [], row: .sse2) == expected)
      #expect(after.graphs[0].nodes.allSatisfy { $0.kind.keyword == "constant" })
    }
  }

  @Test func mergedNodesKeepTheFirstLocation() throws {
    let text = """
      graph @f(%x: f32) -> f32 {
        %0 = exp2 %x : f32
        %1 = exp2 %x : f32
        %2 = add %0, %1 : f32
        return %2
      }
      """.replacing("exp2", with: "neg")
    let module = try Module(parsing: text, file: "a.lathe")
    let after = try Pass.eliminateCommonSubexpressions.run(module)
    let shown = after.text { $0.lineText }
    #expect(shown.contains("%0 = neg %x : f32  // a.lathe:2"))
    #expect(!shown.contains("a.lathe:3"))
  }

  /// A chain on which every pass has something to do at every node.
  static func chain(_ length: Int) throws -> Module {
    var builder = GraphBuilder(name: "chain")
    let x = try builder.parameter("x", TensorType(.f32, [.symbol("n"), 4]))
    var value = x
    for step in 0..<length / 4 {
      value = try builder.transpose(value, [1, 0])
      value = try builder.elementwise(.neg, [.value(value)])
      _ = try builder.elementwise(.mul, [.literal(.f32(1)), .value(value)])
      value = try builder.elementwise(
        step % 2 == 0 ? .neg : .add,
        step % 2 == 0 ? [.value(value)] : [.literal(.f32(-0.0)), .value(value)])
    }
    return Module(graphs: [builder.returning([value])])
  }

  /// Quadratic behaviour would take minutes at this length.
  @Test func passesAreLinear() throws {
    let module = try Self.chain(10_000)
    #if DEBUG
      let limit = Duration.seconds(20)
    #else
      let limit = Duration.seconds(1)
    #endif
    for pass in TensorPasses.all(for: .avx2) {
      let time = try ContinuousClock().measure { _ = try pass.body(module) }
      #expect(time < limit, "\(pass.name): \(time)")
    }
    let time = try ContinuousClock().measure {
      #expect(try Module(parsing: module.description) == module)
      try module.verify()
    }
    #expect(time < limit, "text and verifier: \(time)")
  }

  /// Nested divisions multiply when views compose, so composition stops at a length.
  @Test func viewsThatDoNotSimplifyStaySmall() throws {
    var builder = GraphBuilder(name: "f")
    var value = try builder.parameter("x", TensorType(.f32, extents: [6, 4]))
    for _ in 0..<100 {
      value = try builder.pad(value, low: [1, 0], high: [0, 2], fill: .f32(0))
      value = try builder.slice(value, starts: [0, 1], strides: [1, 1], counts: [6, 4])
      value = try builder.reshape(value, to: [3, 8])
      value = try builder.flip(value, axes: [1])
      value = try builder.reshape(value, to: [4, 6])
      value = try builder.transpose(value, [1, 0])
    }
    let before = Module(graphs: [builder.returning([value])])
    let after = try Pipeline(TensorPasses.standard(for: .avx2)).run(before)
    #expect(after.description.split(separator: "\n").allSatisfy { $0.count < 2_000 })
    let input = TensorValue(f32: (0..<24).map { Float($0) + 0.5 }, [6, 4])
    let a = try GraphInterpreter.run(before, "f", inputs: [input], row: .avx2)
    let b = try GraphInterpreter.run(after, "f", inputs: [input], row: .avx2)
    #expect(a == b)
  }

  @Test func aDeepChainOfNegationsEnds() throws {
    let module = try Self.chain(10_000)
    let after = try Pipeline(TensorPasses.standard(for: .avx2)).run(module)
    try after.verify()
    #expect(after.graphs[0].nodes.count < module.graphs[0].nodes.count / 2)
  }
}
