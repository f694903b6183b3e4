// `lathe bench`: times the built-in workloads.

import ArgumentParser
import Driver
import IRCore

/// Times workloads, compiled as one program and op by op.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Time the built-in workloads.",
    discussion: """
      Workloads:
      \(Workload.all.map { "  \($0.name)  \($0.summary)" }.joined(separator: "\n"))

      jit runs a workload as one compiled program, eager runs it op by op.
      gemm_M_N_K is a product of matrices of these sizes, op_NAME_COUNT one
      operation on so many numbers: \(Workload.operationNames).
      _f64, _f16 or _bf16 at the end of a name takes other floats: matmul_1024_bf16.

      Example:
        lathe bench ew_chain --mode jit,eager --threads 1 --json
      """)

  @Argument(help: "Workloads; all where none is named.") var names: [String] = []
  @Option(help: ArgumentHelp("jit, eager, or both with a comma.", valueName: "modes"))
  var mode = "jit"
  @Option(help: "Threads; 0 is as many as there are.") var threads = 0
  @Option(help: "Seconds to measure each for.") var seconds = 1.0
  @Flag(help: "Print a line of JSON for each measurement.") var json = false
  @Flag(help: "Speak the worker protocol of Benchmarks/README.md.") var serve = false
  @Option(help: ArgumentHelp("Input from a float32 .npy file; may repeat.", valueName: "name=file"))
  var input: [String] = []
  @Option(help: ArgumentHelp("Write the result to a .npy file.", valueName: "file"))
  var output: String?
  @Option(
    help: ArgumentHelp("Folder of compiled kernels. Default: none are kept.", valueName: "folder"))
  var cache: String?
  @OptionGroup var cpu: CPUOption

  private var modes: [BenchmarkMode] {
    mode.split(separator: ",").compactMap { BenchmarkMode(rawValue: String($0)) }
  }

  func validate() throws {
    let parts = mode.split(separator: ",", omittingEmptySubsequences: false)
    if let unknown = parts.first(where: { BenchmarkMode(rawValue: String($0)) == nil }) {
      throw ValidationError("no mode '\(unknown)'; there are jit and eager")
    }
    if threads < 0 { throw ValidationError("--threads takes 0 or more") }
    if !(seconds > 0) { throw ValidationError("--seconds takes more than 0") }
    if serve || !input.isEmpty || output != nil, names.count != 1 || modes.count != 1 {
      throw ValidationError("--serve, --input and --output go with one workload and one mode")
    }
    if let wrong = input.first(where: { !$0.contains("=") }) {
      throw ValidationError("--input takes name=file, found \(wrong)")
    }
  }

  func run() throws {
    guard cpu.row.isRunnable else {
      throw CommandFailure("this machine does not run \(cpu.row.name) code")
    }
    let workloads = try names.isEmpty ? Workload.all : names.map { try Workload(named: $0) }
    let files = try inputFiles(for: workloads[0])
    if !serve, !json { print(BenchmarkTable.header) }
    for workload in workloads {
      for mode in modes {
        let options = CompilerOptions(
          row: cpu.row, threads: threads, verifiesPasses: false,
          cacheFolder: cache.map(CacheOption.absolute))
        let benchmark = Benchmark(workload, mode, options, files: files)
        if let output { try writeFile(output, benchmark.outputFile.contents) }
        if serve { return ServeLoop(benchmark).run() }
        let samples = benchmark.samples(seconds: seconds)
        Terminal.writeLine(
          json ? benchmark.json(samples) : BenchmarkTable.row(benchmark, samples))
      }
    }
  }

  /// The arrays that `--input` names, by input.
  private func inputFiles(
    for workload: Workload
  ) throws(CommandFailure) -> [String: NumpyFile] {
    let known = workload.inputs.map(\.name)
    var files: [String: NumpyFile] = [:]
    for argument in input {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, known.contains(parts[0]) else {
        throw CommandFailure(
          "\(argument): the inputs of \(workload.name) are \(known.joined(separator: ", "))")
      }
      files[parts[0]] = try NumpyFile(contents: readFile(parts[1]), file: parts[1])
    }
    return files
  }
}

/// Table for people.
enum BenchmarkTable {
  private static let widths = [14, 7, 8, 11, 11, 10, 10, 9]

  static var header: String {
    Terminal.bold(
      line(["workload", "mode", "threads", "median ms", "best ms", "ready ms", "GFLOP/s", "GB/s"]))
  }

  static func row(_ benchmark: Benchmark, _ samples: Samples) -> String {
    let seconds = samples.median / 1e3
    return line([
      benchmark.workload.name, benchmark.mode.rawValue, "\(benchmark.threads)",
      significant(samples.median), significant(samples.minimum),
      significant(benchmark.readyMilliseconds, 3),
      significant(benchmark.workload.operations / seconds / 1e9, 3),
      significant(benchmark.workload.bytes / seconds / 1e9, 3),
    ])
  }

  /// Texts to the left of the first two columns, to the right of the others.
  private static func line(_ cells: [String]) -> String {
    zip(cells, widths).enumerated().map { index, cell in
      let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
      return index < 2 ? cell.0 + padding : padding + cell.0
    }.joined(separator: " ")
  }
}
