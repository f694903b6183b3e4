// Views against plain Swift.

import Lathe
import Testing

@Suite struct ShapeTests {
  private let x = Tensor.arange(24).reshaped(2, 3, 4)

  @Test func broadcastingFollowsNumPy() {
    let column = Tensor([[1], [2]])
    let row = Tensor([10, 20, 30])
    let sum = column + row
    #expect(sum.shape == [2, 3])
    #expect(sum.scalars(as: Int.self) == [11, 21, 31, 12, 22, 32])
    #expect(row.broadcast(to: [2, 3]).scalars(as: Int.self) == [10, 20, 30, 10, 20, 30])
    #expect((Tensor.zeros([3, 1]) + Tensor.zeros([1, 0])).shape == [3, 0])
  }

  @Test(arguments: [
    ([24], [2, 3, 4]), ([2, 3, 4], [24]), ([2, 3, 4], [6, 4]), ([2, 3, 4], [2, 12]),
    ([2, 3, 4], [4, 3, 2]), ([4, 6], [3, 8]), ([2, 1, 12], [2, 12, 1]), ([1, 24, 1], [24]),
    ([2, 3, 4], [1, 2, 3, 1, 4]),
  ])
  func reshapesKeepRowMajorOrder(from: [Int], to: [Int]) {
    let start = Tensor.arange(24).reshaped(to: from)
    let numbers = Array(0..<24)
    #expect(start.reshaped(to: to).scalars(as: Int.self) == numbers)
    // A flip in between keeps the two maps apart.
    let reversed = start.flipped().reshaped(to: to)
    #expect(reversed.shape == to)
    #expect(reversed.scalars(as: Int.self) == numbers.reversed())
  }

  @Test func reshapesInferOneExtent() {
    #expect(x.reshaped(-1, 4).shape == [6, 4])
    #expect(x.flattened().shape == [24])
    #expect(Tensor.zeros([0, 3]).reshaped(3, 0).shape == [3, 0])
  }

  @Test func axesMove() {
    #expect(x.transposed().shape == [4, 3, 2])
    let y = x.permuted([1, 2, 0])
    #expect(y.shape == [3, 4, 2])
    var expected: [Int] = []
    for i in 0..<3 { for j in 0..<4 { for k in 0..<2 { expected.append(k * 12 + i * 4 + j) } } }
    #expect(y.scalars(as: Int.self) == expected)
    #expect(x.transposed(0, -1).shape == [4, 3, 2])
    #expect(x.expandedDimensions(at: 1).shape == [2, 1, 3, 4])
    #expect(x.expandedDimensions(at: -1).squeezed(at: 3).scalars(as: Int.self) == Array(0..<24))
    #expect(Tensor.zeros([1, 2, 1]).squeezed().shape == [2])
  }

  @Test func flipsAndPads() {
    let y = Tensor([[1, 2], [3, 4]])
    #expect(y.flipped([1]).scalars(as: Int.self) == [2, 1, 4, 3])
    #expect(y.flipped().scalars(as: Int.self) == [4, 3, 2, 1])
    let padded = y.padded([(1, 0), (0, 1)], with: .integer(9))
    #expect(padded.shape == [3, 3])
    #expect(padded.scalars(as: Int.self) == [9, 9, 9, 1, 2, 9, 3, 4, 9])
  }

  @Test func subscriptsSelect() {
    #expect(x[1].shape == [3, 4])
    #expect(x[-1, 0, 2].scalar(as: Int.self) == 14)
    #expect(x[0, 1..<3].scalars(as: Int.self) == Array(4..<12))
    #expect(x[.all, .stride(by: 2), 0].scalars(as: Int.self) == [0, 8, 12, 20])
    #expect(x[.ellipsis, -1].shape == [2, 3])
    #expect(x[0, .newAxis, 0...1, 2...].shape == [1, 2, 2])
    #expect(x[0, 0, ..<2].scalars(as: Int.self) == [0, 1])
    #expect(x[0, 0, (-2)...].scalars(as: Int.self) == [2, 3])
    #expect(x[0, 0, .stride(by: -1)].scalars(as: Int.self) == [3, 2, 1, 0])
    #expect(x[0, 0, .stride(from: 3, to: 0, by: -2)].scalars(as: Int.self) == [3, 1])
    #expect(x[0, 0, 2..<2].shape == [0])
    #expect(x[1, .ellipsis].scalars(as: Int.self) == Array(12..<24))
  }
}
