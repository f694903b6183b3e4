// Tensors of f16 and bf16.

import Driver
import IRCore
import Lathe
import TestSupport
import Testing

@Suite struct ShortFloatTensorTests {
  private static let types: [DType] = [.f16, .bf16]

  /// Numbers of both signs of a type.
  private func sample(_ shape: [Int], _ dtype: DType, seed: Int = 1) -> Tensor {
    Tensor.randomNormal(shape, key: RandomKey(seed)).cast(to: dtype)
  }

  private func floats(_ x: Tensor) -> [Float] { x.cast(to: .f32).scalars(as: Float.self) }

  @Test func arraysComeAndGo() {
    let halves: [Float16] = [0.1, -2, .infinity, 65504]
    let x = Tensor(scalars: halves, shape: [2, 2])
    #expect(x.dtype == .f16 && x.scalars(as: Float16.self) == halves)
    #expect(floats(x) == halves.map(Float.init))
    let brains: [BFloat16] = [0.1, -2, 3.14159]
    let y = Tensor(brains)
    #expect(y.dtype == .bf16 && y.scalars(as: BFloat16.self) == brains)
    #expect(brains.map(Float.init) == [0.10009765625, -2, 3.140625])
    #expect("\(brains)" == "[0.1, -2.0, 3.14]")
    #expect(Tensor(scalars: [1.5, 2.5] as [Float], shape: [2], dtype: .bf16).dtype == .bf16)
    #expect(Tensor([[1, 2.5]], .f16).scalars(as: Float16.self) == [1, 2.5])
    let z = y + Float16(0.5)
    #expect(z.dtype == .bf16 && floats(z)[1] == -1.5)
  }

  @Test func prints() {
    #expect("\(Tensor([0.1, 0.33333, 65504], .f16))" == "[    0.1000,     0.3333, 65500.0000]")
    #expect("\(Tensor([0.1, 3.14159], .bf16))" == "[0.10, 3.14]")
  }

  /// Literals take the type of the tensor, and every operation rounds.
  @Test(arguments: types) func operationsRound(dtype: DType) {
    let one = Tensor([1.0], dtype)
    let small = dtype == .f16 ? 0x1p-11 : 0x1p-8
    let unit = 2 * small
    let sum = one + small + small
    #expect(sum.dtype == dtype && floats(sum) == [1])
    #expect(floats(one + unit) == [1 + Float(unit)])
    #expect((sum .< 2).scalars(as: Bool.self) == [true])
    #expect(floats(exp(one))[0] == Float(Literal(dtype, 2.718281828459045).doubleValue))
  }

  /// In their own type these sums would stay at 2048 or 256, or overflow.
  @Test(arguments: types) func sumsAreTakenInF32(dtype: DType) {
    let ones = Tensor.ones([4096, 3], dtype)
    #expect(floats(ones.sum(axis: 0)) == [4096, 4096, 4096])
    #expect(floats(ones.cumulativeSum(axis: 0)[4095]) == [4096, 4096, 4096])
    #expect(Tensor.full([70_000], 2.0, dtype).mean().item() == 2)
    #expect(Tensor.full([3], 300.0, dtype).norm().item() == (dtype == .f16 ? 519.5 : 520))
    #expect(ones.sum().dtype == dtype)
    let product = Tensor.ones([1, 4096], dtype).matmul(ones)
    #expect(floats(product) == [4096, 4096, 4096])
  }

