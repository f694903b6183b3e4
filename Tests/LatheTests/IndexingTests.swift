// Gathers, scatters, joining and sorting as users write them, lazily, eagerly and compiled.

import Lathe
import Testing

/// A function of nothing, and what it gives.
private struct Example: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let expected: [Double]
  let shape: [Int]
  let function: @Sendable () -> Tensor

  init(
    _ name: String, _ expected: [Double], _ shape: [Int]? = nil,
    _ function: @escaping @Sendable () -> Tensor
  ) {
    testDescription = name
    self.expected = expected
    self.shape = shape ?? [expected.count]
    self.function = function
  }

  static let table = Tensor([[0.0, 1, 2], [10, 11, 12], [20, 21, 22], [30, 31, 32]])
  static let numbers = Tensor([3.0, -1, .nan, 2, -.infinity, 2])

  static let all: [Example] = [
    Example("take rows", [20, 21, 22, 0, 1, 2], [2, 3]) { table.take(Tensor([2, 0])) },
    Example("take a scalar", [10, 11, 12]) { table.take(Tensor(1)) },
    Example("take columns", [2, 0, 12, 10, 22, 20, 32, 30], [4, 2]) {
      table.take(Tensor([2, 0]), axis: -1)
    },
    Example("take a matrix of rows", [0, 1, 2, 30, 31, 32], [1, 2, 3]) {
      table.take(Tensor([[0, 3]]))
    },
    Example("take clamped", [30, 31, 32, 0, 1, 2], [2, 3]) {
      table.take(Tensor([9, -9]), outside: .clamped)
    },
    Example("take wrapped", [30, 31, 32, 10, 11, 12], [2, 3]) {
      table.take(Tensor([-1, 5]), outside: .wrapped)
    },
    Example("take filled", [-1, -1, -1, 10, 11, 12], [2, 3]) {
      table.take(Tensor([-1, 1]), outside: .filled(-1))
    },
    Example("take nothing", [], [0, 3]) { table.take(Tensor.zeros([0], .i32)) },
    Example("take by bytes", [10, 11, 12]) { table.take(Tensor(1).cast(to: .u8)) },
    Example("takeAlong", [2, 10, 21, 31], [4, 1]) {
      table.takeAlong(Tensor([[2], [0], [1], [1]]))
    },
    Example("takeAlong repeats indices", [0, 10, 20, 30], [4, 1]) {
      table.takeAlong(Tensor([[0]]))
    },
    Example("takeAlong the first axis", [30, 1, 12], [1, 3]) {
      table.takeAlong(Tensor([[3, 0, 1]]), axis: 0)
    },
    Example("gather by two index tensors", [11, 32]) {
      table.gather(at: [Tensor([1, 3]), Tensor([1, 2])])
    },
    Example("gather broadcasts", [1, 2, 31, 32], [2, 2]) {
      table.gather(at: [Tensor([[0], [3]]), Tensor([1, 2])])
    },
    Example("scatter replaces", [0, 5, 0, 7]) {
      Tensor.zeros([4]).scatter(Tensor([4.0, 5, 7]), at: Tensor([1, 1, 3]))
    },
    Example("scatter adds", [0, 9, 0, 7]) {
      Tensor.zeros([4]).scatter(Tensor([4.0, 5, 7]), at: Tensor([1, 1, 3]), by: .add)
    },
    Example("scatter multiplies", [1, 20, 1, 7]) {
      Tensor.ones([4]).scatter(Tensor([4.0, 5, 7]), at: Tensor([1, 1, 3]), by: .multiply)
    },
    Example("scatter keeps the largest", [1, 5, 1, 1]) {
      Tensor.ones([4]).scatter(Tensor([4.0, 5, 0]), at: Tensor([1, 1, 3]), by: .max)
    },
    Example("scatter a number", [0, 1, 0, 1]) {
      Tensor.zeros([4]).scatter(1, at: Tensor([1, 3]))
    },
    Example("scatter columns", [0, 1, 2, 0, 3, 4], [2, 3]) {
      Tensor.zeros([2, 3]).scatter(Tensor([[1.0, 2], [3, 4]]), at: Tensor([1, 2]), axis: 1)
    },
    Example("scatter drops what is outside", [0, 0, 0, 7]) {
      Tensor.zeros([4]).scatter(Tensor([4.0, 5, 7]), at: Tensor([-1, 9, 3]), outside: .dropped)
    },
    Example("scatterAlong", [0, 5, 6, 0], [2, 2]) {
      Tensor.zeros([2, 2]).scatterAlong(Tensor([[5.0], [6]]), at: Tensor([[1], [0]]))
    },
    Example("scatter at two index tensors", [0, 5, 6, 0], [2, 2]) {
      Tensor.zeros([2, 2]).scatter(Tensor([5.0, 6]), at: [Tensor([0, 1]), Tensor([1, 0])])
    },
    Example("histogram", [1, 0, 2, 1]) {
      Tensor.zeros([4]).scatter(1, at: Tensor([2, 0, 3, 2]), by: .add)
    },
    Example("oneHot", [0, 1, 0, 0, 0, 0, 0, 0, 1], [3, 3]) { Tensor([1, -1, 2]).oneHot(3) },
    Example("concatenated", [1, 2, 3, 4, 5]) {
      Tensor.concatenated([Tensor([1.0, 2]), Tensor([3.0]), Tensor([4.0, 5])])
    },
    Example("concatenated along the last axis", [1, 2, 5, 3, 4, 6], [2, 3]) {
      Tensor.concatenated([Tensor([[1.0, 2], [3, 4]]), Tensor([[5.0], [6]])], axis: -1)
    },
    Example("stacked", [1, 3, 2, 4], [2, 2]) {
      Tensor.stacked([Tensor([1.0, 2]), Tensor([3.0, 4])], axis: -1)
    },
    Example("stacked scalars", [1, 2]) { Tensor.stacked([Tensor(1.0), Tensor(2.0)]) },
    Example("split", [3]) { Tensor([1.0, 2, 3]).split([2, 1])[1] },
    Example("split into equal parts", [3, 4]) { Tensor([1.0, 2, 3, 4]).split(into: 2)[1] },
    Example("sorted", [-.infinity, -1, 2, 2, 3, .nan]) { numbers.sorted() },
    Example("sorted descending", [3, 2, 2, -1, -.infinity, .nan]) {
      numbers.sorted(descending: true)
    },
    Example("argSorted is stable", [4, 1, 3, 5, 0, 2]) { numbers.argSorted().cast(to: .f32) },
    Example("argSorted descending is stable", [0, 3, 5, 1, 4, 2]) {
      numbers.argSorted(descending: true).cast(to: .f32)
    },
    Example("sorted along the first axis", [0, 1, 20, 21], [2, 2]) {
      Tensor([[20.0, 1], [0, 21]]).sorted(axis: 0)
    },
    Example("sorted integers", [-3, 0, 7]) { Tensor([7, -3, 0]).sorted().cast(to: .f32) },
    Example("sorted bytes", [0, 3, 253]) {
      Tensor([253, 3, 0]).cast(to: .u8).sorted().cast(to: .f32)
    },
    Example("topK", [3, 2]) { numbers.topK(2).values },
    Example("topK smallest", [4, 1]) {
      numbers.topK(2, largest: false).indices.cast(to: .f32)
    },
    Example("embedding gradient", [0, 0, 2, 2, 1, 1, 0, 0], [4, 2]) {
      gradient(of: Tensor.ones([4, 2])) { $0.take(Tensor([1, 2, 1])).sum() }
    },
    Example("sorted gradient", [1, 3, 2]) {
      gradient(of: Tensor([10.0, 30, 20])) { ($0.sorted() * Tensor([1.0, 2, 3])).sum() }
    },
  ]
}

