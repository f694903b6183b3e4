// Kernels that sort rows of unsigned keys.

import IRCore
import LoopIR

/// What a kernel sorts and what it gives.
///
/// Keys are rows of unsigned integers. Short rows are sorted by ranks: how many keys stand before
/// each. Long ones by digits of eight bits from the lowest on, each pass stable (radix sort; Knuth,
/// The Art of Computer Programming 3, 5.2.5): a pass counts digits, adds the counts up, and moves
/// every key to the next place of its digit. Few long rows are cut into chunks with counts of their
/// own, so that all threads count and move.
struct RowSort {
  /// Number of rows.
  let rows: Int
  /// Number of keys in a row.
  let count: Int
  /// Type of the keys: u32 or u64.
  let type: DType
  /// Bytes of a key that may differ; the lowest ones.
  let digits: Int
  /// How many of each row are given.
  let kept: Int
  /// Type of places where the order is given; keys alone for `nil`.
  let order: DType?

  /// The longest rows that are sorted by ranks.
  static let longestRanked = 64
  /// Fewest keys of a chunk.
  private static let chunkKeys = 32_768
  private static let mostChunks = 16
  private static let radix = 256

  /// The kernel: keys `[rows, count]` to the sorted keys, or to where in their rows these stood,
  /// `[rows, kept]`.
  func kernel() -> Kernel {
    if count <= Self.longestRanked { return ranked() }
    return chunks == 1 ? rowByRow() : chunked()
  }

  /// Type of counts.
  private var counter: DType { count <= Int(Int32.max) ? .i32 : .i64 }

  /// Chunks of a row: enough for several threads where rows are few.
  private var chunks: Int {
    guard rows < Self.mostChunks else { return 1 }
    return max(1, min(Self.mostChunks, count / Self.chunkKeys))
  }

  // MARK: Ranks

  private func ranked() -> Kernel {
    var writer = KernelWriter(name: order == nil ? "sort" : "argsort")
    let keys = writer.buffer("keys", .input, type, [rows, count])
    let result = writer.buffer("y", .output, order ?? type, [rows, kept])
    let ranks = writer.buffer("ranks", .stack, .i32, [count])
    let lowest = Operand.literal(Literal(.i32, integer: 0))
    let one = Operand.literal(Literal(.i32, integer: 1))
    writer.loop("row", IndexExpression(rows)) { writer, row in
      writer.loop("i", IndexExpression(count)) { writer, i in
        writer.store(writer.apply(.cast, lowest, type: .i32), ranks, i)
      }
      writer.loop("j", IndexExpression(count)) { writer, j in
        let other = writer.load(keys, row, j)
        let place = writer.value(j, .i32)
        writer.loop("i", IndexExpression(count)) { writer, i in
          let key = writer.load(keys, row, i)
          let own = writer.value(i, .i32)
          let isLess = writer.apply(.lt, other, key, type: .bool)
          let isEqual = writer.apply(.eq, other, key, type: .bool)
          let isBefore = writer.apply(.lt, place, own, type: .bool)
          let isFirst = writer.apply(.and, isEqual, isBefore, type: .bool)
          let counts = writer.apply(.or, isLess, isFirst, type: .bool)
          let step = writer.apply(.select, counts, one, lowest, type: .i32)
          writer.append(.accumulate(.add, step, Access(ranks, [i]), mask: nil))
        }
      }
      writer.loop("i", IndexExpression(count)) { writer, i in
        let rank = writer.index(writer.load(ranks, i))
        let value = self.order.map { writer.value(i, $0) } ?? writer.load(keys, row, i)
        self.store(value, result, row, rank, &writer)
      }
    }
    return writer.finished()
  }

  /// Writes a value to its place in the result, where that is among those kept.
  private func store(
    _ value: Operand, _ result: BufferID, _ row: IndexExpression, _ place: IndexExpression,
    _ writer: inout KernelWriter
  ) {
    guard kept < count else { return writer.store(value, result, row, place) }
    let limit = Operand.literal(Literal(.i64, integer: kept))
    let isKept = writer.apply(.lt, writer.value(place, .i64), limit, type: .bool)
    writer.store(
      value, result, row, place.min(IndexExpression(kept - 1)), mask: isKept)
  }

