// `lathe run`: runs a file of IR text, interpreted and compiled.

import ArgumentParser
import Driver
import IRCore
import Lathe
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
      interpreted: the compiled program is timed. With --verify each kernel is run beside the
      interpreter; where one differs, the passes are bisected, and a report names the one at fault
      and a small program that shows it.

      Example:
        lathe run chain.lathe --seed 7 --cpu avx2
        lathe run IR/run/mandelbrot.lathe --time
      """)

  @Argument(help: "A file of IR text, a workload, or - for standard input.") var file: String
  @Option(help: "Seed of the inputs. Default: the file's eval line, else 0.") var seed: UInt64?
  @Flag(help: "Time the compiled program instead of comparing.") var time = false
  @Option(help: "Threads of the compiled program; 0 is as many as there are.") var threads = 0
  @Flag(help: "Run each kernel beside the interpreter; find the pass at fault.") var verify = false
  @OptionGroup var cpu: CPUOption

  private var compiler: Compiler {
    Compiler(CompilerOptions(row: cpu.row, threads: threads, verifiesPasses: true))
  }

  func validate() throws {
    if verify, time { throw ValidationError("--verify and --time exclude each other") }
  }

  func run() throws {
    guard cpu.row.isRunnable else {
      throw CommandFailure("this machine does not run \(cpu.row.name) code")
    }
    let module = try runnable(Program(file).module)
    guard let graph = module.graphs.first else {
      throw CommandFailure("\(file): neither a graph nor a kernel to run")
    }
    let inputs = try listedInputs(of: module) ?? inputs(of: graph)
    if time { return try CommandFailure.wrapping(file) { try measure(module, inputs) } }
    if verify { try verify(module, inputs) }
    // The interpreter goes first: it names what compiled code would trip over.
    let expected = try CommandFailure.wrapping(file) {
      try GraphInterpreter.run(module, graph.name, inputs: inputs, row: cpu.row)
    }
    let values = try CommandFailure.wrapping(file) {
      try compiler.compile(module).run(inputs)
    }
    for (index, value) in values.enumerated() { print("result \(index): \(summary(value))") }
    if let found = difference(values, expected) {
      throw CommandFailure(
        "\(file): @\(graph.name): \(found); --verify finds the pass that is at fault")
    }
    print("@\(graph.name): compiled code and interpreter agree bit for bit on \(cpu.row.name)")
  }

  /// The module, with a graph around its first kernel where it has no graph.
  private func runnable(_ module: Module) -> Module {
    guard module.graphs.isEmpty, let kernel = module.kernels.first else { return module }
    return Module(graphs: [Graph(calling: kernel, name: "run.\(kernel.name)")])
  }

  /// Fails with a report where a kernel does not give the interpreter's bits.
  private func verify(_ module: Module, _ inputs: [TensorValue]) throws {
    let report = try CommandFailure.wrapping(file) {
      try SelfCheck(compiler).report(module, inputs)
    }
    guard let report else { return }
    throw CommandFailure(report.text(file: report.write()) { $0.known })
  }

  /// The arguments of the file's first `// eval:` line for the graph that is run; `nil` without one.
  private func listedInputs(of module: Module) throws(CommandFailure) -> [TensorValue]? {
    guard seed == nil, file.hasSuffix(".lathe"), let graph = module.graphs.first else { return nil }
    let text = String(decoding: try readFile(file), as: UTF8.self)
    let line = EvaluatedCall.directives("eval", in: text).first {
      $0.text.hasPrefix("@\(graph.name)(")
    }
    guard let line else { return nil }
    return try CommandFailure.wrapping("\(file):\(line.line)") {
      try EvaluatedCall(line.text, in: module).arguments
    }
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

  private func inputs(of graph: Graph) throws(CommandFailure) -> [TensorValue] {
    var generator = SplitMix64(seed: seed ?? 0)
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
}
