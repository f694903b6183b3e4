// Gradients through loops written with `steps`, `scan` and `whileLoop`, and of training steps.

import Lathe
import Testing

private struct Cell: Sendable {
  var input: Tensor
  var state: Tensor
  var bias: Tensor

  static func random(_ inputs: Int, _ size: Int) -> Cell {
    func draw(_ shape: [Int], _ seed: Int) -> Tensor {
      Tensor.randomNormal(shape, .f64, key: RandomKey(seed)) * Tensor(0.3 as Double)
    }
    return Cell(
      input: draw([inputs, size], 1), state: draw([size, size], 2), bias: draw([size], 3))
  }

  func callAsFunction(_ h: Tensor, _ x: Tensor) -> Tensor {
    tanh(x.matmul(input) + h.matmul(state) + bias)
  }
}

@Suite struct LoopDerivativeTests {
  private static let rows = Tensor.randomNormal([6, 2, 3], .f64, key: RandomKey(7))
  private static let start = Tensor.zeros([2, 4], .f64)

  private static func unrolled(_ cell: Cell) -> Tensor {
    var h = start
    for t in 0..<6 { h = cell(h, rows[t]) }
    return (h * h).sum()
  }

  private static func looped(_ cell: Cell) -> Tensor {
    // Made before the loop and not in its first step.
    let rows = rows
    var h = start
    for t in steps(6) { h = cell(h, rows[t]) }
    return (h * h).sum()
  }

  private static func scanned(_ cell: Cell) -> Tensor {
    let (_, all) = scan(over: rows, from: start) { h, x in
      h = cell(h, x)
      return h
    }
    return (all[5] * all[5]).sum()
  }

  /// A loop of the program has the gradient of its steps written one after the other.
  @Test func ofALoopIsThatOfItsSteps() {
    let cell = Cell.random(3, 4)
    let expected = gradient(of: cell, Self.unrolled)
    for found in [gradient(of: cell, Self.looped), gradient(of: cell, Self.scanned)] {
      for (a, b) in [
        (expected.input, found.input), (expected.state, found.state), (expected.bias, found.bias),
      ] {
        #expect(abs(a - b).max().item() < 1e-14)
      }
    }
  }

  @Test func secondSlopesThroughALoop() {
    let cell = Cell.random(3, 4)
    func slope(_ cell: Cell) -> Tensor { gradient(of: cell, Self.looped).state.sum() }
    func expected(_ cell: Cell) -> Tensor { gradient(of: cell, Self.unrolled).state.sum() }
    let a = gradient(of: cell, slope)
    let b = gradient(of: cell, expected)
    #expect(abs(a.state - b.state).max().item() < 1e-12)
    #expect(abs(a.bias - b.bias).max().item() < 1e-12)
  }

  /// Forward through a loop whose number of steps only the run tells.
  @Test func forwardThroughAWhileLoop() {
    let (root, slope) = jvp(of: Tensor(2.0 as Double), along: Tensor(1.0 as Double)) { a in
      whileLoop(from: a, while: { abs($0 * $0 - a) .> 1e-12 }) { x in x = (x + a / x) * 0.5 }
    }
    #expect(abs(root.item() - 2.0.squareRoot()) < 1e-12)
    #expect(abs(slope.item() - 0.5 / 2.0.squareRoot()) < 1e-9)
  }

  @Test func throughAChoice() {
    func f(_ x: Tensor) -> Tensor {
      conditional(x.sum() .> 0) {
        (exp(x) * x).sum()
      } otherwise: {
        (x * 3).sum()
      }
    }
    let positive = gradient(of: Tensor([1.0, 2.0]), f)
    let x = Tensor([1.0, 2.0])
    #expect(abs(positive - (exp(x) * x + exp(x))).max().item() < 1e-5)
    #expect(gradient(of: Tensor([-1.0, 0]), f).scalars(as: Float.self) == [3, 3])
  }

  @Test func aWhileLoopHasNoneInReverse() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = gradient(of: Tensor(2.0 as Double)) { a in
        whileLoop(from: a, while: { $0 .> 1 }) { x in x = x * 0.5 }
      }
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      text.contains(
        "gradient: loop has no derivative: the number of its steps is only known at run time"),
      "\(text)")
  }
}
