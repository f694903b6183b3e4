// Measured errors of the float rows' machine code.

import Foundation
import IRCore
import TestSupport

/// The worst error of a row's machine code over some inputs.
struct AccuracyMeasurement: Sendable {
  /// Where the code ran.
  let target: TargetRow
  /// In units of the last place.
  var worst = 0.0
  /// The operands that gave it.
  var operands: [Literal] = []
  /// What the code made of them.
  var result: Literal?
}

/// One row in one type, compiled for every target row that runs here.
struct AccuracyRun {
  private let reference: AccuracyReference
  private let type: DType
  private let scale: UlpScale
  private let kernels: [JITKernel]
  private(set) var measurements: [AccuracyMeasurement]

  init(_ reference: AccuracyReference, _ type: DType) throws {
    self.reference = reference
    self.type = type
    scale = UlpScale(type)
    let operands = [DType](repeating: type, count: reference.row.arity)
    let typing = RowTyping(row: reference.row, operands: operands, result: type)
    kernels = try TargetRow.runnable.map {
      try JITKernel(typing.kernel(lanes: typing.nativeLanes($0)), for: $0)
    }
    measurements = TargetRow.runnable.map { AccuracyMeasurement(target: $0) }
  }

  /// Adds inputs, one array per operand, a multiple of 16 in number.
  mutating func measure(_ inputs: [[UInt64]]) {
    if type == .f64 {
      let exact = references(inputs, as: WideFloat.self, reference.wide) {
        WideFloat(Double(bitPattern: $0))
      }
      measure(inputs, exact) { WideFloat(Double(bitPattern: $0)) }
    } else {
      let type = type
      let value: (UInt64) -> Double = { Literal(type, bits: $0).doubleValue }
      measure(inputs, references(inputs, as: Double.self, reference.double, value), value)
    }
  }

  private func references<R: BinaryFloatingPoint>(
    _ inputs: [[UInt64]], as: R.Type, _ function: ([R]) -> R, _ value: (UInt64) -> R
  ) -> [R] {
    var operands = [R](repeating: 0, count: inputs.count)
    return inputs[0].indices.map { k in
      for place in inputs.indices { operands[place] = value(inputs[place][k]) }
      return function(operands)
    }
  }

  private mutating func measure<R: BinaryFloatingPoint>(
    _ inputs: [[UInt64]], _ exact: [R], _ value: (UInt64) -> R
  ) {
    let buffers = inputs.map { pack($0, as: type) }
    let count = exact.count
    let output = [UInt8](repeating: 0xee, count: count * type.byteSize)
    for (number, kernel) in kernels.enumerated() {
      let found = kernel.run(buffers + [output], symbols: [count])[inputs.count]
      var worst = measurements[number].worst
      var place: Int?
      found.withUnsafeBytes { bytes in
        for k in 0..<count {
          let error = scale.distance(value(bits(bytes, type, at: k)), from: exact[k])
          if error > worst { (worst, place) = (error, k) }
        }
      }
      guard let place else { continue }
      measurements[number].worst = worst
      measurements[number].operands = inputs.map { Literal(type, bits: $0[place]) }
      measurements[number].result = found.withUnsafeBytes {
        Literal(type, bits: bits($0, type, at: place))
      }
    }
  }
}

extension AccuracyRun {
  /// Inputs for `arity` operands: specials and their neighbours against each other, then a quarter
  /// each of all exponents, of the range where most functions are neither flat nor infinite, of
  /// operands that are close to each other, and of x near 1 with a y that takes `xʸ` anywhere.
  static func inputs(_ type: DType, arity: Int, count: Int, seed: UInt64) -> [[UInt64]] {
    var random = SplitMix64(seed: seed)
    var columns = [[UInt64]](repeating: [], count: arity)
    let special = type.specials
    for k in 0..<(arity == 1 ? special.count : special.count * special.count) {
      for place in 0..<arity {
        columns[place].append(special[(place == 0 ? k : k / special.count) % special.count])
      }
    }
    func unit() -> Double { Double(Int64(bitPattern: random.next())) * 0x1p-63 }
    func symmetric(_ range: Double) -> UInt64 { Literal(type, unit() * range).bits }
    func number() -> UInt64 {
      let bits = random.next() & type.mask
      return Literal(type, bits: bits).isNaN ? 0 : bits
    }
    let ranges = [1, 1.5, 4, 20, 100, 750, 1e6]
    while columns[0].count < count {
      let row: [UInt64]
      switch columns[0].count % 4 {
      case 0: row = (0..<arity).map { _ in number() }
      case 1:
        let range = random.pick(ranges)
        row = (0..<arity).map { _ in symmetric(range) }
      case 2 where arity == 2:
        let exponent = unit() * scalbn(1.0, -random.integer(0...30))
        row = [Literal(type, exp2(exponent)).bits, Literal(type, unit() * 1100 / exponent).bits]
      default:
        let first = random.oneIn(2) ? number() : random.pick(special)
        let offset = UInt64(random.integer(0...64))
        row = (0..<arity).map { _ in (first &+ (random.oneIn(2) ? offset : 0 &- offset)) & type.mask
        }
      }
      for place in 0..<arity { columns[place].append(row[place]) }
    }
    return columns.map { Array($0[..<count]) }
  }
}
