// Programs that once compiled to something else, and programs that must be refused.

import Driver
import IRCore
import LoopIR
import TensorIR
import TestSupport
import Testing

@Suite struct CompilerTests {
  /// Compiled code gives what the interpreter gives, on every row that runs here.
  private func agrees(_ text: String) throws {
    let module = try Module(parsing: text)
    let inputs = module.graphs[0].parameters.enumerated().map { index, id in
      let type = module.graphs[0][id].types[0]
      let extents = type.extents ?? []
      let elements = (0..<extents.reduce(1, *)).map {
        Literal(type.dtype, Double($0 * 7 % 23) - 11 + Double(index) / 4)
      }
      return TensorValue(type.dtype, extents, elements)
    }
    for row in TargetRow.runnable {
      let expected = try module.interpreted(inputs, row: row)
      let compiler = Compiler(CompilerOptions(row: row, verifiesPasses: true))
      #expect(try compiler.compile(module).run(inputs) == expected, "\(row.name)")
    }
  }

  private func refusal(_ text: String) throws -> String {
    let module = try Module(parsing: text)
    do {
      _ = try Compiler().compile(module)
      return "compiled"
    } catch {
      return "\(error)"
    }
  }

  /// What is shown of a program is what it is made of: every stage of a gather and a sort has their
  /// kernels.
  @Test func stagesHaveTheKernelsOfIndexing() throws {
    let module = try Module(
      parsing: """
        graph @f(%x: f32[100,64], %i: i32[8]) -> f32[8,64] {
          %0 = gather %x[%i[i], j] -> [i,j] : f32[8,64]
          %1 = sort %0 axis 1 : f32[8,64]
          return %1
        }
        """)
    let stages = try Compiler(CompilerOptions()).stages(of: module)
    #expect(stages.scheduled.map(\.name).contains("gather"))
    #expect(stages.planned.map(\.name).contains("sort"))
    #expect(stages.lowered.graphs[0].nodes.allSatisfy { $0.kind.keyword != "sort" })
  }

  @Test func boundsOfGuardsKeepAxesApart() throws {
    try agrees(
      """
      graph @g(%x: f32[4]) -> f32[3,2,4] {
        %0 = view %x[k] where i <= k < 4 else -9.0 -> [i,j,k] : f32[3,2,4]
        %1 = mul %0, 2.0 : f32[3,2,4]
        return %1
      }
      """)
  }

  @Test func manyResultsAreSeveralKernels() throws {
    let count = 300
    let nodes = (0..<count).map { "  %\($0) = add %x, \($0).0 : f32[8]\n" }.joined()
    let values = (0..<count).map { "%\($0)" }.joined(separator: ", ")
    let types = Array(repeating: "f32[8]", count: count).joined(separator: ", ")
    try agrees("graph @g(%x: f32[8]) -> \(types) {\n\(nodes)  return \(values)\n}\n")
  }

  @Test func manyParametersAreSeveralKernels() throws {
    let count = 200
    let parameters = (0..<count).map { "%x\($0): f32[3]" }.joined(separator: ", ")
    var text = "graph @g(\(parameters)) -> f32[3] {\n  %0 = add %x0, %x1 : f32[3]\n"
    for index in 2..<count { text += "  %\(index - 1) = add %\(index - 2), %x\(index) : f32[3]\n" }
    try agrees(text + "  return %\(count - 2)\n}\n")
  }

  @Test func parametersOfKernelsKeepTheirOrder() throws {
    try agrees(
      """
      graph @g(%x: f32[8]) -> f32[8] {
        %0 = kernel @k(%x) : f32[8]
        return %0
      }
      kernel @k(out %y: f32[8], in %x: f32[8]) {
        for %i in 0..<8 {
          %0 = load %x[%i] : f32
          store %0, %y[%i]
        }
      }
      """)
  }

  @Test func kernelsThatBecomeTheSameAreTwo() throws {
    func kernel(_ name: String, _ schedule: String) -> String {
      """
      kernel @\(name)(in %x: f32[64], out %y: f32[64]) \(schedule){
        for %i in 0..<64 {
          %0 = load %x[%i] : f32
          store %0, %y[%i]
        }
      }

      """
    }
    let widths = [4, 8, 16, 32, 64].map { kernel("k\($0)", "schedule [vectorize %i by \($0)] ") }
    let calls = [4, 8, 16, 32, 64].enumerated()
      .map { "  %\($0 + 1) = kernel @k\($1)(%x) : f32[64]\n" }.joined()
    let types = Array(repeating: "f32[64]", count: 6).joined(separator: ", ")
    try agrees(
      """
      graph @g(%x: f32[64]) -> \(types) {
        %0 = kernel @k(%x) : f32[64]
      \(calls)  return %0, %1, %2, %3, %4, %5
      }
      \(kernel("k", ""))\(widths.joined())
      """)
  }

  @Test func refusesKernelsThatNoProgramCanCall() throws {
    func text(_ parameter: String, _ symbols: String, _ result: String) -> String {
      """
      graph @g(%x: f32[8]) -> f32[8] {
        %0 = kernel @k(%x) : f32[8]
        return %0
      }
      kernel @k(\(parameter)) \(symbols){
        for %i in 0..<8 {
          %0 = load %x[%i] : f32
          store %0, \(result)[%i]
        }
      }
      """
    }
    let inout_ = try refusal(text("inout %x: f32[8]", "", "%x"))
    #expect(inout_.contains("kernel @k: a graph calls no kernel with inout parameters yet"))
    let symbolic = try refusal(text("in %x: f32[n], out %y: f32[n]", "symbols(n) ", "%y"))
    #expect(symbolic.contains("kernel @k: its extents are known at run time only"))
  }

  /// `y[i] + y[i + 2^k]`, level after level: each would double the work if repeated.
  @Test func repeatedWorkStaysWithinAKernel() throws {
    let levels = 12
    var size = 1 + (1 << levels)
    var text = "graph @g(%x: f32[\(size)]) -> f32[2] {\n"
    var value = "%x"
    var next = 0
    for level in 0..<levels {
      let step = 1 << (levels - 1 - level)
      size -= step
      text += "  %\(next) = view \(value)[i] -> [i] : f32[\(size)]\n"
      text += "  %\(next + 1) = view \(value)[i + \(step)] -> [i] : f32[\(size)]\n"
      text += "  %\(next + 2) = add %\(next), %\(next + 1) : f32[\(size)]\n"
      value = "%\(next + 2)"
      next += 3
    }
    try agrees(text + "  return \(value)\n}\n")
  }
}