  /// What is composed of sums is that of the f32 of the elements, rounded once.
  @Test(arguments: types) func compositionsRoundOnce(dtype: DType) {
    let x = sample([6, 40], dtype)
    let scale = sample([40], dtype, seed: 2)
    let labels = Tensor([0, 39, 7, 1, 2, 3])
    let functions: [(String, (Tensor, Tensor) -> Tensor)] = [
      ("mean", { x, _ in x.mean(axis: 1) }),
      ("variance", { x, _ in x.variance(axis: 0, correction: 1) }),
      ("standardDeviation", { x, _ in x.standardDeviation() }),
      ("norm", { x, _ in x.norm(.sum, axis: 0) }),
      ("softmax", { x, _ in x.softmax() }),
      ("logSoftmax", { x, _ in x.logSoftmax(axis: 0) }),
      ("logSumExp", { x, _ in x.logSumExp(axis: 1) }),
      ("layerNorm", { x, scale in x.layerNorm(scale: scale, offset: scale) }),
      ("rmsNorm", { x, scale in x.rmsNorm(scale: scale) }),
      ("batchNorm", { x, scale in x.batchNorm(scale: scale, offset: scale).normalized }),
      ("given", { x, scale in x.batchNorm(mean: scale, variance: scale * scale) }),
      ("crossEntropy", { x, _ in x.crossEntropy(labels) }),
      ("smoothed", { x, _ in x.crossEntropy(x.softmax(), smoothing: 0.1) }),
      ("averagePool", { x, _ in x.averagePool(kernel: [3], padding: [1]) }),
    ]
    for (name, function) in functions where name != "smoothed" && name != "given" {
      let found = function(x, scale)
      let expected = function(x.cast(to: .f32), scale.cast(to: .f32)).cast(to: dtype)
      #expect(found.dtype == dtype && floats(found) == floats(expected), "\(name)")
    }
    // These take what was rounded before.
    for (name, function) in functions where name == "smoothed" || name == "given" {
      let found = function(x, scale)
      let expected = function(x.cast(to: .f32), scale.cast(to: .f32))
      let difference = zip(floats(found), floats(expected)).map { abs($0 - $1) / (1 + abs($1)) }
      #expect(found.dtype == dtype && difference.allSatisfy { $0 < 0.02 }, "\(name)")
    }
  }

  /// Products are exact in f32 and added there, in the order of those of f32 tensors.
  @Test(arguments: types, 1...3) func productsAreThoseOfF32(dtype: DType, threads: Int) {
    for row in TargetRow.runnable {
      withCompiler(Compiler(CompilerOptions(row: row, threads: threads))) {
        for (m, k, n) in [(1, 65, 33), (5, 17, 3), (33, 65, 70), (130, 300, 90), (64, 256, 128)] {
          let (a, b) = (sample([m, k], dtype), sample([k, n], dtype, seed: 2))
          let found = a.matmul(b)
          let exact = a.cast(to: .f32).matmul(b.cast(to: .f32)).cast(to: dtype)
          #expect(found.dtype == dtype)
          #expect(floats(found) == floats(exact), "\(row.name): \(m), \(k), \(n)")
          let eager = withExecution(.eager) { floats(a.matmul(b)) }
          #expect(eager == floats(exact), "\(row.name): \(m), \(k), \(n), eager")
          let turned = b.transposed().matmul(a.transposed())
          let turnedExact = b.cast(to: .f32).transposed().matmul(a.cast(to: .f32).transposed())
          #expect(floats(turned) == floats(turnedExact.cast(to: dtype)))
        }
      }
    }
  }

  @Test(arguments: types) func gradientsSumInF32(dtype: DType) {
    let x = sample([4096, 3], dtype)
    let bias = Tensor.zeros([3], dtype)
    let slope = gradient(of: bias) { bias in (x + bias).sum() }
    #expect(slope.dtype == dtype && floats(slope) == [4096, 4096, 4096])
    let w = sample([3, 2], dtype, seed: 2)
    let products = gradient(of: w) { w in x.matmul(w).sum() }
    let expected = x.sum(axis: 0, keepDims: true).transposed().broadcast(to: [3, 2])
    #expect(floats(products) == floats(expected))
  }

  /// A kernel of plain loops, over grids of 16-bit floats.
  @Test(arguments: types) func kernelsCompute(dtype: DType) {
    let scaled = kernel("scaled") { k in
      let n = k.extent("n")
      let a = k.input(dtype, [n]), out = k.output(dtype, [n])
      for i in k.range(0..<n) { out[i] = a[i] * 0.5 + 1 }
    }
    let x = sample([1000], dtype)
    #expect(floats(scaled.outputs(of: [x])[0]) == floats(x * 0.5 + 1))
  }
}
