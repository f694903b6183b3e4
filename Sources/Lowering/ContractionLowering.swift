// From a region with a contraction to a kernel of three loop nests.

import IRCore
import LoopIR
import TensorIR

/// Builds the kernel of a region that contracts.
///
/// Three nests stand one after the other, in the plainest form, for schedules to work on:
///
/// - the start nest sets every element of the accumulator to 0;
/// - the product nest walks the result's axes and, innermost, the summed ones in order, and adds
///   one product to one element;
/// - the finish nest computes what follows from each element and stores results.
///
/// The accumulator is a local of the loops' extents. Where nothing follows, it is the result
/// itself, and there is no finish nest.
struct ContractionLowering {
  private let program: RegionProgram
  private let groups: AxisGroups
  private let contraction: Int
  private let factors: [RegionProgram.Operand]
  private let type: DType
  private var emitter: StepEmitter
  private var accumulator: BufferID?

  /// `nil` unless the region contracts.
  init?(_ program: RegionProgram, _ groups: AxisGroups) {
    guard let place = program.steps.firstIndex(where: \.isContraction),
      case .contract(let a, let b, let type) = program.steps[place]
    else { return nil }
    self.program = program
    contraction = place
    factors = [a, b]
    self.type = type
    self.groups = groups
    emitter = StepEmitter(program, groups)
  }

  /// Whether something follows the sums.
  private var finishes: Bool { program.results != [.step(contraction)] }

  mutating func kernel() throws(PassFailure) -> Kernel {
    if finishes { try declareAccumulator() }
    var body = nest(sums: false, suffix: "_start") { lowering, access in
      let zero = Operand.literal(.zero(lowering.type))
      lowering.emitter.body.append(.store(zero, access, mask: nil))
    }
    body += nest(sums: true, suffix: "") { $0.addProduct(to: $1) }
    if finishes { body += nest(sums: false, suffix: "_end") { $0.finish($1) } }
    emitter.kernel.body = body
    return emitter.kernel
  }

  /// The loops over the result's axes.
  private var resultGroups: [[Int]] { groups.groups.filter { !groups.isReduced($0) } }

  private mutating func declareAccumulator() throws(PassFailure) {
    // No loop reads a local of nothing, but it must exist.
    let shape = resultGroups.map { groups.extent(of: $0).max(1) }
    guard shape.allSatisfy({ $0.asConstant != nil }) else {
      throw PassFailure(
        pass: "lower",
        "@\(program.graph.name) sums into a local whose extents are only known at run time")
    }
    var name = "acc"
    while emitter.kernel.buffers.contains(where: { $0.name == name }) { name += "_" }
    accumulator = BufferID(emitter.kernel.buffers.count)
    emitter.kernel.buffers.append(Buffer(name: name, role: .shared, type: type, shape: shape))
  }

  /// Loops around what `body` emits at an element of the accumulator.
  private mutating func nest(
    sums: Bool, suffix: String, _ body: (inout ContractionLowering, Access) -> Void
  ) -> [Statement] {
    let walked = sums ? groups.groups : resultGroups
    let variables = walked.indices.map { emitter.makeLoopVariable($0, suffix: suffix) }
    // Result axes come before summed ones, so that the loops left out are the last.
    let missing = [IndexExpression](repeating: 0, count: groups.groups.count - walked.count)
    emitter.place = groups.substitution(variables.map(\.expression) + missing)
    emitter.forget { _ in false }
    let elements = variables.prefix(resultGroups.count).map(\.expression)
    let access =
      accumulator.map { Access($0, Array(elements)) }
      ?? emitter.resultAccess(0, at: program.rowAxes)
    body(&self, access)
    var statements = emitter.takeBody()
    for (group, variable) in zip(walked, variables).reversed() {
      statements = [.loop(Loop(.serial, variable, 0, groups.extent(of: group), body: statements))]
    }
    return statements
  }

  private mutating func addProduct(to access: Access) {
    for factor in factors { emit(factor) }
    let sum = emitter.define(.load(access, mask: nil, otherwise: nil), type)
    let values = factors.map { emitter.operand($0) }
    let next = emitter.apply(.mulAdd, values + [sum], type)
    emitter.body.append(.store(next, access, mask: nil))
  }

  private mutating func finish(_ access: Access) {
    emitter.values[contraction] = emitter.define(.load(access, mask: nil, otherwise: nil), type)
    for (index, value) in program.results.enumerated() {
      emit(value)
      emitter.store(emitter.operand(value), index, at: program.rowAxes)
    }
  }

  /// Emits what an operand needs, in order.
  private mutating func emit(_ operand: RegionProgram.Operand) {
    guard case .step(let root) = operand else { return }
    var needed: Set<Int> = []
    var pending = [root]
    while let step = pending.popLast() {
      guard emitter.values[step] == nil, needed.insert(step).inserted else { continue }
      pending += program.steps[step].operands
    }
    for step in needed.sorted() { emitter.emit(step) }
  }
}
