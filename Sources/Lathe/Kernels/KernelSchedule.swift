// Schedules by hand, and what an author promises of loops.

import Driver
import IRCore
import LoopIR
import LoopPasses

/// Steps that turn a kernel's loops into others that compute the same; a kernel without them is
/// planned. Loops are named as `k.range(…, name:)` says, `i`, `j`, `k`, … by depth without a name;
/// `lathe ir --stage kernel` and `compile { … }.ir(.kernel)` show them.
///
/// Each step checks that it changes no result, and refuses in plain words where it would.
public struct KernelSchedule: Sendable {
  private(set) var steps: [Located] = []

  struct Located: Sendable {
    let step: ScheduleStep
    let location: SourceLocation
  }

  private mutating func add(_ step: ScheduleStep, _ file: String, _ line: Int) {
    steps.append(Located(step: step, location: .line(file: file, line: line)))
  }

  /// Cuts a loop into blocks of `factor`: `outer` counts blocks, `inner` runs inside one.
  public mutating func split(
    _ loop: String, by factor: Int, outer: String, inner: String, file: String = #fileID,
    line: Int = #line
  ) {
    add(.split(loop, by: factor, outer: outer, inner: inner), file, line)
  }

  /// Puts perfectly nested loops in another order, outermost first.
  public mutating func reorder(_ loops: String..., file: String = #fileID, line: Int = #line) {
    add(.reorder(loops), file, line)
  }

  /// Makes one loop of a loop and the one alone inside it.
  public mutating func fuse(
    _ outer: String, _ inner: String, into name: String, file: String = #fileID,
    line: Int = #line
  ) {
    add(.fuse(outer, inner, into: name), file, line)
  }

  /// Repeats the body of a loop `factor` times per iteration.
  public mutating func unroll(
    _ loop: String, by factor: Int, file: String = #fileID, line: Int = #line
  ) {
    add(.unroll(loop, by: factor), file, line)
  }

  /// Runs `lanes` consecutive iterations at once, in lanes of vectors.
  public mutating func vectorize(
    _ loop: String, by lanes: Int, file: String = #fileID, line: Int = #line
  ) {
    add(.vectorize(loop, lanes: lanes), file, line)
  }

  /// Runs loops of which one is alone inside the other by diagonals: a loop over the sum of their
  /// counters around one over the first.
  public mutating func skew(
    _ outer: String, _ inner: String, into diagonal: String, file: String = #fileID,
    line: Int = #line
  ) {
    add(.skew(outer, inner, into: diagonal), file, line)
  }

  /// Runs all loops of the kernel tile by tile, where the tiles are `sizes` iterations of `loops`,
  /// loops of the last nest: each tile computes what it needs of its surroundings itself, so that
  /// sweeps over large grids pass through memory once.
  public mutating func overlap(
    _ loops: [String], by sizes: [Int], file: String = #fileID, line: Int = #line
  ) {
    add(.overlap(loops, by: sizes), file, line)
  }

  /// Gives each iteration of a loop a copy of a grid that it combines into, combined after the loop.
  /// Sums and products of floats then round in another order, which `regroupingSums` allows.
  public mutating func privatize(
    _ grid: String, at loop: String, into copies: String, regroupingSums: Bool = false,
    file: String = #fileID, line: Int = #line
  ) {
    add(.privatize(grid, at: loop, into: copies, reassociates: regroupingSums), file, line)
  }

  /// Runs `lanes` iterations of a loop of running sums, products, minima or maxima in lanes. Sums and
  /// products of floats then round in another order, which `regroupingSums` allows.
  public mutating func scan(
    _ loop: String, by lanes: Int, regroupingSums: Bool = false, file: String = #fileID,
    line: Int = #line
  ) {
    add(.scan(loop, lanes: lanes, reassociates: regroupingSums), file, line)
  }

  /// Shares the iterations of an outermost loop out to the threads.
  public mutating func parallelize(
    _ loop: String, file: String = #fileID, line: Int = #line
  ) {
    add(.parallelize(loop), file, line)
  }

  /// Runs the last, shorter block of a split loop at full length, under masks.
  public mutating func pad(_ loop: String, file: String = #fileID, line: Int = #line) {
    add(.pad(loop), file, line)
  }

  /// Gives the last, shorter block of a split loop loops of its own.
  public mutating func specialize(_ loop: String, file: String = #fileID, line: Int = #line) {
    add(.specialize(loop), file, line)
  }
}

