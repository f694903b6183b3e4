// Schedules by hand, and assumptions about loops.

import Foundation
import IRCore
import Lathe
import Testing

private let smoothed = kernel("smoothed") { k in
  let n = k.extent("n"), m = k.extent("m")
  let a = k.input(.f32, [n, m]), out = k.output(.f32, [n, m])
  for i in k.range(0..<n) {
    for j in k.range(1..<m - 1) { out[i, j] = (a[i, j - 1] + a[i, j + 1]) * 0.5 }
  }
}

private let scattered = kernel("scattered") { k in
  let places = k.input(.i32, [k.extent("n")]), out = k.output(.f32, [64])
  for i in k.range(places.shape[0]) { out[places[i]] = i.cast(to: .f32) }
}

private let running = kernel("running") { k in
  let n = k.extent("n")
  let a = k.input(.f32, [n]), out = k.output(.f32, [n])
  for i in k.range(1..<n) { out[i] = out[i - 1] + a[i] }
}

private enum Mistake {
  static let vectorLine = #line + 2
  static func vector() {
    let fast = running.schedule { $0.vectorize("i", by: 8) }
    _ = fast(Tensor.zeros([64]))
  }

  static let nameLine = #line + 2
  static func name() {
    let fast = smoothed.schedule { $0.parallelize("row") }
    _ = fast(Tensor.zeros([8, 8]))
  }

  static let meetingLine = #line + 3
  static func meeting() {
    let places = Tensor([3, 9, 5, 9, 1] as [Int32])
    _ = scattered.assume(parallel: "i", checked: true)(places)
  }

  static let readingLine = #line + 2
  static func reading() {
    _ = running.assume(parallel: "i", checked: true)(Tensor.zeros([8]))
  }

  static let unknownLine = #line + 2
  static func unknown() {
    _ = scattered.assume(parallel: "j")(Tensor([1] as [Int32]))
  }
}

@Suite struct KernelScheduleTests {
  private static let file = "KernelScheduleTests.swift"

  private func expect(
    _ result: ExitTest.Result?, _ line: Int, _ message: String,
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) {
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      text == "\(Self.file):\(line): kernel \(message)\n", "\(text)",
      sourceLocation: sourceLocation)
  }

  @Test func aScheduleByHandChangesLoopsAndNoBits() {
    let x = Tensor.iota([37, 70], axis: 1).cast(to: .f32).sin()
    let fast = smoothed.schedule {
      $0.split("i", by: 8, outer: "block", inner: "row")
      $0.parallelize("block")
      $0.vectorize("j", by: 16)
    }
    let byHand = compile { (x: Tensor) in fast(x) }
    let found = byHand(x).scalars(as: Float.self)
    #expect(found == smoothed(x).scalars(as: Float.self))
    let text = byHand.ir(.scheduled)
    #expect(text.contains("parallel %block"))
    #expect(text.contains("16xf32"))
  }

  @Test func illegalStepsAreRefusedInWords() async {
    let vector = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.vector() }
    expect(
      vector, Mistake.vectorLine,
      "running: cannot vectorize %i by 8: store to %out0 at [%i] depends on load of %out0 at "
        + "[%i - 1]")
    let name = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.name() }
    expect(name, Mistake.nameLine, "smoothed: cannot parallelize %row: no loop %row")
  }

  @Test func assumptionsThatHold() {
    let places = Tensor([3, 9, 5, 63, 1] as [Int32])
    let plain = scattered(places).scalars(as: Float.self)
    for isChecked in [false, true] {
      let assumed = scattered.assume(parallel: "i", checked: isChecked)
      let function = compile { (places: Tensor) in scattered.assume(parallel: "i")(places) }
      #expect(assumed(places).scalars(as: Float.self) == plain)
      #expect(function(places).scalars(as: Float.self) == plain)
      #expect(function.ir(.kernel).contains("parallel %i"))
    }
  }

  @Test func assumptionsThatDoNotHold() async {
    let meeting = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.meeting() }
    expect(
      meeting, Mistake.meetingLine,
      "scattered: %i is assumed to be parallel, but iterations 1 and 3 of %i both write %out0[9]")
    let reading = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.reading() }
    expect(
      reading, Mistake.readingLine,
      "running: %i is assumed to be parallel, but iterations 1 and 2 of %i meet at %out0[1]")
    let unknown = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.unknown() }
    expect(
      unknown, Mistake.unknownLine,
      "scattered: cannot assume that %j is parallel: no outermost loop has that name")
  }
}
