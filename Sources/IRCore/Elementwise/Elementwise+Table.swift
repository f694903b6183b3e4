// The table of elementwise rows.

extension Elementwise {
  /// Every row, by family. Listing a row here gives it parsing, printing, docs and tests.
  public static let all: [Elementwise] =
    [
      arithmeticRows, comparisonRows, bitRows, roundingRows, conversionRows, exponentialRows,
      logarithmRows, hyperbolicRows, powerRows, trigonometricRows, inverseTrigonometricRows,
      errorFunctionRows, rootRows,
    ].flatMap { $0 }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// Finds the row spelled `name`; `nil` when there is none.
  public init?(name: some StringProtocol) {
    guard let row = Self.byName[String(name)] else { return nil }
    self = row
  }
}
