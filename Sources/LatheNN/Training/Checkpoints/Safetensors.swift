// Tensors in files, in the safetensors format.

import Driver
public import Lathe

/// Named tensors and texts of a safetensors file.
///
/// The format (Hugging Face, 2022): the length of the header as 64 bits, little-endian; the header,
/// a JSON object with type, shape and place of each tensor and with texts under `__metadata__`; the
/// tensors' bytes, row-major and little-endian, without gaps.
///
/// ```swift
/// try Safetensors(tensors: ["weight": weight]).write(to: "model.safetensors")
/// let weight = try Safetensors(path: "model.safetensors")["weight"]?.tensor()
/// ```
public struct Safetensors: Equatable, Sendable {
  /// A tensor as a file holds it.
  public struct Entry: Equatable, Sendable {
    /// Its name.
    public let name: String
    /// The type of its elements.
    public let dtype: DType
    /// Its shape.
    public let shape: [Int]
    /// Its elements: row-major, little-endian.
    public let bytes: [UInt8]

    /// A tensor of given bytes; ends with a message where they are not as many as the shape takes.
    public init(
      name: String, dtype: DType, shape: [Int], bytes: [UInt8], file: String = #fileID,
      line: Int = #line
    ) {
      guard bytes.count == byteCount(of: shape, elementSize: dtype.byteSize) else {
        misuse(
          "Safetensors: \(name): \(bytes.count) bytes, expected those of \(dtype)\(shape)",
          file: file, line: line)
      }
      self.name = name
      self.dtype = dtype
      self.shape = shape
      self.bytes = bytes
    }

    /// A tensor's value, computed where it is pending.
    public init(name: String, _ tensor: Tensor, file: String = #fileID, line: Int = #line) {
      let count = tensor.dtype.byteSize * tensor.shape.reduce(1, *)
      let storage = tensor.storage(at: .line(file: file, line: line))
      let bytes = storage.withUnsafeBytes { Array($0.prefix(count)) }
      self.init(name: name, dtype: tensor.dtype, shape: tensor.shape, bytes: bytes)
    }

    /// The tensor.
    public func tensor() -> Tensor { Tensor(bytes: bytes, shape: shape, dtype: dtype) }
  }

  /// The most bytes of a header that are read: 100 million, as in the reference implementation.
  public static let largestHeader = 100_000_000

  /// The tensors, in the order of their places in the file.
  public let entries: [Entry]
  /// The texts.
  public let metadata: [String: String]
  /// Whether the file has a checksum, which was then found right. Files that Lathe writes have one.
  public let hasChecksum: Bool

  /// Tensors and texts to be written. In the file the tensors of wide elements come first, so that
  /// each is aligned, and else they are in the given order.
  public init(entries: [Entry], metadata: [String: String] = [:]) {
    let widths = Set(entries.map(\.dtype.byteSize)).sorted(by: >)
    self.entries = widths.flatMap { width in entries.filter { $0.dtype.byteSize == width } }
    self.metadata = metadata
    hasChecksum = true
  }

  /// Tensors to be written, in the order of their names.
  public init(
    tensors: [String: Tensor], metadata: [String: String] = [:], file: String = #fileID,
    line: Int = #line
  ) {
    let names = tensors.keys.sorted()
    self.init(
      entries: names.map { Entry(name: $0, tensors[$0]!, file: file, line: line) },
      metadata: metadata)
  }

  /// Reads a file whole, checking every length in it.
  public init(path: String) throws(SafetensorsError) {
    let contents: [UInt8]
    do throws(FileError) { contents = try readFile(path) } catch { throw .file(error) }
    try self.init(contents: contents, file: path)
  }

  /// Reads the contents of the file that errors name.
  package init(contents: [UInt8], file: String) throws(SafetensorsError) {
    var header = try SafetensorsHeader(contents: contents, file: file)
    hasChecksum = try header.check(contents)
    metadata = header.metadata
    var entries: [Entry] = []
    for place in header.places {
      let bytes = Array(contents[place.range])
      if place.dtype == .bool, let index = bytes.firstIndex(where: { $0 > 1 }) {
        throw .badBool(file: file, tensor: place.name, index: index, found: bytes[index])
      }
      entries.append(
        Entry(name: place.name, dtype: place.dtype, shape: place.shape, bytes: bytes))
    }
    self.entries = entries
  }

  /// The tensor of a name.
  public subscript(name: String) -> Entry? { entries.first { $0.name == name } }

  /// Writes the file with a checksum, in place of any other: whole, or not at all.
  public func write(to path: String) throws(SafetensorsError) {
    let header = try SafetensorsHeader.text(of: self, file: path)
    do throws(FileError) {
      let file = try AtomicFile(replacing: path)
      try file.append(header)
      for entry in entries { try file.append(entry.bytes) }
      try file.commit()
    } catch {
      throw .file(error)
    }
  }
}

extension DType {
  /// The name in safetensors files.
  var safetensorsName: String {
    switch self {
    case .f64: "F64"
    case .f32: "F32"
    case .f16: "F16"
    case .bf16: "BF16"
    case .i8: "I8"
    case .i16: "I16"
    case .i32: "I32"
    case .i64: "I64"
    case .u8: "U8"
    case .u16: "U16"
    case .u32: "U32"
    case .u64: "U64"
    case .bool: "BOOL"
    }
  }
}
