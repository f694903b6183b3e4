// Reads IDX files, the format of MNIST and its kin, plain or compressed with gzip.

/// The elements of an IDX file, with their type and shape.
///
/// The format (Yann LeCun, "The MNIST database of handwritten digits", 1998): two zero bytes, a
/// byte for the element type, a byte for the rank, each dimension as 32 bits, then the elements in
/// row-major order; numbers are big-endian.
///
/// ```swift
/// let images = try IDXFile(path: "train-images-idx3-ubyte.gz")
/// images.shape  // [60000, 28, 28]
/// ```
public struct IDXFile: Equatable, Sendable {
  /// The type of the elements; the raw value is the code in the file.
  public enum ElementType: UInt8, CaseIterable, Sendable {
    case uint8 = 0x08
    case int8 = 0x09
    case int16 = 0x0b
    case int32 = 0x0c
    case float32 = 0x0d
    case float64 = 0x0e

    /// The size of one element in bytes.
    public var byteCount: Int {
      switch self {
      case .uint8, .int8: 1
      case .int16: 2
      case .int32, .float32: 4
      case .float64: 8
      }
    }
  }

  /// The most bytes of elements that are read from one file: 4 GiB.
  public static let largestByteCount = 1 << 32

  /// The type of the elements.
  public let elementType: ElementType
  /// The extent of each dimension, outermost first; empty for a single element.
  public let shape: [Int]
  /// The elements as they stand in the file: row-major, each big-endian.
  public let bytes: [UInt8]

  /// Reads a file, decompressing it where its first bytes are gzip's.
  ///
  /// - Throws: what is wrong with the file; it is read whole or not at all.
  public init(path: String) throws(IDXError) {
    let contents: [UInt8]
    do throws(FileError) {
      contents = try readFile(path)
    } catch {
      throw .unreadable(file: path, code: error.code)
    }
    try self.init(contents: contents, file: path)
  }

  /// Reads the contents of the file that errors name.
  package init(contents: [UInt8], file: String) throws(IDXError) {
    var source = IDXSource(contents, file: file)
    let magic = try source.read(4, of: 4)
    guard magic.starts(with: [0, 0]) else { throw .badMagic(file: file, found: magic) }
    guard let type = ElementType(rawValue: magic[2]) else {
      throw .unknownElementType(file: file, found: magic[2])
    }
    let headerCount = 4 + 4 * Int(magic[3])
    let dimensions = try source.read(headerCount - 4, of: headerCount)
    let shape = stride(from: 0, to: dimensions.count, by: 4).map { start in
      dimensions[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    guard let count = byteCount(of: shape, elementSize: type.byteCount),
      count <= Self.largestByteCount
    else {
      throw .tooLarge(file: file, shape: shape)
    }
    elementType = type
    self.shape = shape
    bytes = try source.read(count, of: headerCount + count)
    try source.expectEnd(after: headerCount + count)
  }
}

/// The bytes of an IDX file in order, decompressed as they are asked for.
private struct IDXSource: ~Copyable {
  let file: String
  let contents: [UInt8]
  var position = 0
  var gzip: GzipReader?

  init(_ contents: [UInt8], file: String) {
    self.file = file
    self.contents = contents
    gzip = GzipReader.recognizes(contents) ? GzipReader(contents) : nil
  }

  /// Takes the next `count` bytes, which end the first `total` of the file.
  mutating func read(_ count: Int, of total: Int) throws(IDXError) -> [UInt8] {
    let bytes = try take(count)
    guard bytes.count == count else {
      throw .truncated(file: file, found: total - count + bytes.count, expected: total)
    }
    return bytes
  }

  /// Checks that nothing follows, and that compressed data ends with its checksum.
  mutating func expectEnd(after total: Int) throws(IDXError) {
    guard try take(1).isEmpty else { throw .trailingBytes(file: file, expected: total) }
  }

  private mutating func take(_ count: Int) throws(IDXError) -> [UInt8] {
    guard gzip != nil else {
      let end = min(position + count, contents.count)
      defer { position = end }
      return Array(contents[position..<end])
    }
    do throws(GzipError) {
      return try gzip!.read(count)
    } catch {
      throw IDXError(error, file: file)
    }
  }
}
