// The only use of the standard library's reflection: where a type's stored properties stand.

@_spi(Reflection) import Swift

/// Stored property of a struct, or element of a tuple.
struct StoredField {
  /// What the type of a field is made as.
  enum Kind {
    case structure, enumeration, tuple, reference, function, existential
    /// Below Swift's types: a machine word, a pointer.
    case opaque
  }

  let name: String
  /// In bytes from the start of the value.
  let offset: Int
  let type: Any.Type
  let kind: Kind
}

extension StoredField {
  private struct Whole<Value> { let value: Value }

  /// A value of a type as the only field of another.
  static func whole<Value>(_ type: Value.Type) -> StoredField? {
    all(of: Whole<Value>.self).first
  }

  /// The stored properties of a struct or the elements of a tuple, in the order of their
  /// declarations, `let` ones and those of any access level included.
  static func all(of type: Any.Type) -> [StoredField] {
    var fields: [StoredField] = []
    _forEachField(of: type) { name, offset, type, kind in
      let name = String(cString: name)
      fields.append(
        StoredField(
          name: name.hasPrefix(".") ? String(name.dropFirst()) : name, offset: offset, type: type,
          kind: Kind(kind)))
      return true
    }
    return fields
  }
}

extension StoredField.Kind {
  fileprivate init(_ kind: _MetadataKind) {
    switch kind {
    case .struct: self = .structure
    case .enum, .optional: self = .enumeration
    case .tuple: self = .tuple
    case .class, .foreignClass, .objcClassWrapper: self = .reference
    case .function: self = .function
    case .existential, .existentialMetatype: self = .existential
    default: self = .opaque
    }
  }
}
