// Kernels as machine code beside the interpreter.

import IRCore
import LoopIR
import TensorIR

/// Runner of kernels for the interpreter of graphs, which runs each as machine code too, and keeps
/// the first call that differs.
final class KernelComparison {
  /// A call whose machine code gave something else.
  struct Found {
    let kernel: Kernel
    let operands: [TensorValue]
    let expected: [TensorValue]
    let difference: String
  }

  private(set) var found: Found?
  private let check: SelfCheck
  private var functions: [Kernel: CompiledFunction] = [:]

  init(_ check: SelfCheck) { self.check = check }

  /// The interpreter's results, whatever the machine code gives.
  func run(
    _ kernel: Kernel, _ operands: [TensorValue], _ results: [(type: DType, extents: [Int])],
    _ row: TargetRow
  ) throws(GraphInterpreterError) -> [TensorValue] {
    let expected = try check.runReference(kernel, operands, results, row)
    guard found == nil else { return expected }
    if let difference = difference(kernel, operands, expected, results) {
      found = Found(
        kernel: kernel, operands: operands, expected: expected, difference: difference)
    }
    return expected
  }

  private func difference(
    _ kernel: Kernel, _ operands: [TensorValue], _ expected: [TensorValue],
    _ results: [(type: DType, extents: [Int])]
  ) -> String? {
    do {
      // Code of a schedule that is wrong may write anywhere: the interpreter goes first.
      let scheduled = try check.passes.schedule(kernel, for: check.row, verifies: true)
      let interpreted = try GraphInterpreter.runKernel(scheduled, operands, results, check.row)
      if let wrong = TensorIR.difference(interpreted, expected) { return wrong }
      let function = try functions[kernel] ?? check.compiler.function(calling: kernel)
      functions[kernel] = function
      return function.difference(on: operands, from: expected)
    } catch {
      return "\(error)"
    }
  }
}

extension CompiledFunction {
  /// How the results differ from those expected, byte by byte and whatever their shapes, a failure
  /// included.
  func difference(
    on inputs: [TensorValue], from expected: [TensorValue], owned: Bool = false
  ) -> String? {
    do {
      let found = zip(try run(inputs, owned: owned), expected).map {
        TensorValue($1.type, $1.extents, bytes: $0.bytes)
      }
      return TensorIR.difference(found, expected)
    } catch {
      return "\(error)"
    }
  }
}

extension Compiler {
  /// A program of one kernel call: compiled as any other, or with the code given.
  func function(
    calling kernel: Kernel, _ code: LoadedKernel? = nil, threads: Int? = nil
  ) throws(CompileFailure) -> CompiledFunction {
    try function(Graph(calling: kernel, name: "self.check"), code, threads: threads)
  }

  /// A program of a lowered graph, whose one kernel has the code given, if any is.
  func function(
    _ graph: Graph, _ code: LoadedKernel? = nil, updates: [Int: Int] = [:], threads: Int? = nil
  ) throws(CompileFailure) -> CompiledFunction {
    let layout = try ProgramLayout(graph, updates: updates)
    var statistics = CompileStatistics()
    let kernels: [LoadedKernel]
    if let code { kernels = [code] } else { kernels = try load(layout.kernels, &statistics) }
    return try CompiledFunction(
      graph: graph, layout: layout, kernels: kernels, threads: threads ?? options.threads,
      statistics: statistics)
  }
}
