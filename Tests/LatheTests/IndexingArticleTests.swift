// The code of the article "Indexing and sorting", compiled and run.

import Lathe
import Testing

@Suite struct IndexingArticleTests {
  private static func rows(_ print: (Any...) -> Void) {
    // article: rows
    let table = Tensor([[0.0, 1], [10, 11], [20, 21]])
    print(table.take(Tensor([2, 0])))
    print(table.takeAlong(Tensor([[1], [0], [1]])).flattened())
    print(table.gather(at: [Tensor([0, 2]), Tensor([1, 1])]))
    print(table.take(Tensor([-1, 7]), outside: .clamped)[.all, 0])
    // article: end
  }

  private static func subscripts(_ print: (Any...) -> Void) {
    // article: subscripts
    var x = Tensor([[0.0, 1, 2], [10, 11, 12]])
    print(x[.all, Tensor([2, 0, -1])])
    x[x .> 10] = 0
    print(x, x[x .> 0])
    // article: end
  }

  private static func sums(_ print: (Any...) -> Void) {
    // article: sums
    let words = Tensor([3, 1, 3, 3, 0])
    print(Tensor.zeros([4]).scatter(1, at: words, by: .add))
    print(gradient(of: Tensor.ones([4])) { $0.take(words).sum() })
    // article: end
  }

  private static func sorting(_ print: (Any...) -> Void) {
    // article: sorting
    let scores = Tensor([0.3, 0.9, 0.1, 0.6])
    print(scores.sorted(descending: true))
    let (values, places) = scores.topK(2)
    print(values, places)
    // article: end
  }

  private static func ir(_ print: (Any...) -> Void) {
    // article: ir
    let embed = compile { (table: Tensor, tokens: Tensor) in table.take(tokens) * 2 }
    _ = embed(Tensor.ones([100, 64]), Tensor([7, 42]))
    print(embed.ir(.graph))
    // article: end
  }

  private static let sections: [ArticleSection] = [
    ("rows", rows), ("subscripts", subscripts), ("sums", sums), ("sorting", sorting), ("ir", ir),
  ]

  @Test(arguments: sections.indices) func theArticleShowsThisProgramAndItsOutput(
    section: Int
  ) throws {
    try expectArticle(
      "Indexing.md", toShow: Self.sections[section], of: "IndexingArticleTests.swift")
  }
}
