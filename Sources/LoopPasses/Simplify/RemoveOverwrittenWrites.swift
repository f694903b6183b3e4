// Writes that nothing sees are not done.

public import IRCore
public import LoopIR

extension Pass where Input == Kernel, Output == Kernel {
  /// Drops a nest of the body that does nothing but write one buffer, where all that is read of the
  /// buffer, and for a parameter all of it, is certainly written again first. A fill of which a part
  /// is written again first keeps the rest, its edges.
  ///
  /// Front ends fill every grid where it is declared; what a kernel writes as a whole is not filled.
  public static let removeOverwrittenWrites = Pass(
    "remove-overwritten-writes", summary: "drop fills of what is written as a whole"
  ) { kernel in
    var result = kernel
    var place = 0
    while place < result.body.count {
      let buffer = result.body[place].onlyEffect(in: result)
      var cover = buffer.map { WriteCover(result, $0) }
      if cover?.hides(place) ?? false {
        result.body.remove(at: place)
      } else if let buffer, let edges = result.edges(ofFill: place, of: buffer) {
        result.body.replaceSubrange(place...place, with: edges)
        place += edges.count
      } else {
        place += 1
      }
    }
    return result.normalized()
  }
}

extension Statement {
  /// The buffer that a loop or store writes, where that is all it does.
  fileprivate func onlyEffect(in kernel: Kernel) -> BufferID? {
    var buffer: BufferID?
    var isAlone = true
    [self].forEachNested { statement in
      switch statement {
      case .store(_, let access, _):
        isAlone = isAlone && (buffer == nil || buffer == access.buffer)
        buffer = access.buffer
      case .loop(let loop): isAlone = isAlone && loop.carried.isEmpty
      case .define: break
      case .accumulate, .check, .whileLoop, .branch: isAlone = false
      }
    }
    if case .define = self { return nil }
    guard isAlone, let buffer, !reads(buffer) else { return nil }
    return buffer
  }

  private func reads(_ buffer: BufferID) -> Bool {
    var result = false
    [self].forEachNested { statement in
      if case .define(_, .load(let access, _, _)) = statement, access.buffer == buffer {
        result = true
      }
    }
    return result
  }
}

/// What the statements of a body certainly write of one buffer.
struct WriteCover {
  /// Elements from lower to upper bounds, axis by axis.
  typealias Box = [Range<Int>]

  let kernel: Kernel
  let buffer: BufferID
  let whole: Box?
  /// Certainly written so far.
  private var written: [Box] = []
  private static let mostBoxes = 16

  init(_ kernel: Kernel, _ buffer: BufferID) {
    self.kernel = kernel
    self.buffer = buffer
    let extents = kernel[buffer].shape.compactMap(\.asConstant)
    whole = extents.count == kernel[buffer].shape.count ? extents.map { 0..<max(0, $0) } : nil
  }

  /// Whether nothing sees what the statement at `place` writes.
  mutating func hides(_ place: Int) -> Bool {
    guard let whole else { return false }
    for statement in kernel.body[(place + 1)...] {
      let references = [statement].references(in: kernel, enclosing: [])
        .filter { $0.access.buffer == buffer }
      let boxes = references.compactMap { reference in
        certainBox(reference).map { (reference, $0) }
      }
      for read in references where read.isRead {
        guard isCovered(read, by: boxes) else { return false }
      }
      written += boxes.prefix(Self.mostBoxes - written.count).map(\.1)
    }
    return !kernel[buffer].role.isParameter || Self.isCovered(whole, by: written[...])
  }

  // MARK: Boxes

  /// What a store outside of choices writes: a whole box, or nothing that is known.
  func certainBox(_ reference: MemoryReference) -> Box? {
    guard case .store(_, let access, nil) = reference.statement else { return nil }
    var ranges: [VariableID: Range<Int>] = [:]
    for statement in reference.enclosing {
      guard case .loop(let loop) = statement, loop.step == 1, let low = loop.lower.asConstant,
        let high = loop.upper.asConstant, low < high
      else { return nil }
      ranges[loop.variable] = low..<high
    }
    var box: Box = []
    for index in access.indices {
      if let constant = index.asConstant {
        box.append(constant..<constant + 1)
        continue
      }
      // Each variable moves along one axis.
      guard index.terms.count == 1, index.variables.count == 1,
        let range = ranges.removeValue(forKey: index.variables[0]),
        index.coefficient(of: index.variables[0].atom) == 1
      else { return nil }
      box.append(range.lowerBound + index.constant..<range.upperBound + index.constant)
    }
    return box
  }

  /// What a reference may read.
  func readBox(_ read: MemoryReference) -> Box {
    let bounds = IndexBounds(enclosing: read.enclosing)
    return zip(read.access.indices, whole ?? []).map { index, extent in
      // Outside nothing is read.
      let low = max(bounds.lower(of: index) ?? 0, 0)
      let high = min(bounds.upper(of: index) ?? extent.upperBound, extent.upperBound - 1)
      return low..<max(low, high + 1)
    }
  }

  /// Whether what a reference reads was certainly written, before its statement or in it.
  private func isCovered(
    _ read: MemoryReference, by stores: [(reference: MemoryReference, box: Box)]
  ) -> Bool {
    let box = readBox(read)
    let earlier = stores.filter { $0.reference.comesBefore(read) }.map(\.box)
    return Self.isCovered(box, by: (written + earlier)[...])
  }

  private static func isCovered(_ box: Box, by boxes: ArraySlice<Box>) -> Bool {
    if box.contains(where: \.isEmpty) { return true }
    guard let first = boxes.first else { return false }
    let rest = boxes.dropFirst()
    guard zip(box, first).allSatisfy({ $0.overlaps($1) }) else {
      return isCovered(box, by: rest)
    }
    var inside = box
    for axis in box.indices {
      for part in [
        inside[axis].lowerBound..<max(inside[axis].lowerBound, first[axis].lowerBound),
        min(inside[axis].upperBound, first[axis].upperBound)..<inside[axis].upperBound,
      ] where !part.isEmpty {
        var piece = inside
        piece[axis] = part
        if !isCovered(piece, by: rest) { return false }
      }
      inside[axis] = inside[axis].clamped(to: first[axis])
    }
    return true
  }
}

extension MemoryReference {
  var isRead: Bool {
    if case .store = statement { return false }
    return true
  }

  /// Whether each element that this store writes and `read` reads is written in an earlier iteration
  /// of the loops around both: its place is that of the store, moved back in the order of the loops.
  func comesBefore(_ read: MemoryReference) -> Bool {
    guard read.enclosing.count >= enclosing.count else { return false }
    var loops: [Loop] = []
    for (own, other) in zip(enclosing, read.enclosing) {
      guard case .loop(let a) = own, case .loop(let b) = other, a.variable == b.variable else {
        return false
      }
      loops.append(a)
    }
    let distances = zip(access.indices, read.access.indices).map { ($0 - $1).asConstant }
    guard !distances.contains(nil) else { return false }
    for loop in loops {
      guard
        let axis = access.indices.firstIndex(where: { $0.contains(loop.variable.atom) }),
        let distance = distances[axis]
      else { return false }
      if distance != 0 { return distance > 0 }
    }
    return false
  }
}
