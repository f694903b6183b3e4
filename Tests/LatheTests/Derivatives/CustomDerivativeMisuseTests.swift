// Mistakes in functions with derivatives of their own: one line that names the function's line.

import Lathe
import Testing

/// Mistakes outside exit tests, whose bodies a macro moves to lines of its own.
private enum Mistake {
  static let x = Tensor([Float](arrayLiteral: 1, 2, 3))

  static let neitherLine = #line + 1
  static func neither() { _ = differentiable { (x: Tensor) in x } }

  static let shapeLine = #line + 2
  static func shape() {
    let f = differentiable { (x: Tensor) in
      x * x
    } pullback: { _, _, slope in
      slope.sum()
    }
    print(gradient(of: x) { f($0).sum() })
  }

  static let typeLine = #line + 2
  static func type() {
    let f = differentiable { (x: Tensor) in
      x
    } pushforward: {
      $2.cast(to: .f64)
    }
    print(f(x))
  }

  static let forwardLine = #line + 2
  static func forward() {
    let f = differentiable { (x: Tensor) in
      x * x
    } pullback: { x, _, slope in
      2 * x * slope
    }
    print(jvp(of: x, along: x, f).tangent)
  }

  static let captureLine = #line + 4
  static func capture() {
    print(
      gradient(of: x) { w in
        let f = differentiable { (x: Tensor) in
          x * w
        } pullback: { _, _, slope in
          slope * w
        }
        return f(x).sum()
      })
  }

  static let readLine = #line + 5
  static func read() {
    let f = differentiable { (x: Tensor) in
      x
    } pullback: { x, _, slope in
      x.max().item() > 0 ? slope : -slope
    }
    print(f(x))
  }
}

@Suite struct CustomDerivativeMisuseTests {
  private func line(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }

  private func expect(_ found: String, _ number: Int, _ message: String) {
    #expect(found.contains("CustomDerivativeMisuseTests.swift:\(number): \(message)"), "\(found)")
    #expect(found.split(separator: "\n").count == 1, "\(found)")
  }

  @Test func noRule() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.neither() }
    expect(
      line(result), Mistake.neitherLine,
      "differentiable: a pullback or a pushforward expected, found neither")
  }

  @Test func cotangentOfAnotherShape() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.shape() }
    expect(
      line(result), Mistake.shapeLine,
      "differentiable: argument is f32[3] in the argument and f32 in what the pullback gives")
  }

  @Test func tangentOfAnotherType() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.type() }
    expect(
      line(result), Mistake.typeLine,
      "differentiable: result is f32[3] in the result and f64[3] in what the pushforward gives")
  }

  @Test func forwardByAPullback() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.forward() }
    expect(
      line(result), Mistake.forwardLine,
      "jvp: a function with a derivative of its own states a pullback alone")
  }

  @Test func slopeOfWhatIsCaptured() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.capture() }
    expect(
      line(result), Mistake.captureLine,
      "gradient: a function with a derivative of its own captures f32[3] that is differentiated by")
  }

  @Test func readingInARule() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.read() }
    #expect(line(result).contains("CustomDerivativeMisuseTests.swift:\(Mistake.readLine)"))
  }
}
