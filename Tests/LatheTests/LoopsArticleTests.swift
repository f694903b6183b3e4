// The code of the article "Loops", compiled and run.

import Lathe
import Testing

@Suite struct LoopsArticleTests {
  private static func plain(_ print: (Any...) -> Void) {
    // article: plain
    let x = Tensor.linspace(0, 1, count: 12).reshaped(4, 3)
    let w = Tensor([0.5, -1, 2])
    let run = compile { (x: Tensor, h0: Tensor) in
      var h = h0
      var all = Tensor.zeros(x.shape)
      for t in steps(x.shape[0]) {
        h = tanh(h * w + x[t])
        all[t] = h
      }
      return (h, all)
    }
    let (last, all) = run(x, Tensor.zeros([3]))
    print(last)
    print(all[1])
    print(run.ir(.graph))
    // article: end
  }

  private static func fibonacci(_ print: (Any...) -> Void) {
    // article: fibonacci
    var (a, b) = (Tensor([0]), Tensor([1]))
    for _ in steps(50) { (a, b) = (b, a + b) }
    print(a)
    // article: end
  }

  private static func newton(_ print: (Any...) -> Void) {
    // article: newton
    let a = Tensor([2.0, 9, 100])
    let root = whileLoop(from: a, atMost: 50, while: { abs($0 * $0 - a).max() .> 1e-4 }) { x in
      x = (x + a / x) * 0.5
    }
    print(root)
    // article: end
  }

  private static func means(_ print: (Any...) -> Void) {
    // article: means
    let points = Tensor([0, 1, 2, 10, 11, 12, 50, 51]).cast(to: .f32)
    let kMeans = compile { (points: Tensor, start: Tensor, rounds: Tensor) in
      var centers = start
      for _ in steps(rounds) {
        let distances = abs(points[.all, .newAxis] - centers)
        let nearest = distances.argMin(axis: 1)
        let isMember = nearest[.all, .newAxis] .== Tensor.iota([start.count], axis: 0)
        let weights = isMember.cast(to: .f32)
        let sums = (weights * points[.all, .newAxis]).sum(axis: 0)
        centers = sums / maximum(weights.sum(axis: 0), 1)
      }
      return centers
    }
    print(kMeans(points, Tensor([0.0, 1, 2]), Tensor([20])[0]))
    // article: end
  }

  private static func sampling(_ print: (Any...) -> Void) {
    // article: sampling
    let key = RandomKey(7)
    let (position, path) = scan(count: 1000, from: Tensor.zeros([1000])) { position, t in
      position += Tensor.randomNormal([1000], key: key.folding(in: t))
      return (position * position).mean()
    }
    print(path[999] .> 900, path[999] .< 1100, position.shape)
    // article: end
  }

  private static let sections: [ArticleSection] = [
    ("plain", plain), ("fibonacci", fibonacci), ("newton", newton), ("means", means),
    ("sampling", sampling),
  ]

  @Test(arguments: sections.indices) func theArticleShowsThisProgramAndItsOutput(
    section: Int
  ) throws {
    try expectArticle(
      "Loops.md", toShow: Self.sections[section], of: "LoopsArticleTests.swift")
  }
}
