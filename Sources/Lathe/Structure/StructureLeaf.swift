// The parts of one value.

import Driver

/// One part of a value that was taken apart.
enum StructureLeaf: Sendable {
  case tensor(Tensor)
  case value(StructureValue)
  /// Cannot be passed, for the stated reason.
  case unsupported(String)
}

/// A part that is no tensor: programs of functions are told apart by these.
enum StructureValue: Sendable {
  case integer(Int)
  case truth(Bool)
  case float(Float)
  case double(Double)
  case function(UInt, UInt)
  /// How many elements a container holds.
  case count(Int)
  /// Whether an optional holds a value.
  case presence(Bool)
  /// The type of a value that stands where a protocol allows any.
  case type(SendablePart<Any.Type>)
  /// Anything else that can be compared.
  case other(SendablePart<any Equatable>)

  /// Whether the part is a floating-point number, which programs rarely should be told apart by.
  var isFloat: Bool {
    switch self {
    case .float, .double: true
    case .integer, .truth, .function, .count, .presence, .type, .other: false
    }
  }
}

extension StructureValue: Equatable {
  /// Floats are compared by their bits.
  static func == (a: StructureValue, b: StructureValue) -> Bool {
    switch (a, b) {
    case (.integer(let x), .integer(let y)): x == y
    case (.truth(let x), .truth(let y)): x == y
    case (.float(let x), .float(let y)): x.bitPattern == y.bitPattern
    case (.double(let x), .double(let y)): x.bitPattern == y.bitPattern
    case (.function(let x, let s), .function(let y, let t)): x == y && s == t
    case (.count(let x), .count(let y)): x == y
    case (.presence(let x), .presence(let y)): x == y
    case (.type(let x), .type(let y)): x.value == y.value
    case (.other(let x), .other(let y)): isEqual(x.value, y.value)
    default: false
    }
  }

  private static func isEqual<A: Equatable>(_ a: A, _ b: any Equatable) -> Bool {
    (b as? A).map { $0 == a } ?? false
  }
}

extension StructureValue: CustomStringConvertible {
  /// The value as messages show it.
  var description: String {
    switch self {
    case .integer(let value): "\(value)"
    case .truth(let value): "\(value)"
    case .float(let value): "\(value)"
    case .double(let value): "\(value)"
    case .function: "a function"
    case .count(let count): "\(count) elements"
    case .presence(let isPresent): isPresent ? "a value" : "nil"
    case .type(let part): "\(part.value)"
    case .other(let part):
      part.value is String ? "\"\(part.value)\"" : "\(part.value)"
    }
  }
}

extension Structure {
  /// Calls `body` with every part of the value at `base`, in order, and with its path where `path`
  /// is the path of the whole.
  func visit(
    _ base: UnsafeRawPointer, path: String? = nil, _ body: (StructureLeaf, String?) -> Void
  ) {
    for member in members {
      let place = base + member.offset
      let path = path.map { Self.join($0, member.path) }
      switch member.part {
      case .tensor: body(.tensor(place.assumingMemoryBound(to: Tensor.self).pointee), path)
      case .tensors: [Tensor].visit(place, path: path, body)
      case .integer: body(.value(.integer(place.load(as: Int.self))), path)
      case .truth: body(.value(.truth(place.load(as: Bool.self))), path)
      case .float: body(.value(.float(place.load(as: Float.self))), path)
      case .double: body(.value(.double(place.load(as: Double.self))), path)
      case .function:
        let words = place.assumingMemoryBound(to: UInt.self)
        body(.value(.function(words[0], words[1])), path)
      case .value(let type):
        body(.value(.other(SendablePart(Self.load(type.value, place)))), path)
      case .container(let type): type.value.visit(place, path: path, body)
      case .existential(let type): DynamicStructure.visit(type.value, place, path: path, body)
      case .unsupported(let reason): body(.unsupported(reason), path)
      }
    }
  }

  /// Calls `body` with every tensor of the value at `base`, in the order of `visit`, to change it.
  func update(_ base: UnsafeMutableRawPointer, _ body: (inout Tensor) -> Void) {
    for member in members {
      let place = base + member.offset
      switch member.part {
      case .tensor: body(&place.assumingMemoryBound(to: Tensor.self).pointee)
      case .tensors: [Tensor].update(place, body)
      case .container(let type): type.value.update(place, body)
      case .existential(let type): DynamicStructure.update(type.value, place, body)
      case .integer, .truth, .float, .double, .function, .value, .unsupported: break
      }
    }
  }

  private static func load<Value: Equatable>(
    _ type: Value.Type, _ place: UnsafeRawPointer
  ) -> any Equatable {
    place.assumingMemoryBound(to: Value.self).pointee
  }
}
