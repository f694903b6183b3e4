// Squares of vectors turned around.

import IRCore
import LoopIR

/// The columns of a square whose rows are vectors, by shuffles of two vectors each: n rows of n
/// lanes take n · log2 n of them.
///
/// First rows are interleaved inside groups of 16 bytes, pairs of lanes, then of pairs, and so on;
/// then the groups of two vectors that have even, and those that have odd numbers, are put side by
/// side. Each of these is one instruction on every target row.
struct LaneTransposition {
  private(set) var kernel: Kernel
  /// The shuffles.
  private(set) var statements: [Statement] = []
  /// One vector for each lane of the rows.
  private(set) var columns: [Operand] = []
  private let type: ValueType

  /// Transposes as many rows of `type` as it has lanes.
  init(of rows: [Operand], _ type: ValueType, in kernel: Kernel) {
    self.kernel = kernel
    self.type = type
    let group = max(1, min(type.lanes, 16 / type.dtype.byteSize))
    let lanes = Array(0..<type.lanes)
    var unit = 1
    var parts = rows.map { [$0] }
    while unit < group {
      let picks = [0, 1].map { half in lanes.map { interleaved($0, half, unit, group) } }
      parts = merged(parts) { chunk, half in (2 * chunk + half, picks[half]) }
      unit *= 2
    }
    // parts[g][c] has column c of each group, of the rows g * group and following ones.
    let count = type.lanes / group
    var blocks = parts.map { $0.map { [$0] } }
    var known = 1
    while known < count {
      let picks = [0, 1].map { parity in lanes.map { separated($0, parity, group) } }
      blocks = stride(from: 0, to: blocks.count, by: 2).map { place in
        (0..<group).map { column in
          merged([blocks[place][column], blocks[place + 1][column]]) { chunk, parity in
            (chunk + parity * known, picks[parity])
          }[0]
        }
      }
      known *= 2
    }
    columns = lanes.map { blocks[0][$0 % group][$0 / group] }
  }

  /// Each two neighbours shuffled in two ways, chunk by chunk; `place` tells where the result
  /// goes and the lanes it has.
  private mutating func merged(
    _ parts: [[Operand]], _ place: (Int, Int) -> (Int, [Int])
  ) -> [[Operand]] {
    stride(from: 0, to: parts.count, by: 2).map { index in
      let (a, b) = (parts[index], parts[index + 1])
      var result = a + b
      for chunk in a.indices {
        for half in [0, 1] {
          let (target, lanes) = place(chunk, half)
          let id = kernel.makeVariable(type)
          statements.append(.define(id, .shuffleLanes(a[chunk], b[chunk], lanes)))
          result[target] = .variable(id)
        }
      }
      return result
    }
  }

  /// The source of lane `lane` when units of two vectors alternate, from the lower or upper half
  /// of each group.
  private func interleaved(_ lane: Int, _ half: Int, _ unit: Int, _ group: Int) -> Int {
    let (start, place) = (lane / group * group, lane % group)
    let (number, rest) = (place / unit, place % unit)
    let source = start + half * group / 2 + number / 2 * unit + rest
    return number % 2 == 0 ? source : type.lanes + source
  }

  /// The source of lane `lane` when the groups of one parity stand side by side, those of the
  /// first vector and then those of the second.
  private func separated(_ lane: Int, _ parity: Int, _ group: Int) -> Int {
    let number = lane / group
    let half = type.lanes / group / 2
    let source = (2 * (number % half) + parity) * group + lane % group
    return number < half ? source : type.lanes + source
  }
}
