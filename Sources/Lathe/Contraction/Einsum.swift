// Einstein summation.

public import IRCore

/// Sum of products by Einstein's convention, with NumPy's grammar.
///
/// Each operand has one letter per axis, then `->` and the letters of the result: letters that the
/// result lacks are summed over. A letter that stands twice in one operand takes its diagonal.
/// `...` stands for any number of axes, which broadcast, and without `->` the result has those,
/// then the letters that stand once, in alphabetical order (capitals first). Blanks are ignored.
///
/// More than two operands are multiplied from left to right, two at a time; each step sums over
/// the letters that nothing after it has. Letters of one operand alone are summed before.
///
/// ```swift
/// let scores = einsum("bhqd, bhkd -> bhqk", queries, keys)
/// let trace = einsum("ii", matrix)
/// ```
public func einsum(
  _ equation: String, _ operands: Tensor..., accumulator: DType? = nil, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  einsum(equation, operands, accumulator: accumulator, file: file, line: line)
}

/// Sum of products by Einstein's convention of the tensors of a list.
public func einsum(
  _ equation: String, _ operands: [Tensor], accumulator: DType? = nil, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  let call = ContractionCall(
    "einsum \"\(equation)\"", accumulator: accumulator, at: .line(file: file, line: line))
  let reader = Equation(equation, operands.map(\.materialized), call)
  return reader.evaluate()
}

/// An equation with its operands.
private struct Equation {
  /// What names an axis.
  enum Label: Hashable {
    case letter(Character)
    /// An axis of the ellipsis, counted from its last.
    case ellipsis(Int)
  }

  private let call: ContractionCall
  private let operands: [Labeled<Label>]
  private let result: [Label]

  init(_ equation: String, _ tensors: [Tensor], _ call: ContractionCall) {
    self.call = call
    let (inputs, output) = Self.split(equation, tensors, call)
    let operands = zip(tensors, inputs).map { tensor, text in
      Labeled(tensor, Self.labels(text, of: tensor, tensors, call))
    }
    self.operands = operands
    result =
      output.map { Self.result($0, Self.ellipsisCount(operands), tensors, call) }
      ?? Self.impliedResult(operands)
    call.requireTypes(tensors)
    requireExtents(tensors)
    for label in result where !operands.contains(where: { $0.labels.contains(label) }) {
      call.fail(tensors, "have no axis \(Self.text(label)), which the result names")
    }
  }

  // MARK: Text

  /// The operands' letters and the result's, blanks removed.
  private static func split(
    _ equation: String, _ tensors: [Tensor], _ call: ContractionCall
  ) -> (inputs: [Substring], output: Substring?) {
    let text = Substring(equation.filter { !$0.isWhitespace })
    var (left, right) = (text, Substring?.none)
    if let arrow = text.firstIndex(of: "-"), text[arrow...].hasPrefix("->") {
      (left, right) = (text[..<arrow], text[arrow...].dropFirst(2))
    }
    let inputs = left.split(separator: ",", omittingEmptySubsequences: false)
    guard inputs.count == tensors.count, !tensors.isEmpty else {
      call.fail(tensors, "are \(tensors.count) operands, the equation has \(inputs.count)")
    }
    return (inputs, right)
  }

  /// The characters of one operand or result: letters, and at most one ellipsis as `.`.
  private static func letters(
    _ text: Substring, _ tensors: [Tensor], _ call: ContractionCall
  ) -> [Character] {
    var found: [Character] = []
    var rest = text
    while let next = rest.first {
      if rest.hasPrefix("..."), !found.contains(".") {
        found.append(".")
        rest = rest.dropFirst(3)
      } else if next.isASCII, next.isLetter {
        found.append(next)
        rest = rest.dropFirst()
      } else {
        call.fail(tensors, "meet '\(rest)': letters and one '...' per operand expected")
      }
    }
    return found
  }

  private static func labels(
    _ text: Substring, of tensor: Tensor, _ tensors: [Tensor], _ call: ContractionCall
  ) -> [Label] {
    let letters = letters(text, tensors, call)
    let named = letters.filter { $0 != "." }.count
    let free = tensor.rank - named
    guard letters.contains(".") ? free >= 0 : free == 0 else {
      call.fail(tensors, "meet '\(text)', which names \(named) axes of \(tensor.typeText)")
    }
    return letters.flatMap { letter -> [Label] in
      letter == "." ? (0..<free).reversed().map { .ellipsis($0) } : [.letter(letter)]
    }
  }

  private static func ellipsisCount(_ operands: [Labeled<Label>]) -> Int {
    operands.map { $0.labels.filter { if case .ellipsis = $0 { true } else { false } }.count }
      .max() ?? 0
  }

  private static func result(
    _ text: Substring, _ ellipsis: Int, _ tensors: [Tensor], _ call: ContractionCall
  ) -> [Label] {
    let letters = letters(text, tensors, call)
    guard Set(letters).count == letters.count else {
      call.fail(tensors, "give '\(text)', which names an axis twice")
    }
    guard ellipsis == 0 || letters.contains(".") else {
      call.fail(tensors, "have axes under '...', which the result lacks")
    }
    return letters.flatMap { letter -> [Label] in
      letter == "." ? (0..<ellipsis).reversed().map { .ellipsis($0) } : [.letter(letter)]
    }
  }

  private static func impliedResult(_ operands: [Labeled<Label>]) -> [Label] {
    var counts: [Character: Int] = [:]
    for case .letter(let letter) in operands.flatMap(\.labels) { counts[letter, default: 0] += 1 }
    let once = counts.filter { $0.value == 1 }.keys.sorted()
    return (0..<ellipsisCount(operands)).reversed().map { .ellipsis($0) }
      + once.map { .letter($0) }
  }

  private static func text(_ label: Label) -> String {
    switch label {
    case .letter(let letter): "\(letter)"
    case .ellipsis: "..."
    }
  }

  // MARK: Extents

  /// Every letter has one extent; axes under an ellipsis may also have extent 1.
  private func requireExtents(_ tensors: [Tensor]) {
    var known: [Label: Int] = [:]
    for operand in operands {
      for (label, extent) in zip(operand.labels, operand.tensor.shape) {
        var repeats = false
        if case .ellipsis = label { repeats = true }
        guard let other = known[label], other != extent else {
          known[label] = extent
          continue
        }
        if repeats, extent == 1 { continue }
        guard repeats, other == 1 else {
          call.fail(
            tensors, "do not match: axis \(Self.text(label)) has \(other) and \(extent) elements")
        }
        known[label] = extent
      }
    }
  }

  // MARK: Evaluation

  /// Multiplies from left to right.
  func evaluate() -> Tensor {
    if operands.count == 1 { return call.arranged(operands[0], to: result) }
    var product = operands[0]
    for (place, operand) in operands.enumerated().dropFirst() {
      let isLast = place == operands.count - 1
      let labels = isLast ? result : kept(of: product, operand, from: place + 1)
      product = Labeled(call(product, operand, to: labels), labels)
    }
    return product.tensor
  }

  /// The labels of two operands that the result or a later operand has.
  private func kept(
    of a: Labeled<Label>, _ b: Labeled<Label>, from next: Int
  ) -> [Label] {
    let needed = Set(result).union(operands[next...].flatMap(\.labels))
    var labels: [Label] = []
    for label in a.labels + b.labels where needed.contains(label) && !labels.contains(label) {
      labels.append(label)
    }
    return labels
  }
}
