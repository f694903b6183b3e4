// What of a contraction's result one iteration of its outer loops makes, and who needs no more.

import IRCore
import TensorIR

/// Calls of a contraction and of regions that go on with its result, which one kernel may run
/// block by block: an iteration of the loops that all of them have in common computes a part of the
/// result, and what follows needs only that part.
///
/// The loops of a contraction are over the result's axes: those that are neither rows nor lanes, in
/// order, and then its rows, of which an iteration takes a block. A reader has these in common as
/// far as it reads, at the place of its own outer loops, exactly there.
struct RowJoin {
  /// One of the calls.
  struct Member {
    let call: NodeID
    /// The axes of its loops, outermost first, as far as others may have them in common.
    let loops: [Int]
  }

  private(set) var members: [Member]
  /// How many loops all members have in common; `nil` while there is only the contraction.
  private(set) var depth: Int?
  private var contractions = 1
  private let type: TensorType
  /// By loop of the contraction: whether the factor along lanes differs from iteration to iteration.
  private let isBatch: [Bool]
  /// Bytes of the factor along lanes that one iteration of these loops reads.
  private let factorBytes: Double

  /// The most bytes of a result's part, and of a row, that stay in a cache until they are used.
  private static let (mostBytes, mostRowBytes) = (Double(FusionCost.cachedBytes) / 2, 16_384.0)
  /// Iterations from which a team is busy; blocks have about `blockRows` rows.
  private static let (fewestIterations, blockRows) = (8.0, 16.0)
  /// Rows up to which the other factor streams past them.
  private static let fewRows = 8.0
  /// Contractions of one kernel: with more, its code grows large, and differs from layer to layer.
  private static let mostContractions = 2

  /// Begins with a contraction's call; `nil` for other calls, and where extents are symbols.
  init?(_ call: NodeID, _ region: Graph) {
    guard let (node, contraction) = region.contraction, let value = region.results.first,
      region[type: value].extents != nil,
      let loops = contraction.blockLoops(region[node].types[0].shape)
    else { return nil }
    let lanes = region[node].types[0].rank - 1
    members = [Member(call: call, loops: loops)]
    type = region[type: value]
    let varying = contraction.operands.first { $0.isUsed(lanes) } ?? []
    let extents = region[node].types[0].shape + contraction.summed
    isBatch = loops.map(varying.isUsed)
    factorBytes = extents.indices.filter { !loops.contains($0) && varying.isUsed($0) }
      .reduce(Double(type.dtype.byteSize)) { $0 * Double(extents[$1].asConstant ?? 1) }
  }

  /// Why a call does not go on in the same kernel; `nil` where it does, and then it is a member.
  ///
  /// - Parameter parameters: the region's parameters that are results of members.
  mutating func add(
    _ call: NodeID, _ region: Graph, reading parameters: [NodeID: NodeID]
  ) -> String? {
    guard let loops = region.blockLoops else {
      return "neither reduces rows nor contracts"
    }
    guard let reads = region.reads(of: Set(parameters.keys)) else {
      return "reads through too many views"
    }
    var common = depth ?? members[0].loops.count
    for (parameter, producer) in parameters {
      guard let member = members.first(where: { $0.call == producer }) else { continue }
      let shape = region[parameter].types[0].shape
      let shared = zip(member.loops, loops).prefix { axis, own in
        axis < shape.count && shape[axis] == region.extent(ofLoop: own)
          && (reads[parameter] ?? []).allSatisfy { $0[axis] == .variable(own) }
      }
      common = min(common, shared.count)
    }
    if common < depth ?? 1 { return "reads beyond what one iteration computes" }
    if let reason = costRefusal(common) ?? contractionRefusal(region, loops, common) {
      return reason
    }
    depth = common
    contractions += region.contraction == nil ? 0 : 1
    members.append(Member(call: call, loops: loops))
    return nil
  }

  /// Why a further contraction would not pay in loops in common; `nil` for other regions.
  private func contractionRefusal(_ region: Graph, _ loops: [Int], _ depth: Int) -> String? {
    guard let (node, contraction) = region.contraction else { return nil }
    if contractions == Self.mostContractions {
      return "a kernel has \(Self.mostContractions) contractions"
    }
    if depth == loops.count, depth < members[0].loops.count {
      return "one iteration has one of its rows"
    }
    let extents = region[node].types[0].shape + contraction.summed
    let bytes = contraction.operands.map { operand in
      extents.indices.filter { operand.isUsed($0) && !loops.prefix(depth).contains($0) }
        .reduce(Double(type.dtype.byteSize)) { $0 * Double(extents[$1].asConstant ?? 1) }
    }
    let most = bytes.max() ?? 0
    return most <= Double(FusionCost.cachedBytes)
      ? nil : "each block would read \(Int(most)) bytes of a factor again"
  }

  /// Why loops in common do not pay.
  private func costRefusal(_ depth: Int) -> String? {
    let loops = members[0].loops
    let hasRows = depth == loops.count
    func count(_ numbers: [Int]) -> Double {
      numbers.reduce(1) { $0 * Double(type.shape[loops[$1]].asConstant ?? 1) }
    }
    let joined = Array(0..<depth)
    let around = hasRows ? count(joined.filter { isBatch[$0] }) : count(joined)
    let rows = count(joined) / around
    let iterations = hasRows && around == 1 ? (rows / Self.blockRows).rounded(.up) : around
    if iterations < Self.fewestIterations {
      return "\(Int(iterations)) iterations are too few for a team"
    }
    let bytes = FusionCost.bytes(type) / around
    if !hasRows {
      return bytes <= Self.mostBytes
        ? nil : "\(Int(bytes)) bytes of an iteration do not stay in a cache"
    }
    if rows <= Self.fewRows { return "its few rows are multiplied as they lie" }
    if bytes / rows > Self.mostRowBytes {
      return "rows of \(Int(bytes / rows)) bytes do not stay in a cache"
    }
    // What stays in the caches anyway is worth less of the other factor's way into registers.
    let cached = Double(FusionCost.cachedBytes)
    let most = FusionCost.bytes(type) > cached ? cached : cached / 2
    return factorBytes <= most
      ? nil : "each block would read \(Int(factorBytes)) bytes of a factor again"
  }
}

