// Schedules of contractions: bits, and what machine code becomes of them.

import Codegen
import IRCore
import LoopIR
import LoopPasses
import TestSupport
import Testing

/// A product of matrices in the form that lowering gives it.
struct Product: Sendable, CustomTestStringConvertible {
  var sizes: [Int]
  var type: DType = .f32
  var isFirstTransposed = false
  var isSecondTransposed = false
  var hasFinish = false

  var testDescription: String {
    "\(sizes) \(type)\(isFirstTransposed ? " first transposed" : "")"
      + "\(isSecondTransposed ? " second transposed" : "")\(hasFinish ? " finish" : "")"
  }

  /// Sizes around those of tiles and blocks, and everything else, by a seed.
  init(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    sizes = (0..<3).map { _ in
      random.integer(0...3) == 0 ? [1, 2, 13, 32][random.integer(0...3)] : random.integer(1...70)
    }
    // Enough panels, on some rows of the table, for tasks to be blocks of columns.
    if random.integer(0...3) == 0 { sizes[1] = random.integer(71...300) }
    type = [DType.f32, .f32, .f32, .f64, .i32][random.integer(0...4)]
    isFirstTransposed = random.integer(0...3) == 0
    isSecondTransposed = random.integer(0...3) == 0
    hasFinish = random.integer(0...1) == 0
  }

  /// A long matrix, its rows along the sum, and a few columns; or the other way round.
  init(narrow seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let (many, few) = (random.integer(1...60), random.integer(1...8))
    isSecondTransposed = random.integer(0...1) == 0
    sizes = (isSecondTransposed ? [few, many] : [many, few]) + [random.integer(1...50)]
    type = [DType.f32, .f32, .f64, .i32][random.integer(0...3)]
    hasFinish = random.integer(0...1) == 0
  }

  init(_ sizes: [Int], type: DType = .f32) {
    self.sizes = sizes
    self.type = type
  }

  /// The three nests, or two without a finish.
  var kernel: Kernel {
    get throws {
      let (m, n, k) = (sizes[0], sizes[1], sizes[2])
      let zero = type.isFloat ? "0.0" : "0"
      let sum = hasFinish ? "acc" : "y"
      let a = isFirstTransposed ? ("\(k),\(m)", "%k, %i") : ("\(m),\(k)", "%i, %k")
      let b = isSecondTransposed ? ("\(n),\(k)", "%j, %k") : ("\(k),\(n)", "%k, %j")
      let bias = hasFinish ? ", in %bias: \(type)[\(n)]" : ""
      let finish = """
          for %i_end in 0..<\(m) {
            for %j_end in 0..<\(n) {
              %4 = load %acc[%i_end, %j_end] : \(type)
              %5 = load %bias[%j_end] : \(type)
              %6 = add %4, %5 : \(type)
              store %6, %y[%i_end, %j_end]
            }
          }
        """
      return try Kernel(
        parsing: """
          kernel @p(in %a: \(type)[\(a.0)], in %b: \(type)[\(b.0)]\(bias), out %y: \(type)[\(m),\(n)]) {
            \(hasFinish ? "local %acc: \(type)[\(m),\(n)] in shared" : "")
            for %i_start in 0..<\(m) {
              for %j_start in 0..<\(n) {
                store \(zero), %\(sum)[%i_start, %j_start]
              }
            }
            for %i in 0..<\(m) {
              for %j in 0..<\(n) {
                for %k in 0..<\(k) {
                  %0 = load %a[\(a.1)] : \(type)
                  %1 = load %b[\(b.1)] : \(type)
                  %2 = load %\(sum)[%i, %j] : \(type)
                  %3 = mulAdd %0, %1, %2 : \(type)
                  store %3, %\(sum)[%i, %j]
                }
              }
            }
            \(hasFinish ? finish : "")
          }
          """)
    }
  }
}

