// Programmer errors: one line that names the caller's line.

import Lathe
import Testing

/// Mistakes outside exit tests, whose bodies a macro moves to lines of its own.
private enum Mistake {
  static let additionLine = #line + 2
  static func addition() {
    _ = Tensor.zeros([2, 3]) + Tensor.zeros([4])
  }

  static let divisionLine = #line + 5
  static func division() {
    let x = Tensor.zeros([2])
    let y = x * 2 + x
    _ = y - 1
    _ = y / Tensor.zeros([3])
  }

  static let fractionLine = #line + 2
  static func fraction() {
    _ = Tensor([1, 2]) * 0.5
  }

  static let functionLine = #line + 2
  static func function() {
    _ = Tensor([1, 2]).exp()
  }
}

@Suite struct MisuseTests {
  private static let file = "MisuseTests.swift"

  @Test func operatorsNameTheirLines() async {
    let addition = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.addition() }
    expect(
      addition,
      "\(Self.file):\(Mistake.additionLine): add: f32[2,3], f32[4] do not broadcast: "
        + "axis -1 has 3 and 4\n")
    let division = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.division() }
    expect(
      division,
      "\(Self.file):\(Mistake.divisionLine): div: f32[2], f32[3] do not broadcast")
    let fraction = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.fraction() }
    expect(
      fraction,
      "\(Self.file):\(Mistake.fractionLine): mul: i64[2], 0.5: 0.5 is no i64; cast the tensor")
  }

  @Test func methodsNameTheirLine() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.function() }
    expect(
      result,
      "\(Self.file):\(Mistake.functionLine): exp: i64[2]: a float type expected, found i64")
  }

  @Test func elementTypesThatMix() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor([1.5]) * Tensor([1])
    }
    expect(
      result,
      "mul: f32[1], i64[1]: operands of one type expected, found f32 and i64; cast(to:) converts")
  }

  static let mistakes: [(message: String, make: @Sendable () -> Void)] = [
    (
      "reshaped: f32[6] has 6 elements, not those of [4, -1]",
      { _ = Tensor.zeros([6]).reshaped(4, -1) }
    ),
    (
      "permuted: f32[2,3]: [0, 0] is no order of its axes",
      { _ = Tensor.zeros([2, 3]).permuted([0, 0]) }
    ),
    (
      "squeezed: f32[2,1]: axis 0 has extent 2",
      { _ = Tensor.zeros([2, 1]).squeezed(at: 0) }
    ),
    (
      "broadcast: f32[2] does not broadcast to [3]",
      { _ = Tensor.zeros([2]).broadcast(to: [3]) }
    ),
    (
      "subscript: f32[2,3]: index 2 on axis 0 of extent 2",
      { _ = Tensor.zeros([2, 3])[2] }
    ),
    (
      "subscript: f32[2,3]: range 1..<5 on axis 1 of extent 3",
      { _ = Tensor.zeros([2, 3])[0, 1..<5] }
    ),
    (
      "zeros: negative extent in [-1]",
      { _ = Tensor.zeros([-1]) }
    ),
    (
      "Tensor: 2 scalars, expected 3 for shape [3]",
      { _ = Tensor(scalars: [1, 2], shape: [3]) }
    ),
    (
      "Tensor: the nested arrays are not all of one length",
      { _ = Tensor([[1, 2], [3]]) }
    ),
    (
      "add: f16[1], bf16[1]: operands of one type expected, found f16 and bf16; cast(to:) converts",
      { _ = Tensor.zeros([1], .f16) + Tensor.zeros([1], .bf16) }
    ),
    (
      "scalars: bf16[1] read as Float, which is f32",
      { _ = Tensor.zeros([1], .bf16).scalars(as: Float.self) }
    ),
    (
      "scalars: f32[2] read as Int, which is i64",
      { _ = Tensor([1.5, 2]).scalars(as: Int.self) }
    ),
    (
      "item: f32[2] has 2 elements",
      { _ = Tensor([1.5, 2]).item() }
    ),
    (
      "sum: axis 2 of a tensor of rank 2",
      { _ = Tensor.zeros([2, 3]).sum(axis: 2) }
    ),
    (
      "max: f32[2,3]: [0, -2] names an axis twice",
      { _ = Tensor.zeros([2, 3]).max(axes: [0, -2]) }
    ),
    (
      "max: f32[0,3] has extent 0 along axis 0, and max of nothing has no value",
      { _ = Tensor.zeros([0, 3]).max(axis: 0) }
    ),
    (
      "sum: bool[2]: a numeric type expected, found bool; cast(to:) converts",
      { _ = Tensor([true, false]).sum() }
    ),
    (
      "any: f32[2]: a bool type expected, found f32; cast(to:) converts",
      { _ = Tensor([1.5, 2]).any() }
    ),
    (
      "mean: i64[2]: a float type expected, found i64; cast(to:) converts",
      { _ = Tensor([1, 2]).mean() }
    ),
    (
      "softmax: axis 1 of a tensor of rank 1",
      { _ = Tensor([1.5, 2]).softmax(axis: 1) }
    ),
    (
      "layerNorm: f32[3] does not broadcast to [2, 2]",
      { _ = Tensor.zeros([2, 2]).layerNorm(scale: Tensor.zeros([3])) }
    ),
    (
      "batchNorm: f32[2,3]: scale has shape [2], expected [3]",
      { _ = Tensor.zeros([2, 3]).batchNorm(scale: Tensor.zeros([2])) }
    ),
    (
      "crossEntropy: f32[2,3], i64[3]: integer labels of shape [2] or f32 probabilities of shape "
        + "[2, 3] expected",
      { _ = crossEntropy(Tensor.zeros([2, 3]), Tensor([0, 1, 2])) }
    ),
    (
      "crossEntropy: f32[2,0] has extent 0 along axis 1, and max of nothing has no value",
      { _ = crossEntropy(Tensor.zeros([2, 0]), Tensor([0, 1])) }
    ),
    (
      "maxPool: f32[1,3]: the kernel [4] with padding [0] is larger than [3]",
      { _ = Tensor.zeros([1, 3]).maxPool(kernel: [4]) }
    ),
    (
      "averagePool: f32[3]: 1 paddings from 0 to less than the kernel [2] expected, found [2]",
      { _ = Tensor.zeros([3]).averagePool(kernel: [2], padding: [2]) }
    ),
    (
      "cumulativeSum: axis 0 of a tensor of rank 0",
      { _ = Tensor.zeros([]).cumulativeSum(axis: 0) }
    ),
    (
      "cumulativeMax: bool[1]: a numeric type expected, found bool; cast(to:) converts",
      { _ = Tensor([true]).cumulativeMax(axis: 0) }
    ),
    (
      "a value is read while compile { … } traces it",
      {
        let f = compile { (x: Tensor) in x * Float(x.item()) }
        _ = f(Tensor([1.0]))
      }
    ),
    (
      "ir: call the function first",
      {
        let f = compile { (x: Tensor) in x }
        _ = f.ir(.graph)
      }
    ),
  ]

  @Test(arguments: mistakes.indices) func saysWhatIsWrong(index: Int) async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [index] in
      Self.mistakes[index].make()
    }
    expect(result, "\(Self.file):")
    expect(result, Self.mistakes[index].message)
  }

  private func expect(
    _ result: ExitTest.Result?, _ message: String,
    at location: Testing.SourceLocation = #_sourceLocation
  ) {
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(message), "\(text)", sourceLocation: location)
    #expect(text.split(separator: "\n").count == 1, "\(text)", sourceLocation: location)
  }
}
