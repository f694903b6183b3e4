// Tensors in memory of other owners.

import Foundation
import Lathe
import Testing

/// Aligned memory that notes its end.
private final class Block: @unchecked Sendable {
  // Unchecked: written before it is shared, and freed by the last reference.
  let bytes: UnsafeMutableRawBufferPointer
  private let ended: @Sendable () -> Void

  init(_ floats: [Float], alignment: Int = 64, ended: @escaping @Sendable () -> Void = {}) {
    bytes = .allocate(byteCount: floats.count * 4, alignment: alignment)
    self.ended = ended
    floats.withUnsafeBytes { bytes.copyMemory(from: $0) }
  }

  deinit {
    bytes.deallocate()
    ended()
  }
}

@Suite struct MemoryTests {
  private let numbers = (0..<64).map { Float($0) }

  @Test func alignedMemoryIsShared() {
    let block = Block(numbers)
    let x = Tensor(
      sharing: UnsafeRawBufferPointer(block.bytes), shape: [8, 8], dtype: .f32, owner: block)
    let address = x.withUnsafeBytes { $0.baseAddress }
    #expect(address == UnsafeRawPointer(block.bytes.baseAddress))
    #expect((x + 1).scalars(as: Float.self) == numbers.map { $0 + 1 })
    #expect(x[1].scalars(as: Float.self) == Array(numbers[8..<16]))
  }

  @Test func memoryBetweenLinesIsCopied() {
    let block = Block(numbers)
    let part = UnsafeRawBufferPointer(rebasing: block.bytes[4..<24])
    let x = Tensor(sharing: part, shape: [5], dtype: .f32, owner: block)
    #expect(x.withUnsafeBytes { $0.baseAddress } != part.baseAddress)
    #expect(x.scalars(as: Float.self) == [1, 2, 3, 4, 5])
  }

  @Test func assigningLeavesTheOwnersMemoryAlone() {
    let block = Block(numbers)
    var x = Tensor(
      sharing: UnsafeRawBufferPointer(block.bytes), shape: [64], dtype: .f32, owner: block)
    x[0] = 7
    x[1...] *= 2
    #expect(x[0].item() == 7 && x[63].item() == 126)
    #expect(block.bytes.load(as: Float.self) == 0)
    #expect(block.bytes.load(fromByteOffset: 252, as: Float.self) == 63)
  }

  @Test func theOwnerLivesAsLongAsATensorRefersToIt() async {
    await confirmation { ended in
      var row: Tensor?
      do {
        let block = Block(numbers) { ended() }
        let x = Tensor(
          sharing: UnsafeRawBufferPointer(block.bytes), shape: [4, 16], dtype: .f32, owner: block)
        row = x[2]
      }
      #expect(row?.scalars(as: Float.self) == Array(numbers[32..<48]))
      row = nil
    }
  }

  @Test func elementsAreCopiedFromABuffer() {
    let x = [1, 2, 3, 4].withUnsafeBufferPointer { Tensor(copying: $0, shape: [2, 2]) }
    #expect(x.dtype == .i64 && x.rows(as: Int.self) == [[1, 2], [3, 4]])
    let y = [true, false].withUnsafeBufferPointer { Tensor(copying: $0) }
    #expect(y.scalars(as: Bool.self) == [true, false])
  }

  @Test func rowsComeAndGo() {
    let rows: [[Float]] = [[1, 2], [3, 4], [5, 6]]
    #expect(Tensor(rows: rows).rows(as: Float.self) == rows)
    #expect(Tensor(rows: [[Int]]()).shape == [0, 0])
  }

  @Test func equalityReadsTypeShapeAndElements() {
    let x = Tensor([1.0, 2])
    #expect(x.hasEqualElements(Tensor([1.0, 2])))
    #expect(!x.hasEqualElements(Tensor([1.0, 3])))
    #expect(!x.hasEqualElements(Tensor([[1.0, 2]])))
    #expect(!x.hasEqualElements(Tensor([1, 2])))
    #expect(x.allClose(x + 1e-6) && !x.allClose(x + 1e-3))
    let none = Tensor([Float.nan])
    #expect(!none.allClose(none) && none.allClose(none, equalNaN: true))
  }
}
