// Functions compiled per signature.

import Driver
import Lathe
import Testing

@Suite struct CompileTests {
  @Test func callsGiveWhatTheBodySays() {
    let f = compile { (x: Tensor, y: Tensor) in tanh(x * 0.5) + y }
    let x = Tensor([1.0, -2])
    let y = Tensor([10.0, 20])
    let expected = (tanh(x * 0.5) + y).scalars(as: Float.self)
    #expect(f(x, y).scalars(as: Float.self) == expected)
    #expect(f(x, y).scalars(as: Float.self) == expected)
    #expect(f.variantCount == 1)
    #expect(f(x, y + 1).scalars(as: Float.self) == [expected[0] + 1, expected[1] + 1])
  }

  @Test func newTypesAndShapesCompileAnew() {
    let f = compile { (x: Tensor) in x + x }
    #expect(f(Tensor([1, 2])).scalars(as: Int.self) == [2, 4])
    #expect(f(Tensor([1.5])).scalars(as: Float.self) == [3])
    #expect(f(Tensor([[1.5]])).shape == [1, 1])
    #expect(f.variantCount == 3)
  }

  @Test func resultsMayBeSeveral() {
    let two = compile { (x: Tensor) in (x + 1, x * 2) }
    let (a, b) = two(Tensor([3]))
    #expect(a.item() == 4 && b.item() == 6)
    let many = compile { (a: Tensor, b: Tensor, c: Tensor) in [a, b + c, c, c] }
    #expect(many(Tensor([1]), Tensor([2]), Tensor([3])).map { $0.item() } == [1, 5, 3, 3])
    let three = compile { (a: Tensor, b: Tensor, c: Tensor, d: Tensor) in (a + b, c + d, d) }
    let sums = three(Tensor([1]), Tensor([2]), Tensor([3]), Tensor([4]))
    #expect([sums.0, sums.1, sums.2].map { $0.item() } == [3, 7, 4])
  }

  @Test func constantsAndUnusedArgumentsAreFine() {
    let f = compile { (x: Tensor, unused: Tensor) in Tensor.ones([2]) }
    #expect(f(Tensor([1]), Tensor([2])).scalars(as: Float.self) == [1, 1])
  }

  /// A captured matrix is packed once, and each function has its own, even where the code is shared.
  @Test func capturedMatricesArePacked() {
    let x = Tensor.linspace(-1, 1, count: 10 * 300).reshaped(10, 300)
    let matrices = [0.5, 2.0].map { end in
      Tensor(
        scalars: (0..<300 * 64).map { Float($0 % 97) * Float(end) - 20 }, shape: [300, 64])
    }
    let bias = Tensor.linspace(0, 1, count: 64)
    let plain = compile { (x: Tensor, w: Tensor) in relu(x.matmul(w) + bias) }
    for w in matrices {
      let layer = compile { (x: Tensor) in relu(x.matmul(w) + bias) }
      let expected = plain(x, w).scalars(as: Float.self)
      #expect(layer(x).scalars(as: Float.self) == expected)
      #expect(layer(x).scalars(as: Float.self) == expected)
      let text = layer.explain()
      #expect(text.contains("packed into panels once"), "\(text)")
      #expect(layer.ir(.fused).contains("floordiv"))
    }
    #expect(!plain.explain().contains("packed"))
  }

  /// A broadcast of a captured tensor is an index map of the program; what is computed from it is
  /// not.
  @Test func capturedBroadcastsStaySmall() {
    let bias = Tensor([1.0, 2, 3])
    let f = compile { (x: Tensor) in x * (bias * 2.0 + 1.0) }
    #expect(f(Tensor.ones([4, 3])).sum().item() == 60)
    #expect(f.variants[0].captured.map { $0.prefix(6) } == ["f32[3]"])
  }

  @Test func capturedTensorsAreReadOnce() {
    let weight = Tensor([1.0, 2])
    let pending = exp(weight)
    let f = compile { (x: Tensor) in x * pending + weight }
    let first = f(Tensor([1.0, 1])).scalars(as: Float.self)
    #expect(pending.isEvaluated)
    #expect(first == (pending + weight).scalars(as: Float.self))
    #expect(!f.ir(.graph).contains(" exp "))
  }

  @Test func compiledFunctionsNestInTraces() {
    let inner = compile { (x: Tensor) in x * 3 }
    let outer = compile { (x: Tensor) in inner(x) + 1 }
    #expect(outer(Tensor([2])).item() == 7)
  }

  @Test func everyLevelCanBeRead() {
    let f = compile { (x: Tensor) in sigmoid(x) * 2 }
    _ = f(Tensor.zeros([100]))
    #expect(f.ir(.graph).contains("graph @main(%x0: f32[100])"))
    #expect(f.ir(.kernel).hasPrefix("kernel @"))
    #expect(f.ir(.scheduled).contains("vector"))
    #expect(f.ir(.llvm).contains("define"))
    #expect(!f.ir(.assembly).isEmpty && !f.ir(.fused).isEmpty)
  }

  @Test func anotherCompilerCompilesAnew() {
    let f = compile { (x: Tensor) in mulAdd(x, x, 0.1) }
    let x = Tensor.linspace(0, 1, count: 37)
    let usual = f(x).scalars(as: Float.self)
    let single = Compiler(CompilerOptions(threads: 1))
    #expect(withCompiler(single) { f(x).scalars(as: Float.self) } == usual)
    #expect(f.variantCount == 2)
  }

  @Test func tasksMayCallOneFunction() async {
    let f = compile { (x: Tensor) in exp(x) }
    let x = Tensor.linspace(0, 1, count: 1_000)
    let expected = exp(x).scalars(as: Float.self)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 { group.addTask { f(x).scalars(as: Float.self) == expected } }
      for await same in group { #expect(same) }
    }
  }

  #if DEBUG
    @Test func aChangedConstantIsFoundAtTheSecondCall() async {
      let result = await #expect(
        processExitsWith: .failure, observing: [\.standardErrorContent]
      ) { Changing.run() }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(
        text.hasPrefix(
          "CompileTests.swift:\(Changing.line): compile: the second trace differs: "
            + "%0 = mul %x0, 1.0 : f32[1], then %0 = mul %x0, 2.0 : f32[1]"), "\(text)")
    }
  #endif
}

/// Function that does something else at each trace.
private enum Changing {
  private final class Counter: Sendable {
    let count = Locked<Double>(0)
    func next() -> Double {
      count.withLock {
        $0 += 1
        return $0
      }
    }
  }

  static let line = #line + 4
  static func run() {
    let counter = Counter()
    let f = compile { (x: Tensor) in
      x * counter.next()
    }
    _ = f(Tensor([1.5]))
    _ = f(Tensor([1.5]))
  }
}