extension TensorKernel {
  /// The kernel with a schedule by hand in place of the planner's.
  ///
  /// ```swift
  /// let fast = blur.schedule {
  ///   $0.split("i", by: 16, outer: "block", inner: "row")
  ///   $0.parallelize("block")
  ///   $0.vectorize("j", by: 16)
  /// }
  /// ```
  ///
  /// A step that is not legal for the shapes of a call ends the process with the step, the reason
  /// and the step's line.
  public func schedule(_ body: (inout KernelSchedule) -> Void) -> TensorKernel {
    var schedule = KernelSchedule()
    body(&schedule)
    var changes = template.changes
    changes.steps += schedule.steps
    return TensorKernel(KernelTemplate(template, changes))
  }

  /// The kernel with the author's word that the iterations of an outermost loop are independent of
  /// each other, which the compiler then need not prove: no two of them touch the same element,
  /// unless both read it.
  ///
  /// - Parameter isChecked: whether each call first runs the kernel by the interpreter, slowly, and
  ///   ends the process with the iterations that meet where some do. Not inside `compile { … }`,
  ///   where there are no values to check.
  public func assume(
    parallel loop: String, checked isChecked: Bool = false, file: String = #fileID,
    line: Int = #line
  ) -> TensorKernel {
    var changes = template.changes
    changes.assumptions.append(
      KernelChanges.Assumption(
        loop: loop, isChecked: isChecked, location: .line(file: file, line: line)))
    return TensorKernel(KernelTemplate(template, changes))
  }
}

/// What an author asks for beside the loops.
struct KernelChanges: Sendable {
  struct Assumption: Sendable {
    let loop: String
    let isChecked: Bool
    let location: SourceLocation
  }

  var steps: [KernelSchedule.Located] = []
  var assumptions: [Assumption] = []

  var isEmpty: Bool { steps.isEmpty && assumptions.isEmpty }

  /// The kernel with its loops declared parallel and its schedule, which is tried.
  func applied(to kernel: Kernel) -> Kernel {
    var result = kernel
    for assumption in assumptions { assume(assumption, &result) }
    var tried = result
    for located in steps {
      do { tried = try tried.applying(located.step) } catch {
        misuse("kernel \(kernel.name): \(error)", at: located.location)
      }
    }
    do { try tried.normalized().verify() } catch {
      misuse("kernel \(kernel.name): the schedule: \(error)", at: steps[0].location)
    }
    result.schedule = steps.map(\.step)
    return result
  }

  private func assume(_ assumption: Assumption, _ kernel: inout Kernel) {
    func refuse(_ reason: String) -> Never {
      misuse(
        "kernel \(kernel.name): cannot assume that %\(assumption.loop) is parallel: \(reason)",
        at: assumption.location)
    }
    let place = kernel.body.firstIndex { statement in
      if case .loop(let loop) = statement {
        kernel[loop.variable].name == assumption.loop
      } else {
        false
      }
    }
    guard let place, case .loop(var loop) = kernel.body[place] else {
      refuse("no outermost loop has that name")
    }
    guard loop.carried.isEmpty else { refuse("a @Variable goes from iteration to iteration") }
    let others = kernel.body.allSatisfy { if case .loop = $0 { true } else { false } }
    guard others else { refuse("statements outside of loops stand beside it") }
    loop.kind = .parallel
    kernel.body[place] = .loop(loop)
  }

  /// Ends with a message where iterations that are assumed to be independent meet on these inputs.
  func check(_ kernel: Kernel, _ inputs: [[UInt8]], at location: SourceLocation) {
    for assumption in assumptions where assumption.isChecked {
      let loop = kernel.body.lazy.compactMap { statement -> VariableID? in
        guard case .loop(let loop) = statement,
          kernel[loop.variable].name == assumption.loop
        else { return nil }
        return loop.variable
      }.first
      guard let loop else { continue }
      var inputs = inputs[...]
      let buffers = kernel.buffers.filter(\.role.isParameter).map { buffer -> [UInt8] in
        if buffer.role == .input, let input = inputs.popFirst() { return input }
        let count = buffer.shape.reduce(buffer.type.byteSize) { $0 * ($1.asConstant ?? 0) }
        return [UInt8](repeating: 0, count: count)
      }
      let row = Compiler.current.options.row
      let conflict: IterationConflict?
      do {
        conflict = try KernelInterpreter.conflict(
          between: loop, of: kernel, buffers: buffers, row: row)
      } catch { misuse("kernel \(kernel.name): \(error)", at: location) }
      if let conflict {
        misuse(
          "kernel \(kernel.name): %\(assumption.loop) is assumed to be parallel, but \(conflict)",
          at: location)
      }
    }
  }
}
