// Arrays, optionals and dictionaries of structures.

import Driver

/// Type whose values hold any number of values that are taken apart in turn.
protocol StructureContainer {
  /// The class whose references the values may be; `nil` where they are none.
  static var referenceType: AnyClass? { get }
  /// Calls `body` with the number of elements, or what tells them apart, and with their parts.
  static func visit(
    _ place: UnsafeRawPointer, path: String?, _ body: (StructureLeaf, String?) -> Void)
  /// Calls `body` with every tensor to change it, in the order of `visit`.
  static func update(_ place: UnsafeMutableRawPointer, _ body: (inout Tensor) -> Void)
}

extension StructureContainer {
  static var referenceType: AnyClass? { nil }
}

extension Array: StructureContainer {
  static func visit(
    _ place: UnsafeRawPointer, path: String?, _ body: (StructureLeaf, String?) -> Void
  ) {
    let array = place.assumingMemoryBound(to: Self.self).pointee
    body(.value(.count(array.count)), path)
    let structure = Structure.of(Element.self)
    array.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      for index in 0..<array.count {
        structure.visit(
          base + index * MemoryLayout<Element>.stride,
          path: path.map { Structure.join($0, "[\(index)]") }, body)
      }
    }
  }

  static func update(_ place: UnsafeMutableRawPointer, _ body: (inout Tensor) -> Void) {
    let structure = Structure.of(Element.self)
    place.assumingMemoryBound(to: Self.self).pointee.withUnsafeMutableBufferPointer { elements in
      for index in elements.indices {
        guard let base = elements.baseAddress else { return }
        structure.update(UnsafeMutableRawPointer(base + index), body)
      }
    }
  }
}

extension Optional: StructureContainer {
  static var referenceType: AnyClass? { Wrapped.self as? AnyClass }

  static func visit(
    _ place: UnsafeRawPointer, path: String?, _ body: (StructureLeaf, String?) -> Void
  ) {
    let optional = place.assumingMemoryBound(to: Self.self).pointee
    body(.value(.presence(optional != nil)), path)
    guard let value = optional else { return }
    let structure = Structure.of(Wrapped.self)
    withUnsafePointer(to: value) { structure.visit(UnsafeRawPointer($0), path: path, body) }
  }

  static func update(_ place: UnsafeMutableRawPointer, _ body: (inout Tensor) -> Void) {
    let optional = place.assumingMemoryBound(to: Self.self)
    guard var value = optional.pointee else { return }
    optional.pointee = nil
    let structure = Structure.of(Wrapped.self)
    withUnsafeMutablePointer(to: &value) { structure.update(UnsafeMutableRawPointer($0), body) }
    optional.pointee = value
  }
}

extension Dictionary: StructureContainer {
  /// The keys in the order of their descriptions: hashing differs from process to process.
  private var orderedKeys: [Key] {
    keys.map { (text: String(describing: $0), key: $0) }.sorted { $0.text < $1.text }.map(\.key)
  }

  static func visit(
    _ place: UnsafeRawPointer, path: String?, _ body: (StructureLeaf, String?) -> Void
  ) {
    let dictionary = place.assumingMemoryBound(to: Self.self).pointee
    body(.value(.count(dictionary.count)), path)
    let structure = Structure.of(Value.self)
    for key in dictionary.orderedKeys {
      body(.value(.other(SendablePart(key))), path.map { "\($0)'s keys" })
      guard let value = dictionary[key] else { continue }
      withUnsafePointer(to: value) {
        structure.visit(
          UnsafeRawPointer($0), path: path.map { Structure.join($0, "[\(key)]") }, body)
      }
    }
  }

  static func update(_ place: UnsafeMutableRawPointer, _ body: (inout Tensor) -> Void) {
    let dictionary = place.assumingMemoryBound(to: Self.self)
    let structure = Structure.of(Value.self)
    for key in dictionary.pointee.orderedKeys {
      guard var value = dictionary.pointee.removeValue(forKey: key) else { continue }
      withUnsafeMutablePointer(to: &value) { structure.update(UnsafeMutableRawPointer($0), body) }
      dictionary.pointee[key] = value
    }
  }
}
