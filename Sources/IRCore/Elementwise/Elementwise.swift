// The row type of the elementwise table.

/// Row of the elementwise table: one scalar operation with its typing, meaning, derivative,
/// accuracy and name. Tensor graphs apply rows to whole tensors, kernels to scalars and lanes.
///
/// A row is data that every stage reads: the verifier types it, the interpreters evaluate its
/// definition, differentiation reads its partials, code generation emits its definition inline
/// at any vector width, and the tests draw inputs from it. Rows are equal when their names are.
public struct Elementwise: Sendable {
  /// What a row computes.
  public enum Definition: Sendable {
    /// One operation of the closed set.
    case primitive(Primitive)
    /// An expression over other rows, built anew for an operand type (f32, f64 or an integer).
    case composed(@Sendable (_ type: DType, _ operands: [Scalar]) -> Scalar)
  }

  /// The partial derivatives: one per operand, given the operands and the result.
  public typealias Derivative = @Sendable (_ operands: [Scalar], _ result: Scalar) -> [Scalar]

  /// The largest errors, in units of the last place of the result, over all inputs and target
  /// rows; 0.5 means correctly rounded, 0 exact.
  public struct Accuracy: Hashable, Sendable {
    /// Bound in f32.
    public var f32: Double
    /// Bound in f64.
    public var f64: Double

    /// States both bounds.
    public init(f32: Double, f64: Double) {
      self.f32 = f32
      self.f64 = f64
    }

    /// Bound in a float type. f16 and bf16 round what f32 gives once more, whose unit is 2⁻¹³ or
    /// 2⁻¹⁶ of theirs; rounded twice like that, a correctly rounded result stays one.
    public func bound(in type: DType) -> Double {
      switch type {
      case .f64: f64
      case .f16: f32 <= 0.5 ? f32 : 0.5 + f32 * 0x1p-13
      case .bf16: f32 <= 0.5 ? f32 : 0.5 + f32 * 0x1p-16
      default: f32
      }
    }

    /// Results without any error.
    public static let exact = Accuracy(f32: 0, f64: 0)
    /// Results rounded once.
    public static let rounded = Accuracy(f32: 0.5, f64: 0.5)
  }

  /// The spelling in IR text.
  public let name: String
  /// Number of operands.
  public let arity: Int
  /// Which operand types go in and which type comes out.
  public let typing: Typing
  /// What the row computes.
  public let definition: Definition
  /// Partial derivatives; `nil` where the row has none (integers, comparisons, bits).
  public let derivative: Derivative?
  /// Stated error bounds.
  public let accuracy: Accuracy

  /// Describes a row. Composed rows take the operand type as their first argument.
  public init(
    _ name: String, arity: Int, typing: Typing, accuracy: Accuracy = .exact,
    definition: Definition, derivative: Derivative? = nil
  ) {
    self.name = name
    self.arity = arity
    self.typing = typing
    self.accuracy = accuracy
    self.definition = definition
    self.derivative = derivative
  }

  /// A row of one float operand: `body(type, x)`, partial `derivative(x, y)` with `y` the result.
  public static func unary(
    _ name: String, accuracy: Accuracy,
    body: @escaping @Sendable (_ type: DType, _ x: Scalar) -> Scalar,
    derivative: @escaping @Sendable (_ x: Scalar, _ y: Scalar) -> Scalar
  ) -> Elementwise {
    Elementwise(
      name, arity: 1, typing: .float, accuracy: accuracy,
      definition: .composed { body($0, $1[0]) }, derivative: { [derivative($0[0], $1)] })
  }

  /// A row of two float operands: `body(type, x, y)`, partials `derivative(x, y, result)`.
  public static func binary(
    _ name: String, accuracy: Accuracy,
    body: @escaping @Sendable (_ type: DType, _ x: Scalar, _ y: Scalar) -> Scalar,
    derivative:
      @escaping @Sendable (_ x: Scalar, _ y: Scalar, _ result: Scalar) -> (Scalar, Scalar)
  ) -> Elementwise {
    Elementwise(
      name, arity: 2, typing: .float, accuracy: accuracy,
      definition: .composed { body($0, $1[0], $1[1]) },
      derivative: {
        let partials = derivative($0[0], $0[1], $1)
        return [partials.0, partials.1]
      })
  }

  /// The primitive when the row is one.
  public var primitive: Primitive? {
    guard case .primitive(let primitive) = definition else { return nil }
    return primitive
  }
}

extension Elementwise: Hashable {
  /// Rows are equal when their names are.
  public static func == (a: Elementwise, b: Elementwise) -> Bool { a.name == b.name }
  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Elementwise: CustomStringConvertible {
  /// The name.
  public var description: String { name }
}
