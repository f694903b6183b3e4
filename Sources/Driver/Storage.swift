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
/// Written by whoever made it until it is shared, then only read; owned by reference count.
public final class Storage: @unchecked Sendable {
  // Unchecked: the owner writes before sharing; see `withUnsafeMutableBytes`.
  /// Bytes of the tensor.
  public let byteCount: Int
  let address: UnsafeMutableRawPointer

  /// Takes memory that is not cleared.
  public init(byteCount: Int) throws(AllocationFailure) {
    guard byteCount >= 0, let address = lathe_alloc(byteCount) else {
      throw AllocationFailure(byteCount: byteCount)
    }
    self.byteCount = byteCount
    self.address = address
  }

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

  /// Writes the bytes; only before the storage is shared.
  public func withUnsafeMutableBytes<Result, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeMutableRawBufferPointer(start: address, count: byteCount))
  }

  deinit { lathe_free(address, byteCount) }
}
