// Text of index expressions:
//   sum     ::= ["-"] product (("+" | "-") product)*
//   product ::= unary (("*" | "floordiv" | "mod") unary)*
//   unary   ::= integer | name | %name | "lane" | ("min" | "max") "(" sum "," sum ")" | "(" sum ")"

extension IndexExpression {
  /// The text; `name` spells variables.
  public func text(_ name: (Int) -> String) -> String {
    var result = ""
    for term in terms {
      let isFirst = result.isEmpty
      let sign = term.coefficient < 0 ? "-" : "+"
      result += isFirst ? (term.coefficient < 0 ? "-" : "") : " \(sign) "
      let factors = term.factors.map { Self.text($0, name) }
      let magnitude = term.coefficient.magnitude
      let isQuotient = factors.count == 1 && magnitude == 1
      result += magnitude == 1 ? "" : "\(magnitude)*"
      result += factors.map { isQuotient || !$0.contains(" ") ? $0 : "(\($0))" }
        .joined(separator: "*")
    }
    if result.isEmpty { return "\(constant)" }
    if constant > 0 { result += " + \(constant)" }
    if constant < 0 { result += " - \(constant.magnitude)" }
    return result
  }

  private static func text(_ atom: Atom, _ name: (Int) -> String) -> String {
    func operand(_ expression: IndexExpression) -> String {
      let text = expression.text(name)
      return text.contains(" ") || text.contains("*") || text.hasPrefix("-") ? "(\(text))" : text
    }
    switch atom {
    case .symbol(let symbol): return symbol
    case .variable(let id): return name(id)
    case .lane: return "lane"
    case .floorDiv(let a, let b): return "\(operand(a)) floordiv \(operand(b))"
    case .mod(let a, let b): return "\(operand(a)) mod \(operand(b))"
    case .min(let a, let b): return "min(\(a.text(name)), \(b.text(name)))"
    case .max(let a, let b): return "max(\(a.text(name)), \(b.text(name)))"
    }
  }
}

extension TokenReader {
  /// The deepest index expression that text may hold; walks over expressions recurse.
  private static let maximumIndexDepth = 64

  /// Goes `steps` deeper into an index expression, or back.
  private mutating func nest(_ steps: Int) throws(TextError) {
    indexDepth += steps
    guard indexDepth <= Self.maximumIndexDepth else {
      throw error("an index expression at most \(Self.maximumIndexDepth) deep expected")
    }
  }

  /// Reads an index expression; `resolve` finds the meaning of words and values and throws for
  /// unknown ones.
  public mutating func indexExpression(
    _ resolve: (Token) throws(TextError) -> IndexExpression
  ) throws(TextError) -> IndexExpression {
    var sum = IndexExpression(0)
    var isNegative = takeIf("-")
    while true {
      let product = try indexProduct(resolve)
      sum = isNegative ? sum - product : sum + product
      if takeIf("+") {
        isNegative = false
      } else if takeIf("-") {
        isNegative = true
      } else {
        return sum
      }
    }
  }

  private mutating func indexProduct(
    _ resolve: (Token) throws(TextError) -> IndexExpression
  ) throws(TextError) -> IndexExpression {
    var product = try indexUnary(resolve)
    let outerDepth = indexDepth
    while true {
      if takeIf("*") {
        product = product * (try indexUnary(resolve))
      } else if takeIf("floordiv") {
        try nest(1)
        product = product.floorDiv(try indexUnary(resolve))
      } else if takeIf("mod") {
        try nest(1)
        product = product.mod(try indexUnary(resolve))
      } else {
        indexDepth = outerDepth
        return product
      }
    }
  }

  private mutating func indexUnary(
    _ resolve: (Token) throws(TextError) -> IndexExpression
  ) throws(TextError) -> IndexExpression {
    switch next.kind {
    case .number: return IndexExpression(try integer())
    case .value: return try resolve(take())
    case .word where next.text == "lane":
      _ = take()
      return .lane
    case .word where (next.text == "min" || next.text == "max") && second.text == "(":
      let isMin = take().text == "min"
      try expect("(")
      try nest(1)
      let a = try indexExpression(resolve)
      try expect(",")
      let b = try indexExpression(resolve)
      try expect(")")
      try nest(-1)
      return isMin ? a.min(b) : a.max(b)
    case .word: return try resolve(take())
    case .mark where next.text == "(":
      _ = take()
      try nest(1)
      let inner = try indexExpression(resolve)
      try expect(")")
      try nest(-1)
      return inner
    default: throw error("an index expression expected, found \(found)")
    }
  }
}
