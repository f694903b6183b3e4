// Programs beside the interpreter.

import IRCore
import LoopIR
public import TensorIR

/// Runs a compiler's programs beside the interpreter, kernel by kernel, and finds the pass that
/// makes them differ. See `Note: bisecting`.
public struct SelfCheck {
  let compiler: Compiler
  /// Seconds that shrinking may take.
  private let seconds: Double

  var passes: CompilationPasses { compiler.passes }
  var row: TargetRow { compiler.options.row }

  /// Checks what `compiler` makes; its row must run here.
  public init(_ compiler: Compiler, seconds: Double = 10) {
    self.compiler = compiler
    self.seconds = seconds
  }

  /// What is wrong with the program of a module on some inputs; `nil` when every kernel and the
  /// whole give the interpreter's bits.
  ///
  /// - Parameters:
  ///   - updates, kept: see `Compiler.compile`.
  /// - Throws: where the interpreter itself stops, so that there is nothing to hold code to.
  public func report(
    _ module: Module, _ inputs: [TensorValue], updates: [Int?] = [], kept: Range<Int> = 0..<0
  ) throws(GraphInterpreterError) -> SelfCheckReport? {
    let program = ProgramCase(name: "program", module: module, inputs: inputs)
    guard let found = try finding(program, updates: updates, kept: kept) else { return nil }
    let shrinker = Shrinker(row: row, seconds: seconds) { smaller in
      let again = try? finding(
        smaller, updates: smaller.module.possibleUpdates, kept: 0..<0)
      return again?.guilty == found.guilty ? again?.difference : nil
    }
    let (small, reason) = shrinker.shrink(program, found.difference)
    let smallest = try finding(small, updates: small.module.possibleUpdates, kept: 0..<0)
    let operations = found.operations.isEmpty ? small.module.operations : found.operations
    return SelfCheckReport(
      kernel: found.kernel, operations: operations, difference: found.difference,
      guilty: found.detail, stage: found.guilty,
      shrunkCount: small.graph.nodes.count { !$0.isParameter },
      shrunkText: small.fileText("\((smallest ?? found).detail): \(reason)", row: row),
      passes: found.passes, row: row)
  }

  /// The first stage that changes bits.
  func finding(
    _ program: ProgramCase, updates: [Int?], kept: Range<Int>
  ) throws(GraphInterpreterError) -> SelfCheckFinding? {
    let stages = ModuleStages(program.module, passes)
    let inputs = program.inputs
    let expected = try interpret(stages.modules[stages.reference], inputs)
    if let failure = stages.failure {
      return SelfCheckFinding(
        guilty: failure.pass, difference: failure.message, passes: stages.names + [failure.pass])
    }
    let comparison = KernelComparison(self)
    let last = stages.modules.count - 1
    if let difference = wrongness(
      of: stages.modules[last], inputs, expected, kernels: comparison.run)
    {
      let wrong = firstWrong(after: stages.reference, upTo: last) { index in
        wrongness(of: stages.modules[index], inputs, expected)
      }
      return SelfCheckFinding(
        guilty: stages.names[wrong.index - 1], difference: wrong.difference ?? difference,
        passes: Array(stages.names.prefix(wrong.index)))
    }
    if let found = comparison.found {
      var finding = KernelStages(found, self).finding
      finding.operations = stages.operations(of: found.kernel.name)
      finding.passes = stages.names + passes.planning(for: found.kernel).map(\.name)
      return finding
    }
    return programFinding(
      program, stages.modules[last], expected, updates: updates, kept: kept, stages.names)
  }

  /// What the interpreter makes of a module, kernels included: those whose schedules are marked as
  /// changing rounding after these steps.
  func interpret(
    _ module: Module, _ inputs: [TensorValue],
    kernels: GraphInterpreter.KernelRunner? = nil
  ) throws(GraphInterpreterError) -> [TensorValue] {
    let runner: GraphInterpreter.KernelRunner
    if let kernels { runner = kernels } else { runner = runReference }
    return try GraphInterpreter.run(
      module, module.graphs.first?.name ?? "", inputs: inputs, row: row, kernels: runner)
  }

  /// What the code of a kernel must give.
  func runReference(
    _ kernel: Kernel, _ operands: [TensorValue], _ results: [(type: DType, extents: [Int])],
    _ row: TargetRow
  ) throws(GraphInterpreterError) -> [TensorValue] {
    try GraphInterpreter.runKernel(reference(of: kernel), operands, results, row)
  }

  /// How a module's results differ from those expected, an error included.
  private func wrongness(
    of module: Module, _ inputs: [TensorValue], _ expected: [TensorValue],
    kernels: GraphInterpreter.KernelRunner? = nil
  ) -> String? {
    do { return difference(try interpret(module, inputs, kernels: kernels), expected) } catch {
      return "\(error)"
    }
  }

  /// The kernel whose bits its code must give: itself, or what it is after the last step of its
  /// schedule that states another order of combination.
  private func reference(of kernel: Kernel) -> Kernel {
    guard let last = kernel.schedule.lastIndex(where: \.reassociates) else { return kernel }
    var part = kernel
    part.schedule = Array(kernel.schedule[...last])
    return (try? passes.applySchedule.run(part)) ?? kernel
  }

  /// The first index beyond `good` whose stage is wrong, by halves: `good` is right, `bad` wrong.
  func firstWrong(
    after good: Int, upTo bad: Int, _ difference: (Int) -> String?
  ) -> (index: Int, difference: String?) {
    var (good, bad) = (good, bad)
    var found: String?
    while bad - good > 1 {
      let middle = (good + bad) / 2
      if let wrong = difference(middle) {
        (bad, found) = (middle, wrong)
      } else {
        good = middle
      }
    }
    return (bad, found)
  }
}

/// The stage at fault.
struct SelfCheckFinding {
  /// Its name without what differs from program to program.
  var guilty: String
  /// Its name with that; the same where nothing does.
  var detail: String
  var kernel: String?
  var operations: [SelfCheckReport.Operation] = []
  let difference: String
  var passes: [String]

  init(
    guilty: String, detail: String? = nil, kernel: String? = nil, difference: String,
    passes: [String] = []
  ) {
    self.guilty = guilty
    self.detail = detail ?? guilty
    self.kernel = kernel
    self.difference = difference
    self.passes = passes
  }
}

// Note: bisecting
//
// Every stage of compilation has a meaning: graphs and kernels by the interpreter of their level,
// code by running it. The results of the traced graph are the measure; where the list of passes has
// some that are marked as changing rounding, those after the last of them. If the kernels together,
// interpreted, give other results, a pass on modules is at fault, and the first whose result is wrong
// is found by halves. Else each kernel call is run as machine code on the operands that the interpreter
// has for it; the first that differs goes through its own stages: the planner, each step of the
// schedule, emission with none of LLVM's passes, with one, with two, and so on. If no kernel differs,
// the program is run whole: laid out, updated in place, shared out to threads, with packed factors.
