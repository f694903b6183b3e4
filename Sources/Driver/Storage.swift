// Memory of tensors.

import CLatheRuntime

/// No memory for a buffer.
public struct AllocationFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// Bytes that were asked for.
  public let byteCount: Int

  /// `no memory for … bytes`.
  public var description: String { "no memory for \(byteCount) bytes" }
}

/// Memory of one dense tensor: 64-byte aligned, from the run time's recycling pool.
///
/// Written by whoever made it until it is shared, then only read, except by an owner who knows
/// that no other reference exists; owned by reference count. A part of another storage, or memory
/// of another owner, is shared with the owner, which it keeps, and only read.
public final class Storage: @unchecked Sendable {
  // Unchecked: the owner writes before sharing; see `withUnsafeMutableBytes`.
  /// Bytes of the tensor.
  public let byteCount: Int
  let address: UnsafeMutableRawPointer
  /// Who keeps memory that is not this storage's own: the one that it is a part of, or another
  /// owner.
  private let owner: (any AnyObject & Sendable)?

  /// Alignment of every storage, which programs rely on.
  public static let alignment = 64

  /// Takes memory that is not cleared.
  public init(byteCount: Int) throws(AllocationFailure) {
    guard byteCount >= 0, let address = lathe_alloc(byteCount) else {
      throw AllocationFailure(byteCount: byteCount)
    }
    self.byteCount = byteCount
    self.address = address
    owner = nil
  }

  /// The bytes of `range` of another storage without a copy; `nil` where they are not aligned as
  /// programs expect.
  public init?(_ range: Range<Int>, of storage: Storage) {
    precondition(range.lowerBound >= 0 && range.upperBound <= storage.byteCount)
    guard range.lowerBound % Self.alignment == 0 else { return nil }
    byteCount = range.count
    address = storage.address + range.lowerBound
    owner = storage.owner ?? storage
  }

  /// Memory that `owner` keeps and nothing changes while this refers to it, without a copy; `nil`
  /// where it is not aligned as programs expect.
  public init?(_ bytes: UnsafeRawBufferPointer, keeping owner: any AnyObject & Sendable) {
    guard let address = bytes.baseAddress, Int(bitPattern: address) % Self.alignment == 0 else {
      return nil
    }
    byteCount = bytes.count
    self.address = UnsafeMutableRawPointer(mutating: address)
    self.owner = owner
  }

  /// Takes memory and copies another storage's bytes.
  public convenience init(copying other: Storage) throws(AllocationFailure) {
    try self.init(byteCount: other.byteCount)
    address.copyMemory(from: other.address, byteCount: byteCount)
  }

  /// Whether the memory is another owner's, who may be another storage.
  public var isPart: Bool { owner != nil }

  /// Takes memory and fills it.
  public convenience init(_ bytes: [UInt8]) throws(AllocationFailure) {
    try self.init(byteCount: bytes.count)
    withUnsafeMutableBytes { $0.copyBytes(from: bytes) }
  }

  /// Reads the bytes.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: address, count: byteCount))
  }

  /// Writes the bytes; only before the storage is shared, or while nothing else refers to it.
  public func withUnsafeMutableBytes<Result, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeMutableRawBufferPointer(start: address, count: byteCount))
  }

  deinit {
    if owner == nil { lathe_free(address, byteCount) }
  }
}