  // MARK: Digits

  /// Memory of one pass of keys and, where an order is asked for, of their places.
  private struct Pass {
    let keys: BufferID
    let places: BufferID?
    /// Whether rows of the buffers are those of the kernel's; else there is one row.
    let hasRows: Bool

    func indices(_ row: IndexExpression, _ i: IndexExpression) -> [IndexExpression] {
      hasRows ? [row, i] : [i]
    }
  }

  /// Each row by itself, in memory of its thread.
  private func rowByRow() -> Kernel {
    var writer = KernelWriter(name: order == nil ? "sort" : "argsort")
    let (input, output) = parameters(&writer)
    let buffers = intermediates(.scratch, &writer)
    let counts = writer.buffer("counts", .stack, counter, [Self.radix])
    writer.loop("row", IndexExpression(rows), .parallel) { writer, row in
      for digit in 0..<self.digits {
        let (source, target) = self.ends(of: digit, input, buffers, output)
        writer.loop("d", IndexExpression(Self.radix)) { writer, d in
          writer.store(
            writer.apply(.cast, .literal(Literal(counter, integer: 0)), type: counter), counts, d)
        }
        writer.loop("i", IndexExpression(self.count)) { writer, i in
          let key = self.key(source, row, i, &writer)
          self.count(key, digit, counts, [], &writer)
        }
        _ = writer.loop(
          "d", IndexExpression(Self.radix), carrying: .literal(Literal(counter, integer: 0)),
          counter
        ) { writer, d, total in
          let digits = writer.load(counts, d)
          writer.store(total, counts, d)
          return writer.apply(.add, total, digits, type: counter)
        }
        writer.loop("i", IndexExpression(self.count)) { writer, i in
          self.move(from: source, to: target, row, i, digit, counts, [], &writer)
        }
      }
    }
    return writer.finished()
  }

  /// Chunks of rows, pass by pass: counts, sums of counts, and moves are phases.
  private func chunked() -> Kernel {
    var writer = KernelWriter(name: order == nil ? "sort" : "argsort")
    let (input, output) = parameters(&writer)
    let buffers = intermediates(.shared, &writer)
    let counts = writer.buffer("counts", .shared, counter, [rows * chunks, Self.radix])
    let all = IndexExpression(rows * chunks)
    let width = (count + chunks - 1) / chunks
    for digit in 0..<digits {
      let (source, target) = ends(of: digit, input, buffers, output)
      writer.loop("chunk", all, .parallel) { writer, chunk in
        writer.loop("d", IndexExpression(Self.radix)) { writer, d in
          writer.store(
            writer.apply(.cast, .literal(Literal(counter, integer: 0)), type: counter), counts,
            chunk, d)
        }
        self.keys(of: chunk, width, &writer) { writer, row, i in
          let key = self.key(source, row, i, &writer)
          self.count(key, digit, counts, [chunk], &writer)
        }
      }
      writer.loop("row", IndexExpression(rows), .parallel) { writer, row in
        _ = writer.loop(
          "d", IndexExpression(Self.radix), carrying: .literal(Literal(counter, integer: 0)),
          counter
        ) { writer, d, total in
          writer.loop(
            "chunk", IndexExpression(self.chunks), carrying: total, counter
          ) { writer, chunk, total in
            let place = row * IndexExpression(self.chunks) + chunk
            let digits = writer.load(counts, place, d)
            writer.store(total, counts, place, d)
            return writer.apply(.add, total, digits, type: counter)
          }
        }
      }
      writer.loop("chunk", all, .parallel) { writer, chunk in
        self.keys(of: chunk, width, &writer) { writer, row, i in
          self.move(from: source, to: target, row, i, digit, counts, [chunk], &writer)
        }
      }
    }
    return writer.finished()
  }

