// How values are taken apart into tensors and other values.

import Driver

/// Where the parts of a type's values stand: its tensors, and what else tells one value from
/// another. Structs and tuples are described by their stored fields, which nobody lists.
struct Structure: Sendable {
  /// What stands at one place.
  enum Part: Sendable {
    case tensor
    /// An array of tensors.
    case tensors
    case integer, truth, float, double
    /// A function, told apart by its code and context.
    case function
    /// Compared by `==`.
    case value(SendablePart<any Equatable.Type>)
    /// Holds further structures, as many as the value at hand says.
    case container(SendablePart<any StructureContainer.Type>)
    /// A value of any type that a protocol allows; the part holds the existential's own type.
    case existential(SendablePart<Any.Type>)
    /// Cannot be passed, for the stated reason.
    case unsupported(String)

    /// Whether the part is made of tensors alone.
    var isTensor: Bool {
      switch self {
      case .tensor, .tensors: true
      case .integer, .truth, .float, .double, .function, .value, .container, .existential,
        .unsupported:
        false
      }
    }
  }

  /// One part: its path from the whole, its offset in bytes.
  struct Member: Sendable {
    let path: String
    let offset: Int
    let part: Part
  }

  let members: [Member]
  private static let known = Locked<[ObjectIdentifier: Structure]>([:])

  /// Describes the values of `type` as parts of other values.
  static func of<Value>(_ type: Value.Type) -> Structure {
    let id = ObjectIdentifier(type)
    if let found = known.withLock({ $0[id] }) { return found }
    let structure = Structure(members: StoredField.whole(type).map { members(of: $0, "", 0) } ?? [])
    known.withLock { $0[id] = structure }
    return structure
  }

  /// Describes what a function takes or returns: paths begin with the name of a struct's type or
  /// else with `word` and, in a tuple, a number from 1 on.
  static func whole<Value>(_ type: Value.Type, _ word: String) -> Structure {
    guard let field = StoredField.whole(type) else { return Structure(members: []) }
    guard field.kind == .tuple else {
      return Structure(members: named(field, word, at: 0))
    }
    let fields = StoredField.all(of: type)
    return Structure(
      members: fields.enumerated().flatMap { index, field in
        named(field, "\(word) \(index + 1)", at: field.offset)
      })
  }

  private static func named(_ field: StoredField, _ word: String, at offset: Int) -> [Member] {
    let members = members(of: field, "", offset)
    let isPlain = members.count == 1 && members[0].path.isEmpty
    let name = isPlain || field.kind == .tuple ? word : "\(field.type)"
    return members.map {
      Member(path: join(name, $0.path), offset: $0.offset, part: $0.part)
    }
  }

  private static func members(
    of field: StoredField, _ path: String, _ offset: Int
  ) -> [Member] {
    func one(_ part: Part) -> [Member] { [Member(path: path, offset: offset, part: part)] }
    if let part = leaf(field.type) { return one(part) }
    if let container = field.type as? any StructureContainer.Type {
      // Not read: a weak reference has the type of an optional, and not its memory.
      if let type = container.referenceType {
        return one(.unsupported("\(type) is a class; what is passed must be made of structs"))
      }
      return one(.container(SendablePart(container)))
    }
    switch field.kind {
    case .structure, .tuple:
      let members = StoredField.all(of: field.type).flatMap {
        self.members(of: $0, join(path, $0.name), offset + $0.offset)
      }
      let isOpaque = members.contains { if case .unsupported = $0.part { true } else { false } }
      let holdsTensors = members.contains { $0.part.isTensor }
      return isOpaque && !holdsTensors ? one(value(field)) : members
    case .enumeration: return one(value(field))
    case .function: return one(.function)
    case .reference:
      return one(.unsupported("\(field.type) is a class; what is passed must be made of structs"))
    case .existential:
      return one(.existential(SendablePart(field.type)))
    case .opaque: return one(.unsupported("\(field.type) cannot be compared"))
    }
  }

  private static func leaf(_ type: Any.Type) -> Part? {
    if type == Tensor.self { return .tensor }
    if type == [Tensor].self { return .tensors }
    if type == Int.self { return .integer }
    if type == Bool.self { return .truth }
    if type == Float.self { return .float }
    if type == Double.self { return .double }
    return nil
  }

  private static func value(_ field: StoredField) -> Part {
    guard let type = field.type as? any Equatable.Type else {
      return .unsupported("\(field.type) is not Equatable")
    }
    return .value(SendablePart(type))
  }

  /// `a.b`, without the point where one is empty or `b` is a subscript.
  static func join(_ a: String, _ b: String) -> String {
    a.isEmpty || b.isEmpty || b.hasPrefix("[") ? a + b : "\(a).\(b)"
  }
}