@Suite struct IndexingTests {
  private func check(_ found: Tensor, _ example: Example) {
    #expect(found.shape == example.shape)
    let scalars = found.cast(to: .f64).flattened().scalars(as: Double.self)
    #expect(
      scalars.elementsEqual(example.expected) { $0 == $1 || $0.isNaN && $1.isNaN },
      "\(scalars)")
  }

  @Test(arguments: Example.all) private func lazily(_ example: Example) {
    check(example.function(), example)
  }

  @Test(arguments: Example.all) private func compiled(_ example: Example) throws {
    let function = compile { (x: Tensor) in
      let result = example.function()
      return result + x.cast(to: result.dtype)
    }
    check(function(Tensor.zeros([])), example)
  }

  /// Long rows, few and many, against Swift's own sort.
  @Test(arguments: [(1, 100_000), (3, 40_000), (50, 300), (1000, 64), (7, 65)])
  func sortsLongRows(rows: Int, count: Int) {
    let x = Tensor.randomNormal([rows, count], key: RandomKey(rows))
    let sorted = x.sorted().scalars(as: Float.self)
    let places = x.argSorted(descending: true).scalars(as: Int.self)
    let values = x.scalars(as: Float.self)
    for row in 0..<rows {
      let own = Array(values[row * count..<(row + 1) * count])
      #expect(Array(sorted[row * count..<(row + 1) * count]) == own.sorted())
      let order = own.indices.sorted { own[$0] == own[$1] ? $0 < $1 : own[$0] > own[$1] }
      #expect(Array(places[row * count..<(row + 1) * count]) == order)
    }
  }

  /// The first few of many, among equal ones too, against Swift's own sort.
  @Test(arguments: [(1, 100_003, 40), (2, 8192, 64), (3, 5000, 1), (1, 1_000_000, 100)])
  func selectsTheFirstOfMany(rows: Int, count: Int, kept: Int) {
    let x = (Tensor.randomNormal([rows, count], key: RandomKey(kept)) * 50).round()
    let (largest, places) = x.topK(kept)
    let found = places.scalars(as: Int.self)
    let values = x.scalars(as: Float.self)
    for row in 0..<rows {
      let own = Array(values[row * count..<(row + 1) * count])
      let order = own.indices.sorted { own[$0] == own[$1] ? $0 < $1 : own[$0] > own[$1] }
      #expect(Array(found[row * kept..<(row + 1) * kept]) == Array(order.prefix(kept)))
    }
    let smallest = x.topK(kept, largest: false).values
    #expect(smallest.scalars(as: Float.self) == x.sorted()[.all, 0..<kept].scalars(as: Float.self))
    #expect(
      largest.scalars(as: Float.self)
        == x.sorted(descending: true)[.all, 0..<kept].scalars(as: Float.self))
  }
}
