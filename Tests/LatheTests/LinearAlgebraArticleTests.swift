// The code of the article "Linear algebra and Fourier transforms", compiled and run.

import Lathe
import Testing

@Suite struct LinearAlgebraArticleTests {
  private static func matrices(_ print: (Any...) -> Void) {
    // article: matrices
    let a = Tensor([[4.0, 2, 0], [2, 5, 1], [0, 1, 3]])
    let l = a.cholesky()
    print(l[1, 1].item(), l[0, 2].item())
    print(a.solve(Tensor([6.0, 8, 4])))
    print(a.determinant())
    let (q, r) = a.qr()
    print(abs(q.matmul(r) - a).max().item() < 1e-6)
    let (sign, logarithm) = (a * 1e20).logDeterminant()
    print(sign, logarithm)
    print(gradient(of: a) { $0.logDeterminant().logarithm })
    // article: end
  }

  private static func transforms(_ print: (Any...) -> Void) {
    // article: transforms
    let signal = Tensor([3.0, 1, 1, -1])
    print(signal.realFFT())
    print(signal.realFFT().inverseRealFFT())
    let wave = Tensor.stacked([signal, signal * 2], axis: -1)
    print(wave.fft()[1], wave.fft().inverseFFT()[1])
    print(Tensor.realFFTFrequencies(8))
    // article: end
  }

  private static let sections: [ArticleSection] = [
    ("matrices", matrices), ("transforms", transforms),
  ]

  @Test(arguments: sections.indices) func theArticleShowsThisProgramAndItsOutput(
    section: Int
  ) throws {
    try expectArticle(
      "LinearAlgebra.md", toShow: Self.sections[section], of: "LinearAlgebraArticleTests.swift")
  }
}
