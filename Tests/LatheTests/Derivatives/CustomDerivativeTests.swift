// Functions with derivatives of their own, alone and among the other transformations.

import Lathe
import Testing

private func draw(_ shape: [Int], _ seed: Int) -> Tensor {
  Tensor.randomNormal(shape, .f64, key: RandomKey(seed))
}

private func expectClose(_ found: Tensor, _ expected: Tensor, _ bound: Double = 1e-12) {
  #expect(found.shape == expected.shape)
  let size = Swift.max(1, abs(expected).max().item())
  #expect(abs(found - expected).max().item() <= bound * size, "\(found) \(expected)")
}

/// `sin(x) · w` by plain operations, and by functions that state the same slopes.
private enum Wave {
  @Sendable static func plain(_ x: Tensor, _ w: Tensor) -> Tensor { sin(x) * w }

  static let reverse = differentiable(plain) { x, w, _, slope in
    (slope * cos(x) * w, slope * sin(x))
  }
  static let forward = differentiable(
    plain, pushforward: { x, w, _, dx, dw in dx * cos(x) * w + dw * sin(x) })
  static let both = differentiable(
    plain, pullback: { x, w, _, slope in (slope * cos(x) * w, slope * sin(x)) },
    pushforward: { x, w, _, dx, dw in dx * cos(x) * w + dw * sin(x) })
}

private typealias Function = @Sendable (Tensor, Tensor) -> Tensor

/// What is made of a function of `[n]` and `[n]`, or for each row of `[m, n]`.
private struct Composition: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let isForward: Bool
  let result: @Sendable (@escaping Function, Tensor, Tensor) -> Tensor

  init(
    _ name: String, isForward: Bool = false,
    _ result: @escaping @Sendable (@escaping Function, Tensor, Tensor) -> Tensor
  ) {
    testDescription = name
    self.isForward = isForward
    self.result = result
  }

  @Sendable private static func slope(_ f: Function, _ x: Tensor, _ w: Tensor) -> Tensor {
    let (dx, dw) = gradient(of: (x, w)) { f($0, $1).sum() }
    return dx + dw * 0.5
  }

  static let all: [Composition] = [
    Composition("value") { f, x, w in f(x, w) },
    Composition("gradient") { f, x, w in slope(f, x, w) },
    Composition("vjp") { f, x, w in
      let (y, pullback) = vjp(of: x) { f($0, w) }
      return pullback(y * y)
    },
    Composition("jvp", isForward: true) { f, x, w in
      jvp(of: (x, w), along: (w, x)) { f($0, $1) }.tangent
    },
    Composition("gradient of a gradient") { f, x, w in
      gradient(of: w) { w in (slope(f, x, w) * x).sum() }
    },
    Composition("jvp of a gradient", isForward: true) { f, x, w in
      jvp(of: x, along: w) { slope(f, $0, w) }.tangent
    },
    Composition("gradient of a jvp", isForward: true) { f, x, w in
      gradient(of: x) { jvp(of: $0, along: w) { f($0, w) }.tangent.sum() }
    },
    Composition("batched") { f, x, w in batched(over: (x, w)) { f($0, $1) } },
    Composition("batched over one argument") { f, x, w in
      gradient(of: w[0]) { w in batched(over: x) { f($0, w) }.sum() }
    },
    Composition("gradient of batched") { f, x, w in
      slope({ x, w in batched(over: (x, w)) { f($0, $1) } }, x, w)
    },
    Composition("batched gradients") { f, x, w in batched(over: (x, w)) { slope(f, $0, $1) } },
    Composition("jvp of batched", isForward: true) { f, x, w in
      jvp(of: x, along: w) { x in batched(over: x) { f($0, w[0]) } }.tangent
    },
    Composition("checkpointed") { f, x, w in
      slope({ x, w in checkpointed((x, w)) { f($0, $1) } }, x, w)
    },
    Composition("steps") { f, x, w in
      slope(
        { x, w in
          var h = x
          for _ in steps(3) { h = f(h, w) + x }
          return h
        }, x, w)
    },
    Composition("a gradient in each step") { f, x, w in
      var h = x
      for _ in steps(3) { h = h - 0.1 * slope(f, h, w) }
      return h
    },
    Composition("compiled") { f, x, w in compile { slope(f, $0, $1) }(x, w) },
    Composition("a choice") { f, x, w in
      slope(
        { x, w in conditional(x.sum() .> 0, then: { f(x, w) }, otherwise: { f(w, x) }) }, x, w)
    },
    Composition("in itself") { f, x, w in
      let g = differentiable { (x: Tensor) in
        f(x, w)
      } pullback: { x, _, slope in
        gradient(of: x) { (f($0, w) * slope).sum() }
      }
      return gradient(of: x) { x in gradient(of: x) { g($0).sum() }.sum() }
    },
  ]
}

