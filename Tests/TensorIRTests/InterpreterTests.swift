// The interpreter against plain Swift.

import IRCore
import LoopIR
import TensorIR
import Testing

@Suite struct GraphInterpreterTests {
  func run(
    _ text: String, _ inputs: TensorValue..., row: TargetRow = .avx2
  ) throws -> [TensorValue] {
    try GraphInterpreter.run(Module(parsing: text), "f", inputs: inputs, row: row)
  }

  /// Values of a result of an f32 graph.
  func floats(_ value: TensorValue) -> [Float] { value.elements.map { Float($0.doubleValue) } }

  @Test func elementwiseRowsRunOnEveryElement() throws {
    let x: [Float] = [1, -2, 0.5, -0.0, .infinity, 0x1p-140, 3]
    let result = try run(
      """
      graph @f(%x: f32[n]) -> f32[n], bool[n], i32[n] {
        %0 = mul %x, %x : f32[n]
        %1 = sub 1.0, %0 : f32[n]
        %2 = lt %1, %x : bool[n]
        %3 = cast %1 : i32[n]
        return %1, %2, %3
      }
      """, TensorValue(f32: x))
    let expected = x.map { 1 - $0 * $0 }
    #expect(result[0] == TensorValue(f32: expected))
    #expect(result[1] == TensorValue(.bool, integers: zip(expected, x).map { $0 < $1 ? 1 : 0 }))
    #expect(
      result[2]
        == TensorValue(
          .i32, integers: expected.map { $0 == -.infinity ? Int(Int32.min) : Int($0) }))
  }

  @Test func mulAddFollowsTheRow() throws {
    let text = """
      graph @f(%x: f64) -> f64 {
        %0 = mulAdd %x, %x, -1.0 : f64
        return %0
      }
      """
    let x = 1 + 0x1p-30
    let input = TensorValue(.f64, [], [.f64(x)])
    #expect(try run(text, input, row: .avx2)[0].elements == [.f64((-1.0).addingProduct(x, x))])
    #expect(try run(text, input, row: .sse2)[0].elements == [.f64(x * x - 1)])
  }

  @Test func viewsTakeElements() throws {
    let x = (0..<12).map(Float.init)
    let result = try run(
      """
      graph @f(%x: f32[3,n]) -> f32[n,3], f32[2,n + 2], f32[6,2] {
        %0 = view %x[j, i] -> [i,j] : f32[n,3]
        %1 = view %x[2*i, -j + n] where 0 <= -j + n < n else -1.0 -> [i,j] : f32[2,n + 2]
        %2 = view %x[i floordiv 2, 2*(i mod 2) + j] -> [i,j] : f32[6,2]
        return %0, %1, %2
      }
      """, TensorValue(f32: x, [3, 4]))
    #expect(floats(result[0]) == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
    #expect(floats(result[1]) == [-1, 3, 2, 1, 0, -1, -1, 11, 10, 9, 8, -1])
    #expect(result[2] == TensorValue(f32: x, [6, 2]))
  }

  @Test func reshapesKeepTheOrder() throws {
    for (old, new) in [
      ([2, 3, 4], [4, 6]), ([24], [3, 1, 8]), ([6, 4], [8, 3]), ([4, 0], [0]),
    ] {
      var builder = GraphBuilder(name: "f")
      let x = try builder.parameter("x", TensorType(.i64, extents: old))
      let y = try builder.reshape(x, to: new.map { IndexExpression($0) })
      let elements = Array(0..<old.reduce(1, *))
      let result = try GraphInterpreter.run(
        Module(graphs: [builder.returning([y])]), "f",
        inputs: [TensorValue(.i64, integers: elements, old)], row: .sse2)
      #expect(result == [TensorValue(.i64, integers: elements, new)])
    }
  }

  @Test func constantsIotaAndCalls() throws {
    let result = try run(
      """
      graph @f(%x: i32[2,3]) -> i32[2,3] {
        %0 = iota 1 : i32[2,3]
        %1, %2 = call @g(%0, %x) : i32[2,3], i32[2,3]
        %3 = add %1, %2 : i32[2,3]
        return %3
      }
      graph @g(%a: i32[n,m], %b: i32[n,m]) -> i32[n,m], i32[n,m] {
        %0 = constant [10, 20, 30] : i32[3]
        %1 = constant [7] : i32
        %2 = view %1[] -> [i,j] : i32[n,m]
        %3 = mul %a, %2 : i32[n,m]
        %4 = add %b, %3 : i32[n,m]
        return %4, %a
      }
      """, TensorValue(.i32, integers: [1, 2, 3, 4, 5, 6], [2, 3]))
    #expect(result == [TensorValue(.i32, integers: [1, 10, 19, 4, 13, 22], [2, 3])])
  }

  @Test func deepCallsUseNoStack() throws {
    var text = "graph @f(%x: i32) -> i32 { %0 = call @f0(%x) : i32 return %0 }\n"
    for level in 0..<5000 {
      text += "graph @f\(level)(%x: i32) -> i32 { %0 = call @f\(level + 1)(%x) : i32 return %0 }\n"
    }
    text += "graph @f5000(%x: i32) -> i32 { %0 = add %x, 1 : i32 return %0 }\n"
    let result = try run(text, TensorValue(.i32, integers: [41], []))
    #expect(result[0].elements == [Literal(.i32, integer: 42)])
  }

  @Test func kernelsRun() throws {
    let result = try run(
      """
      graph @f(%x: f32[m]) -> f32[m], f32[m] {
        %0 = neg %x : f32[m]
        %1, %2 = kernel @k(%0, %x) : f32[m], f32[m]
        return %1, %2
      }
      kernel @k(in %a: f32[n], inout %b: f32[n], out %y: f32[n]) symbols(n) {
        for %i in 0..<n {
          %0 = load %a[%i] : f32
          store %0, %y[%i]
          accumulate %b[%i] add= 1.0
        }
      }
      """, TensorValue(f32: [1, 2]))
    #expect(result.map(floats) == [[2, 3], [-1, -2]])
  }

  static let failures: [(String, [TensorValue], String)] = [
    ("%x: f32[2]", [], "@f: 1 inputs expected, found 0"),
    (
      "%x: f32[2]", [TensorValue(f32: [1])], "@f: %x: f32[2] expected, found f32[1]"
    ),
    (
      "%x: f32[2]", [TensorValue(.i32, integers: [1, 2])],
      "@f: %x: f32[2] expected, found i32[2]"
    ),
    (
      "%x: f32[2]", [TensorValue(.f32, [2], bytes: [0])],
      "@f: %x: 8 bytes expected, found 1"
    ),
    (
      "%x: f32[n], %y: f32[n]", [TensorValue(f32: [1]), TensorValue(f32: [1, 2])],
      "@f: %y: f32[1] expected, found f32[2]"
    ),
    (
      "%x: f32[2*n]", [TensorValue(f32: [1])],
      "@f: %x: f32[2*n] expected, found f32[1]"
    ),
  ]

  @Test(arguments: failures.indices) func refusesInputs(index: Int) throws {
    let (parameters, inputs, message) = Self.failures[index]
    let type = parameters.contains(",") ? "f32[n]" : String(parameters.dropFirst(4))
    let module = try Module(
      parsing: "graph @f(\(parameters)) -> \(type) { %0 = neg %x : \(type) return %0 }")
    let error = #expect(throws: GraphInterpreterError.self) {
      try GraphInterpreter.run(module, "f", inputs: inputs, row: .sse2)
    }
    #expect(error?.description == message)
  }

  @Test func refusesAnIndexOutOfRange() throws {
    let error = #expect(throws: GraphInterpreterError.self) {
      try run(
        """
        graph @f(%x: f32[n], %y: f32[m]) -> f32[m] {
          %0 = view %x[i] -> [i] : f32[m]
          return %0
        }
        """, TensorValue(f32: [1, 2]), TensorValue(f32: [1, 2, 3]))
    }
    #expect(error?.description == "@f: %0: index 2 leaves axis 0, which is 2 long")
  }
}
