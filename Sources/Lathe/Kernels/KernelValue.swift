// Scalar values inside kernels.

public import IRCore
import LoopIR

/// Scalar inside a kernel's body: an element that was read, an index of a loop, or what is
/// computed from them when the kernel runs.
///
/// Operators and functions work as on Swift's numbers, but for what section "Meaning" of the
/// article <doc:WritingLoops> states. Element types never mix by themselves: `cast(to:)` converts.
/// A literal or a Swift number takes the element type of the value beside it. Comparisons give
/// values of type `bool`, for `k.when`, `k.while`, `&&`, `||`, `!` and `select`.
public struct KernelValue: Sendable {
  enum Content: Hashable, Sendable {
    /// Takes the type of the value beside it.
    case literal(ScalarValue)
    case variable(VariableID)
    /// Index arithmetic that cannot overflow; i64.
    case index(IndexExpression)
  }

  /// The kernel and the block that a value belongs to.
  struct Origin: Hashable, Sendable {
    let kernel: Int
    let scope: Int
  }

  let content: Content
  /// Element type.
  public let dtype: DType
  let origin: Origin?

  init(_ content: Content, _ dtype: DType, _ origin: Origin?) {
    self.content = content
    self.dtype = dtype
    self.origin = origin
  }

  /// A number that takes the element type of the value beside it.
  @usableFromInline init(scalar: ScalarValue) {
    self.init(.literal(scalar), scalar.defaultType, nil)
  }

  /// A Swift number or truth value, which takes the element type of the value beside it.
  public init(_ number: some TensorScalar) { self.init(scalar: number.scalarValue) }

  var literalValue: ScalarValue? {
    if case .literal(let value) = content { value } else { nil }
  }
}

extension KernelValue: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral
{
  /// A number that takes the element type of the value beside it; alone it is f32.
  public init(floatLiteral value: Double) { self.init(scalar: .float(value)) }
  /// A number that takes the element type of the value beside it; alone it is i64.
  public init(integerLiteral value: Int) { self.init(scalar: .integer(value)) }
  /// A value of type `bool`.
  public init(booleanLiteral value: Bool) { self.init(scalar: .bool(value)) }
}

extension KernelDraft {
  /// Ends with a message unless the value may be used here.
  func require(_ value: KernelValue, at location: SourceLocation) {
    guard let origin = value.origin else { return }
    guard origin.kernel == id else {
      misuse("kernel \(kernel.name): a value of another kernel is used", at: location)
    }
    guard isOpen(origin.scope) else {
      misuse(
        "kernel \(kernel.name): a value is used outside of the block that computes it; assign it "
          + "to a @Variable declared before the block", at: location)
    }
  }

  /// The origin of what is computed from `values` and does not depend on where.
  func origin(of values: [KernelValue]) -> KernelValue.Origin {
    KernelValue.Origin(kernel: id, scope: values.compactMap(\.origin?.scope).max() ?? 0)
  }

  /// Computes a value in the innermost open block.
  mutating func defineHere(_ operation: LoopIR.Operation, _ dtype: DType) -> KernelValue {
    let id = define(operation, dtype)
    return here(id)
  }

  /// Reads a variable in the innermost open block.
  mutating func readHere(_ slot: Int) -> KernelValue {
    let id = read(slot)
    return here(id)
  }

  private func here(_ variable: VariableID) -> KernelValue {
    KernelValue(
      .variable(variable), kernel[variable].type.dtype,
      KernelValue.Origin(kernel: id, scope: currentScope))
  }

  /// The value as an operand of type `dtype`, which only literals may take.
  mutating func operand(
    _ value: KernelValue, as dtype: DType, _ what: String, at location: SourceLocation
  ) -> Operand {
    require(value, at: location)
    switch value.content {
    case .literal(let scalar):
      guard let literal = scalar.literal(dtype) else {
        misuse("kernel \(kernel.name): \(what): \(scalar) is no \(dtype)", at: location)
      }
      return .literal(literal)
    case .variable(let id):
      requireType(value, dtype, what, at: location)
      return .variable(id)
    case .index(let index):
      requireType(value, dtype, what, at: location)
      return operand(of: index)
    }
  }

  private func requireType(
    _ value: KernelValue, _ dtype: DType, _ what: String, at location: SourceLocation
  ) {
    guard value.dtype == dtype else {
      misuse(
        "kernel \(kernel.name): \(what): \(dtype) expected, found \(value.dtype); "
          + "cast(to:) converts", at: location)
    }
  }

  /// The value as an index expression; integers only.
  func index(
    _ value: KernelValue, _ what: String, at location: SourceLocation
  ) -> IndexExpression {
    require(value, at: location)
    switch value.content {
    case .literal(.integer(let number)): return IndexExpression(number)
    case .index(let index): return index
    case .variable(let id) where value.dtype.isInteger: return id.expression
    case .literal, .variable:
      misuse(
        "kernel \(kernel.name): \(what): an integer expected, found \(value.dtype)", at: location)
    }
  }
}
