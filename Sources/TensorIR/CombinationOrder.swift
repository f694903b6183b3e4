// The order in which reductions combine elements, and which one is the standard.

public import IRCore
import LoopIR

/// Order in which elements are combined; part of what a program means. See `Note: order`.
public enum CombinationOrder: Hashable, Sendable {
  /// One after the other.
  case sequential
  /// In `lanes` partial results over chunks of `chunk` elements, folded in a fixed tree.
  case lanes(Int, chunk: Int)
}

extension CombinationOrder {
  /// Elements of one chunk of the standard order: a row of so many is combined without a tree of
  /// chunks, and fits the first-level cache in f64.
  public static let standardChunk = 4096

  /// Elements of one chunk where each is combined with all before it: fewer, for their errors add
  /// up, and threads share chunks.
  public static let columnChunk = 512
  /// Elements up to which columns are one chunk all the same, since no thread helps.
  public static let smallElements = 1 << 20

  /// The order of a reduction that states none, from shape and row alone.
  ///
  /// Rows that lie in memory as they are reduced get four registers of lanes, so that additions
  /// overlap, and fewer where the row is shorter; other reductions, and rows that would leave half of
  /// a register idle, get one lane, because vectors run across the results. Where there are many rows, each is one chunk, so that it stays in one
  /// piece for what is computed from it; a few long rows are cut, so that threads can share them.
  /// Monoids that round nothing get the same order, though any would do.
  ///
  /// - Parameters:
  ///   - count: number of elements that each result combines; `nil` if it is not known.
  ///   - results: number of results; `nil` if it is not known.
  ///   - isInnermost: whether the reduced axes are the innermost ones.
  ///   - type: the operand's element type.
  ///   - row: gives the number of lanes of a register.
  public static func standard(
    count: Int?, results: Int?, isInnermost: Bool, type: DType, row: TargetRow
  ) -> CombinationOrder {
    guard isInnermost else {
      let isSmall =
        (count ?? .max) <= standardChunk
        && (results ?? .max) <= smallElements / Swift.max(count ?? 1, 1)
      return .lanes(1, chunk: isSmall ? standardChunk : columnChunk)
    }
    let native = row.lanes(type)
    // Windows of pooling: lanes along them would idle.
    if let count, 2 * count <= native, (results ?? 0) >= native {
      return .lanes(1, chunk: standardChunk)
    }
    var lanes = native
    while lanes < 4 * native, lanes < count ?? .max { lanes *= 2 }
    guard let count, count > standardChunk, count <= longestChunk, (results ?? 0) >= manyRows
    else { return .lanes(lanes, chunk: standardChunk) }
    return .lanes(lanes, chunk: (count + lanes - 1) / lanes * lanes)
  }

  /// Rows from which each may be one chunk, however long.
  public static let manyRows = 16
  /// Elements of the longest row that is one chunk.
  public static let longestChunk = 1 << 17

  /// The order of a scan that states none, from shape and row alone.
  ///
  /// Along the innermost axis a register's lanes are combined at a time, and a few long rows are
  /// cut into chunks, so that threads can share them; other scans go one after the other, because
  /// vectors run across the axes inside.
  ///
  /// - Parameters:
  ///   - count: number of elements along the axis; `nil` if it is not known.
  ///   - rows: number of rows that are scanned; `nil` if it is not known.
  ///   - isInnermost: whether the axis is the innermost one.
  ///   - type: the operand's element type.
  ///   - row: gives the number of lanes of a register.
  public static func standardScan(
    count: Int?, rows: Int?, isInnermost: Bool, type: DType, row: TargetRow
  ) -> CombinationOrder {
    let lanes = row.lanes(type)
    guard isInnermost, lanes > 1, (count ?? .max) >= 2 * lanes else { return .sequential }
    guard let count, count > scanChunk, count <= longestChunk, (rows ?? 0) >= manyRows
    else { return .lanes(lanes, chunk: scanChunk) }
    return .lanes(lanes, chunk: (count + lanes - 1) / lanes * lanes)
  }

