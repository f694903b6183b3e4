// Section headers of ELF files, and what stands in their sections.

/// One row of a file's section table.
struct SectionHeader {
  /// What a section holds; everything that is not in memory and not named here is passed over.
  enum Kind: UInt32 {
    case program = 1
    case symbols = 2
    case relocations = 4
    case zeros = 8
    case relocationsWithoutAddends = 9
    case unwinding = 0x7000_0001
  }

  let type: Kind?
  let flags: UInt64
  let offset: UInt64
  let size: UInt64
  let link: Int
  let info: Int
  let alignment: UInt64

  private static let writable: UInt64 = 1
  private static let allocated: UInt64 = 2
  private static let executable: UInt64 = 4
  private static let largestAlignment: UInt64 = 4096

  /// The table of a relocatable file, and the processor that the file is for.
  static func all(
    of file: ObjectBytes
  ) throws(ObjectFailure) -> (RelocatableObject.Machine, [SectionHeader]) {
    let magic = try file.load(UInt32.self, at: 0, "the magic number")
    guard magic == 0x464c_457f else { throw .notRelocatable("no ELF file") }
    // 64 bits, little-endian, version 1.
    guard try file.load(UInt32.self, at: 4, "the class") & 0xff_ffff == 0x01_0102 else {
      throw .notRelocatable("not of 64 bits, little-endian")
    }
    guard try file.load(UInt16.self, at: 16, "the type") == 1 else {
      throw .notRelocatable("linked already")
    }
    let number = try file.load(UInt16.self, at: 18, "the machine")
    guard let machine = RelocatableObject.Machine(rawValue: number) else {
      throw .notRelocatable("processor \(number)")
    }
    let table = try file.load(UInt64.self, at: 40, "the place of the sections")
    guard try file.load(UInt16.self, at: 58, "the size of a section's row") == 64 else {
      throw .unsupported("a section table of another form")
    }
    let count = try file.load(UInt16.self, at: 60, "the number of sections")
    _ = try file.range(table, UInt64(count) * 64, "the section table")
    var headers: [SectionHeader] = []
    for index in 0..<UInt64(count) {
      headers.append(try SectionHeader(file, at: table + 64 * index))
    }
    return (machine, headers)
  }

  private init(_ file: ObjectBytes, at row: UInt64) throws(ObjectFailure) {
    type = Kind(rawValue: try file.load(UInt32.self, at: row + 4, "a section's type"))
    flags = try file.load(UInt64.self, at: row + 8, "a section's flags")
    offset = try file.load(UInt64.self, at: row + 24, "a section's place")
    size = try file.load(UInt64.self, at: row + 32, "a section's size")
    link = Int(try file.load(UInt32.self, at: row + 40, "a section's link"))
    info = Int(try file.load(UInt32.self, at: row + 44, "a section's info"))
    alignment = try file.load(UInt64.self, at: row + 48, "a section's alignment")
  }

  /// What stands in memory; nothing for tables and for what only debuggers and unwinding read.
  func section(
    _ index: Int, _ file: ObjectBytes
  ) throws(ObjectFailure) -> RelocatableObject.Section? {
    guard flags & Self.allocated != 0, size > 0, type != .unwinding else { return nil }
    guard flags & Self.writable == 0, type == .program || type == .zeros else {
      throw .unsupported("a section that is written")
    }
    let alignment = max(1, alignment)
    guard alignment <= Self.largestAlignment, alignment & (alignment - 1) == 0 else {
      throw .unsupported("an alignment of \(alignment)")
    }
    let isFilled = type == .program
    let range = isFilled ? try file.range(offset, size, "a section") : 0..<0
    guard size <= 1 << 30 else { throw .unsupported("a section of \(size) bytes") }
    return RelocatableObject.Section(
      index: index, isCode: flags & Self.executable != 0, alignment: Int(alignment),
      content: file.bytes[range], size: Int(size))
  }

  func symbols(
    _ file: ObjectBytes, _ headers: [SectionHeader]
  ) throws(ObjectFailure) -> [RelocatableObject.Symbol] {
    guard headers.indices.contains(link) else { throw .outside("the names of symbols") }
    let names = headers[link]
    let end = UInt64(try file.range(names.offset, names.size, "the names of symbols").upperBound)
    _ = try file.range(offset, size, "the symbol table")
    var symbols: [RelocatableObject.Symbol] = []
    for row in stride(from: offset, to: offset + size / 24 * 24, by: 24) {
      let name = try file.load(UInt32.self, at: row, "a symbol")
      let section = try file.load(UInt16.self, at: row + 6, "a symbol")
      symbols.append(
        RelocatableObject.Symbol(
          name: try file.text(at: names.offset + UInt64(name), before: end, "a symbol's name"),
          place: try Self.place(section, of: headers.count),
          value: try file.load(UInt64.self, at: row + 8, "a symbol")))
    }
    return symbols
  }

  private static func place(
    _ section: UInt16, of count: Int
  ) throws(ObjectFailure) -> RelocatableObject.Symbol.Place {
    switch section {
    case 0: return .undefined
    // Absolute: the name of the source file is the only such symbol that compilers make.
    case 0xfff1: return .file
    case 0xff00...: throw .unsupported("a symbol of section \(section)")
    default:
      guard Int(section) < count else { throw .outside("a symbol's section") }
      return .section(Int(section))
    }
  }

  func relocations(
    _ file: ObjectBytes, symbolCount: Int
  ) throws(ObjectFailure) -> [RelocatableObject.Relocation] {
    _ = try file.range(offset, size, "a table of relocations")
    var relocations: [RelocatableObject.Relocation] = []
    for row in stride(from: offset, to: offset + size / 24 * 24, by: 24) {
      let info = try file.load(UInt64.self, at: row + 8, "a relocation")
      guard info >> 32 < symbolCount else { throw .outside("a relocation's symbol") }
      relocations.append(
        RelocatableObject.Relocation(
          section: self.info, offset: try file.load(UInt64.self, at: row, "a relocation"),
          kind: UInt32(truncatingIfNeeded: info), symbol: Int(info >> 32),
          addend: try file.load(Int64.self, at: row + 16, "a relocation")))
    }
    return relocations
  }
}
