// Padding of convolutions.

/// Elements that a convolution takes as 0 around its input's spatial axes.
public struct ConvolutionPadding: Hashable, Sendable, ExpressibleByArrayLiteral {
  enum Kind: Hashable, Sendable {
    case valid
    case same
    case each(before: [Int], after: [Int])
  }

  let kind: Kind

  /// None: the filter stays inside.
  public static let valid = ConvolutionPadding(kind: .valid)

  /// As many as give `⌈extent / stride⌉` results, an odd one after the last element.
  public static let same = ConvolutionPadding(kind: .same)

  /// A number for each spatial axis, the same at both ends.
  public init(arrayLiteral elements: Int...) { self = .both(elements) }

  /// A number for each spatial axis, the same at both ends.
  public static func both(_ numbers: [Int]) -> ConvolutionPadding {
    .each(before: numbers, after: numbers)
  }

  /// A number for each spatial axis before its first and after its last element.
  public static func each(before: [Int], after: [Int]) -> ConvolutionPadding {
    ConvolutionPadding(kind: .each(before: before, after: after))
  }

  private init(kind: Kind) { self.kind = kind }

  /// Number of elements at both ends of axes where a filter reaches over `reach` elements; `nil`
  /// when there are not as many numbers from 0 on as axes.
  func amounts(
    extents: [Int], reach: [Int], stride: [Int]
  ) -> [(before: Int, after: Int)]? {
    switch kind {
    case .valid: return extents.map { _ in (0, 0) }
    case .same:
      return extents.indices.map { axis in
        let results = (extents[axis] + stride[axis] - 1) / stride[axis]
        let all = max(0, (results - 1) * stride[axis] + reach[axis] - extents[axis])
        return (all / 2, all - all / 2)
      }
    case .each(let before, let after):
      let limit = 0...(1 << 40)
      guard before.count == extents.count, after.count == extents.count,
        (before + after).allSatisfy(limit.contains)
      else { return nil }
      return zip(before, after).map { ($0, $1) }
    }
  }
}
