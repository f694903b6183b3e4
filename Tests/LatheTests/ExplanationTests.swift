// What a compiled function tells about itself, which programs it keeps, and failures that throw.

import Driver
import IRCore
import Lathe
import Testing

@Suite struct ExplanationTests {
  private struct Model: Sendable {
    var weight = Tensor([1.0, 2, 3])
    var rate = 0.5
    var name = "m"
  }

  @Test func explainNamesSignatureCapturesMemoryAndKernels() {
    let captured = Tensor([2.0, 2, 2])
    let f = compile { (model: inout Model, x: Tensor) in
      model.weight = model.weight * captured + x * model.rate
      return x.sum()
    }
    #expect(f.explain().contains(": 0 programs"))
    var model = Model()
    let x = Tensor([1.0, 1, 1])
    _ = f(&model, x)
    model.rate = 0.25
    model.name = "n"
    _ = f(&model, x)
    let text = f.explain()
    #expect(text.hasPrefix("function at ExplanationTests.swift:"))
    #expect(text.contains(": 2 programs\n\nprogram 1, the latest used\n"))
    #expect(
      text.contains(
        "  compiled for Model.weight: f32[3], Model.rate 0.25, Model.name \"n\", argument: f32[3]\n"
      ))
    #expect(
      text.contains(
        "  compiled again because Model.rate 0.5 → 0.25, Model.name \"m\" → \"n\"; "
          + "make it a Tensor\n"))
    #expect(text.contains("  captured: f32[3] of ExplanationTests.swift:"))
    #expect(text.contains("  memory: inputs 36, results 4, updated in place 12, constants 0"))
    #expect(text.contains("  kernel @main.0: ") && text.contains("fused"))
    let variants = f.variants
    #expect(variants.map(\.captured.count) == [1, 1] && variants[1].reason == nil)
    #expect(variants[0].memory.updated == 12 && variants[0].kernelCount >= 1)
    #expect(variants[0].byteCount > 0 && variants[0].statistics.readyNanoseconds > 0)
  }

  @Test func everyLevelIsThatOfTheLatestUse() {
    let f = compile { (x: Tensor) in x + 1 }
    _ = f(Tensor.zeros([3]))
    _ = f(Tensor.zeros([5]))
    #expect(f.ir(.graph).contains("f32[5]"))
    _ = f(Tensor.zeros([3]))
    #expect(f.ir(.graph).contains("f32[3]") && f.variantCount == 2)
    for stage in IRStage.allCases { #expect(!f.ir(stage).isEmpty) }
  }

  @Test func theLeastRecentlyUsedProgramsGo() {
    var sizes = [100 << 20, 100 << 20, 50 << 20, 10 << 20, 1]
    CompiledProgramLimit.trim(&sizes) { $0 }
    #expect(sizes == [100 << 20, 100 << 20, 50 << 20])
    sizes = [1 << 30, 1]
    CompiledProgramLimit.trim(&sizes) { $0 }
    #expect(sizes == [1 << 30])
  }

  @Test func runThrowsWhatACallWouldEndWith() {
    let f = compile { (x: Tensor) in x[0] + Tensor.zeros([1 << 40]) }
    let x = Tensor([1.0])
    #expect {
      _ = try f.run(x)
    } throws: { error in
      "\(error)".hasPrefix(
        "cannot run the program: no memory for 4398046511104 bytes, for the f32[1099511627776] of "
          + "ExplanationTests.swift:")
    }
    var state = [Tensor([1.0])]
    let g = compile { (state: inout [Tensor]) in
      state[0] += 1
      state.append(state[0] + Tensor.zeros([1 << 40]))
    }
    #expect(throws: EvaluationFailure.self) { try g.run(&state, ()) }
    #expect(state.map { $0.item() } == [1])
    #expect(throws: EvaluationFailure.self) { try (x + Tensor.zeros([1 << 40])).evaluate() }
  }

  @Test func ordinalsReadWell() {
    #expect(
      [1, 2, 3, 4, 11, 12, 13, 21, 112].map { ordinal($0) }
        == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th"])
  }
}
