// From a fused region to a kernel.

public import IRCore
public import LoopIR
public import TensorIR

extension Kernel {
  /// Lowers a region: serial loops over the results' axes around one element's computation.
  ///
  /// Throws unless the graph is a region: parameters, iotas, views, elementwise nodes, and scans or
  /// reductions along the same axes or one contraction, whose results are elements or rows of one
  /// shape. Parameters
  /// become `in` buffers in order, results `out` buffers. Neighbouring axes that every access walks
  /// as one become one loop over flat buffers, unless told otherwise.
  public init(lowering graph: Graph, mergesAxes: Bool = true) throws(PassFailure) {
    let program = RegionProgram(graph.splittingDividedAxes)
    if let problem = program.problem {
      throw PassFailure(
        pass: "lower", "@\(graph.name) \(problem), so it is no region; run fuse first")
    }
    if var scan = ScanLowering(program) {
      self = scan.kernel()
      return
    }
    let groups = AxisGroups(program, mergesAxes: mergesAxes)
    if var contraction = ContractionLowering(program, groups) {
      self = try contraction.kernel()
      return
    }
    if var columns = ColumnLowering(program, groups) {
      self = columns.kernel()
      return
    }
    if !program.reducedAxes.isEmpty {
      var lowering = RowLowering(program, groups)
      self = lowering.kernel()
      return
    }
    var lowering = RegionLowering(program, groups)
    self = lowering.kernel()
  }
}

/// Builds the kernel of a region without reductions and scans.
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
    let loops = zip(groups.groups, variables).map {
      Loop(.serial, $1, 0, groups.extent(of: $0))
    }
    for index in program.steps.indices { emitter.emit(index) }
    for (index, value) in program.results.enumerated() {
      emitter.store(emitter.operand(value), index, at: program.allAxes)
    }
    var statements = emitter.body
    for loop in loops.reversed() {
      var loop = loop
      loop.body = statements
      statements = [.loop(loop)]
    }
    emitter.kernel.body = statements
    return emitter.kernel
  }
}
