// Making tensors and reading them.

import Lathe
import Testing

@Suite struct CreationTests {
  @Test func literalsGiveTypeAndShape() {
    #expect(Tensor([1, 2, 3]).dtype == .i64)
    #expect(Tensor([1, 2, 3]).scalars(as: Int.self) == [1, 2, 3])
    #expect(Tensor([1, 2.5]).scalars(as: Float.self) == [1, 2.5])
    #expect(Tensor([true, false]).scalars(as: Bool.self) == [true, false])
    let matrix = Tensor([[1, 2, 3], [4, 5, 6]], .f64)
    #expect(matrix.shape == [2, 3] && matrix.rank == 2 && matrix.count == 6)
    #expect(matrix.scalars(as: Double.self) == [1, 2, 3, 4, 5, 6])
    #expect(Tensor([[], []]).shape == [2, 0])
  }

  @Test func swiftArraysKeepTheirType() {
    let floats: [Float] = [1, 2]
    let doubles: [Double] = [1, 2]
    let small: [Int32] = [1, 2]
    let large: [Int] = [1, 2]
    #expect(Tensor(floats).dtype == .f32)
    #expect(Tensor(doubles).dtype == .f64)
    #expect(Tensor(small).dtype == .i32)
    #expect(Tensor(large).dtype == .i64)
    #expect(Tensor(scalars: doubles, shape: [2, 1], dtype: .f32).dtype == .f32)
    let one: Float = 3
    #expect(Tensor(one).scalar(as: Float.self) == 3)
  }

  @Test func bytesAreTheMemory() {
    let tensor = Tensor(bytes: [1, 0, 0, 0, 0, 1, 0, 0], shape: [2], dtype: .i32)
    #expect(tensor.scalars(as: Int32.self) == [1, 256])
  }

  @Test func fillsAndRanges() {
    #expect(Tensor.zeros([2, 2]).scalars(as: Float.self) == [0, 0, 0, 0])
    #expect(Tensor.ones([2], .i32).scalars(as: Int32.self) == [1, 1])
    #expect(Tensor.full([2], 0.5).scalars(as: Float.self) == [0.5, 0.5])
    #expect(Tensor.full([], 7).item() == 7)
    #expect(Tensor.iota([2, 3], axis: -1).scalars(as: Int.self) == [0, 1, 2, 0, 1, 2])
    #expect(Tensor.arange(4, .f32).scalars(as: Float.self) == [0, 1, 2, 3])
    #expect(Tensor.arange(5, 0, step: -2).scalars(as: Int.self) == [5, 3, 1])
    #expect(Tensor.linspace(0, 1, count: 5).scalars(as: Float.self) == [0, 0.25, 0.5, 0.75, 1])
    #expect(Tensor.eye(2).scalars(as: Float.self) == [1, 0, 0, 1])
    #expect(Tensor.eye(2, 3, .i64).scalars(as: Int.self) == [1, 0, 0, 0, 1, 0])
  }

  @Test func emptyTensorsWork() {
    let empty = Tensor.zeros([0, 3])
    #expect(empty.count == 0)
    #expect((empty + 1).scalars(as: Float.self) == [])
  }

  @Test func spansReadWithoutCopying() {
    let sum = Tensor([1.5, 2.5]).withScalars(as: Float.self) { span in
      var sum: Float = 0
      for index in span.indices { sum += span[index] }
      return sum
    }
    #expect(sum == 4)
  }
}
