// Ids and value types of the loop level.

public import IRCore

/// Names an SSA value or induction variable of a kernel; the same number stands in index
/// expressions as `IndexExpression.variable`.
public struct VariableID: Hashable, Sendable {
  /// Place in `Kernel.variables`.
  public let index: Int

  /// Names variable number `index`.
  public init(_ index: Int) { self.index = index }

  /// The variable as an index expression.
  public var expression: IndexExpression { .variable(index) }
}

/// Names a buffer of a kernel.
public struct BufferID: Hashable, Sendable {
  /// Place in `Kernel.buffers`.
  public let index: Int

  /// Names buffer number `index`.
  public init(_ index: Int) { self.index = index }
}

/// Type of a kernel's value: an element type and a number of lanes.
///
/// One lane is a scalar, the same for all lanes of a vector around it (uniform); more lanes vary.
public struct ValueType: Hashable, Sendable {
  /// Element type; masks are `bool`.
  public var dtype: DType
  /// 1, or a power of two up to `ValueType.maximumLanes`.
  public var lanes: Int

  /// The most lanes of one value.
  public static let maximumLanes = 512

  /// A scalar, or a vector of `lanes`.
  public init(_ dtype: DType, lanes: Int = 1) {
    self.dtype = dtype
    self.lanes = lanes
  }
}

extension ValueType: CustomStringConvertible {
  /// `f32`, `16xf32`.
  public var description: String { lanes == 1 ? dtype.name : "\(lanes)x\(dtype.name)" }
}

/// Variable's name and type.
public struct Variable: Hashable, Sendable {
  /// Spelling in text without the mark; `nil` prints as a number in order of definition.
  public var name: String?
  /// Type; induction variables are scalar i64.
  public var type: ValueType

  /// Describes a variable.
  public init(name: String? = nil, type: ValueType) {
    self.name = name
    self.type = type
  }
}

/// Source of a value: an earlier variable, or a literal, which is the same in every lane.
public enum Operand: Hashable, Sendable {
  case variable(VariableID)
  case literal(Literal)
}

/// Memory that a kernel reads or writes: bytes with a default element type and a dense row-major
/// shape.
public struct Buffer: Hashable, Sendable {
  /// Who owns the memory, and what the kernel does with it.
  public enum Role: String, Hashable, Sendable, CaseIterable {
    /// Parameter that is only read.
    case input = "in"
    /// Parameter that is only written, or read after it was written; undefined at entry.
    case output = "out"
    /// Parameter that is read and written.
    case inout_ = "inout"
    /// Local, meant for registers: small and constant, every index constant after unrolling.
    case register
    /// Local on the stack of one parallel iteration.
    case stack
    /// Local in the worker thread's scratch memory.
    case scratch
    /// Local that all parallel iterations see.
    case shared

    /// Holds for `in`, `out` and `inout`.
    public var isParameter: Bool { self == .input || self == .output || self == .inout_ }
  }

  /// Spelling in text without the mark; unique in its kernel.
  public var name: String
  /// Who owns the memory.
  public var role: Role
  /// Type of one element of the shape; a load may name another type and then reads its bytes from
  /// the indexed element on.
  public var type: DType
  /// Extents over the kernel's symbols; constant for locals. `[]` is one element.
  public var shape: [IndexExpression]

  /// Describes a buffer.
  public init(name: String, role: Role, type: DType, shape: [IndexExpression]) {
    self.name = name
    self.role = role
    self.type = type
    self.shape = shape
  }
}
