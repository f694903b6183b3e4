// Why a function was compiled again.

/// What changed from the parts of one call to those of another.
struct RecompileReason: Sendable {
  /// The changed parts, such as `argument 1: f32[2] → f32[3]`.
  private let changes: [String]
  /// Whether a floating-point number is among them.
  let namesFloat: Bool

  /// As many changes are named; more do not tell more.
  private static let limit = 3

  /// Compares the parts of the latest program with those of a new one.
  init(from old: [NamedPart], to new: [NamedPart]) {
    var changes: [String] = []
    var namesFloat = false
    for (before, after) in zip(old, new) where before.path == after.path {
      guard let change = Self.change(before.content, after.content) else { continue }
      changes.append(before.path + change.text)
      namesFloat = namesFloat || change.isFloat
    }
    if changes.isEmpty {
      changes = old.count == new.count ? ["another compiler"] : ["another structure"]
    }
    self.changes = changes
    self.namesFloat = namesFloat
  }

  private static func change(
    _ old: NamedPart.Content, _ new: NamedPart.Content
  ) -> (text: String, isFloat: Bool)? {
    switch (old, new) {
    case (.tensor(let before), .tensor(let after)):
      before == after ? nil : (": \(before) → \(after)", false)
    case (.value(let before), .value(let after)):
      before == after ? nil : (" \(before) → \(after)", before.isFloat && after.isFloat)
    case (.tensor, .value), (.value, .tensor): (": another kind of value", false)
    }
  }

  /// The changes in one line.
  var text: String {
    let rest = changes.count - Self.limit
    let named = changes.prefix(Self.limit) + (rest > 0 ? ["\(rest) more"] : [])
    let list = named.joined(separator: ", ")
    return namesFloat ? "\(list); make it a Tensor" : list
  }
}
