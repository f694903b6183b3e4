// The code of the article "Derivatives" on functions with derivatives of their own, compiled and run.

import Lathe
import Testing

@Suite struct DerivativesArticleTests {
  private static func stable(_ print: (Any...) -> Void) {
    // article: stable
    let log1pexp = differentiable { (x: Tensor) in
      log(1 + exp(x))
    } pushforward: { x, _, tangent in
      tangent * sigmoid(x)
    }
    let x = Tensor([-2.0, 0, 100])
    print(gradient(of: x) { log(1 + exp($0)).sum() })
    print(gradient(of: x) { log1pexp($0).sum() })
    // article: end
  }

  private static func straightThrough(_ print: (Any...) -> Void) {
    // article: straight-through
    let quantized = differentiable { (x: Tensor) in
      round(x * 4) / 4
    } pullback: { _, _, slope in
      slope
    }
    let x = Tensor([0.3, 0.6, 0.9])
    print(quantized(x))
    print(gradient(of: x) { (quantized($0) * $0).sum() })  // x + quantized(x)
    // article: end
  }

  private static func clipped(_ print: (Any...) -> Void) {
    // article: clipped
    let reversed = differentiable { (x: Tensor) in
      x
    } pullback: { _, _, slope in
      -slope
    }
    let clipped = differentiable { (x: Tensor, most: Tensor) in
      x
    } pullback: { _, most, _, slope in
      (minimum(maximum(slope, -most), most), most * 0)
    }
    let x = Tensor([0.1, 1, 10])
    print(gradient(of: x) { x in (clipped(x, 1.0) * x * x).sum() })  // 2x² + at most 1
    print(gradient(of: x) { x in (reversed(x) * x).sum() })
    // article: end
  }

  private static func implicit(_ print: (Any...) -> Void) {
    // article: implicit
    @Sendable func next(_ a: Tensor, _ z: Tensor) -> Tensor { (z + a / z) * 0.5 }
    let root = differentiable { (a: Tensor) in
      whileLoop(from: a, while: { abs($0 * $0 - a).max() .> 1e-5 }) { z in z = next(a, z) }
    } pullback: { a, z, slope in
      let (_, pull) = vjp(of: (a, z)) { next($0, $1) }
      var sum = slope
      for _ in steps(20) { sum = slope + pull(sum).1 }
      return pull(sum).0
    }
    let a = Tensor([1.0, 4, 9])
    print(root(a))
    print(gradient(of: a) { root($0).sum() })  // 1 / (2 √a)
    // article: end
  }

  private static let sections: [ArticleSection] = [
    ("stable", stable), ("straight-through", straightThrough), ("clipped", clipped),
    ("implicit", implicit),
  ]

  @Test(arguments: sections.indices) func theArticleShowsThisProgramAndItsOutput(
    section: Int
  ) throws {
    try expectArticle(
      "Derivatives.md", toShow: Self.sections[section],
      of: "Derivatives/DerivativesArticleTests.swift")
  }
}