@Suite struct CustomDerivativeTests {
  @Test(arguments: Composition.all) fileprivate func composes(item: Composition) {
    let (x, w) = (draw([4, 3], 1), draw([4, 3], 2))
    let expected = item.result(Wave.plain, x, w)
    expectClose(item.result(Wave.forward, x, w), expected)
    expectClose(item.result(Wave.both, x, w), expected)
    if !item.isForward { expectClose(item.result(Wave.reverse, x, w), expected) }
    let eager = withExecution(.eager(contraction: .generated)) {
      item.result(Wave.both, x, w).scalars(as: Double.self)
    }
    #expect(eager == item.result(Wave.both, x, w).scalars(as: Double.self))
  }

  /// Each rule serves its own direction; a pushforward alone serves both.
  @Test func rulesAreUsed() {
    let both = differentiable { (x: Tensor) in
      x
    } pullback: { _, _, slope in
      slope * 3
    } pushforward: { _, _, tangent in
      tangent * 5
    }
    let forward = differentiable { (x: Tensor) in
      x
    } pushforward: { _, _, tangent in
      tangent * 7
    }
    let x = draw([3], 1)
    #expect(both(x).scalars(as: Double.self) == x.scalars(as: Double.self))
    #expect(gradient(of: x) { both($0).sum() }.scalars(as: Double.self) == [3, 3, 3])
    #expect(jvp(of: x, along: x * 0 + 1, both).tangent.scalars(as: Double.self) == [5, 5, 5])
    #expect(gradient(of: x) { forward($0).sum() }.scalars(as: Double.self) == [7, 7, 7])
    #expect(jvp(of: x, along: x * 0 + 1, forward).tangent.scalars(as: Double.self) == [7, 7, 7])
  }

  private struct Point: Sendable {
    var place: Tensor
    var labels: [Tensor]
    var scale: Float
  }

  /// Structures with integers and host values, and a result of several tensors.
  @Test func structures() {
    let f = differentiable { (p: Point, k: Tensor, w: Tensor) in
      (p.place * w, p.labels[0] + k)
    } pullback: { p, k, w, result, slope in
      #expect(slope.1.dtype == .i64)
      let place = slope.0 * w * p.scale
      return (Point(place: place, labels: p.labels, scale: p.scale), k, result.0 * 0 + slope.0)
    }
    let point = Point(place: draw([3], 1), labels: [Tensor([1, 2, 3])], scale: 4)
    let (k, w) = (Tensor([5, 5, 5]), draw([3], 2))
    let slope = gradient(of: (point, k, w)) { f($0.0, $0.1, $0.2).0.sum() }
    expectClose(slope.0.place, w * 4)
    #expect(slope.0.labels[0].scalars(as: Int64.self) == [0, 0, 0])
    #expect(slope.1.scalars(as: Int64.self) == [0, 0, 0])
    #expect(slope.2.scalars(as: Double.self) == [1, 1, 1])
    #expect(f(point, k, w).1.scalars(as: Int64.self) == [6, 7, 8])
  }

  /// What is captured is constant, whatever it was computed from, unless that is differentiated by.
  @Test func captures() {
    let (x, w) = (draw([3], 1), draw([3], 2))
    let slope = gradient(of: (x, w)) { x, w in
      let constant = stopGradient(w * 2)
      let f = differentiable { (x: Tensor) in
        x * constant
      } pullback: { _, _, slope in
        slope * w
      }
      return (f(x) * w).sum()
    }
    expectClose(slope.0, w * w)
    expectClose(slope.1, x * w * 2)
  }

  /// A point that a function leaves where it is: the slope follows from the equation, however it
  /// was solved.
  @Test func implicitFixedPoint() {
    @Sendable func next(_ a: Tensor, _ z: Tensor) -> Tensor { cos(a * z) * 0.5 }
    let solve = differentiable { (a: Tensor) in
      whileLoop(from: (a * 0, a * 0 + 1), atMost: 200, while: { abs($0.1).max() .> 1e-15 }) {
        let z = next(a, $0.0)
        $0 = (z, z - $0.0)
      }.0
    } pullback: { a, z, slope in
      let (_, pull) = vjp(of: (a, z)) { next($0, $1) }
      var sum = slope
      for _ in steps(60) { sum = slope + pull(sum).1 }
      return pull(sum).0
    }
    @Sendable func unrolled(_ a: Tensor) -> Tensor {
      var z = a * 0
      for _ in steps(60) { z = next(a, z) }
      return z
    }
    let a = Tensor([0.3, 0.7, 1.1]).cast(to: .f64)
    expectClose(solve(a), unrolled(a))
    let slope = gradient(of: a) { (solve($0) * a).sum() }
    expectClose(slope, gradient(of: a) { (unrolled($0) * a).sum() })
    let second = gradient(of: a) { a in gradient(of: a) { solve($0).sum() }.sum() }
    expectClose(second, gradient(of: a) { a in gradient(of: a) { unrolled($0).sum() }.sum() })
  }
}