extension Contraction {
  /// The axes of the result over which blocks of it run: all but the last and the rows, then the
  /// rows, the longest axis that one operand alone moves along; `nil` where there are none.
  fileprivate func blockLoops(_ shape: [IndexExpression]) -> [Int]? {
    let lanes = shape.count - 1
    guard lanes > 0,
      let uniform = operands.first(where: { !$0.isUsed(lanes) }),
      let varying = operands.first(where: { $0.isUsed(lanes) }),
      !operands.joined().contains(where: \.divides)
    else { return nil }
    let candidates = (0..<lanes).filter { uniform.isUsed($0) && !varying.isUsed($0) }
    let rows = candidates.max { shape[$0].asConstant ?? 0 < shape[$1].asConstant ?? 0 }
    return rows.map { rows in (0..<lanes).filter { $0 != rows } + [rows] }
  }
}

extension [IndexExpression] {
  /// Whether one of them moves with an axis.
  fileprivate func isUsed(_ axis: Int) -> Bool { contains { $0.contains(.variable(axis)) } }
}

extension IndexExpression {
  /// Whether it divides.
  fileprivate var divides: Bool {
    terms.contains { term in
      term.factors.contains { factor in
        switch factor {
        case .floorDiv, .mod: true
        case .min, .max, .symbol, .variable, .lane: false
        }
      }
    }
  }
}

extension Graph {
  /// The contraction, if the region holds one.
  fileprivate var contraction: (node: NodeID, Contraction)? {
    for id in ids {
      if case .contract(let contraction) = self[id].kind { return (id, contraction) }
    }
    return nil
  }

  /// The axes of a region's loops that blocks may be of, outermost first: numbers of a
  /// contraction's variables, or of the axes of what reductions combine; `nil` for other regions.
  fileprivate var blockLoops: [Int]? {
    if let (node, contraction) = contraction {
      return contraction.blockLoops(self[node].types[0].shape)
    }
    guard let (shape, axes) = reducedShape else { return nil }
    return shape.indices.filter { !axes.contains($0) }
  }

  /// What the region's reductions combine.
  private var reducedShape: (shape: [IndexExpression], axes: [Int])? {
    for node in nodes {
      if case .reduce(let reduction) = node.kind, let operand = node.operands[0].value {
        return (self[type: operand].shape, reduction.axes)
      }
    }
    return nil
  }

  /// The extent of a loop that `blockLoops` names.
  fileprivate func extent(ofLoop axis: Int) -> IndexExpression {
    if let (node, _) = contraction { return self[node].types[0].shape[axis] }
    return reducedShape?.shape[axis] ?? 0
  }

  /// The most reads that are followed.
  private static let mostReads = 64

  /// At which indices, over the region's axes, parameters are read; `nil` where they are many.
  fileprivate func reads(of parameters: Set<NodeID>) -> [NodeID: [[IndexExpression]]]? {
    struct Read: Hashable {
      let value: ValueID
      let indices: [IndexExpression]
    }
    let all = (reducedShape?.shape ?? []).indices.map { IndexExpression.variable($0) }
    let kept = (blockLoops ?? []).sorted().map { IndexExpression.variable($0) }
    var found: [NodeID: [[IndexExpression]]] = [:]
    var pending = results.map { result in
      let rank = self[type: result].rank
      return Read(
        value: result,
        indices: contraction != nil
          ? (0..<rank).map { .variable($0) } : rank == all.count ? all : kept)
    }
    var seen = Set(pending)
    while let read = pending.popLast() {
      if seen.count > Self.mostReads { return nil }
      let id = read.value.node
      if parameters.contains(id) { found[id, default: []].append(read.indices) }
      let node = self[id]
      for (place, operand) in node.operands.enumerated() {
        guard let value = operand.value,
          let indices = node.kind.indices(of: place, at: read.indices, reducing: all)
        else { continue }
        let next = Read(value: value, indices: indices)
        if seen.insert(next).inserted { pending.append(next) }
      }
    }
    return found
  }
}

extension NodeKind {
  /// Where an operand is read for the element at `indices`.
  fileprivate func indices(
    of operand: Int, at indices: [IndexExpression], reducing all: [IndexExpression]
  ) -> [IndexExpression]? {
    func mapped(_ map: [IndexExpression]) -> [IndexExpression] {
      map.map { index in
        index.substituting { atom in
          guard case .variable(let axis) = atom, axis < indices.count else { return nil }
          return indices[axis]
        }
      }
    }
    switch self {
    case .elementwise: return indices
    case .view(let view): return mapped(view.indices)
    case .reduce: return all
    case .contract(let contraction): return mapped(contraction.operands[operand])
    case .parameter, .constant, .iota, .scan, .call, .kernel, .concat, .gather, .scatter, .sort,
      .loop, .conditional, .custom:
      return nil
    }
  }
}
