// `batched` against a loop over the elements, bit for bit.

import Lathe
import Testing

private let prefixes = kernel("prefixes") { k in
  let x = k.input(.f32, [k.extent("n")]), y = k.output(.f32, [x.shape[0]])
  @Variable var sum = 0.0
  for i in k.range(x.shape[0]) {
    sum = sum * 0.5 + x[i]
    y[i] = sum
  }
}

private let reversedRows = kernel("reversedRows") { k in
  let n = k.extent("n"), m = k.extent("m")
  let x = k.input(.f32, [n, m]), other = k.input(.f32, [n, m]), y = k.output(.f32, [n, m])
  let line = k.local(.f32, [m])
  for i in k.range(n) {
    for j in k.range(m) { line[j] = x[i, j] * other[i, j] }
    for j in k.range(m) { y[i, j] = line[m - 1 - j] + x[i, j] }
  }
}

/// A function of one tensor, and the shape of what it takes.
private struct Single: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let shape: [Int]
  let function: @Sendable (Tensor) -> Tensor

  init(_ name: String, _ shape: [Int], _ function: @escaping @Sendable (Tensor) -> Tensor) {
    testDescription = name
    self.shape = shape
    self.function = function
  }

  static func draw(_ shape: [Int], _ seed: Int) -> Tensor {
    Tensor.randomNormal(shape, key: RandomKey(seed))
  }

  static let all: [Single] = [
    Single("elementwise", [3]) { tanh($0 * 2) + draw([3], 4) },
    Single("scalar", []) { exp($0) },
    Single("constant", [2]) { _ in draw([2], 4) },
    Single("softmax", [2, 5]) { softmax($0) },
    Single("layerNorm", [2, 6]) { $0.layerNorm() },
    Single("sums", [3, 4]) { $0.sum(axis: 0) + $0.max() },
    Single("places", [3, 4]) { $0.argMax() + $0.argMin(axis: 1) },
    Single("cumulative sum", [3, 4]) { $0.cumulativeSum(axis: 0) },
    Single("slices and pads", [4, 3]) { x in
      x[1..<3, 0..<3].flipped([1]).transposed(0, 1).padded([(1, 0), (0, 2)])
    },
    Single("matmul by a captured matrix", [2, 3]) { $0.matmul(draw([3, 4], 4)) },
    Single("matmul with itself", [3, 3]) { $0.matmul($0) },
    Single("vector by a captured matrix", [3]) { draw([4, 3], 4).matmul($0) },
    Single("convolution", [1, 2, 5, 4]) {
      convolution($0, draw([3, 2, 3, 3], 4), padding: [1, 1])
    },
    Single("maxPool", [1, 1, 4, 4]) { $0.maxPool(kernel: [2, 2]) },
    Single("crossEntropy", [3, 4]) { $0.crossEntropy(Tensor([0, 3, 1])) },
    Single("rows at captured indices", [4, 2]) { $0.take(Tensor([3, 0, 3])) },
    Single("rows of a captured table", [3]) { x in
      draw([5, 2], 4).take((x * 10).cast(to: .i64), outside: .clamped)
    },
    Single("rows of its own", [4, 2]) { x in
      x.take((x[.all, 0] * 10).cast(to: .i32), outside: .wrapped)
    },
    Single("elements along an axis", [3, 4]) { $0.takeAlong($0.argSorted(axis: 0), axis: 0) },
    Single("scatter of its own", [3, 2]) { x in
      draw([5, 2], 4).scatter(x, at: Tensor([4, 0, 4]), by: .add)
    },
    Single("scatter into its own", [4]) { x in
      x.scatter(Tensor([1.0, 2]), at: (x[0..<2] * 10).cast(to: .i32), outside: .dropped)
    },
    Single("concatenated", [2, 3]) { x in
      Tensor.concatenated([x, draw([1, 3], 4), x * 2])
    },
    Single("kernel of plain loops", [4]) { prefixes($0) },
    Single("kernel with arrays of its own", [2, 5]) { x in reversedRows(x, draw([2, 5], 4)) },
    Single("Cholesky", [3, 3]) { x in
      (x.matmul(x.transposed()) + Tensor.eye(3)).cholesky()
    },
    Single("determinant", [4, 4]) { $0.determinant() },
    Single("solve for a captured side", [3, 3]) { $0.solve(draw([3, 2], 4)) },
    Single("transform", [12]) { $0.realFFT() },
    Single("sorted", [3, 5]) { $0.sorted(axis: 0, descending: true) },
    Single("topK", [2, 6]) { x in
      let (values, places) = x.topK(3)
      return values * places.cast(to: .f32)
    },
    Single("gradient of gathered rows", [3]) { x in
      gradient(of: x) { x in (x.take(Tensor([2, 0, 2])) * Tensor([1.0, 2, 3])).sum() }
    },
    Single("gradient", [4]) { x in gradient(of: x) { (sin($0) * $0).sum() } },
    Single("gradient by what is captured", [3]) { x in
      gradient(of: draw([2, 3], 4)) { w in tanh(w.matmul(x)).sum() }
    },
    Single("loop", [5, 2]) { x in
      var h = Tensor.zeros([2])
      for t in steps(5) { h = tanh(h + x[t]) }
      return h
    },
    Single("rows of a loop", [4, 2]) { x in
      scan(over: x, from: Tensor.ones([2])) { h, row in
        h = h * row
        return h + 1
      }.outputs
    },
    Single("loop of differing length", []) { x in
      whileLoop(from: abs(x) + 3, while: { $0 .> 0.5 }) { $0 = $0 * 0.75 }
    },
    Single("choice", [2]) { x in
      conditional(x.sum() .> 0) {
        exp(x)
      } otherwise: {
        x * 3
      }
    },
    Single("choice for all", [2]) { x in
      conditional(draw([], 4) .> 0) {
        exp(x)
      } otherwise: {
        x * 3
      }
    },
    Single("batched", [3, 2]) { x in batched(over: x) { ($0 * $0).sum() } },
    Single("checkpointed", [3]) { x in checkpointed(x) { tanh($0) } },
  ]
}