@Suite struct ContractionScheduleTests {
  /// Every size and type: the planned kernel as machine code has the bits of the plain nests.
  @Test(arguments: (0..<60).map { Product(seed: UInt64($0)) }, TargetRow.runnable)
  func keepsBits(_ product: Product, _ row: TargetRow) throws {
    let kernel = try product.kernel
    let planned = try Pass.plan(for: row).run(kernel)
    let scheduled = try Pass.applySchedule.run(planned)
    #expect(LoopPasses.scheduledContraction(kernel, for: row) == scheduled)
    let run = KernelCase(kernel, symbols: [], seed: 7)
    let expected = try run.interpreted(kernel, row: row)
    #expect(run.difference(try run.interpreted(scheduled, row: row), expected) == nil)
    #expect(run.difference(try run.compiled(scheduled, row: row), expected) == nil)
  }

  /// Products with few rows or columns, whose other factor lies across the lanes: the same bits, and
  /// squares that are turned around where there is at least one.
  @Test(arguments: (0..<40).map { Product(narrow: UInt64($0)) }, TargetRow.runnable)
  func turnsSquares(_ product: Product, _ row: TargetRow) throws {
    try keepsBits(product, row)
    let planned = try Pass.plan(for: row).run(product.kernel)
    let scheduled = try Pass.applySchedule.run(planned)
    let (few, many) = (product.sizes[0...1].min() ?? 0, product.sizes[0...1].max() ?? 0)
    let square = row.lanes(product.type)
    let isLong = product.isSecondTransposed == (product.sizes[1] == many)
    if isLong, 2 * few <= square, many >= square, product.sizes[2] >= square {
      #expect(scheduled.description.contains("shuffleLanes"))
    }
    if product.sizes[2] < square { #expect(!scheduled.description.contains("shuffleLanes")) }
  }

  /// Whatever the sizes, a product gets the schedule of a contraction.
  @Test(arguments: (0..<60).map { Product(seed: UInt64($0)) })
  func isRecognized(_ product: Product) throws {
    let planned = try Pass.plan(for: .avx512).run(product.kernel)
    let isTiled = planned.schedule.contains {
      if case .localize = $0 { true } else { false }
    }
    #expect(isTiled, "\(planned.schedule)")
  }

  /// The loop over sums holds its tile in registers: it stores nothing to the stack.
  @Test(arguments: TargetRow.all, [DType.f32, .f64, .i32])
  func spillsNothing(_ row: TargetRow, _ type: DType) throws {
    // Tiles of two vectors, and of one.
    for columns in [300, row.lanes(type)] {
      try checkSpills([200, columns, 100], row, type)
    }
  }

  private func checkSpills(_ sizes: [Int], _ row: TargetRow, _ type: DType) throws {
    let planned = try Pass.plan(for: row).run(Product(sizes, type: type).kernel)
    let scheduled = try Pass.applySchedule.run(planned)
    let assembly = try KernelCompiler(row: row).assembly(scheduled, symbol: "p")
    let loop = Self.sumLoop(assembly)
    let isLarge = loop.count { Self.isProduct($0) } >= 8
    #expect(isLarge, "\(loop.joined(separator: "\n"))")
    let spills = loop.filter(Self.isStackStore)
    #expect(spills == [], "\(loop.joined(separator: "\n"))")
  }

  /// The block with the most products, up to the jump back.
  private static func sumLoop(_ assembly: String) -> [String] {
    var blocks: [[String]] = [[]]
    for line in assembly.split(separator: "\n").map(String.init) {
      if line.hasPrefix(".L"), line.contains(":") { blocks.append([]) }
      blocks[blocks.count - 1].append(line)
      if line.hasPrefix("\tj") || line.hasPrefix("\tb.") { blocks.append([]) }
    }
    return blocks.max { $0.count(where: isProduct) < $1.count(where: isProduct) } ?? []
  }

  private static func isProduct(_ line: String) -> Bool {
    ["vfmadd", "mulp", "pmull", "pmulu", "fmla", "mla\t", "vpmul"].contains { line.contains($0) }
  }

  /// A move whose last operand is on the stack.
  private static func isStackStore(_ line: String) -> Bool {
    let isMove = ["mov", "str\t", "stp\t"].contains { line.contains($0) }
    return isMove
      && (line.hasSuffix("(%rsp)") || line.hasSuffix("(%rbp)")
        || line.contains("str\t") && line.contains("[sp")
        || line.contains("stp\t") && line.contains("[sp"))
  }
}
