// Mistakes in kernels: one line that names the caller's line.

import IRCore
import Lathe
import Testing

/// Mistakes outside exit tests, whose bodies a macro moves to lines of their own.
private enum Mistake {
  static let scopeLine = #line + 6
  static func scope() {
    _ = kernel("late") { k in
      let out = k.output(.f32, [4])
      var last: KernelValue = 0.0
      for i in k.range(0..<4) { last = out[i] + 1 }
      out[0] = last
    }
  }

  static let foreignLine = #line + 9
  static func foreign() {
    var index: KernelValue = 0
    _ = kernel("first") { k in
      index = k.extent()
      k.output(.f32, [4])[0] = 1
    }
    _ = kernel("second") { k in
      let out = k.output(.f32, [4])
      out[index] = 1
    }
  }

  static let inputLine = #line + 4
  static func input() {
    _ = kernel("writes") { k in
      let a = k.input(.f32, [4])
      a[0] = 1
    }
  }

  static let mixedLine = #line + 5
  static func mixed() {
    _ = kernel("mixes") { k in
      let a = k.input(.f32, [4])
      let out = k.output(.f32, [4])
      for i in k.range(0..<4) { out[i] = a[i] * i }
    }
  }

  static let storedLine = #line + 4
  static func stored() {
    _ = kernel("stores") { k in
      let out = k.output(.f32, [4])
      for i in k.range(0..<4) { out[i] = i }
    }
  }

  static let rankLine = #line + 5
  static func rank() {
    _ = kernel("axes") { k in
      let a = k.input(.f32, [4, 4])
      let out = k.output(.f32, [4])
      for i in k.range(0..<4) { out[i] = a[i] }
    }
  }

  static let unwrittenLine = #line + 5
  static func unwritten() {
    _ = kernel("silent") { k in
      let a = k.output(.f32, [4])
      a[0] = 1
      _ = k.output(.f32, [4])
    }
  }

  static let breakLine = #line + 4
  static func leaving() {
    _ = kernel("leaves") { k in
      let out = k.output(.f32, [4])
      for i in k.range(0..<4) {
        out[i] = 1
        break
      }
    }
  }

  static let carriedLine = #line + 5
  static func carried() {
    _ = kernel("carries") { k in
      let a = k.input(.f32, [4]), out = k.output(.f32, [4])
      var sum: KernelValue = 0.0
      for i in k.range(0..<4) { sum = sum + a[i]; out[i] = sum }
    }
  }

  static let countedLine = #line + 5
  static func counted() {
    _ = kernel("counts") { k in
      let out = k.output(.i64, [4])
      var count = 0
      for i in k.range(0..<4) {
        count += 1
        out[i] = i * count
      }
    }
  }

  static let conditionLine = #line + 4
  static func condition() {
    _ = kernel("asks") { k in
      let out = k.output(.i64, [4])
      for i in k.range(0..<4) { k.when(i) { out[i] = 1 } }
    }
  }

  static let shapeLine = #line + 6
  static func shape() {
    let sum = kernel("sum") { k in
      let n = k.extent(), a = k.input(.f32, [n]), b = k.input(.f32, [n]), out = k.output(.f32, [n])
      for i in k.range(n) { out[i] = a[i] + b[i] }
    }
    _ = sum(Tensor.zeros([3]), Tensor.zeros([4]))
  }
}

@Suite struct KernelMisuseTests {
  private static let file = "KernelMisuseTests.swift"

  private func expect(
    _ result: ExitTest.Result?, _ line: Int, _ message: String,
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) {
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      text == "\(Self.file):\(line): kernel \(message)\n", "\(text)",
      sourceLocation: sourceLocation)
  }

  @Test func valuesOutsideOfTheirBlock() async {
    let late = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.scope() }
    expect(
      late, Mistake.scopeLine,
      "late: a value is used outside of the block that computes it; assign it to a @Variable "
        + "declared before the block")
    let foreign = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.foreign() }
    expect(foreign, Mistake.foreignLine, "second: a value of another kernel is used")
    let carried = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.carried() }
    expect(
      carried, Mistake.carriedLine,
      "carries: a value is used outside of the block that computes it; assign it to a @Variable "
        + "declared before the block")
    let counted = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.counted() }
    expect(
      counted, Mistake.countedLine,
      "counts: the loop's body is recorded twice, and differs: it depends on something that "
        + "changes in Swift; a @Variable changes while the kernel runs")
    let leaving = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.leaving() }
    expect(
      leaving, Mistake.breakLine,
      "leaves: the body of k.range was left by break, return or an error; a loop of a kernel runs "
        + "to its end, and k.when skips")
  }

  @Test func typesAndAxes() async {
    let input = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.input() }
    expect(input, Mistake.inputLine, "writes: %in0 is an input; only outputs are written")
    let mixed = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.mixed() }
    expect(
      mixed, Mistake.mixedLine,
      "mixes: mul: f32, i64: operands of one type expected, found f32 and i64; cast(to:) converts")
    let stored = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.stored() }
    expect(
      stored, Mistake.storedLine,
      "stores: store to %out0: f32 expected, found i64; cast(to:) converts")
    let rank = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.rank() }
    expect(rank, Mistake.rankLine, "axes: %in0 has 2 axes, found 1 indices")
    let condition = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.condition() }
    expect(
      condition, Mistake.conditionLine,
      "asks: k.when: bool expected, found i64; cast(to:) converts")
  }

  @Test func outputsAndArguments() async {
    let silent = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.unwritten() }
    expect(silent, Mistake.unwrittenLine, "silent: nothing writes %out1")
    let shape = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.shape() }
    expect(
      shape, Mistake.shapeLine, "sum: argument 1 (%in1): f32[3] expected, found f32[4]")
  }

  @Test func anIndexOutOfRangeNamesItsLine() {
    let line = #line + 4
    let take = kernel("take") { k in
      let a = k.input(.f32, [8]), places = k.input(.i32, [k.extent()])
      let out = k.output(.f32, [places.shape[0]])
      for i in k.range(places.shape[0]) { out[i] = a[places[i]] }
    }
    let right = take(Tensor.iota([8], axis: 0).cast(to: .f32), Tensor([7, 0, 3] as [Int32]))
    #expect(right.scalars(as: Float.self) == [7, 0, 3])
    for place in [-1, 8, 1 << 20] as [Int32] {
      let wrong = take(Tensor.zeros([8]), Tensor([1, place, 3] as [Int32]))
      let message = #expect(throws: EvaluationFailure.self) { try wrong.evaluate() }
      let text = message.map { "\($0)" } ?? ""
      #expect(
        text.contains(
          "\(Self.file):\(line): kernel take: index of %in0, axis 0, is not in 0..<8"), "\(text)")
    }
  }
}
