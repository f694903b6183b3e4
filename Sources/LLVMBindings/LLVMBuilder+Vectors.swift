// Lanes of vectors, members of aggregates.
import CLLVM

extension LLVMBuilder {
  /// One lane of a vector.
  public func extractElement(
    _ vector: LLVMValue, _ lane: LLVMValue, _ name: String = ""
  ) -> LLVMValue {
    LLVMValue(ref: LLVMBuildExtractElement(ref, vector.ref, lane.ref, name))
  }

  /// One lane of a vector, by a constant index.
  public func extractElement(_ vector: LLVMValue, _ lane: Int, _ name: String = "") -> LLVMValue {
    extractElement(vector, types.i64.constant(lane), name)
  }

  /// The vector with one lane replaced.
  public func insertElement(
    _ vector: LLVMValue, _ value: LLVMValue, _ lane: LLVMValue, _ name: String = ""
  ) -> LLVMValue {
    LLVMValue(ref: LLVMBuildInsertElement(ref, vector.ref, value.ref, lane.ref, name))
  }

  /// The vector with one lane replaced, by a constant index.
  public func insertElement(
    _ vector: LLVMValue, _ value: LLVMValue, _ lane: Int, _ name: String = ""
  ) -> LLVMValue {
    insertElement(vector, value, types.i64.constant(lane), name)
  }

  /// Picks lanes of `a` (from 0) and of `b` (from a's lane count); -1 is a lane nobody reads.
  public func shuffle(
    _ a: LLVMValue, _ b: LLVMValue, _ lanes: [Int], _ name: String = ""
  ) -> LLVMValue {
    let i32 = types.i32
    let mask = LLVMValue.constantVector(lanes.map { $0 < 0 ? i32.poison : i32.constant($0) })
    return LLVMValue(ref: LLVMBuildShuffleVector(ref, a.ref, b.ref, mask.ref, name))
  }

  /// Picks lanes of one vector.
  public func shuffle(_ a: LLVMValue, _ lanes: [Int], _ name: String = "") -> LLVMValue {
    shuffle(a, a.type.poison, lanes, name)
  }

  /// The scalar in every lane; the scalar itself for 1 lane.
  public func splat(_ value: LLVMValue, _ lanes: Int, _ name: String = "") -> LLVMValue {
    if lanes == 1 { return value }
    if value.isConstant { return .constantVector(Array(repeating: value, count: lanes)) }
    let vector = insertElement(value.type.vector(lanes).poison, value, 0)
    return shuffle(vector, Array(repeating: 0, count: lanes), name)
  }

  /// One member of a structure or array value.
  public func extractValue(_ aggregate: LLVMValue, _ index: Int, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildExtractValue(ref, aggregate.ref, UInt32(index), name))
  }

  /// The structure or array with one member replaced.
  public func insertValue(
    _ aggregate: LLVMValue, _ value: LLVMValue, _ index: Int, _ name: String = ""
  ) -> LLVMValue {
    LLVMValue(ref: LLVMBuildInsertValue(ref, aggregate.ref, value.ref, UInt32(index), name))
  }
}
