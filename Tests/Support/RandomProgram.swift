// Programs on the tensor level drawn from a seed.

package import Driver
import IRCore
import TensorIR

/// Program drawn from a seed.
package typealias RandomProgram = ProgramCase

extension ProgramCase {
  /// Draws a program of up to about 30 nodes: every elementwise row whose types fit, views of every
  /// kind, reductions and scans, rows that are reduced and go on, contractions with what comes
  /// before and after them, constants, calls, and results of several types, over sizes that meet
  /// every boundary of vectors. One program in 25 has tensors large enough to be shared out to threads.
  package init(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let isLarge = seed % 25 == 7
    let shapes = ShapePool(&random, isLarge: isLarge)
    let types = (0..<random.integer(1...4)).map { _ in
      TensorType(random.pick(Self.parameterTypes), extents: shapes.pick(&random))
    }
    let size = isLarge ? random.integer(1...6) : random.integer(1...24)
    var drawer = GraphDrawer("main", types, shapes: shapes, random: random, size: size)
    drawer.draw()
    let inputs = types.map { type in
      let extents = type.extents ?? []
      let values = type.dtype.samples(extents.reduce(1, *), &drawer.random)
      return TensorValue(
        type.dtype, extents, bytes: pack(values.map { $0 & type.dtype.mask }, as: type.dtype))
    }
    self.init(name: "seed-\(seed)", module: drawer.module, inputs: inputs)
  }

  /// Mostly floats, as programs are.
  private static let parameterTypes: [DType] = [
    .f32, .f32, .f32, .f32, .f64, .f64, .f16, .f16, .bf16, .bf16, .i32, .i32, .i64, .u32, .u64, .i8,
    .u8, .i16, .u16, .bool,
  ]
}

/// Shapes that one program uses: few, so that operands meet.
struct ShapePool: Sendable {
  private let shapes: [[Int]]
  /// The most elements of one tensor.
  let limit: Int

  private static let extents = [
    0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 129, 257, 1000,
  ]

  init(_ random: inout SplitMix64, isLarge: Bool) {
    limit = isLarge ? 40_000 : random.oneIn(10) ? 4096 : 300
    var found: [[Int]] = []
    if isLarge { found.append(random.pick([[30_011], [8, 4001], [200, 131], [4096, 8]])) }
    while found.count < 2 {
      let rank = random.pick([0, 1, 1, 1, 2, 2, 2, 3, 4])
      let shape = (0..<rank).map { _ in random.pick(Self.extents) }
      if shape.reduce(1, *) <= limit { found.append(shape) }
    }
    shapes = found
  }

  /// A shape of the pool, or one that broadcasts to it.
  func pick(_ random: inout SplitMix64) -> [Int] {
    var shape = random.pick(shapes)
    if random.oneIn(4) { shape = Array(shape.dropFirst(random.integer(0...shape.count))) }
    if random.oneIn(4) { shape = shape.map { random.oneIn(2) ? 1 : $0 } }
    return shape
  }
}
