// From a fused region to a kernel.

import IRCore
public import LoopIR
public import TensorIR

extension Kernel {
  /// Lowers a region: serial loops over the results' axes around one element's computation.
  ///
  /// Requires: a graph of parameters, iotas, views and elementwise nodes whose results have one
  /// shape. Parameters become `in` buffers in order, results `out` buffers. Neighbouring axes that
  /// every access walks as one become one loop over flat buffers.
  public init(lowering graph: Graph) {
    let program = RegionProgram(graph)
    if !program.reducedAxes.isEmpty {
      var lowering = RowLowering(program)
      self = lowering.kernel()
      return
    }
    var lowering = RegionLowering(program, AxisGroups(program))
    self = lowering.kernel()
  }
}

/// Builds the kernel of a region without reductions.
private struct RegionLowering {
  private let program: RegionProgram
  private let groups: AxisGroups
  private var emitter: StepEmitter

  init(_ program: RegionProgram, _ groups: AxisGroups) {
    self.program = program
    self.groups = groups
    emitter = StepEmitter(program, groups)
  }

  mutating func kernel() -> Kernel {
    let variables = groups.groups.indices.map { emitter.makeLoopVariable($0) }
    emitter.place = groups.substitution(variables.map(\.expression))
    for step in program.steps.indices { emitter.emit(step) }
    for (index, value) in program.results.enumerated() {
      emitter.store(emitter.operand(value), index, at: program.allAxes)
    }
    var statements = emitter.body
    for (group, variable) in zip(groups.groups, variables).reversed() {
      let extent = groups.extent(of: group)
      statements = [.loop(Loop(.serial, variable, 0, extent, body: statements))]
    }
    emitter.kernel.body = statements
    return emitter.kernel
  }
}
