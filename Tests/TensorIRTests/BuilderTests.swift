// Shape inference: what the builder makes, and what it refuses in which words.

import IRCore
import LoopIR
import TensorIR
import Testing

@Suite struct BuilderTests {
  static let n = IndexExpression.symbol("n")
  static let m = IndexExpression.symbol("m")

  /// A graph of parameters, and the parameters.
  func parameters(_ types: TensorType...) throws -> (GraphBuilder, [ValueID]) {
    var builder = GraphBuilder(name: "f")
    var values: [ValueID] = []
    for (index, type) in types.enumerated() {
      values.append(try builder.parameter("x\(index)", type))
    }
    return (builder, values)
  }

  /// The text of the node that defines `value`.
  func line(_ builder: GraphBuilder, _ value: ValueID) throws -> String {
    let graph = builder.returning([value])
    try graph.verify()
    return graph.description.split(separator: "\n").dropLast(2).last.map(String.init) ?? ""
  }

  @Test func broadcasts() throws {
    var (b, x) = try parameters(TensorType(.f32, [3, 1, Self.n]))
    let y = try b.broadcast(x[0], to: [2, 3, 4, Self.n])
    #expect(try line(b, y) == "  %0 = view %x0[j, 0, l] -> [i,j,k,l] : f32[2,3,4,n]")
  }

  @Test func transposes() throws {
    var (b, x) = try parameters(TensorType(.f32, extents: [2, 3, 4]))
    let y = try b.transpose(x[0], [2, 0, 1])
    #expect(try line(b, y) == "  %0 = view %x0[j, k, i] -> [i,j,k] : f32[4,2,3]")
  }

  static let reshapes: [([IndexExpression], [IndexExpression], String)] = [
    ([6, 4], [24], "[i floordiv 4, i mod 4] -> [i]"),
    ([24], [6, 4], "[4*i + j] -> [i,j]"),
    ([2, 3, 4], [6, 4], "[i floordiv 3, i mod 3, j] -> [i,j]"),
    ([2, 6], [4, 3], "[i floordiv 2, j + 3*(i mod 2)] -> [i,j]"),
    ([n, 4], [4 * n], "[i floordiv 4, i mod 4] -> [i]"),
    ([n * m], [n, m], "[m*i + j] -> [i,j]"),
    ([n, m], [n * m], "[i floordiv m, i mod m] -> [i]"),
    ([n, 8, 16], [n, 128], "[i, j floordiv 16, j mod 16] -> [i,j]"),
    ([1, n, 1], [n, 1], "[0, i, 0] -> [i,j]"),
    ([1, 1], [], "[0, 0] -> []"),
    ([0, 3], [7, 0], "[0, 0] -> [i,j]"),
  ]

  @Test(arguments: reshapes)
  func mapsReshapes(old: [IndexExpression], new: [IndexExpression], map: String) throws {
    // The second parameter names every symbol by itself.
    var (b, x) = try parameters(TensorType(.f32, old), TensorType(.f32, [Self.n, Self.m]))
    let y = try b.reshape(x[0], to: new)
    let text = try line(b, y)
    #expect(text.contains("view %x0\(map) : "), "\(text)")
  }

  @Test func reshapingBackIsTheIdentity() throws {
    for (old, new, _) in Self.reshapes where !old.contains(0) {
      var (b, x) = try parameters(TensorType(.f32, old))
      let y = try b.reshape(x[0], to: new)
      let z = try b.reshape(y, to: old)
      guard case .view(let inner) = b.graph[y.node].kind,
        case .view(let outer) = b.graph[z.node].kind
      else { return }
      let composed = try #require(outer.composed(over: inner, shape: old))
      // An axis of extent 1 is index 0, which is the same.
      let expected = old.enumerated().map { $1 == 1 ? 0 : IndexExpression.variable($0) }
      #expect(composed.indices == expected, "\(old) \(new)")
    }
  }

