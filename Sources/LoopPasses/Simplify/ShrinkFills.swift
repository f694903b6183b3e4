// Fills of which a part is written again before it is read keep the rest.

import IRCore
import LoopIR

extension Kernel {
  /// What is left of the fill at `place` of the body, in nests of their own, where a later statement
  /// writes a box of it before anything reads there; `nil` where there is no such box, or where more
  /// than half is left.
  mutating func edges(ofFill place: Int, of buffer: BufferID) -> [Statement]? {
    guard let fill = Fill(body[place]),
      let box = WriteCover(self, buffer).boxWrittenFirst(after: place)
    else { return nil }
    let pieces = fill.box.minus(box)
    guard pieces.reduce(0, { $0 + $1.volume }) * 2 <= fill.box.volume else { return nil }
    let name = self[buffer].name
    return pieces.flatMap { piece in
      nest(over: piece.map { IndexExpression($0.count) }, name) { _, counters in
        let indices = zip(counters, piece).map { $0 + IndexExpression($1.lowerBound) }
        return [.store(fill.value, Access(buffer, indices), mask: nil)]
      }
    }
  }
}

/// Nest of loops that stores one value at each place of a box.
private struct Fill {
  let box: WriteCover.Box
  let value: Operand

  init?(_ statement: Statement) {
    var ranges: [VariableID: Range<Int>] = [:]
    var inner = statement
    while case .loop(let loop) = inner {
      guard loop.step == 1, loop.kind == .serial, loop.carried.isEmpty, loop.body.count == 1,
        let low = loop.lower.asConstant, let high = loop.upper.asConstant, low < high
      else { return nil }
      ranges[loop.variable] = low..<high
      inner = loop.body[0]
    }
    guard case .store(.literal(let value), let access, nil) = inner,
      access.indices.count == ranges.count
    else { return nil }
    var box: WriteCover.Box = []
    for index in access.indices {
      guard let id = index.asVariable, let range = ranges.removeValue(forKey: VariableID(id))
      else { return nil }
      box.append(range)
    }
    self.box = box
    self.value = .literal(value)
  }
}

extension WriteCover {
  /// The largest box that a statement after `place` writes as a whole, each place before anything
  /// reads it.
  func boxWrittenFirst(after place: Int) -> Box? {
    var reads: [Box] = []
    var best: Box?
    for statement in kernel.body[(place + 1)...] {
      let references = [statement].references(in: kernel, enclosing: [])
        .filter { $0.access.buffer == buffer }
      for store in references {
        guard let box = certainBox(store), box.volume > best?.volume ?? 0,
          !reads.contains(where: { $0.meets(box) }),
          references.allSatisfy({
            !$0.isRead || !readBox($0).meets(box) || store.comesBefore($0)
          })
        else { continue }
        best = box
      }
      reads += references.filter(\.isRead).map(readBox)
    }
    return best
  }
}

extension WriteCover.Box {
  /// Number of places.
  fileprivate var volume: Int { reduce(1) { $0 * $1.count } }

  fileprivate func meets(_ other: [Range<Int>]) -> Bool {
    zip(self, other).allSatisfy { $0.overlaps($1) }
  }

  /// Boxes that together hold what is not in `other`, without overlap.
  fileprivate func minus(_ other: [Range<Int>]) -> [[Range<Int>]] {
    var rest = self
    var pieces: [[Range<Int>]] = []
    for axis in indices {
      let inside = rest[axis].clamped(to: other[axis])
      for part in [
        rest[axis].lowerBound..<inside.lowerBound, inside.upperBound..<rest[axis].upperBound,
      ] where !part.isEmpty {
        var piece = rest
        piece[axis] = part
        pieces.append(piece)
      }
      rest[axis] = inside
    }
    return pieces
  }
}
