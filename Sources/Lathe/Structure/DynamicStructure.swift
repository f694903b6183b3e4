// Values whose type is only known when they are at hand: `any Layer`.

import Driver

/// Takes apart what an existential holds.
enum DynamicStructure {
  /// Calls `body` with the type of what stands at `place`, an existential of the given type, and
  /// with its parts.
  static func visit(
    _ type: Any.Type, _ place: UnsafeRawPointer, path: String?,
    _ body: (StructureLeaf, String?) -> Void
  ) {
    func open<Existential>(_: Existential.Type) {
      let existential = place.assumingMemoryBound(to: Existential.self).pointee
      func parts<Value>(_ type: Value.Type) {
        body(.value(.type(SendablePart(type))), path)
        guard type != Existential.self, let value = existential as? Value else {
          return body(.unsupported("\(type) cannot be taken apart"), path)
        }
        let structure = Structure.of(type)
        withUnsafePointer(to: value) { structure.visit(UnsafeRawPointer($0), path: path, body) }
      }
      // The type of what is inside, however deep.
      _openExistential(Swift.type(of: existential as Any), do: parts)
    }
    _openExistential(type, do: open)
  }

  /// Calls `body` with every tensor of what stands at `place` to change it, in the order of `visit`.
  static func update(
    _ type: Any.Type, _ place: UnsafeMutableRawPointer, _ body: (inout Tensor) -> Void
  ) {
    func open<Existential>(_: Existential.Type) {
      let existential = place.assumingMemoryBound(to: Existential.self)
      func change<Value>(_ type: Value.Type) {
        guard var value = existential.pointee as? Value else { return }
        let structure = Structure.of(type)
        withUnsafeMutablePointer(to: &value) {
          structure.update(UnsafeMutableRawPointer($0), body)
        }
        if let changed = value as? Existential { existential.pointee = changed }
      }
      _openExistential(Swift.type(of: existential.pointee as Any), do: change)
    }
    _openExistential(type, do: open)
  }
}
