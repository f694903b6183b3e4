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
  /// overlap, and fewer where the row is shorter; other reductions get one lane, because vectors
  /// run across the results. Where there are many rows, each is one chunk, so that it stays in one
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
// max and min follow the order too: of 0.0 and -0.0, which are equal, the row keeps its first
// operand. argMax and argMin give the same place in every order.
