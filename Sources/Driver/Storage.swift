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
/// that no other reference exists; owned by reference count. A part of another storage shares its
/// memory and keeps it.
public final class Storage: @unchecked Sendable {
  // Unchecked: the owner writes before sharing; see `withUnsafeMutableBytes`.
  /// Bytes of the tensor.
  public let byteCount: Int
  let address: UnsafeMutableRawPointer
  /// The storage that this one is a part of.
  private let whole: Storage?

  /// Alignment of every storage, which programs rely on.
  public static let alignment = 64

  /// Takes memory that is not cleared.
  public init(byteCount: Int) throws(AllocationFailure) {
    guard byteCount >= 0, let address = lathe_alloc(byteCount) else {
      throw AllocationFailure(byteCount: byteCount)
    }
    self.byteCount = byteCount
    self.address = address
    whole = nil
  }

  /// The bytes of `range` of another storage without a copy; `nil` where they are not aligned as
  /// programs expect.
  public init?(_ range: Range<Int>, of storage: Storage) {
    precondition(range.lowerBound >= 0 && range.upperBound <= storage.byteCount)
    guard range.lowerBound % Self.alignment == 0 else { return nil }
    byteCount = range.count
    address = storage.address + range.lowerBound
    whole = storage.whole ?? storage
  }

  /// Takes memory and copies another storage's bytes.
  public convenience init(copying other: Storage) throws(AllocationFailure) {
    try self.init(byteCount: other.byteCount)
    address.copyMemory(from: other.address, byteCount: byteCount)
  }

  /// Whether the memory is a part of another storage's.
  public var isPart: Bool { whole != nil }

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
    if whole == nil { lathe_free(address, byteCount) }
  }
}
