// Functional updates, and views that copy when they are written.

import Driver
import IRCore
import Lathe
import Testing

@Suite struct AssignmentTests {
  typealias Update = @Sendable (inout Tensor, Tensor) -> Void

  /// Updates of a [4, 6] tensor by numbers of the stated shape.
  static let updates: [(shape: [Int], update: Update)] = [
    ([6], { $0[1] = $1 }),
    ([], { $0[-1, 2] = $1 }),
    ([4], { $0[.all, 0] = $1 }),
    ([2, 6], { $0[1..<3] = $1 }),
    ([4, 3], { $0[.all, .stride(by: 2)] = $1 }),
    ([4, 2], { $0[.ellipsis, .stride(from: 1, to: 6, by: 3)] = $1 }),
    ([4, 6], { $0[.stride(by: -1)] = $1 }),
    ([2, 2], { $0[.stride(from: 3, by: -2), .stride(from: 4, to: 0, by: -3)] = $1 }),
    ([1, 2, 1], { $0[2, .newAxis, 1..<3, .newAxis] = $1 }),
    ([1], { $0[1...2, 3...] = $1 }),
    ([4, 6], { $0[.ellipsis] = $1 }),
    ([0, 6], { $0[2..<2] = $1 }),
    ([6], { $0[0] += $1 }),
    ([], { $0[0][1] = $1 }),
  ]

  @Test(arguments: updates.indices) func everyKindOfUpdateWritesItsPlaces(index: Int) {
    let (shape, update) = Self.updates[index]
    let x = Tensor.arange(24, .f32).reshaped(4, 6)
    let count = shape.reduce(1, *)
    let y = (Tensor.arange(count, .f32) + 100).reshaped(to: shape)
    // The meaning, element by element: where a tensor of ones arrives, with numbers in its place.
    var places = Tensor.arange(24, .f32).reshaped(4, 6)
    try? places.evaluate()
    update(&places, y)
    let f = compile { (x: inout Tensor, y: Tensor) in update(&x, y) }
    var traced = x
    f(&traced, y)
    #expect(traced.scalars(as: Float.self) == places.scalars(as: Float.self))
    #expect(x.scalars(as: Float.self) == (0..<24).map { Float($0) })
    if count > 0 {
      #expect(places.scalars(as: Float.self).contains { $0 >= 100 })
    }
  }

  @Test func assignmentsFuse() {
    let f = compile { (x: inout Tensor, y: Tensor) in
      x[0] = y * 2
      x[.all, 1..<3] += 1
      x = tanh(x)
    }
    var x = Tensor.zeros([4, 6])
    f(&x, Tensor.ones([6]))
    #expect(f.variants[0].kernelCount == 1)
    #expect(x[3, 1].item() == tanh(Tensor([1.0])).item())
  }

  @Test func theRightPlacesAreWritten() {
    var x = Tensor.zeros([3, 4])
    x[1, 2] = 5
    x[.all, .stride(by: -3)] = Tensor([1.0, 2])
    x[2] = Tensor([9.0])
    #expect(
      x.scalars(as: Float.self) == [2, 0, 0, 1, 2, 0, 5, 1, 9, 9, 9, 9])
  }

  @Test func copiesAndSlicesKeepTheirValues() {
    var x = Tensor.arange(64, .f32).reshaped(4, 16)
    try? x.evaluate()
    let copy = x
    let row = x[1]
    let unaligned = x[1, 1..<3]
    let pending = x + 0
    x[1] = 0
    #expect(copy.scalars(as: Float.self) == (0..<64).map { Float($0) })
    #expect(row.scalars(as: Float.self) == (16..<32).map { Float($0) })
    #expect(unaligned.scalars(as: Float.self) == [17, 18])
    #expect(pending.scalars(as: Float.self) == (0..<64).map { Float($0) })
    #expect(x[1].scalars(as: Float.self) == [Float](repeating: 0, count: 16))
    var part = x[2]
    part[0] = -1
    #expect(x[2, 0].item() == 32 && part[0].item() == -1)
  }

  @Test func uniqueMemoryIsWrittenInPlace() {
    var x = Tensor.zeros([1 << 10, 16])
    try? x.evaluate()
    let before = x.addressOfMemory
    for index in 0..<100 { x[index] += Tensor(Float(index)) }
    #expect(x.addressOfMemory == before)
    #expect(x[99, 3].item() == 99)
    let copy = x
    x[0] = 7
    #expect(x.addressOfMemory != before && copy[0, 0].item() == 0)
  }

  @Test func rowsShareMemory() {
    let x = Tensor.zeros([8, 16])
    try? x.evaluate()
    #expect(x[2].addressOfMemory == x.addressOfMemory + 128)
    #expect(x[2].isEvaluated && x[2, 1].isEvaluated)
    #expect(!x[.all, 3].isEvaluated)
  }
}

extension Tensor {
  /// Where the elements stand.
  var addressOfMemory: Int {
    storage(at: .unknown).withUnsafeBytes { Int(bitPattern: $0.baseAddress) }
  }
}
