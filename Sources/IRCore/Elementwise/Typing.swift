// Typing rules of elementwise rows.

/// Rule that types one application of an elementwise row.
public enum Typing: Hashable, Sendable {
  /// All operands and the result of one float type.
  case float
  /// All of one numeric type.
  case numeric
  /// All of one integer type.
  case integer
  /// All of one integer type or `bool`.
  case bits
  /// Operands of one numeric type; the result is `bool`.
  case comparison
  /// Operands of one type, `bool` included; the result is `bool`.
  case equality
  /// Operands of one float type; the result is `bool`.
  case predicate
  /// `bool`, then two of one type, which is the result's.
  case select
  /// Any operand; the result type is stated.
  case cast
  /// Any non-bool operand; the stated result type has the same width.
  case bitcast

  /// Types an application.
  ///
  /// - Parameters:
  ///   - operands: the operands' types.
  ///   - stated: the result type the application states; needed for casts, else checked.
  /// - Returns: the result's type, or what is wrong in words that follow the row's name.
  public func result(of operands: [DType], stated: DType? = nil) -> Result<DType, TypingFailure> {
    let values = self == .select ? Array(operands.dropFirst()) : operands
    guard let first = values.first else { return .failure(TypingFailure("needs operands")) }
    if let other = values.first(where: { $0 != first }) {
      return .failure(TypingFailure("operands of one type expected, found \(first) and \(other)"))
    }
    if let expected = expectation, !accepts(first) {
      return .failure(TypingFailure("\(expected) expected, found \(first)"))
    }
    let result: DType
    switch self {
    case .float, .numeric, .integer, .bits: result = first
    case .comparison, .equality, .predicate: result = .bool
    case .select:
      guard operands[0] == .bool else {
        return .failure(TypingFailure("a bool condition expected, found \(operands[0])"))
      }
      result = first
    case .cast, .bitcast:
      guard let stated else { return .failure(TypingFailure("needs a stated result type")) }
      if self == .bitcast, stated.bitWidth != first.bitWidth || stated == .bool {
        return .failure(TypingFailure("a type as wide as \(first) expected, found \(stated)"))
      }
      result = stated
    }
    if let stated, stated != result {
      return .failure(TypingFailure("the result is \(result), stated was \(stated)"))
    }
    return .success(result)
  }

  /// Holds when value operands may have type `type`.
  public func accepts(_ type: DType) -> Bool {
    switch self {
    case .float, .predicate: type.isFloat
    case .numeric, .comparison, .bitcast: type.isNumeric
    case .integer: type.isInteger
    case .bits: !type.isFloat
    case .equality, .select, .cast: true
    }
  }

  private var expectation: String? {
    switch self {
    case .float, .predicate: "a float type"
    case .numeric, .comparison, .bitcast: "a numeric type"
    case .integer: "an integer type"
    case .bits: "an integer type or bool"
    case .equality, .select, .cast: nil
    }
  }

  /// The type that a literal operand without a suffix has in IR text; `nil` where text must
  /// state it.
  ///
  /// - Parameters:
  ///   - index: the literal's place among the operands.
  ///   - others: the operands' types where known.
  ///   - result: the application's result type.
  public func impliedLiteralType(at index: Int, others: [DType?], result: DType) -> DType? {
    switch self {
    case .float, .numeric, .integer, .bits: result
    case .select: index == 0 ? .bool : result
    case .comparison, .equality, .predicate: others.lazy.compactMap { $0 }.first
    case .cast, .bitcast: nil
    }
  }
}

/// What is wrong with the types of an elementwise application, in words that follow its name.
public struct TypingFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The words.
  public let description: String

  /// Keeps `description`.
  public init(_ description: String) { self.description = description }
}
