// What indices outside of a tensor mean.

import IRCore
import TensorIR

/// What becomes of indices that lie outside of an axis; no index counts from the end.
public enum OutOfRange: Hashable, Sendable {
  /// They are an error of the call, which names the axis and its extent.
  case error
  /// They stand for the nearest place.
  case clamped
  /// They are taken modulo the extent: -1 is the last place.
  case wrapped
  /// Elements there are a number; updates there are dropped.
  case filled(ScalarValue)

  /// Updates outside are dropped, elements are 0.
  public static let dropped = OutOfRange.filled(.integer(0))
}

extension OutOfRange {
  /// The rule of a gather or scatter node.
  var rule: OutsideRule {
    switch self {
    case .error, .wrapped: .checked
    case .clamped: .clamped
    case .filled: .skipped
    }
  }

  /// The fill of a gather of `dtype`.
  func fill(_ tensor: Tensor, _ function: String, at location: SourceLocation) -> Literal? {
    guard case .filled(let value) = self else { return nil }
    guard let literal = value.literal(tensor.dtype) else {
      misuse("\(function): \(tensor.typeText): \(value) is no \(tensor.dtype)", at: location)
    }
    return literal
  }

  /// Indices along an axis as the node takes them.
  func indices(_ indices: Tensor, extent: Int, at location: SourceLocation) -> Tensor {
    guard case .wrapped = self, extent > 0 else { return indices }
    let wide = indices.cast(to: .i64)
    let modulus = Tensor(integerLiteral: extent)
    let quotient = Tensor.apply(.floorDiv, [wide, modulus], at: location)
    let multiple = Tensor.apply(.mul, [quotient, modulus], at: location)
    return Tensor.apply(.sub, [wide, multiple], at: location)
  }
}
