// Contractions: their meaning against plain Swift, bit by bit, their text and their inference.

import IRCore
import TensorIR
import Testing

@Suite struct ContractionTests {
  private let values: [Float] = (0..<24).map { Float(($0 * 37 + 11) % 19 - 9) * 1.1 }

  private func run(
    _ text: String, _ inputs: [TensorValue], row: TargetRow = .avx2
  ) throws -> TensorValue {
    try GraphInterpreter.run(try Module(parsing: text), "f", inputs: inputs, row: row)[0]
  }

  private func floats(_ value: TensorValue) -> [Float] {
    value.elements.map { Float($0.doubleValue) }
  }

  /// Products added one after the other, each with one rounding.
  private func sum(_ factors: [(Float, Float)]) -> Float {
    var sum: Float = 0
    for (a, b) in factors { sum = sum.addingProduct(a, b) }
    return sum
  }

  /// The sum starts from 0 and takes in products in order, fused on rows with FMA alone.
  @Test func addsInOrder() throws {
    let (a, b) = (values, values.map { $0 * 0.7 })
    let text = """
      graph @f(%a: f32[24], %b: f32[24]) -> f32 {
        %0 = contract %a[i], %b[i] -> [] : f32
        return %0
      }
      """
    let inputs = [TensorValue(f32: a), TensorValue(f32: b)]
    let fused = sum(Array(zip(a, b)))
    var apart: Float = 0
    for (x, y) in zip(a, b) {
      let product = x * y
      apart = apart + product
    }
    #expect(fused != apart)
    #expect(floats(try run(text, inputs)) == [fused])
    #expect(floats(try run(text, inputs, row: .sse2)) == [apart])
  }

  @Test func sumsSeveralVariablesRowByRow() throws {
    let text = """
      graph @f(%a: f32[2,3,4], %b: f32[4,3]) -> f32[2] {
        %0 = contract %a[i,j,k], %b[k,j] -> [i] : f32[2]
        return %0
      }
      """
    let b = Array(values[3..<15])
    let found = try run(text, [TensorValue(f32: values, [2, 3, 4]), TensorValue(f32: b, [4, 3])])
    let expected = (0..<2).map { i -> Float in
      sum((0..<12).map { term in (values[i * 12 + term], b[term % 4 * 3 + term / 4]) })
    }
    #expect(floats(found) == expected)
  }

  @Test func accumulatesInItsTypeAndRoundsOnce() throws {
    let text = """
      graph @f(%a: f32[24], %b: f32[24]) -> f32 {
        %0 = contract %a[i], %b[i] -> [] in f64 : f32
        return %0
      }
      """
    let inputs = [TensorValue(f32: values), TensorValue(f32: values.reversed())]
    var sum = 0.0
    for (x, y) in zip(values, values.reversed()) { sum = sum.addingProduct(Double(x), Double(y)) }
    #expect(floats(try run(text, inputs)) == [Float(sum)])
    #expect(floats(try run(text.replacing(" in f64", with: ""), inputs)) != [Float(sum)])
  }

  @Test func integersWrap() throws {
    let text = """
      graph @f(%a: i32[2], %b: i32[2]) -> i32 {
        %0 = contract %a[i], %b[i] -> [] : i32
        return %0
      }
      """
    let a = TensorValue(.i32, integers: [1 << 30, 7])
    let b = TensorValue(.i32, integers: [4, 3])
    #expect(try run(text, [a, b]) == TensorValue(.i32, integers: [21], []))
  }

  @Test func indexMapsMaySlideAndDivide() throws {
    let text = """
      graph @f(%a: f32[7], %b: f32[3]) -> f32[3], f32[6] {
        %0 = contract %a[2*i + k], %b[k] -> [i] : f32[3]
        %1 = contract %a[i mod 3], %b[i floordiv 2] -> [i] over [k = 2] : f32[6]
        return %0, %1
      }
      """
    let module = try Module(parsing: text)
    let (a, b) = (Array(values[0..<7]), Array(values[7..<10]))
    let found = try GraphInterpreter.run(
      module, "f", inputs: [TensorValue(f32: a), TensorValue(f32: b)], row: .avx2)
    let slid = (0..<3).map { i -> Float in sum((0..<3).map { k in (a[2 * i + k], b[k]) }) }
    let divided = (0..<6).map { i -> Float in
      sum((0..<2).map { _ in (a[i % 3], b[i / 2]) })
    }
    #expect(floats(found[0]) == slid)
    #expect(floats(found[1]) == divided)
    #expect(try Module(parsing: module.description) == module)
  }

  @Test func builderInfersAndRefuses() throws {
    var builder = GraphBuilder(name: "f")
    let a = try builder.parameter("a", TensorType(.f32, extents: [2, 3]))
    let b = try builder.parameter("b", TensorType(.i32, extents: [3, 4]))
    let maps: [[IndexExpression]] = [[.variable(0), .variable(2)], [.variable(2), .variable(1)]]
    #expect(throws: InferenceError.self) {
      try builder.contract(a, b, maps: maps, shape: [2, 4], summed: [3])
    }
    let c = try builder.elementwise(.cast, [.value(b)], dtype: .f64)
    let product = try builder.contract(a, c, maps: maps, shape: [2, 4], summed: [3])
    #expect(builder[type: product] == TensorType(.f32, extents: [2, 4]))
    do throws(InferenceError) {
      _ = try builder.contract(a, c, maps: maps, shape: [3, 4], summed: [3])
      Issue.record("an index outside was taken")
    } catch {
      #expect(
        error.description
          == "contract: f32[2,3], f64[3,4] are read outside: an index along axis 0 of f32[2,3] is "
          + "not known to stay in 0..<2")
    }
    let graph = builder.returning([product])
    #expect(try Graph(parsing: graph.description) == graph)
  }
}
