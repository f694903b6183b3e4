// Regions without reductions, to be computed at any place of another kernel.

import IRCore
import LoopIR
import TensorIR

/// Computation of one element of a region's results, as statements over the element's indices.
struct PointwiseRegion {
  let program: RegionProgram
  /// The statements, over `axes` and the region's own variables.
  private let body: [Statement]
  private let kernel: Kernel
  private let results: [Operand]
  /// By axis of the results: its variable; `nil` where the extent is 1.
  private let axes: [VariableID?]

  /// Number of primitive operations for one element.
  var operationCount: Int {
    body.reduce(0) { count, statement in
      guard case .define(let id, .elementwise(let row, let operands)) = statement else {
        return count
      }
      let types = operands.map { kernel.type(of: $0).dtype }
      let program = ScalarProgram(row, operands: types, result: kernel[id].type.dtype)
      return count + max(1, program.instructions.count)
    }
  }

  /// Number of statements for one element.
  var statementCount: Int { body.count }

  /// `nil` for regions that reduce, scan or contract, or that are none.
  init?(_ region: Graph) {
    program = RegionProgram(region)
    guard program.problem == nil, program.reducedAxes.isEmpty,
      program.steps.allSatisfy(\.isPointwise)
    else { return nil }
    let groups = AxisGroups(program, mergesAxes: false)
    var emitter = StepEmitter(program, groups)
    let variables = groups.groups.indices.map { emitter.makeLoopVariable($0) }
    emitter.place = groups.substitution(variables.map(\.expression))
    for index in program.steps.indices { emitter.emit(index) }
    results = program.results.map { emitter.operand($0) }
    body = emitter.body
    kernel = emitter.kernel
    var axes = [VariableID?](repeating: nil, count: program.extents.count)
    for (group, variable) in zip(groups.groups, variables) { axes[group[0]] = variable }
    self.axes = axes
  }

  /// Shape of every result.
  var shape: [IndexExpression] { program.extents }

  /// Whether a parameter is read at the indices of the results only.
  func readsAligned(_ parameter: Int) -> Bool {
    program.steps.allSatisfy { step in
      guard case .load(parameter, let indices, let guards, _) = step else { return true }
      return guards.isEmpty
        && indices.count == shape.count
        && zip(indices, shape.indices).allSatisfy {
          $0 == .variable($1) || $0 == 0 && shape[$1] == 1
        }
    }
  }

  /// The statements that compute the results at `place`, and the results.
  ///
  /// - Parameters:
  ///   - target: the kernel whose variables and buffers they use.
  ///   - mask: where memory may be touched.
  ///   - source: by parameter, the buffer that it is, or its value.
  func inlined(
    into target: inout Kernel, at place: [IndexExpression], mask: Operand?,
    _ source: (Int) -> Source
  ) -> (body: [Statement], results: [Operand]) {
    var names: [VariableID: Operand] = [:]
    var statements: [Statement] = []
    func substitution() -> Substitution {
      let names = names
      return Substitution(
        definition: { names[$0]?.variable ?? $0 }, use: { names[$0] ?? .variable($0) },
        index: { expression in
          expression.substituting { atom in
            guard case .variable(let id) = atom else { return nil }
            if let axis = axes.firstIndex(of: VariableID(id)) { return place[axis] }
            return names[VariableID(id)]?.variable?.expression
          }
        })
    }
    for case .define(let id, let operation) in body {
      if case .load(let access, let own, let otherwise) = operation {
        switch source(access.buffer.index) {
        case .value(let value): names[id] = value
        case .buffer(let buffer):
          let rename = substitution()
          var access = rename(access)
          access.buffer = buffer
          var masks = [mask, own.map { rename($0) }].compactMap { $0 }
          if masks.count == 2 {
            let both = target.makeVariable(ValueType(.bool))
            statements.append(.define(both, .elementwise(.and, masks)))
            masks = [.variable(both)]
          }
          let copy = target.makeVariable(kernel[id].type)
          names[id] = .variable(copy)
          let fill = masks.isEmpty ? nil : otherwise ?? .zero(kernel[id].type.dtype)
          statements.append(.define(copy, .load(access, mask: masks.first, otherwise: fill)))
        }
        continue
      }
      let operation = substitution()(operation)
      let copy = target.makeVariable(kernel[id].type)
      names[id] = .variable(copy)
      statements.append(.define(copy, operation))
    }
    let rename = substitution()
    return (statements, results.map { rename($0) })
  }

  /// What a parameter is where a region is inlined.
  enum Source {
    case buffer(BufferID)
    case value(Operand)
  }
}

extension RegionProgram.Step {
  fileprivate var isPointwise: Bool {
    switch self {
    case .load, .index, .apply, .guarded: true
    case .reduce, .scan, .contract: false
    }
  }
}

extension Operand {
  /// The variable when the operand is one.
  var variable: VariableID? {
    guard case .variable(let id) = self else { return nil }
    return id
  }
}
