// The form of a kernel that text stands for, and the text that names play no part in.

import IRCore

extension Kernel {
  /// An equal kernel in which variables are numbered in order of definition, variables that
  /// nothing defines are gone, and names are words that occur once.
  public func normalized() -> Kernel {
    let order = definitionOrder
    var places = [Int?](repeating: nil, count: variables.count)
    for (place, id) in order.enumerated() { places[id.index] = place }
    // Broken kernels, which must print too, keep uses without a definition out of range.
    let substitution = Substitution(renumbering: { id in
      let known = places.indices.contains(id.index) ? places[id.index] : nil
      return VariableID(known ?? order.count + id.index)
    })
    var result = self
    result.body = substitution(body)
    result.variables = order.map { self[$0] }
    result.makeNamesUnique()
    return result
  }

  /// The defined variables in text order.
  private var definitionOrder: [VariableID] {
    var isKnown = [Bool](repeating: false, count: variables.count)
    var order: [VariableID] = []
    forEachStatement { statement in
      for id in statement.results + statement.blockParameters
      where variables.indices.contains(id.index) && !isKnown[id.index] {
        isKnown[id.index] = true
        order.append(id)
      }
    }
    return order
  }

  /// What text calls each variable, without the mark: its name, or its place among the variables
  /// without one. What nothing defines is called `?` and its index.
  var spellings: [String] {
    var result = variables.indices.map { "?\($0)" }
    var unnamed = 0
    for id in definitionOrder {
      result[id.index] = self[id].name ?? "\(unnamed)"
      if self[id].name == nil { unnamed += 1 }
    }
    return result
  }

  private mutating func makeNamesUnique() {
    var taken: Set<String> = []
    for index in buffers.indices {
      buffers[index].name = Self.unique(buffers[index].name, &taken)
    }
    for index in variables.indices {
      guard let name = variables[index].name, Self.isVariableName(name) else {
        variables[index].name = nil
        continue
      }
      variables[index].name = Self.unique(name, &taken)
    }
  }

  private static func unique(_ name: String, _ taken: inout Set<String>) -> String {
    var candidate = name
    var count = 0
    while !taken.insert(candidate).inserted {
      count += 1
      candidate = "\(name)_\(count)"
    }
    return candidate
  }

  /// Holds for what text can spell after a mark: letters, digits, `_`, and dots between them.
  static func isName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard let first = bytes.first, first != UInt8(ascii: ".") else { return false }
    return bytes.indices.allSatisfy { index in
      if bytes[index] != UInt8(ascii: ".") { return isWordByte(bytes[index]) }
      return index + 1 < bytes.count && isWordByte(bytes[index + 1])
    }
  }

  /// Holds for names that are no number: those stand for values without a name.
  static func isVariableName(_ name: String) -> Bool {
    isName(name) && !name.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    byte >= 97 && byte <= 122 || byte >= 65 && byte <= 90 || byte >= 48 && byte <= 57
      || byte == 95
  }
}

extension Kernel {
  /// The text with the kernel's name removed and every other name replaced by its place: equal
  /// for kernels that differ in names only. Content hashes are made of it.
  ///
  /// A schedule that names loops after others keeps all names: what it means depends on them.
  public var structuralText: String {
    var kernel = normalized()
    if schedule.contains(where: derivesNames) {
      kernel.name = ""
      return kernel.text
    }
    kernel.schedule = kernel.scheduleByNumber()
    kernel.name = ""
    for index in kernel.variables.indices { kernel.variables[index].name = nil }
    for index in kernel.buffers.indices { kernel.buffers[index].name = "b\(index)" }
    kernel.numberSymbols()
    return kernel.text
  }

  /// Whether loops that a step makes have names that follow from those it is given: copies of the
  /// loops inside an unrolled one have.
  func derivesNames(_ step: ScheduleStep) -> Bool {
    guard case .unroll(let name, _) = step else { return step.derivesNames }
    var result = false
    forEachStatement { statement in
      guard case .loop(let loop) = statement, self[loop.variable].name == name else { return }
      Self.forEach(loop.body) { if case .loop = $0 { result = true } }
    }
    return result
  }

  private mutating func numberSymbols() {
    let numbers = Dictionary(
      symbols.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let rename: (IndexExpression) -> IndexExpression = { expression in
      expression.substituting { atom in
        guard case .symbol(let name) = atom, let number = numbers[name] else { return nil }
        return .symbol("s\(number)")
      }
    }
    let substitution = Substitution(
      definition: { $0 }, use: { .variable($0) }, index: rename)
    body = substitution(body)
    for index in buffers.indices { buffers[index].shape = buffers[index].shape.map(rename) }
    symbols = symbols.indices.map { "s\($0)" }
  }

  /// The schedule with loops named by number, loops that it makes after those of the body.
  private func scheduleByNumber() -> [ScheduleStep] {
    var numbers: [String: String] = [:]
    for (index, variable) in variables.enumerated() {
      if let name = variable.name { numbers[name] = "\(index)" }
    }
    var next = variables.count
    func number(_ name: String) -> String {
      if let known = numbers[name] { return known }
      numbers[name] = "\(next)"
      next += 1
      return "\(next - 1)"
    }
    return schedule.map { $0.renaming(number) }
  }
}