  /// Elements of one chunk of a scan: the errors of the carried values and those of the chunks'
  /// totals, which both add up one by one, are then of one size for 2²⁴ elements.
  public static let scanChunk = 16_384

  /// The most lanes that an order may have.
  public static let largestLanes = ValueType.maximumLanes

  /// What makes the order no order, in words that follow the operand's type; `nil` when it is one.
  var problem: String? {
    guard case .lanes(let lanes, let chunk) = self else { return nil }
    if lanes < 1 || lanes & (lanes - 1) != 0 {
      return "is combined in \(lanes) lanes, which is no power of two"
    }
    if lanes > Self.largestLanes {
      return "is combined in \(lanes) lanes, which is more than \(Self.largestLanes)"
    }
    if chunk < 1 || chunk % lanes != 0 {
      return "is combined in chunks of \(chunk), which is no multiple of \(lanes) lanes"
    }
    return nil
  }
}

extension CombinationOrder: CustomStringConvertible {
  /// `order(sequential)`, `order(lanes 32, chunk 4096)`.
  public var description: String {
    switch self {
    case .sequential: "order(sequential)"
    case .lanes(let lanes, let chunk): "order(lanes \(lanes), chunk \(chunk))"
    }
  }
}

// Note: order
//
// Float addition is not associative, so a sum has as many results as orders. Which one a program
// means stands in the program, and everything that computes it (the interpreter, generated code at
// any vector width and number of threads) gives those bits. The elements of one result are taken
// in row-major order of the reduced axes, x[0], x[1], …, and `op` is the monoid's row.
//
// order(sequential):  acc = identity, then acc = op(acc, x[k]) for k = 0, 1, …
//
// order(lanes n, chunk c):
//   1. Chunk j is x[j·c ..< min((j+1)·c, count)].
//   2. In a chunk, lane l of n starts at the identity and combines the chunk's elements at
//      positions l, l + n, l + 2n, … in this order: acc[l] = op(acc[l], x).
//   3. Lanes combine by halves: for h = n/2, n/4, … 1: acc[l] = op(acc[l], acc[l + h]) for l < h.
//      acc[0] is the chunk's result; a lane without elements takes part with the identity.
//   4. Chunk results p[0 ..< m] combine by halves: while m > 1, with h half the least power of two
//      that is not below m: p[i] = op(p[i], p[i + h]) for i < m - h, then m = h. p[0] is the result.
//      So step 4 is step 3 in as many lanes, of which some have no chunk.
//   Without elements there are no chunks, and the result is the identity.
//
// Step 2 is what vector registers do, step 3 is what a horizontal reduction of a register does,
// step 4 needs the chunks' results alone, so that chunks may be computed by any thread at any time.
// The error of a sum grows with c/n + log2(n) + log2(m) additions instead of with count.
//
// A scan in order(sequential) keeps each acc of the above, or with `exclusive` the one before it.
// A scan in order(lanes n, chunk c), elements counted in the direction of the scan:
//   1. Chunk j is as above, and t[j] its result by steps 2 and 3. Chunk j starts from
//      s[0] = identity, s[j + 1] = op(s[j], t[j]); or from what a second operand says.
//   2. In a chunk, carry = s[j], and n elements v[0 ..< n] are taken at a time, the identity
//      standing for those past the end. For h = 1, 2, 4, … below n, at once for all l:
//      v[l] = op(v[l - h], v[l]), with the identity for v[l - h] where l < h.
//   3. The result at lane l is op(carry, v[l]); with `exclusive` that of lane l - 1, and the carry
//      at lane 0. Then carry = op(carry, v[n - 1]).
//
// max and min follow the order too: of 0.0 and -0.0, which are equal, the row keeps its first
// operand. argMax and argMin give the same place in every order.
