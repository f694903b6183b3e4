// Mistakes in loops: one line that names the caller's line.

import Lathe
import Testing

/// Mistakes outside exit tests, whose bodies a macro moves to lines of its own.
private enum Mistake {
  static let x = Tensor([Float](arrayLiteral: 1, 2, 3))

  static let leavingLine = #line + 3
  static func leaving() {
    var h = x
    for _ in steps(10) {
      h = h * 2.0
      if h.rank == 1 { break }
    }
    print(h)
  }

  static let throwingLine = #line + 4
  static func throwing() throws {
    struct Stop: Error {}
    var h = x
    for _ in steps(10) {
      h = h * 2.0
      throw Stop()
    }
  }

  static let earlierLine = #line + 8
  static func earlier() {
    let x = x
    var all: [Tensor] = []
    for t in steps(10) {
      let row = x * t.tensor.cast(to: .f32)
      all.append(row)
    }
    let sum = all[0] + all[1]
    print(sum)
  }

  static let hostLine = #line + 5
  static func host() {
    var h = x
    var k: Float = 0
    for _ in steps(10) {
      h = h * k
      k += 1
    }
    print(h)
  }

  static let shapeLine = #line + 4
  static func shape() {
    var h = x
    for _ in steps(10) {
      h = Tensor.concatenated(h)
    }
    print(h)
  }

  static let readLine = #line + 5
  static func read() {
    var h = x
    for _ in steps(10) {
      h = h * 2.0
      if h[0].item() > 3 { h = h + 1.0 }
    }
  }

  static let outsideLine = #line + 4
  static func outside() {
    var h = Tensor.zeros([])
    for t in steps(10) {
      h = h + x[t]
    }
    print(h)
  }

  static let filledLine = #line + 4
  static func filled() {
    var ys = Tensor.zeros([10, 3])
    for t in steps(9) {
      ys[t + 1] = ys[t] * 2.0 + 1.0
    }
    print(ys)
  }

  static let unequalLine = #line + 6
  static func unequal() {
    var h = x
    var count = 0
    for _ in steps(10) {
      h = h * 2.0
      if count > 0 { h = h + 1.0 }
      count += 1
    }
    print(h)
  }

  static let captureLine = #line + 3
  static func capture() {
    var kept = x
    _ = scan(count: 4, from: x) { (h: inout Tensor, t) in
      h = h * 2.0
      kept = h
      return h
    }
    print(kept)
  }

  static let stateLine = #line + 2
  static func state() {
    _ = whileLoop(from: x, while: { $0.sum() .> 0 }) { $0 = $0[0..<2] }
  }

  static let conditionLine = #line + 2
  static func condition() {
    _ = whileLoop(from: x, while: { $0 .> 0 }) { $0 = $0 - 1.0 }
  }

  static let branchLine = #line + 2
  static func branch() {
    _ = conditional(x.sum() .> 0) {
      x
    } otherwise: {
      x.sum()
    }
  }

  static let countLine = #line + 3
  static func count() {
    let rows = Tensor.zeros([4, 3])
    _ = scan(over: (rows, x), from: x) { h, _ in h = h * 2.0 }
  }

  static let noStepLine = #line + 4
  static func noStep() {
    let x = x
    var row = x
    for t in steps(Tensor(Int(0)), atMost: 3) { row = x * t.tensor.cast(to: .f32) }
    print(row)
  }
}

extension Tensor {
  /// A tensor twice.
  fileprivate static func concatenated(_ tensor: Tensor) -> Tensor {
    tensor.reshaped(to: [1, tensor.count]).broadcast(to: [2, tensor.count])
      .reshaped(to: [2 * tensor.count])
  }
}

@Suite struct LoopMisuseTests {
  private func expect(_ result: ExitTest.Result?, _ line: Int?, _ words: String) {
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    let place = line.map { "LoopMisuseTests.swift:\($0): " } ?? ""
    #expect(text.contains(place) && text.contains(words), "\(text)")
  }

  @Test func leavingALoopIsAnError() async {
    let broken = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.leaving() }
    expect(broken, Mistake.leavingLine, "steps: the loop was left before its end")
    let thrown = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { try Mistake.throwing() }
    expect(thrown, Mistake.throwingLine, "steps: the loop was left before its end")
  }

  @Test func valuesOfEarlierIterationsAreNone() async {
    let earlier = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.earlier() }
    expect(earlier, nil, "is not that of the last one; store it in a row: ys[t] = …")
    expect(earlier, nil, "LoopMisuseTests.swift:\(Mistake.earlierLine)")
  }

  @Test func whatChangesMustBeATensor() async {
    let host = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.host() }
    expect(host, Mistake.hostLine, "steps: mul(0.0) in iteration 1, then mul(1.0)")
    let shape = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.shape() }
    expect(shape, nil, "shapes and element types must not change from step to step")
    let unequal = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.unequal() }
    expect(
      unequal, Mistake.unequalLine, "iteration 1 makes 1 values, iteration 2 makes 2")
  }

  @Test func nothingIsReadInALoop() async {
    let read = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.read() }
    expect(read, Mistake.readLine, "steps: a value is read in the loop of LoopMisuseTests.swift:")
  }

  @Test func rowsMustExist() async {
    let outside = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.outside() }
    expect(outside, Mistake.outsideLine, "row t of 10 steps reaches 9, which f32[3] does not have")
    let filled = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.filled() }
    expect(filled, Mistake.filledLine, "reads row t of what steps compute")
  }

  @Test func functionsKeepToTheirBodies() async {
    let capture = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.capture() }
    expect(capture, nil, "scan: a value made here is kept beyond the body of the loop")
    let state = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.state() }
    expect(
      state, Mistake.stateLine, "whileLoop: state is f32[3] before a step and f32[2] after it")
    let condition = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.condition() }
    expect(condition, Mistake.conditionLine, "a condition that is a bool scalar expected")
    let branch = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.branch() }
    expect(branch, Mistake.branchLine, "result is f32[3] by `then` and f32 by `otherwise`")
    let count = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.count() }
    expect(count, Mistake.countLine, "f32[4,3] and f32[3] differ in their number of rows")
  }

  @Test func aLastValueNeedsAStep() async {
    let none = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.noStep() }
    expect(none, nil, "steps: there is no step")
    expect(none, nil, "LoopMisuseTests.swift:\(Mistake.noStepLine)")
  }
}
