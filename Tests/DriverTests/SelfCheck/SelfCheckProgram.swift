// Programs on which mistakes show.

import Driver
import IRCore
import LoopIR
import TensorIR
import TestSupport

/// A program with inputs for self-check.
struct SelfCheckProgram: Sendable {
  let module: Module
  let inputs: [TensorValue]

  init(_ text: String, seed: UInt64) throws {
    let module = try Module(parsing: text)
    var random = SplitMix64(seed: seed)
    inputs = module.graphs[0].parameters.map { id in
      let type = module.graphs[0][id].types[0]
      let extents = type.extents ?? []
      let values = type.dtype.samples(extents.reduce(1, *), &random)
      // Contractions and sums of plain numbers, so that an infinity does not hide what is wrong.
      let isPlain = type.dtype == .f32 && extents.count > 1 || extents.first ?? 0 > 1000
      let plain = values.indices.map { _ in
        Literal(type.dtype, Double(random.integer(-999...999)) / 64).bits
      }
      return TensorValue(
        type.dtype, extents,
        bytes: pack((isPlain ? plain : values).map { $0 & type.dtype.mask }, as: type.dtype))
    }
    self.module = module
  }

  static let all: [SelfCheckProgram] = texts.enumerated().compactMap {
    try? SelfCheckProgram($1, seed: UInt64($0))
  }

  static let texts = [
    // Arithmetic with signs, comparisons, folded numbers and equal nodes.
    """
    graph @main(%x: f32[77], %y: f32[77]) -> f32[77], f32[77] {
      %0 = neg %x : f32[77]
      %1 = mul %x, %y : f32[77]
      %2 = sub %1, %x : f32[77]
      %3 = max %2, %y : f32[77]
      %4 = add %1, %3 : f32[77]
      return %0, %4
    }
    """,
    """
    graph @main(%x: f32[77]) -> f32[77], f32[77] {
      %0 = constant [1.1, 2.3, 3.7, 4.9, 5.3, 6.1, 7.7] : f32[7]
      %1 = exp %0 : f32[7]
      %2 = view %1[i mod 7] -> [i] : f32[77]
      %3 = mul %x, %2 : f32[77]
      %4 = mul %x, 3.0 : f32[77]
      %5 = mul %x, 5.0 : f32[77]
      %6 = add %4, %5 : f32[77]
      return %3, %6
    }
    """,
    // Rows.
    """
    graph @main(%x: f32[9,9]) -> f32[9,9] {
      %0 = abs %x : f32[9,9]
      %1 = neg %0 : f32[9,9]
      %2 = reduce max %1 axes(1) order(lanes 4, chunk 4096) : f32[9]
      %3 = view %2[i] -> [i,j] : f32[9,9]
      %4 = sub %1, %3 : f32[9,9]
      %5 = reduce sum %4 axes(1) order(lanes 4, chunk 4096) : f32[9]
      %6 = view %5[i] -> [i,j] : f32[9,9]
      %7 = div %4, %6 : f32[9,9]
      return %7
    }
    """,
    """
    graph @main(%x: f32[9000]) -> f32 {
      %0 = reduce sum %x axes(0) order(lanes 16, chunk 1024) : f32
      return %0
    }
    """,
    // Products, and padding.
    """
    graph @main(%x: f32[37,37], %w: f32[37,37], %b: f32[37]) -> f32[37,37] {
      %0 = contract %x[i,k], %w[k,j] -> [i,j] : f32[37,37]
      %1 = view %b[j] -> [i,j] : f32[37,37]
      %2 = add %0, %1 : f32[37,37]
      %3 = max %2, 0.0 : f32[37,37]
      return %3
    }
    """,
    """
    graph @main(%x: f32[21]) -> f32[30] {
      %0 = view %x[i - 4] where 0 <= i - 4 < 21 else 1.5 -> [i] : f32[30]
      %1 = add %0, 1.0 : f32[30]
      return %1
    }
    """,
    // Integers.
    """
    graph @main(%x: u32[50], %y: u32[50]) -> u32[50] {
      %0 = shiftRight %x, 3 : u32[50]
      %1 = add %0, %y : u32[50]
      return %1
    }
    """,
    // Large enough for threads.
    """
    graph @main(%x: f32[140001]) -> f32[140001] {
      %0 = add %x, 1.0 : f32[140001]
      return %0
    }
    """,
    // Written over what is still read.
    """
    graph @main(%x: f32[3000]) -> f32[3000] {
      %0 = view %x[2999 - i] -> [i] : f32[3000]
      %1 = add %0, 1.0 : f32[3000]
      return %1
    }
    """,
    // Kernels with schedules of their own.
    """
    graph @main(%x: f32[6,8], %y: f32[10]) -> f32[6,8], f32[10] {
      %0 = kernel @rows(%x) : f32[6,8]
      %1 = kernel @repeated(%y) : f32[10]
      return %0, %1
    }
    kernel @rows(in %x: f32[6,8], out %y: f32[6,8]) schedule [split %j by 4 into %jo %j, stage %x at %i into %row [%j] in stack] {
      for %i in 0..<6 {
        for %j in 0..<8 {
          %0 = load %x[%i, %j] : f32
          store %0, %y[%i, %j]
        }
      }
    }
    kernel @repeated(in %x: f32[10], out %y: f32[10]) schedule [unroll %i by 4] {
      for %i in 0..<10 {
        %0 = load %x[%i] : f32
        %1 = add %0, 1.0 : f32
        store %1, %y[%i]
      }
    }
    """,
    // A user's kernel.
    """
    graph @main(%x: i64[500], %w: f32[500]) -> f32[8] {
      %0 = and %x, 7 : i64[500]
      %1 = kernel @histogram(%0, %w) : f32[8]
      return %1
    }
    kernel @histogram(in %x: i64[500], in %w: f32[500], out %h: f32[8]) {
      for %b in 0..<8 {
        store 0.0, %h[%b]
      }
      for %i in 0..<500 {
        %0 = load %x[%i] : i64
        %1 = load %w[%i] : f32
        accumulate %h[%0] add= %1
      }
    }
    """,
  ]
}
