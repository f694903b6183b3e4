// Types, and the handle that makes them.
import CLLVM

/// A type of one module's context, valid while the module lives.
public struct LLVMType: Equatable, CustomStringConvertible {
  let ref: LLVMTypeRef

  /// What shape of type it is, as far as code generation asks.
  public enum Kind: Sendable {
    case void, integer, floatingPoint, pointer, vector, array, structure, function, unsupported
  }

  /// Which kind of type this is.
  public var kind: Kind {
    switch LLVMGetTypeKind(ref) {
    case LLVMVoidTypeKind: .void
    case LLVMIntegerTypeKind: .integer
    case LLVMHalfTypeKind, LLVMBFloatTypeKind, LLVMFloatTypeKind, LLVMDoubleTypeKind: .floatingPoint
    case LLVMPointerTypeKind: .pointer
    case LLVMVectorTypeKind: .vector
    case LLVMArrayTypeKind: .array
    case LLVMStructTypeKind: .structure
    case LLVMFunctionTypeKind: .function
    default: .unsupported
    }
  }

  /// Whether this is a vector of a fixed number of lanes.
  public var isVector: Bool { kind == .vector }

  /// The number of lanes of a vector, 1 for any other type.
  public var lanes: Int { isVector ? Int(LLVMGetVectorSize(ref)) : 1 }

  /// The type of one lane of a vector, the type itself otherwise.
  public var scalar: LLVMType { isVector ? LLVMType(ref: LLVMGetElementType(ref)) : self }

  /// Whether the type, or its lanes, are floating point.
  public var isFloatingPoint: Bool { scalar.kind == .floatingPoint }

  /// The bits of one lane of an integer or floating-point type, 0 for any other.
  public var scalarBits: Int {
    let type = scalar.ref
    return switch LLVMGetTypeKind(type) {
    case LLVMIntegerTypeKind: Int(LLVMGetIntTypeWidth(type))
    case LLVMHalfTypeKind, LLVMBFloatTypeKind: 16
    case LLVMFloatTypeKind: 32
    case LLVMDoubleTypeKind: 64
    default: 0
    }
  }

  /// The vector of `lanes` values of this type; the type itself for 1 lane.
  public func vector(_ lanes: Int) -> LLVMType {
    lanes == 1 ? self : LLVMType(ref: LLVMVectorType(ref, UInt32(lanes)))
  }

  /// The same lane count with another lane type: `<8 x float>` of `i1` is `<8 x i1>`.
  public func withScalar(_ type: LLVMType) -> LLVMType { type.vector(lanes) }

  /// The array of `count` values of this type.
  public func array(_ count: Int) -> LLVMType { LLVMType(ref: LLVMArrayType2(ref, UInt64(count))) }

  /// The handle that makes further types of the same context.
  public var types: LLVMTypes { LLVMTypes(context: LLVMGetTypeContext(ref)) }

  /// The type as it prints in IR.
  public var description: String { takeMessage(LLVMPrintTypeToString(ref)) }
}

/// Makes the types of one module, valid while the module lives.
public struct LLVMTypes {
  let context: LLVMContextRef

  /// No value.
  public var void: LLVMType { LLVMType(ref: LLVMVoidTypeInContext(context)) }
  /// One bit: masks and conditions.
  public var i1: LLVMType { integer(1) }
  /// Eight bits.
  public var i8: LLVMType { integer(8) }
  /// Sixteen bits.
  public var i16: LLVMType { integer(16) }
  /// Thirty-two bits.
  public var i32: LLVMType { integer(32) }
  /// Sixty-four bits.
  public var i64: LLVMType { integer(64) }
  /// One hundred and twenty-eight bits.
  public var i128: LLVMType { integer(128) }
  /// IEEE binary16.
  public var half: LLVMType { LLVMType(ref: LLVMHalfTypeInContext(context)) }
  /// The upper half of a binary32.
  public var bfloat: LLVMType { LLVMType(ref: LLVMBFloatTypeInContext(context)) }
  /// IEEE binary32.
  public var float: LLVMType { LLVMType(ref: LLVMFloatTypeInContext(context)) }
  /// IEEE binary64.
  public var double: LLVMType { LLVMType(ref: LLVMDoubleTypeInContext(context)) }
  /// An address.
  public var pointer: LLVMType { LLVMType(ref: LLVMPointerTypeInContext(context, 0)) }

  /// An integer of `bits` bits.
  public func integer(_ bits: Int) -> LLVMType {
    LLVMType(ref: LLVMIntTypeInContext(context, UInt32(bits)))
  }

  /// A structure without a name.
  public func structure(_ members: [LLVMType], packed: Bool = false) -> LLVMType {
    withRefs(members.map(\.ref)) { refs, count in
      LLVMType(ref: LLVMStructTypeInContext(context, refs, count, packed ? 1 : 0))
    }
  }

  /// A function that takes `parameters` and returns `result`.
  public func function(_ parameters: [LLVMType], returning result: LLVMType) -> LLVMType {
    withRefs(parameters.map(\.ref)) { refs, count in
      LLVMType(ref: LLVMFunctionType(result.ref, refs, count, 0))
    }
  }
}

/// Passes references to a C function that takes a pointer and a count.
func withRefs<Result>(
  _ refs: [OpaquePointer], _ body: (UnsafeMutablePointer<OpaquePointer?>?, UInt32) -> Result
) -> Result {
  var optionals = refs.map(Optional.some)
  return optionals.withUnsafeMutableBufferPointer { body($0.baseAddress, UInt32($0.count)) }
}