  @Test func slicesFlipsPadsAndSlides() throws {
    var (b, x) = try parameters(TensorType(.f32, [10, Self.n]))
    let slice = try b.slice(x[0], starts: [9, 2], strides: [-3, 2], counts: [4, 5])
    #expect(try line(b, slice) == "  %0 = view %x0[-3*i + 9, 2*j + 2] -> [i,j] : f32[4,5]")
    let flip = try b.flip(x[0], axes: [1])
    #expect(try line(b, flip) == "  %1 = view %x0[i, n - j - 1] -> [i,j] : f32[10,n]")
    let pad = try b.pad(x[0], low: [1, 0], high: [2, 0], fill: .f32(-1))
    #expect(
      try line(b, pad)
        == "  %2 = view %x0[i - 1, j] where 0 <= i - 1 < 10 else -1.0 -> [i,j] : f32[13,n]")
    let windows = try b.slidingWindow(
      x[0], axes: [0], sizes: [3], strides: [2], dilations: [2])
    #expect(try line(b, windows) == "  %3 = view %x0[2*i + 2*k, j] -> [i,j,k] : f32[3,n,3]")
  }

  @Test func callsBindSymbols() throws {
    var (callee, p) = try parameters(TensorType(.f32, [2 * Self.n, Self.m]))
    let y = try callee.reshape(p[0], to: [2, Self.n, Self.m])
    let graph = callee.returning([y, p[0]])
    var (b, x) = try parameters(TensorType(.f32, [4 * Self.m, 7]))
    let results = try b.call(graph, [x[0]])
    #expect(results.map { b[type: $0].description } == ["f32[2,2*m,7]", "f32[4*m,7]"])
  }

  // MARK: Refusals

  /// The error's text.
  func refusal(_ body: () throws(InferenceError) -> Void) -> String {
    do { try body() } catch { return error.description }
    return "nothing refused"
  }

  @Test func broadcastingNamesTheAxis() {
    let types = [TensorType(.f32, extents: [2, 3]), TensorType(.f32, extents: [4])]
    let text = refusal { () throws(InferenceError) in
      _ = try TensorType.broadcastShape(of: "add", types)
    }
    #expect(text == "add: f32[2,3], f32[4] do not broadcast: axis 1 is 3 and 4")
  }

  @Test func elementwiseRefuses() throws {
    var (b, x) = try parameters(
      TensorType(.f32, extents: [2, 3]), TensorType(.f32, extents: [3]),
      TensorType(.i32, extents: [2, 3]))
    let cases: [(Elementwise, [TensorOperand], String)] = [
      (
        .add, [.value(x[0]), .value(x[1])],
        "f32[2,3], f32[3] differ in shape, expected [2,3] for all"
      ),
      (.add, [.value(x[0])], "f32[2,3] are 1 operands, expected 2"),
      (
        .add, [.value(x[0]), .value(x[2])],
        "f32[2,3], i32[2,3] do not fit: operands of one type expected, found f32 and i32"
      ),
      (.sqrt, [.value(x[2])], "i32[2,3] do not fit: a float type expected, found i32"),
      (.neg, [.literal(.f32(1))], "f32 are literals only, and no shape is stated"),
    ]
    for (row, operands, message) in cases {
      let text = refusal { () throws(InferenceError) in _ = try b.elementwise(row, operands) }
      #expect(text == "\(row): \(message)")
    }
    #expect(b.graph.nodes.count == 3)
  }

  static let viewRefusals:
    [(@Sendable (inout GraphBuilder, ValueID) throws(InferenceError) -> ValueID, String)] = [
      (
        { (b, x) throws(InferenceError) in try b.broadcast(x, to: [3]) },
        "broadcast: f32[2,n] has more axes than [3]"
      ),
      (
        { (b, x) throws(InferenceError) in try b.broadcast(x, to: [5, n]) },
        "broadcast: f32[2,n] does not broadcast to [5,n]: axis 0 is 2 and 5"
      ),
      (
        { (b, x) throws(InferenceError) in try b.transpose(x, [0, 0]) },
        "transpose: f32[2,n] has no permutation [0, 0] of its axes"
      ),
      (
        { (b, x) throws(InferenceError) in try b.reshape(x, to: [3, n]) },
        "reshape: f32[2,n] has 2*n elements, [3,n] has 3*n"
      ),
      (
        { (b, x) throws(InferenceError) in try b.expandDims(x, axis: 3) },
        "expandDims: f32[2,n] has no place for axis 3"
      ),
      (
        { (b, x) throws(InferenceError) in try b.squeeze(x, axes: [0]) },
        "squeeze: f32[2,n] has no axis 0 of extent 1"
      ),
      (
        { (b, x) throws(InferenceError) in
          try b.slice(x, starts: [1, 0], strides: [1, 1], counts: [2, 1])
        }, "slice: f32[2,n] has no 2 elements from 1 by 1 along axis 0"
      ),
      (
        { (b, x) throws(InferenceError) in
          try b.slice(x, starts: [0, 1], strides: [1, 1], counts: [1, n])
        }, "slice: f32[2,n] has no n elements from 1 by 1 along axis 1"
      ),
      (
        { (b, x) throws(InferenceError) in try b.slice(x, starts: [0], strides: [1], counts: [1]) },
        "slice: f32[2,n] needs a start, a stride and a count for each axis"
      ),
      (
        { (b, x) throws(InferenceError) in try b.flip(x, axes: [2]) },
        "flip: f32[2,n] has no axis 2"
      ),
      (
        { (b, x) throws(InferenceError) in
          try b.pad(x, low: [-1, 0], high: [0, 0], fill: .f32(0))
        }, "pad: f32[2,n] needs two numbers of at least 0 for each axis, found [-1, 0] and [0, 0]"
      ),
      (
        { (b, x) throws(InferenceError) in
          try b.pad(x, low: [1, 0], high: [0, 0], fill: .bool(false))
        }, "pad: f32[2,n] is filled with bool, expected f32"
      ),
      (
        { (b, x) throws(InferenceError) in
          try b.slidingWindow(x, axes: [0], sizes: [2], strides: [1], dilations: [2])
        }, "slidingWindow: f32[2,n] has no room for a window of 3 along axis 0"
      ),
      (
        { (b, x) throws(InferenceError) in
          try b.slidingWindow(
            x, axes: [0, 0], sizes: [1, 1], strides: [1, 1], dilations: [1, 1])
        },
        "slidingWindow: f32[2,n] needs a size, a stride and a dilation above 0 for each of "
          + "distinct axes [0, 0]"
      ),
      (
        { (b, x) throws(InferenceError) in try b.parameter("y", b[type: x]) },
        "parameter %y: f32[2,n] comes after other nodes"
      ),
      (
        { (b, _) throws(InferenceError) in try b.iota(axis: 1, TensorType(.i32, [4])) },
        "iota: i32[4] has no axis 1"
      ),
      (
        { (b, _) throws(InferenceError) in try b.iota(axis: 0, TensorType(.bool, [4])) },
        "iota: bool[4] is not numeric"
      ),
      (
        { (b, _) throws(InferenceError) in
          try b.constant(TensorData(.f32, [.f32(1)]), extents: [2])
        }, "constant: f32[2] does not fit 1 elements"
      ),
    ]

  @Test(arguments: viewRefusals.indices) func viewsRefuse(index: Int) throws {
    var (b, x) = try parameters(TensorType(.f32, [2, Self.n]))
    _ = try b.flip(x[0], axes: [0])
    let (body, expected) = Self.viewRefusals[index]
    let text = refusal { () throws(InferenceError) in _ = try body(&b, x[0]) }
    #expect(text == expected)
    #expect(b.graph.nodes.count == 2)
  }

  @Test func callsRefuse() throws {
    let (callee, p) = try parameters(
      TensorType(.f32, [Self.n, 2]), TensorType(.f32, [Self.n]))
    let graph = callee.returning(p)
    var (b, x) = try parameters(
      TensorType(.f32, [3, 2]), TensorType(.f32, [4]), TensorType(.i32, [3]))
    let cases: [([ValueID], String)] = [
      ([x[0]], "call @f: f32[3,2] do not fit: 2 operands expected, found 1"),
      (
        [x[0], x[1]],
        "call @f: f32[3,2], f32[4] do not fit: f32[n] expected for operand 1, found f32[4]"
      ),
      (
        [x[0], x[2]],
        "call @f: f32[3,2], i32[3] do not fit: f32 expected for operand 1, found i32"
      ),
    ]
    for (operands, expected) in cases {
      let text = refusal { () throws(InferenceError) in _ = try b.call(graph, operands) }
      #expect(text == expected)
    }
  }
}
