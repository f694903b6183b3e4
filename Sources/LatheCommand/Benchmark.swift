// A workload made ready to be called again and again.

import CLatheRuntime
import Driver
import IRCore
import Lathe

/// How a workload runs.
enum BenchmarkMode: String, CaseIterable {
  /// As one compiled program.
  case jit
  /// Op by op, each a kernel of its own, compiled once.
  case eager
}

/// A workload in one mode, ready to be called.
struct Benchmark {
  let workload: Workload
  let mode: BenchmarkMode
  let compiler: Compiler
  let threads: Int
  private let inputs: [Tensor]
  private let arguments: [Tensor]
  private let function: Compiled<Void, [Tensor], Tensor, Never>
  private let session: (any TrainingSession)?
  /// From the trace to the callable program, with LLVM loaded; 0 in eager mode.
  private(set) var readyMilliseconds = 0.0
  /// Loading LLVM and compiling a first kernel with it.
  private(set) var loadMilliseconds = 0.0
  /// All that the first result takes in a new process.
  private(set) var firstCallMilliseconds = 0.0

  /// Compiles and runs the workload once, on the arrays of `files` in place of the inputs that they
  /// name.
  init(
    _ workload: Workload, _ mode: BenchmarkMode, _ options: CompilerOptions,
    files: [String: NumpyFile]
  ) {
    self.workload = workload
    self.mode = mode
    compiler = Compiler(options)
    threads = options.threads > 0 ? options.threads : Int(lathe_cpu_features().available_cpus)
    let inputs = workload.inputs.map { input in
      let numbers = Tensor(
        scalars: files[input.name]?.scalars ?? input.scalars(),
        shape: files[input.name]?.shape ?? input.shape)
      return input.dtype == .f32 ? numbers : numbers.cast(to: input.dtype)
    }
    self.inputs = inputs
    let (function, arguments) = workload.function(inputs)
    self.function = function
    self.arguments = arguments
    session = workload.session?(inputs)
    let (session, compiler) = (session, compiler)
    loadMilliseconds =
      timed {
        // In memory: a known number would be folded, and nothing compiled.
        let one = Tensor(scalars: [Float(1)], shape: [1])
        withCompiler(compiler) { _ = (one + 1).scalars(as: Float.self) }
      }.milliseconds
    if mode == .jit {
      readyMilliseconds =
        timed {
          withCompiler(compiler) {
            session?.prepare() ?? { _ = try? function.prepared(arguments) }()
          }
        }.milliseconds
    }
    let run = timed { withCompiler(compiler) { _ = output() } }.milliseconds
    firstCallMilliseconds = loadMilliseconds + readyMilliseconds + run
  }

  /// One run, to its end.
  func output() -> Tensor {
    if let session { return session.step(in: mode) }
    switch mode {
    case .jit: return function(arguments)
    case .eager: return withExecution(.eager) { workload.body(inputs) }
    }
  }

  /// Times runs for so many seconds.
  func samples(seconds: Double) -> Samples {
    withCompiler(compiler) { Samples(seconds: seconds) { _ = output() } }
  }

  /// The result as a file.
  var outputFile: NumpyFile {
    withCompiler(compiler) {
      let result = firstResult()
      return NumpyFile(shape: result.shape, scalars: result.cast(to: .f32).scalars(as: Float.self))
    }
  }

  /// The result; of a training session, after its first step.
  private func firstResult() -> Tensor {
    guard let session = workload.session?(inputs) else { return output() }
    _ = session.step(in: mode)
    return session.result
  }

  /// One line of JSON for a measurement.
  func json(_ samples: Samples) -> String {
    let numbers: [(String, Double)] = [
      ("median_ms", samples.median), ("min_ms", samples.minimum), ("ready_ms", readyMilliseconds),
      ("llvm_load_ms", loadMilliseconds), ("first_call_ms", firstCallMilliseconds),
    ]
    let fields =
      [
        "\"workload\":\"\(workload.name)\"", "\"mode\":\"\(mode.rawValue)\"",
        "\"threads\":\(threads)",
      ] + numbers.map { "\"\($0)\":\(significant($1, 6))" }
      + ["\"repetitions\":\(samples.repetitions)"]
    return "{\(fields.joined(separator: ","))}"
  }
}
