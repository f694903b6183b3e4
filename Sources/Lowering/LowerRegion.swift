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
  /// as one become one loop over flat buffers.
  public init(lowering graph: Graph) throws(PassFailure) {
    let program = RegionProgram(graph)
    if let problem = program.problem {
      throw PassFailure(
        pass: "lower", "@\(graph.name) \(problem), so it is no region; run fuse first")
    }
    if var contraction = ContractionLowering(program) {
      self = try contraction.kernel()
      return
    }
    if var columns = ColumnLowering(program) {
      self = columns.kernel()
      return
    }
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
    var loops = zip(groups.groups, variables).map {
      Loop(.serial, $1, 0, groups.extent(of: $0))
    }
    for step in program.steps {
      if case .scan(let scan, _, let type) = step { walkInOrder(&loops, scan, type) }
    }
    for (index, step) in program.steps.enumerated() {
      if case .scan(let scan, let operand, let type) = step {
        emitter.values[index] = combine(&loops, scan, operand, type)
      } else {
        emitter.emit(index)
      }
    }
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

  /// Puts the loop along the scan's axis innermost, from the end where the scan says so. An axis
  /// of one element has no loop.
  private mutating func walkInOrder(_ loops: inout [Loop], _ scan: Scan, _ type: DType) {
    guard let place = groups.groups.firstIndex(of: [scan.axis]) else { return }
    var loop = loops.remove(at: place)
    if scan.isReverse {
      let variable = loop.variable.expression
      let last = groups.extent(of: groups.groups[place]) - 1
      let forward = emitter.place
      emitter.place = { atom in
        forward(atom)?.substituting { IndexExpression($0) == variable ? last - variable : nil }
      }
    }
    let inside = emitter.kernel.makeVariable(ValueType(type))
    let result = emitter.kernel.makeVariable(ValueType(type))
    let identity = Operand.literal(scan.monoid.identity(type))
    loop.carried = [Carried(inside: inside, initial: identity, result: result)]
    loops.append(loop)
  }

  /// The scan's value at the current element.
  private mutating func combine(
    _ loops: inout [Loop], _ scan: Scan, _ operand: RegionProgram.Operand, _ type: DType
  ) -> Operand {
    let carried = loops.last?.carried.first
    let before =
      carried.map { Operand.variable($0.inside) } ?? .literal(scan.monoid.identity(type))
    let element = emitter.operand(operand)
    let after = emitter.apply(scan.monoid.row.combination, [before, element], type)
    if carried != nil { loops[loops.count - 1].yields = [after] }
    return scan.isExclusive ? before : after
  }
}
