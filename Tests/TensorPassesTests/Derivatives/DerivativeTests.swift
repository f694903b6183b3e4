// Every rule against central differences, jvp against vjp, and both once more for the pullback.

import IRCore
import TensorIR
import TensorPasses
import TestSupport
import Testing

@Suite struct DerivativeTests {
  @Test(arguments: DerivativeCase.views + DerivativeCase.scans, DerivativeCase.seeds)
  func arrangements(_ item: DerivativeCase, _ seed: UInt64) throws { try check(item, seed) }

  @Test(arguments: DerivativeCase.reductions, DerivativeCase.seeds)
  func reductions(_ item: DerivativeCase, _ seed: UInt64) throws {
    try check(item, seed)
  }

  @Test(arguments: DerivativeCase.loops + DerivativeCase.recurrences, DerivativeCase.seeds)
  func loops(_ item: DerivativeCase, _ seed: UInt64) throws { try check(item, seed) }

  @Test(arguments: DerivativeCase.custom, DerivativeCase.seeds)
  func customFunctions(_ item: DerivativeCase, _ seed: UInt64) throws { try check(item, seed) }

  @Test(arguments: DerivativeCase.contractions, DerivativeCase.seeds)
  func contractions(_ item: DerivativeCase, _ seed: UInt64) throws { try check(item, seed) }

  @Test(arguments: DerivativeCase.programs, DerivativeCase.seeds)
  func programs(_ item: DerivativeCase, _ seed: UInt64) throws { try check(item, seed) }

  private func check(_ item: DerivativeCase, _ seed: UInt64, order: Int = 2) throws {
    var random = SplitMix64(seed: seed)
    let graph = try #require(try Module(parsing: item.text(&random)).graphs.first)
    var check = DerivativeCheck(graph, seed: seed, values: item.values)
    try check.check(order: order)
  }

  /// Where rows are smooth, and their operands in the domain.
  private static func values(_ row: Elementwise) -> ClosedRange<Double> {
    switch row {
    case .asin, .acos, .atanh: 0.1...0.8
    case .acosh: 1.2...3
    case .log, .log2, .log10, .log1p, .sqrt, .rsqrt, .cbrt, .pow, .hypot, .atan2, .rem, .div:
      0.3...2
    default: -1.7...1.7
    }
  }

  @Test(arguments: DerivativeCase.rows, DerivativeCase.seeds) func rows(
    _ row: Elementwise, _ seed: UInt64
  ) throws {
    var builder = GraphBuilder(name: "f")
    let type = TensorType(.f64, extents: [5])
    var operands: [TensorOperand] = []
    for place in 0..<row.arity {
      let isCondition = row.typing == .select && place == 0
      operands.append(
        .value(
          try builder.parameter("x\(place)", isCondition ? TensorType(.bool, extents: [5]) : type)))
    }
    let result = try builder.elementwise(row, operands, dtype: row == .cast ? .f64 : nil)
    var check = DerivativeCheck(
      builder.returning([result]), seed: seed, values: Self.values(row))
    try check.check(tolerance: 1e-5)
  }

  @Test func scaledPowersHaveTheirScaleAsSlope() throws {
    let module = try Module(
      parsing: DerivativeCase.two("[1]", "[1]", "scale2 %x, %y", "[1]"))
    let graph = try module.graphs[0].pullback(by: [0], row: .avx2)
    let inputs = [3.0, 4.0, 1.0].map { TensorValue(.f64, [1], [.f64($0)]) }
    let found = try GraphInterpreter.run(
      Module(graphs: [graph]), "f", inputs: inputs, symbols: [:], row: .avx2)
    #expect(found[1].elements == [.f64(16)])
  }
}

extension DerivativeCase {
  /// Each draws other shapes and values.
  static let seeds: [UInt64] = [1, 2, 3]

  /// The rows whose partials are slopes: `scale2` takes whole powers, and `stopGradient` hides its own.
  static let rows = Elementwise.all.filter {
    $0.derivative != nil && $0 != .scale2 && $0 != .stopGradient
  }
}
