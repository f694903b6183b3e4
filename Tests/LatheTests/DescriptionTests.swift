// The text of tensors.

import Lathe
import Testing

@Suite struct DescriptionTests {
  @Test func columnsAlign() {
    #expect("\(Tensor([[1, 20], [300, 4]]))" == "[[  1,  20],\n [300,   4]]")
    #expect("\(Tensor([1, -2.5, 0.125]))" == "[ 1.000, -2.500,  0.125]")
    #expect("\(Tensor([true, false]))" == "[ true, false]")
    #expect("\(Tensor([1.0, 2]))" == "[1.0, 2.0]" || "\(Tensor([1.0, 2]))" == "[1., 2.]")
  }

  @Test func scalarsAndEmptiesAreShort() {
    #expect("\(Tensor([[[0.5]]]))" == "[[[0.5]]]")
    #expect("\(Tensor.full([], 3))" == "3")
    #expect("\(Tensor.zeros([0]))" == "[]")
    #expect("\(Tensor.zeros([2, 0]))" == "[[],\n []]")
  }

  @Test func floatsKeepEightDigitsAtMost() {
    #expect("\(Tensor([0.1, 0.333333333333], .f64))" == "[0.10000000, 0.33333333]")
    #expect("\(Tensor([0.1]))" == "[0.1]")
    #expect("\(Tensor([1e10, 1]))" == "[1e+10, 1e+00]")
    #expect("\(Tensor([1.5e-7]))" == "[1.5e-07]")
  }

  @Test func specialValuesHaveNames() {
    let x = Tensor([1.0, 0, -1]) / 0
    #expect("\(x)" == "[ inf,  nan, -inf]")
  }

  @Test func largeTensorsAreShortened() {
    #expect("\(Tensor.arange(1_001))" == "[   0,    1,    2, ...,  998,  999, 1000]")
    let text = "\(Tensor.zeros([100, 100], .i32))"
    #expect(text.hasPrefix("[[0, 0, 0, ..., 0, 0, 0],\n [0,"))
    #expect(text.contains("],\n ...,\n ["))
  }

  @Test func debugDescriptionStatesTheType() {
    #expect(String(reflecting: Tensor([1, 2])) == "[1, 2] : i64[2]")
  }

  @Test func higherRanksAreSetApart() {
    #expect("\(Tensor([[[1], [2]], [[3], [4]]]))" == "[[[1],\n  [2]],\n\n [[3],\n  [4]]]")
  }

  @Test func longRowsWrap() {
    let lines = "\(Tensor.arange(100))".split(separator: "\n")
    #expect(lines.count > 1 && lines.allSatisfy { $0.count <= 80 })
  }
}
