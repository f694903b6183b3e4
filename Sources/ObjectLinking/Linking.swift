// Copying an object's sections to memory and filling in its places.

/// One object while it is linked.
struct Linking {
  let object: RelocatableObject
  let plan: MemoryPlan
  private let memory: UnsafeMutableRawPointer
  private let outside: [String: UnsafeRawPointer]
  /// Sizes of the sections by number.
  private let sizes: [Int: Int]

  init(
    _ object: RelocatableObject, _ plan: MemoryPlan, at memory: UnsafeMutableRawPointer,
    _ outside: [String: UnsafeRawPointer]
  ) {
    self.object = object
    self.plan = plan
    self.memory = memory
    self.outside = outside
    sizes = Dictionary(object.sections.map { ($0.index, $0.size) }) { first, _ in first }
  }

  /// The object's own symbols.
  var definitions: [String: UnsafeRawPointer] {
    var found: [String: UnsafeRawPointer] = [:]
    for symbol in object.symbols {
      guard case .section(let section) = symbol.place, let offset = plan.offsets[section],
        symbol.value <= UInt64(sizes[section] ?? 0)
      else { continue }
      found[symbol.name] = UnsafeRawPointer(memory + offset + Int(symbol.value))
    }
    return found
  }

  mutating func run() throws(ObjectFailure) {
    for section in object.sections {
      guard let offset = plan.offsets[section.index] else { continue }
      section.content.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress {
          (memory + offset).copyMemory(from: base, byteCount: bytes.count)
        }
      }
    }
    for relocation in object.relocations { try fill(relocation) }
  }

  private func fill(_ relocation: RelocatableObject.Relocation) throws(ObjectFailure) {
    guard let section = plan.offsets[relocation.section] else { return }
    let symbol = object.symbols[relocation.symbol]
    let target = try address(of: symbol)
    let place = RelocationPlace(
      address: memory + section, offset: relocation.offset,
      size: sizes[relocation.section] ?? 0, symbol: symbol.name, kind: relocation.kind)
    let jump = memory + plan.jumps + relocation.symbol * MemoryPlan.jumpSize
    let entry = memory + plan.table + relocation.symbol * 8
    switch object.machine {
    case .x86_64:
      try place.fillX86(target, relocation.addend, jump: jump, entry: entry)
    case .aarch64:
      try place.fillARM(target, relocation.addend, jump: jump)
    }
  }

  private func address(
    of symbol: RelocatableObject.Symbol
  ) throws(ObjectFailure) -> UnsafeRawPointer {
    switch symbol.place {
    case .undefined:
      guard let address = outside[symbol.name] else { throw .undefined(symbol: symbol.name) }
      return address
    case .file: throw .unsupported("an absolute symbol")
    case .section(let section):
      guard let offset = plan.offsets[section] else {
        throw .unsupported("a symbol of a section that is not in memory")
      }
      guard symbol.value <= UInt64(sizes[section] ?? 0) else {
        throw .outside("the symbol \(symbol.name)")
      }
      return UnsafeRawPointer(memory + offset + Int(symbol.value))
    }
  }
}

/// A place in a section that is to hold an address in some form.
package struct RelocationPlace {
  /// Of the section.
  let address: UnsafeMutableRawPointer
  /// In the section.
  let offset: UInt64
  /// Bytes of the section.
  let size: Int
  let symbol: String
  /// The processor's number for the form.
  let kind: UInt32

  package init(
    address: UnsafeMutableRawPointer, offset: UInt64, size: Int, symbol: String, kind: UInt32
  ) {
    self.address = address
    self.offset = offset
    self.size = size
    self.symbol = symbol
    self.kind = kind
  }

  /// Where the place is, if it has `bytes`.
  func location(_ bytes: Int) throws(ObjectFailure) -> UnsafeMutableRawPointer {
    guard offset <= UInt64(size), bytes <= size - Int(offset) else {
      throw .outside("a relocation by \(symbol)")
    }
    return address + Int(offset)
  }

  /// Stores a number that must fit.
  func store<Number: FixedWidthInteger>(
    _ value: Int, as type: Number.Type
  ) throws(ObjectFailure) {
    let place = try location(MemoryLayout<Number>.size)
    guard let number = Number(exactly: value) else { throw .tooFar(symbol: symbol) }
    place.storeBytes(of: number.littleEndian, as: Number.self)
  }

  /// The distance from the place to `target`.
  func distance(
    _ target: UnsafeRawPointer, _ addend: Int64
  ) throws(ObjectFailure) -> Int {
    Int(bitPattern: target) &+ Int(addend) &- Int(bitPattern: try location(0))
  }

  var unknownKind: ObjectFailure { .unsupported("relocation \(kind) by \(symbol)") }
}

extension RelocationPlace {
  /// Fills in as the x86-64 supplement says ("Relocation Types"). Code calls what is far away by a
  /// jump near by, and loads addresses from an entry of a table.
  package func fillX86(
    _ target: UnsafeRawPointer, _ addend: Int64, jump: UnsafeMutableRawPointer,
    entry: UnsafeMutableRawPointer
  ) throws(ObjectFailure) {
    switch kind {
    case 1: try store(Int(bitPattern: target) &+ Int(addend), as: Int.self)
    case 2: try store(try distance(target, addend), as: Int32.self)
    case 24: try store(try distance(target, addend), as: Int.self)
    case 4:
      if let near = Int32(exactly: try distance(target, addend)) {
        return try store(Int(near), as: Int32.self)
      }
      // jmp *0(%rip), then the address.
      jump.storeBytes(of: UInt64(0x25ff).littleEndian, as: UInt64.self)
      (jump + 6).storeBytes(of: UInt64(UInt(bitPattern: target)).littleEndian, as: UInt64.self)
      try store(try distance(jump, addend), as: Int32.self)
    case 9, 41, 42:
      entry.storeBytes(of: UInt64(UInt(bitPattern: target)).littleEndian, as: UInt64.self)
      try store(try distance(entry, addend), as: Int32.self)
    default: throw unknownKind
    }
  }
}
