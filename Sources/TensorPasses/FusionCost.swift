// The cost model of fusion: bytes against operations.

import IRCore
import TensorIR

/// Prices what fusion saves and what it repeats, in nanoseconds of one core.
///
/// The model depends on shapes and rows only, never on the number of threads.
public struct FusionCost: Sendable {
  /// Primitive operations that one application of a row compiles to.
  private var operationCounts: [Key: Int] = [:]

  private struct Key: Hashable {
    let row: Elementwise
    let operand: DType
    let result: DType
  }

  /// The most primitive operations in one kernel: LLVM's time grows faster than a block's size.
  public static let kernelLimit = 512
  /// What an extent that is only known at run time counts as.
  static let assumedExtent = 1024
  /// Nanoseconds to move a byte of a tensor beyond the second-level cache.
  static let nanosecondsPerByteInMemory = 0.05
  /// Nanoseconds to move a byte of a tensor that stays in the caches.
  static let nanosecondsPerByteInCache = 0.008
  /// Nanoseconds of one primitive operation on one element in vector code.
  static let nanosecondsPerOperation = 0.012
  /// Bytes of a tensor that is taken to stay in the caches.
  static let cachedBytes = 512 << 10

  /// Starts without knowledge of any row.
  public init() {}

  /// Primitive operations of one elementwise node; 0 for nodes of other kinds.
  mutating func operations(of node: Node, in graph: Graph) -> Int {
    guard case .elementwise(let row) = node.kind else { return 1 }
    let types = node.operands.map { graph.dtype(of: $0) }
    let operand = (row.typing == .select ? types.last : types.first) ?? node.types[0].dtype
    let key = Key(row: row, operand: operand, result: node.types[0].dtype)
    if let known = operationCounts[key] { return known }
    let program = ScalarProgram(row, operands: types, result: node.types[0].dtype)
    let count = max(1, program.instructions.count)
    operationCounts[key] = count
    return count
  }

  /// Number of elements, with symbols counted as `assumedExtent`.
  static func elements(_ type: TensorType) -> Double {
    type.shape.reduce(1) { product, extent in
      product * Double(extent.evaluate { _ in assumedExtent } ?? assumedExtent)
    }
  }

  static func bytes(_ type: TensorType) -> Double { elements(type) * Double(type.dtype.byteSize) }

  /// Nanoseconds to write a tensor and read it `reads` times.
  static func traffic(_ type: TensorType, reads: Int) -> Double {
    let size = bytes(type)
    let price =
      size > Double(cachedBytes) ? nanosecondsPerByteInMemory : nanosecondsPerByteInCache
    return size * price * Double(1 + reads)
  }
}

/// What fusion did with one edge, and why.
public struct FusionDecision: Hashable, Sendable, CustomStringConvertible {
  /// The value on the edge, as the graph's text spells it, with its operation.
  public let producer: String
  /// Where it is used.
  public let consumer: String
  /// Whether the value stays in registers on this edge.
  public let isFused: Bool
  /// The rule that decided, with its numbers.
  public let reason: String

  /// `%3 (exp) -> %4 (add): fused, saves 16777216 bytes`.
  public var description: String {
    "\(producer) -> \(consumer): \(isFused ? "fused" : "not fused"), \(reason)"
  }
}
