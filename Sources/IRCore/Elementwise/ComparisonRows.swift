// Elementwise rows: comparisons, predicates and selection.

extension Elementwise {
  private static func comparison(_ primitive: Primitive, _ typing: Typing) -> Elementwise {
    Elementwise(primitive.rawValue, arity: 2, typing: typing, definition: .primitive(primitive))
  }

  /// `a < b`; false when either is NaN.
  public static let lt = comparison(.lt, .comparison)
  /// `a ≤ b`; false when either is NaN.
  public static let le = comparison(.le, .comparison)
  /// `a > b`; false when either is NaN.
  public static let gt = comparison(.gt, .comparison)
  /// `a ≥ b`; false when either is NaN.
  public static let ge = comparison(.ge, .comparison)
  /// `a = b`; -0.0 equals 0.0, NaN equals nothing.
  public static let eq = comparison(.eq, .equality)
  /// `a ≠ b`; NaN differs from everything.
  public static let ne = comparison(.ne, .equality)

  /// `b` where the bool `a` holds, else `c`.
  public static let select = Elementwise(
    "select", arity: 3, typing: .select, definition: .primitive(.select)
  ) { x, _ in selectionPartials(x) }

  /// `select` whose middle operand is rarely needed by any lane.
  public static let selectRarely = Elementwise(
    "selectRarely", arity: 3, typing: .select, definition: .primitive(.selectRarely)
  ) { x, _ in selectionPartials(x) }

  private static func selectionPartials(_ x: [Scalar]) -> [Scalar] {
    let one = Scalar.constant(1, x[1].type)
    return [.literal(.bool(false)), .select(x[0], one, 0.0), .select(x[0], 0.0, one)]
  }

  /// Holds for NaN.
  public static let isNaN = Elementwise(
    "isNaN", arity: 1, typing: .predicate, definition: .composed { _, x in .ne(x[0], x[0]) })

  /// Holds for everything but NaN and the infinities.
  public static let isFinite = Elementwise(
    "isFinite", arity: 1, typing: .predicate,
    definition: .composed { type, x in
      .lt(.abs(x[0]), .constant(.infinity, type))
    })

  static let comparisonRows: [Elementwise] = [
    lt, le, gt, ge, eq, ne, select, selectRarely, isNaN, isFinite,
  ]
}