  /// The row and the place of every key of a chunk.
  private func keys(
    of chunk: IndexExpression, _ width: Int, _ writer: inout KernelWriter,
    _ body: (inout KernelWriter, IndexExpression, IndexExpression) -> Void
  ) {
    let row = chunk.floorDiv(IndexExpression(chunks))
    let first = chunk.mod(IndexExpression(chunks)) * IndexExpression(width)
    let end = (first + IndexExpression(width)).min(IndexExpression(count))
    writer.loop("i", from: first, end) { writer, i in body(&writer, row, i) }
  }

  private func parameters(_ writer: inout KernelWriter) -> (input: Pass, output: Pass) {
    let keys = writer.buffer("keys", .input, type, [rows, count])
    let result = writer.buffer("y", .output, order ?? type, [rows, kept])
    return (
      Pass(keys: keys, places: nil, hasRows: true),
      Pass(keys: result, places: order == nil ? nil : result, hasRows: true)
    )
  }

  /// What passes between the first and the last read and write.
  private func intermediates(_ role: Buffer.Role, _ writer: inout KernelWriter) -> [Pass] {
    let shape = role == .shared ? [rows, count] : [count]
    return (0..<min(2, digits - 1)).map { number in
      Pass(
        keys: writer.buffer("keys\(number)", role, type, shape),
        places: order.map { writer.buffer("places\(number)", role, $0, shape) },
        hasRows: role == .shared)
    }
  }

  /// What the pass of a digit reads and writes.
  private func ends(
    of digit: Int, _ input: Pass, _ buffers: [Pass], _ output: Pass
  ) -> (source: Pass, target: Pass) {
    (
      digit == 0 ? input : buffers[(digit - 1) % 2],
      digit == digits - 1 ? output : buffers[digit % 2]
    )
  }

  private func key(
    _ source: Pass, _ row: IndexExpression, _ i: IndexExpression, _ writer: inout KernelWriter
  ) -> Operand {
    let access = Access(source.keys, source.indices(row, i))
    return writer.define(.load(access, mask: nil, otherwise: nil), type)
  }

  private func digit(
    _ key: Operand, _ number: Int, _ writer: inout KernelWriter
  ) -> IndexExpression {
    let shift = Operand.literal(Literal(type, integer: 8 * number))
    let low = writer.apply(.shiftRight, key, shift, type: type)
    let mask = Operand.literal(Literal(type, integer: Self.radix - 1))
    return writer.index(writer.apply(.and, low, mask, type: type))
  }

  private func count(
    _ key: Operand, _ number: Int, _ counts: BufferID, _ place: [IndexExpression],
    _ writer: inout KernelWriter
  ) {
    let access = Access(counts, place + [digit(key, number, &writer)])
    writer.append(
      .accumulate(.add, .literal(Literal(counter, integer: 1)), access, mask: nil))
  }

  /// Moves a key, or its place, to the next place of its digit.
  private func move(
    from source: Pass, to target: Pass, _ row: IndexExpression, _ i: IndexExpression,
    _ number: Int, _ counts: BufferID, _ place: [IndexExpression], _ writer: inout KernelWriter
  ) {
    let key = key(source, row, i, &writer)
    let access = Access(counts, place + [digit(key, number, &writer)])
    let next = writer.define(.load(access, mask: nil, otherwise: nil), counter)
    let after = writer.apply(.add, next, .literal(Literal(counter, integer: 1)), type: counter)
    writer.append(.store(after, access, mask: nil))
    let goal = writer.index(next)
    let isLast = number == digits - 1
    if !isLast {
      writer.append(.store(key, Access(target.keys, target.indices(row, goal)), mask: nil))
    }
    guard let order else {
      if isLast { store(key, target.keys, row, goal, &writer) }
      return
    }
    let own: Operand
    if let places = source.places {
      own = writer.define(
        .load(Access(places, source.indices(row, i)), mask: nil, otherwise: nil), order)
    } else {
      own = writer.value(i, order)
    }
    if isLast {
      store(own, target.keys, row, goal, &writer)
    } else if let places = target.places {
      writer.append(.store(own, Access(places, target.indices(row, goal)), mask: nil))
    }
  }
}
