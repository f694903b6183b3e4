// Printing and reading graphs.

import IRCore
import LoopIR
import TensorIR
import Testing

@Suite struct GraphTextTests {
  static let texts = [
    """
    graph @f(%x: f32[30,n], %b: f32[128]) -> f32[32,128], i32[32,128] {
      %0 = view %b[j] -> [i,j] : f32[32,128]
      %1 = view %x[i - 1, -j + 127] where 0 <= i - 1 < 30, 0 <= -j + 127 < n else -0.0 -> [i,j] : f32[32,128]
      %2 = add %0, 1.0 : f32[32,128]
      %3 = cast %2 : i32[32,128]
      %4 = iota 1 : i32[32,128]
      %5 = constant [1.0, nan, inf, -0.0, bits(0x7fc00001)] : f32[5]
      %6 = constant [true] : bool
      %7 = view %6[] -> [i,j] : bool[32,128]
      %8 = select %7, %1, 0.5 : f32[32,128]
      %9 = lt 1.0, %8 : bool[32,128]
      %10 = cast 3.0:f64 : i32[32,128]
      %11 = constant [] : i64[0,4]
      %12 = lt 1.0:f32, 2.0:f32 : bool[2]
      return %2, %3
    }

    """,
    """
    graph @g(%n.x: f32[2*n,m + 1]) -> f32[n,2,m + 1] {
      %0 = view %n.x[2*i + j, k] -> [i,j,k] : f32[n,2,m + 1]
      %1 = view %0[i floordiv 2, i mod 2, min(m, j)] -> [i,j] : f32[2*n,m + 1]
      return %0
    }
    graph @h(%x: f32[4,3]) -> f32[2,2,3], f32[2,2,3] {
      %0 = call @g(%x) : f32[2,2,3]
      %1 = call @pair(%0, %0) : f32[2,2,3]
      return %0, %1
    }
    graph @pair(%a: f32[n,m,k], %b: f32[n,m,k]) -> f32[n,m,k] {
      %0 = mul %a, %b : f32[n,m,k]
      return %0
    }

    """,
    """
    graph @f(%x: f32[8]) -> f32[8] {
      %0 = kernel @twice(%x) : f32[8]
      return %0
    }
    kernel @twice(in %a: f32[8], out %y: f32[8]) {
      for %i in 0..<8 {
        %0 = load %a[%i] : f32
        %1 = add %0, %0 : f32
        store %1, %y[%i]
      }
    }

    """,
  ]

  @Test(arguments: texts) func printsWhatItRead(text: String) throws {
    let module = try Module(parsing: text)
    #expect(module.description == text)
    #expect(try Module(parsing: module.description) == module)
    try module.verify()
  }

