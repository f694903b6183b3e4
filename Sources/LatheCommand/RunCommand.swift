// `lathe run`: runs a file of IR text, interpreted and compiled.

import ArgumentParser
import Driver
import IRCore
import LoopIR
import TensorIR

/// Runs the first graph of a file on seeded inputs by the interpreter and compiled, and compares
/// the bits.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a graph or kernel on random inputs, interpreted and compiled; compare the bits.",
    discussion: """
      Runs the first graph of the file, or its first kernel where it has no graph. Exit code 1 when
      compiled code and interpreter differ; NaNs count as equal. With --time nothing is
      interpreted: the compiled program is timed.

      Example:
        lathe run chain.lathe --seed 7 --cpu avx2
        lathe run IR/run/mandelbrot.lathe --time
      """)

  @Argument(help: "A file of IR text, a workload, or - for standard input.") var file: String
  @Option(help: "Seed of the inputs.") var seed: UInt64 = 0
  @Flag(help: "Time the compiled program instead of comparing.") var time = false
  @Option(help: "Threads of the compiled program; 0 is as many as there are.") var threads = 0
  @OptionGroup var cpu: CPUOption

  func run() throws {
    guard cpu.row.isRunnable else {
      throw CommandFailure("this machine does not run \(cpu.row.name) code")
    }
    let module = try runnable(Program(file).module)
    guard let graph = module.graphs.first else {
      throw CommandFailure("\(file): neither a graph nor a kernel to run")
    }
    let inputs = try inputs(of: graph)
    if time { return try CommandFailure.wrapping(file) { try measure(module, inputs) } }
    // The interpreter goes first: it names what compiled code would trip over.
    let expected = try CommandFailure.wrapping(file) {
      try GraphInterpreter.run(module, graph.name, inputs: inputs, row: cpu.row)
    }
    let values = try CommandFailure.wrapping(file) { try compiled(module, inputs) }
    for (index, (value, reference)) in zip(values, expected).enumerated() {
      print("result \(index): \(summary(value))")
      if let difference = Self.difference(value, reference) {
        throw CommandFailure("\(file): @\(graph.name): result \(index): \(difference)")
      }
    }
    print("@\(graph.name): compiled code and interpreter agree bit for bit on \(cpu.row.name)")
  }

  /// The module, with a graph around its first kernel where it has no graph.
  private func runnable(_ module: Module) -> Module {
    guard module.graphs.isEmpty, let kernel = module.kernels.first else { return module }
    func types(_ roles: [Buffer.Role]) -> [TensorType] {
      kernel.buffers.filter { roles.contains($0.role) }.map { TensorType($0.type, $0.shape) }
    }
    var graph = Graph(name: "run.\(kernel.name)")
    let operands = types([.input, .inout_]).enumerated().map { index, type in
      TensorOperand.value(ValueID(graph.append(Node(.parameter("x\(index)"), [], type))))
    }
    let results = types([.output, .inout_])
    let call = graph.append(Node(.kernel(kernel), operands, results))
    graph.results = results.indices.map { ValueID(call, $0) }
    return Module(graphs: [graph])
  }

  private func measure(_ module: Module, _ inputs: [TensorValue]) throws {
    let options = CompilerOptions(row: cpu.row, threads: threads, verifiesPasses: false)
    let function = try Compiler(options).compile(module)
    let storages = try inputs.map { try Storage($0.bytes) }
    let samples = try Samples(seconds: 1) { _ = try function(storages) }
    print(
      "\(significant(samples.median)) ms median, \(significant(samples.minimum)) ms best of "
        + "\(samples.repetitions) calls, \(function.kernelCount) kernel calls, \(cpu.row.name)")
  }

  private func compiled(_ module: Module, _ inputs: [TensorValue]) throws -> [TensorValue] {
    let options = CompilerOptions(row: cpu.row, threads: threads, verifiesPasses: true)
    let function = try Compiler(options).compile(module)
    let outputs = try function(inputs.map { try Storage($0.bytes) })
    return zip(outputs, function.resultTypes).map { storage, type in
      TensorValue(type.dtype, type.extents ?? [], bytes: storage.withUnsafeBytes { Array($0) })
    }
  }

  private func inputs(of graph: Graph) throws(CommandFailure) -> [TensorValue] {
    var generator = SplitMix64(seed: seed)
    var inputs: [TensorValue] = []
    for id in graph.parameters {
      let type = graph[id].types[0]
      guard let extents = type.extents else {
        throw CommandFailure("\(file): @\(graph.name): \(type) has extents without values")
      }
      let count = extents.reduce(1, *)
      let numbers = generator.normal(count: count)
      let elements = numbers.map { Literal(type.dtype, Self.sample(Double($0), type.dtype)) }
      inputs.append(TensorValue(type.dtype, extents, elements))
    }
    return inputs
  }

  /// A sample of a type: integers within some hundreds.
  private static func sample(_ normal: Double, _ type: DType) -> Double {
    if type.isFloat { return normal }
    return type == .bool ? (normal > 0 ? 1 : 0) : (normal * 100).rounded()
  }

  private func summary(_ value: TensorValue) -> String {
    let shown = value.elements.prefix(6).map(\.description).joined(separator: ", ")
    let type = TensorType(value.type, extents: value.extents)
    return "\(type): \(shown)\(value.count > 6 ? ", …" : "")"
  }

  /// The first element that differs, where one does.
  private static func difference(_ a: TensorValue, _ b: TensorValue) -> String? {
    guard a.bytes != b.bytes else { return nil }
    for (index, (x, y)) in zip(a.elements, b.elements).enumerated()
    where x != y && !(x.isNaN && y.isNaN) {
      return "element \(index): compiled \(x), interpreted \(y)"
    }
    return a.count == b.count ? nil : "\(a.count) elements, expected \(b.count)"
  }
}
