// One kernel on its way to machine code.

import Codegen
import IRCore
import LLVMBindings
import LoopIR
import TensorIR

/// The stages of a kernel whose machine code is wrong, each of which can be run.
struct KernelStages {
  private struct Stage {
    let guilty: String
    let detail: String
    /// Whether it is code without any of LLVM's passes.
    var isEmission = false
    /// How its results differ from those expected.
    let difference: () -> String?
  }

  private let found: KernelComparison.Found
  private let check: SelfCheck
  private var interpreted: [Stage] = []
  private var compiled: [Stage] = []
  /// The kernel without a schedule to apply.
  private var scheduled: Kernel

  init(_ found: KernelComparison.Found, _ check: SelfCheck) {
    self.found = found
    self.check = check
    scheduled = found.kernel
    do throws(PassFailure) {
      let planned = try plan()
      try apply(planned)
      emit()
    } catch {
      interpreted.append(Stage(guilty: error.pass, detail: error.pass) { error.message })
    }
  }

  /// The first stage that is wrong; what is wrong with code that has no wrong stage came from disk
  /// or with threads.
  var finding: SelfCheckFinding {
    // Code of a wrong kernel may write anywhere, so it is not run.
    guard let (stage, difference) = firstWrong(of: interpreted) ?? firstWrong(of: compiled) else {
      return finding("threads or stored code", nil, found.difference)
    }
    if stage.isEmission, isRightUnselected {
      return finding("instruction selection", "LLVM's instruction selection", difference)
    }
    return finding(stage.guilty, stage.detail, difference)
  }

  /// The first wrong stage of a list whose last one is wrong.
  private func firstWrong(of stages: [Stage]) -> (Stage, String)? {
    guard let last = stages.last?.difference() else { return nil }
    let wrong = check.firstWrong(after: -1, upTo: stages.count - 1) { stages[$0].difference() }
    return (stages[wrong.index], wrong.difference ?? last)
  }

  private func finding(
    _ guilty: String, _ detail: String?, _ difference: String
  ) -> SelfCheckFinding {
    SelfCheckFinding(
      guilty: guilty, detail: detail, kernel: found.kernel.name, difference: difference)
  }

  private static let codegen = "codegen"

  /// A stage whose meaning the interpreter of kernels gives.
  private mutating func append(
    _ kernel: Kernel, _ guilty: String, _ detail: String? = nil
  ) {
    let (found, row) = (found, check.row)
    let stage = Stage(guilty: guilty, detail: detail ?? guilty) {
      let types = found.expected.map { (type: $0.type, extents: $0.extents) }
      do {
        let results = try GraphInterpreter.runKernel(kernel, found.operands, types, row)
        return TensorIR.difference(results, found.expected)
      } catch {
        return "\(error)"
      }
    }
    interpreted.append(stage)
  }

  private mutating func plan() throws(PassFailure) -> Kernel {
    var kernel = found.kernel
    for pass in check.passes.planning(for: kernel) {
      kernel = try pass.run(kernel)
      append(kernel, pass.name)
    }
    return kernel
  }

  /// A stage for each step. The planner answers for a step that states another order.
  private mutating func apply(_ planned: Kernel) throws(PassFailure) {
    let isPlanned = found.kernel.schedule.isEmpty
    for count in 0...planned.schedule.count {
      var part = planned
      part.schedule = Array(planned.schedule.prefix(count))
      do { scheduled = try check.passes.applySchedule.run(part) } catch {
        let step = part.schedule.last?.keyword ?? "nothing"
        throw PassFailure(pass: step, error.message)
      }
      guard let step = part.schedule.last else { continue }
      if isPlanned, step.reassociates {
        append(scheduled, "plan", "plan, which chose \(step)")
      } else {
        append(scheduled, step.keyword, "apply-schedule at \(step)")
      }
    }
  }

  private mutating func emit() {
    let passes = check.passes.llvm
    for count in 0...passes.count {
      let name = count == 0 ? Self.codegen : passes[count - 1].name
      let detail = count == 0 || name == Self.codegen ? "codegen" : "LLVM's \(name)"
      let (code, part) = (code(.default), Array(passes.prefix(count)))
      compiled.append(
        Stage(guilty: name, detail: detail, isEmission: count == 0) { code(part) })
    }
  }

  /// How code of the scheduled kernel after some of LLVM's passes differs.
  private func code(
    _ level: LLVMTargetMachine.CodegenLevel
  ) -> ([LLVMPass]) -> String? {
    let (found, scheduled, compiler) = (found, scheduled, check.compiler)
    return { passes in
      do {
        let loaded = try compiler.kernels.loadAnew(scheduled: scheduled, passes, level: level)
        let function = try compiler.function(calling: found.kernel, loaded, threads: 1)
        return function.difference(on: found.operands, from: found.expected)
      } catch {
        return "\(error)"
      }
    }
  }

  /// Whether LLVM's simplest code generation makes right code of the emitted module.
  private var isRightUnselected: Bool { code(.none)([]) == nil }
}
