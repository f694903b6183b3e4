// Random programs: the same bits before and after every pass, and compiled.

import Driver
import Foundation
import IRCore
import LoopIR
import TensorIR
import TensorPasses
import TestSupport
import Testing

@Suite struct RandomPrograms {
  static let environment = ProcessInfo.processInfo.environment
  /// Seeds per run; LATHE_SEEDS=a..<b chooses others.
  static let seeds: Range<UInt64> = {
    let bounds = (environment["LATHE_SEEDS"] ?? "").components(separatedBy: "..<")
      .compactMap { UInt64($0) }
    if bounds.count == 2, bounds[0] <= bounds[1] { return bounds[0]..<bounds[1] }
    #if DEBUG
      return 0..<40
    #else
      return 0..<(environment["CI"] == "true" ? 2000 : 300)
    #endif
  }()
  /// Seeds in one test case: cases run side by side.
  static let batch = 10

  /// Compilers for every row that runs here and several numbers of threads; they keep the kernels
  /// that they compiled, so each batch has its own.
  static func makeCompilers() -> [Compiler] {
    TargetRow.runnable.flatMap { row in
      [1, 2, 3, 8].map { Compiler(CompilerOptions(row: row, threads: $0, verifiesPasses: true)) }
    }
  }

  /// Every pass of compilation keeps every bit, alone and in order, and so does machine code on
  /// every target row that runs here, at 1, 2, 3 and 8 threads, and where results are written over
  /// parameters.
  @Test(arguments: stride(from: seeds.lowerBound, to: seeds.upperBound, by: batch).map { $0 })
  func keepTheirBits(first: UInt64) {
    let compilers = Self.makeCompilers()
    for seed in first..<min(first + UInt64(Self.batch), Self.seeds.upperBound) {
      let program = RandomProgram(seed: seed)
      for row in TargetRow.runnable {
        guard let failure = Self.failure(of: program, row, compilers) else { continue }
        let shrinker = Shrinker(row: row) { Self.failure(of: $0, row, compilers) }
        let (smaller, reason) = shrinker.shrink(program, failure)
        let path = smaller.save(reason, row: row)
        Issue.record("seed \(seed) on \(row.name): \(failure)\nshrunk: \(reason)\nin \(path)")
        break
      }
    }
  }

  /// The first broken promise, in words.
  static func failure(
    of program: RandomProgram, _ row: TargetRow, _ compilers: [Compiler]
  ) -> String? {
    do {
      let expected = try program.module.interpreted(program.inputs, row: row)
      if let failure = try passFailure(program, expected, row) { return failure }
      for compiler in compilers where compiler.options.row == row {
        let function = try compiler.compile(program.module)
        if let found = difference(try function.run(program.inputs), expected) {
          return "compiled, \(compiler.options.threads) threads: \(found)"
        }
        guard compiler.options.threads < 3 else { continue }
        let updating = try compiler.compile(
          program.module, updates: program.module.possibleUpdates)
        for owned in [true, false] {
          guard let found = difference(try updating.run(program.inputs, owned: owned), expected)
          else { continue }
          return "in place, \(compiler.options.threads) threads: \(found)"
        }
      }
      return try eagerFailure(program, expected, row, compilers)
    } catch {
      return "\(error)"
    }
  }

  /// The most nodes of a program that is run node by node: each is a kernel to compile.
  private static let mostEagerNodes = 14

  /// Holds generated code of one node at a time, as eager execution runs it, to the whole program.
  private static func eagerFailure(
    _ program: RandomProgram, _ expected: [TensorValue], _ row: TargetRow, _ compilers: [Compiler]
  ) throws -> String? {
    let graph = try Pass.inlineCalls.run(program.module).graphs[0]
    guard row == .host, graph.nodes.count <= mostEagerNodes,
      let compiler = compilers.first(where: { $0.options.row == row })
    else { return nil }
    var values: [ValueID: TensorValue] = [:]
    for (id, input) in zip(graph.parameters, program.inputs) { values[ValueID(id)] = input }
    for id in graph.ids where !graph[id].isParameter {
      let node = graph[id]
      var single = Graph(name: "op")
      var arguments: [TensorValue] = []
      let operands = node.operands.enumerated().map { index, operand -> TensorOperand in
        guard let value = operand.value, let argument = values[value] else { return operand }
        arguments.append(argument)
        return .value(
          ValueID(single.append(Node(.parameter("x\(index)"), [], graph[type: value]))))
      }
      let made = single.append(Node(node.kind, operands, node.types))
      single.results = node.types.indices.map { ValueID(made, $0) }
      let outputs = try compiler.compile(Module(graphs: [single])).run(arguments)
      for (index, output) in outputs.enumerated() { values[ValueID(id, index)] = output }
    }
    return difference(graph.results.compactMap { values[$0] }, expected).map {
      "node by node: \($0)"
    }
  }

  /// Holds the interpreters' results after each pass to those before it.
  private static func passFailure(
    _ program: RandomProgram, _ expected: [TensorValue], _ row: TargetRow
  ) throws -> String? {
    let text = program.module.description
    guard try Module(parsing: text).description == text else { return "text does not read back" }
    // One row with FMA and one without show all that a pass can do to bits.
    guard row.name != "avx2" || !TargetRow.runnable.contains(.avx512) else { return nil }
    for pass in [.inlineCalls] + TensorPasses.all(for: row) where !pass.changesRounding {
      let after = try pass.run(program.module)
      if let found = difference(try after.interpreted(program.inputs, row: row), expected) {
        return "after \(pass.name) alone: \(found)"
      }
    }
    var module = program.module
    for pass in PassList.tensor(for: row) + PassList.lowering {
      module = try pass.run(module)
      if let found = difference(try module.interpreted(program.inputs, row: row), expected) {
        return "after \(pass.name): \(found)"
      }
    }
    for pass in PassList.kernel(for: row) {
      module = try module.mapKernels { kernel in try pass.run(kernel) }
      if let found = difference(try module.interpreted(program.inputs, row: row), expected) {
        return "after \(pass.name): \(found)"
      }
    }
    return nil
  }
}
