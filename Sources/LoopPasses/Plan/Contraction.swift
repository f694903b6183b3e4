// Recognizing contractions by their structure.

import IRCore
import LoopIR

/// A perfect nest whose body adds a product to one place: `c[…] = mulAdd(a, b, c[…])`, over loops of
/// the result, which its subscripts name, and summed loops inside them.
struct Contraction {
  /// One factor of the product.
  struct Factor {
    /// Buffer that it is loaded from; others may take part.
    var buffer: String
    /// Subscripts of that load.
    var indices: [IndexExpression]
    /// The nest's loops with which it varies.
    var loops: Set<VariableID>
  }

  /// The nest, outermost first.
  let loops: [Loop]
  /// The loops of the result.
  let resultLoops: [Loop]
  /// The summed loops, outermost first.
  let summedLoops: [Loop]
  /// The loop along which neighbours in memory are made.
  let lanes: Loop
  /// The factor that does not vary with `lanes`.
  let uniform: Factor
  /// The factor that varies with `lanes`.
  let varying: Factor
  /// The accumulator.
  let accumulator: BufferID
  /// Its subscripts.
  let indices: [IndexExpression]
  /// Its type.
  let type: DType
  /// Nests before and after this one that touch the accumulator, by their outermost loops.
  let startNest: Loop?
  let finishNest: Loop?

  /// The contraction that a nest is; `nil` where it is none. Lanes of `row` are along the result's
  /// neighbours, unless those are fewer than half a vector and one factor lies along a sum.
  ///
  /// - Parameters:
  ///   - before: the nest before it, which starts the contraction if it writes the accumulator.
  ///   - after: the nest behind it, which finishes it if it goes on from single elements.
  init?(_ nest: Loop, before: Loop?, after: Loop?, _ kernel: Kernel, _ row: TargetRow) {
    guard let product = Product(nest, kernel),
      let first = product.factor(product.operands[0]),
      let second = product.factor(product.operands[1]),
      let lanes = product.lanes([first, second], row.lanes(product.type)),
      first.loops.contains(lanes.variable) != second.loops.contains(lanes.variable)
    else { return nil }
    loops = product.loops
    resultLoops = product.resultLoops
    summedLoops = product.summedLoops
    self.lanes = lanes
    (uniform, varying) = first.loops.contains(lanes.variable) ? (second, first) : (first, second)
    let accumulator = product.access.buffer
    self.accumulator = accumulator
    indices = product.access.indices
    type = product.type
    startNest = before.flatMap { [.loop($0)].writtenBuffers.contains(accumulator) ? $0 : nil }
    finishNest = after.flatMap { $0.goesOnFromElements(of: accumulator) ? $0 : nil }
  }
}

extension Loop {
  /// Whether the loop is a perfect nest that reads a buffer at the variables of its loops alone.
  fileprivate func goesOnFromElements(of buffer: BufferID) -> Bool {
    var variables = [variable]
    var block = body
    while block.count == 1, case .loop(let inner) = block[0] {
      variables.append(inner.variable)
      block = inner.body
    }
    let accesses = block.compactMap(\.access).filter { $0.buffer == buffer }
    return !accesses.isEmpty && block.allSatisfy { $0.blocks.isEmpty }
      && accesses.allSatisfy { access in
        access.indices.allSatisfy { index in
          index.asConstant != nil || variables.contains { $0.expression == index }
        }
      }
  }
}

/// The loops and the sum of a nest that has the form of a contraction.
private struct Product {
  let kernel: Kernel
  let loops: [Loop]
  let body: [Statement]
  /// Where the sum is kept.
  let access: Access
  /// The two factors.
  let operands: [Operand]
  private let definitions: [VariableID: LoopIR.Operation]

  init?(_ nest: Loop, _ kernel: Kernel) {
    var loops = [nest]
    while loops[loops.count - 1].body.count == 1,
      case .loop(let inner) = loops[loops.count - 1].body[0]
    { loops.append(inner) }
    guard
      loops.allSatisfy({
        $0.kind == .serial && $0.carried.isEmpty && $0.step == 1 && $0.lower == 0
          && $0.constantTripCount.map { $0 > 0 } ?? false && kernel[$0.variable].name != nil
      })
    else { return nil }
    let body = loops[loops.count - 1].body
    var definitions: [VariableID: LoopIR.Operation] = [:]
    var store: (Operand, Access)?
    for statement in body {
      switch statement {
      case .define(let id, let operation): definitions[id] = operation
      case .store(let value, let access, nil) where store == nil: store = (value, access)
      case .store, .accumulate, .check, .loop, .whileLoop, .branch: return nil
      }
    }
    guard let (value, access) = store, let sum = value.asVariable,
      case .elementwise(.mulAdd, let operands)? = definitions[sum],
      case .variable(let old) = operands[2],
      case .load(access, nil, _)? = definitions[old], kernel[sum].type.lanes == 1
    else { return nil }
    self.kernel = kernel
    self.loops = loops
    self.body = body
    self.access = access
    self.operands = Array(operands.prefix(2))
    self.definitions = definitions
    let summed = loops.suffix(summedLoops.count).map(\.variable)
    guard summed == summedLoops.map(\.variable), !summed.isEmpty else { return nil }
  }

  /// The loops that a subscript of the accumulator names.
  var resultLoops: [Loop] {
    loops.filter { loop in access.indices.contains { $0.contains(loop.variable.atom) } }
  }

  var summedLoops: [Loop] {
    loops.filter { loop in !access.indices.contains { $0.contains(loop.variable.atom) } }
  }

  /// The accumulator's type.
  var type: DType { kernel[access.buffer].type }

  /// The loop that moves through neighbours of the accumulator; another one where that fills less
  /// than half a vector of `width`, and the neighbours of one factor are those of the only sum.
  func lanes(_ factors: [Contraction.Factor], _ width: Int) -> Loop? {
    guard let last = access.indices.last?.asVariable,
      let neighbours = loops.first(where: { $0.variable == VariableID(last) })
    else { return nil }
    let count = neighbours.constantTripCount ?? 0
    guard 2 * count <= width, summedLoops.count == 1,
      summedLoops[0].constantTripCount ?? 0 >= width
    else { return neighbours }
    let candidates = resultLoops.filter { loop in
      access.indices.contains(loop.variable.expression) && loop.constantTripCount ?? 0 >= width
        && factors.count { $0.loops.contains(loop.variable) } == 1
        && factors.contains { factor in
          factor.loops.contains(loop.variable) && !factor.loops.contains(neighbours.variable)
            && factor.indices.last == summedLoops[0].variable.expression
        }
    }
    return candidates.max { $0.constantTripCount ?? 0 < $1.constantTripCount ?? 0 } ?? neighbours
  }

  /// A factor with its loads and loops.
  func factor(_ operand: Operand) -> Contraction.Factor? {
    var needed = operand.asVariable.map { [$0] } ?? []
    var seen: Set<VariableID> = []
    var varying: Set<VariableID> = []
    var load: Access?
    let induction = Set(loops.map(\.variable))
    while let id = needed.popLast() {
      guard seen.insert(id).inserted else { continue }
      if induction.contains(id) { varying.insert(id) }
      guard let operation = definitions[id] else { continue }
      if case .load(let access, _, _) = operation, access.buffer != self.access.buffer {
        load = load ?? access
      }
      needed += operation.operands.compactMap(\.asVariable)
      needed += operation.indices.flatMap(\.variables)
    }
    return load.map {
      Contraction.Factor(
        buffer: kernel[$0.buffer].name, indices: $0.indices, loops: varying)
    }
  }
}