  @Test func numbersValuesInOrder() throws {
    let module = try Module(
      parsing: """
        // A comment.
        graph @f(%x: f32) -> f32 { %sum = add %x, %x : f32 %7 = neg %sum : f32 return %7 }
        """)
    #expect(
      module.description == """
        graph @f(%x: f32) -> f32 {
          %0 = add %x, %x : f32
          %1 = neg %0 : f32
          return %1
        }

        """)
  }

  @Test func axesDoNotTakeTheNamesOfSymbols() throws {
    var builder = GraphBuilder(name: "f")
    let x = try builder.parameter("x", TensorType(.f32, [.symbol("i"), .symbol("k")]))
    let y = try builder.transpose(x, [1, 0])
    let text = builder.returning([y]).description
    #expect(text.contains("view %x[l, j] -> [j,l] : f32[k,i]"))
    #expect(try Graph(parsing: text) == builder.returning([y]))
  }

  @Test func showsLocationsAsComments() throws {
    let text = Self.texts[1]
    let module = try Module(parsing: text, file: "IR/parse/two.lathe")
    let shown = module.text { $0.lineText }
    #expect(shown.contains("%0 = mul %a, %b : f32[n,m,k]  // two.lathe:12\n"))
    #expect(try Module(parsing: shown) == module)
    #expect(module.description == text)
  }

  static let wrong: [(String, String)] = [
    ("graf", "1:1: 'graph' or 'kernel' expected, found 'graf'"),
    ("graph f", "1:7: the graph's @name expected, found 'f'"),
    ("graph @f(%0: f32)", "1:10: a parameter's name must not be a number"),
    ("graph @f(%x: f33)", "1:14: an element type such as f32 expected, found 'f33'"),
    ("graph @f() -> f32 {\n 5", "2:2: a value's %name or 'return' expected, found '5'"),
    ("graph @f() -> f32 {\n return %x }", "2:9: %x is not defined before this use"),
    (
      "graph @f(%x: f32) -> f32 {\n %x = neg %x : f32",
      "2:2: %x is defined twice"
    ),
    (
      "graph @f(%x: f32) -> f32 {\n %0 = nag %x : f32",
      "2:7: an operation expected, found 'nag'"
    ),
    ("graph @f(%x: f32) -> f32 {\n %0 = add %x : f32", "2:7: add takes 2 operands, found 1"),
    (
      "graph @f(%x: f32) -> f32 {\n %0 = neg * : f32",
      "2:11: a value's %name or a literal expected, found '*'"
    ),
    (
      "graph @f(%x: i32) -> i32 {\n %0 = add %x, 0.5 : i32",
      "2:15: a literal of i32 expected, found '0.5'"
    ),
    (
      "graph @f(%x: i32) -> i32 {\n %0 = cast 1 : i32",
      "2:12: a literal with its type expected, such as 1:f32"
    ),
    (
      "graph @f(%x: f32) -> f32 {\n %0 = sort sum %x : f32",
      "2:12: a value's %name expected, found 'sum'"
    ),
    (
      "graph @f(%x: f32) -> f32 {\n %0 = kernel @k(%x) : f32",
      "2:14: no kernel @k in this text"
    ),
    (
      "graph @f(%x: f32) -> f32 {\n %0, %1 = neg %x : f32",
      "2:2: 1 names expected for as many types, found 2"
    ),
    (
      "graph @f(%x: f32) -> f64 {\n return %x }",
      "2:2: the head of @f states results f64, found f32"
    ),
    (
      "graph @f(%x: f32[2]) -> f32 {\n %0 = view %x[i] -> [i,i] : f32[2,2]",
      "2:24: axis i is named twice"
    ),
    (
      "graph @f(%x: f32[2]) -> f32 {\n %0 = view %x[i] -> [i] : f32[2,2]",
      "2:25: f32[2,2] has 2 axes, named were 1"
    ),
    (
      "graph @f(%x: f32[2]) -> f32 {\n %0 = view %x[%x] -> [i] : f32[2]",
      "2:15: a symbol or axis expected, found '%x'"
    ),
    (
      "graph @f(%x: f32[2]) -> f32 {\n %0 = view %x[i] : f32[2]\n %1 = neg %x : f32",
      "3:5: '->' and the result's axes expected, found '='"
    ),
    ("graph @f(%x: f32[lane]) -> f32", "1:18: a symbol or axis expected, found 'lane', which"),
  ]

  @Test func boundsTheDepthOfExpressions() throws {
    let parentheses = String(repeating: "(", count: 100_000)
    let quotients = "n" + String(repeating: " floordiv m", count: 100_000)
    for extent in [parentheses, quotients] {
      let error = #expect(throws: TextError.self) {
        try Module(parsing: "graph @f(%x: f32[\(extent)]) -> f32 { return %x }")
      }
      #expect(error?.message == "an index expression at most 64 deep expected")
    }
  }

  @Test(arguments: wrong) func refuses(text: String, message: String) {
    let error = #expect(throws: TextError.self) { try Module(parsing: text) }
    let description = error?.description ?? ""
    #expect(description.hasPrefix(message), "\(description)")
  }
}