@Suite struct BatchedTests {
  private func bytes(_ x: Tensor) -> [Double] { x.cast(to: .f64).scalars(as: Double.self) }

  @Test(arguments: Single.all, [1, 4]) fileprivate func isALoop(item: Single, count: Int) {
    let x = Single.draw([count] + item.shape, 1)
    let all = batched(over: x, item.function)
    #expect(all.shape.first == count)
    for place in 0..<count {
      let expected = item.function(x[place])
      #expect(all[place].shape == expected.shape)
      #expect(bytes(all[place]) == bytes(expected), "element \(place)")
    }
  }

  /// The gradient of a sum over a batch is that of a loop over it.
  @Test(
    arguments: Single.all.filter {
      ![
        "places", "constant", "loop of differing length", "kernel of plain loops",
        "kernel with arrays of its own",
      ].contains($0.testDescription)
    }) fileprivate func hasSlopes(item: Single)
  {
    let x = Single.draw([3] + item.shape, 1)
    let slope = gradient(of: x) { x in batched(over: x) { item.function($0).sum() }.sum() }
    for place in 0..<3 {
      let expected = gradient(of: x[place]) { item.function($0).sum() }
      let error = abs(slope[place] - expected).max().item()
      #expect(error <= 1e-5 * Swift.max(1, abs(expected).max().item()))
    }
    let direction = Single.draw([3] + item.shape, 2)
    let tangent = jvp(of: x, along: direction) { batched(over: $0, item.function) }.tangent
    let forward = tangent.sum().item()
    let backward = (slope * direction).sum().item()
    #expect(abs(forward - backward) <= 1e-4 * Swift.max(1, abs(backward)))
  }

  @Test func structuresAreTakenApart() {
    let pair = (Tensor([1.0, 2, 3]), [Tensor([[1.0, 1], [2, 2], [3, 3]])])
    let (sum, parts) = batched(over: pair) { a, b in (b[0].sum() * a, ["b": b[0] + a]) }
    #expect(sum.scalars(as: Float.self) == [2, 8, 18])
    #expect(parts["b"]?.scalars(as: Float.self) == [2, 2, 4, 4, 6, 6])
  }

  /// As one program, in one contraction for the whole batch.
  @Test func productsBecomeOne() {
    let weights = Single.draw([8, 8], 3)
    let f = compile { (x: Tensor) in batched(over: x) { tanh($0.matmul(weights)) } }
    _ = f(Single.draw([16, 8], 1))
    #expect(f.ir(.graph).matches(of: /contract/).count == 1, "\(f.ir(.graph))")
  }
}

/// Mistakes outside exit tests, whose bodies a macro moves to lines of its own.
private enum Mistake {
  static let extentsLine = #line + 2
  static func extents() {
    _ = batched(over: (Tensor([1.0, 2]), Tensor([1.0]))) { $0 + $1 }
  }

  static let scalarLine = #line + 2
  static func scalar() {
    _ = batched(over: Tensor(Float(1))) { $0 + 1 }
  }

  static let emptyLine = #line + 2
  static func empty() {
    _ = batched(over: [Tensor]()) { _ in Tensor(Float(1)) }
  }

  static let lengthsLine = #line + 4
  static func lengths() {
    _ = batched(over: Tensor([2, 3])) { n in
      var x = Tensor(Float(1))
      for _ in steps(n) { x = x * 2 }
      return x
    }
  }

  static func leak() {
    var kept: [Tensor] = []
    _ = batched(over: Tensor([1.0, 2])) { x in
      kept.append(x * 2)
      return x
    }
    print(kept)
  }
}

@Suite struct BatchedMisuseTests {
  private func expect(_ result: ExitTest.Result?, _ line: Int?, _ words: String) {
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    let place = line.map { "BatchedTests.swift:\($0): " } ?? ""
    #expect(text.contains(place) && text.contains(words), "\(text)")
  }

  @Test func firstAxesMustAgree() async {
    let extents = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Mistake.extents()
    }
    expect(
      extents, Mistake.extentsLine, "batched: f32[2] and f32[1] differ in their first axis")
    let scalar = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Mistake.scalar()
    }
    expect(
      scalar, Mistake.scalarLine, "batched: tensors with a first axis expected, found f32")
    let empty = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Mistake.empty()
    }
    expect(empty, Mistake.emptyLine, "batched: tensors with a first axis expected, found none")
  }

  @Test func numbersOfStepsMustAgree() async {
    let lengths = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Mistake.lengths()
    }
    expect(
      lengths, Mistake.lengthsLine,
      "batched: loop cannot be batched: the number of its steps differs")
  }

  @Test func placeholdersAreNotKept() async {
    let leak = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Mistake.leak()
    }
    expect(leak, nil, "batched: a value made here is kept beyond the function that is traced")
  }
}
