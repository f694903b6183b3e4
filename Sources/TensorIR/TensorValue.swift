// Tensors of the interpreter.

public import IRCore

/// Dense tensor: element type, extents and bytes, row-major, little-endian, `bool` as 0 and 1.
public struct TensorValue: Hashable, Sendable {
  /// Element type.
  public let type: DType
  /// Extents, outermost first.
  public let extents: [Int]
  /// The elements' bytes.
  public var bytes: [UInt8]

  /// Keeps bytes; running a graph checks their number.
  public init(_ type: DType, _ extents: [Int], bytes: [UInt8]) {
    self.type = type
    self.extents = extents
    self.bytes = bytes
  }

  /// A tensor of zero bytes.
  package init(zeros type: DType, _ extents: [Int], count: Int) {
    self.init(type, extents, bytes: [UInt8](repeating: 0, count: count * type.byteSize))
  }

  /// Packs literals of type `type`.
  public init(_ type: DType, _ extents: [Int], _ elements: [Literal]) {
    self.init(type, extents, bytes: TensorData(type, elements).bytes)
  }

  /// A vector, or a tensor of the given extents, of f32 values.
  public init(f32 values: [Float], _ extents: [Int]? = nil) {
    self.init(.f32, extents ?? [values.count], values.map { .f32($0) })
  }

  /// A vector, or a tensor of the given extents, of integers as `type`.
  public init(_ type: DType, integers values: [Int], _ extents: [Int]? = nil) {
    self.init(type, extents ?? [values.count], values.map { Literal(type, integer: $0) })
  }

  /// Number of elements.
  public var count: Int { bytes.count / type.byteSize }

  /// Every element in row-major order.
  public var elements: [Literal] { (0..<count).map { Literal(type, bits: bits($0)) } }

  /// Bits of element number `index`.
  package func bits(_ index: Int) -> UInt64 {
    bytes.withUnsafeBytes { memory in
      switch type.byteSize {
      case 1: UInt64(memory[index])
      case 2: UInt64(memory.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
      case 4: UInt64(memory.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
      default: memory.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
      }
    }
  }

  /// Sets element number `index`.
  package mutating func setBits(_ index: Int, _ bits: UInt64) {
    let size = type.byteSize
    bytes.withUnsafeMutableBytes { memory in
      switch size {
      case 1: memory[index] = UInt8(truncatingIfNeeded: bits)
      case 2:
        memory.storeBytes(
          of: UInt16(truncatingIfNeeded: bits), toByteOffset: index * 2, as: UInt16.self)
      case 4:
        memory.storeBytes(
          of: UInt32(truncatingIfNeeded: bits), toByteOffset: index * 4, as: UInt32.self)
      default: memory.storeBytes(of: bits, toByteOffset: index * 8, as: UInt64.self)
      }
    }
  }
}

extension TensorValue: CustomStringConvertible {
  /// `f32[2]: [1.0, 2.0]`.
  public var description: String {
    let list = elements.map(\.description).joined(separator: ", ")
    return "\(TensorType(type, extents: extents)): [\(list)]"
  }
}
