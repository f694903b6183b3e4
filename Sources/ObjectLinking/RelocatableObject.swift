// The parts of a relocatable ELF file that matter for linking it into memory.

/// Sections, symbols and relocations of a 64-bit little-endian relocatable ELF file (System V ABI,
/// "Object files"; the processor supplements for x86-64 and AArch64).
public struct RelocatableObject: Sendable {
  /// The processors that objects are read for.
  public enum Machine: UInt16, Sendable {
    case x86_64 = 62
    case aarch64 = 183

    /// That of this process.
    public static var host: Machine {
      #if arch(arm64)
        .aarch64
      #else
        .x86_64
      #endif
    }
  }

  /// A section that is in memory.
  struct Section {
    /// Its number in the file.
    let index: Int
    let isCode: Bool
    let alignment: Int
    /// Bytes of the file; empty where all are zero.
    let content: ArraySlice<UInt8>
    let size: Int
  }

  /// A symbol by its number in the file.
  struct Symbol {
    enum Place {
      case undefined
      case section(Int)
      /// The name of a source file.
      case file
    }

    let name: String
    let place: Place
    let value: UInt64
  }

  /// A place to fill in.
  struct Relocation {
    /// The section that holds the place.
    let section: Int
    let offset: UInt64
    let kind: UInt32
    let symbol: Int
    let addend: Int64
  }

  /// The processor that it is for.
  public let machine: Machine
  let sections: [Section]
  let symbols: [Symbol]
  let relocations: [Relocation]

  /// Reads the bytes of a file.
  public init(_ bytes: [UInt8]) throws(ObjectFailure) {
    let file = ObjectBytes(bytes: bytes)
    let headers: [SectionHeader]
    (machine, headers) = try SectionHeader.all(of: file)
    var sections: [Section] = []
    var symbols: [Symbol] = []
    for (index, header) in headers.enumerated() {
      if header.type == .symbols { symbols = try header.symbols(file, headers) }
      if let section = try header.section(index, file) { sections.append(section) }
    }
    let kept = Set(sections.map(\.index))
    var relocations: [Relocation] = []
    for header in headers where header.type == .relocations && kept.contains(header.info) {
      relocations += try header.relocations(file, symbolCount: symbols.count)
    }
    self.sections = sections
    self.symbols = symbols
    self.relocations = relocations
  }

  /// Names of the symbols that it needs, in the order of its table.
  public var undefinedSymbols: [String] {
    symbols.compactMap { symbol in
      if case .undefined = symbol.place, !symbol.name.isEmpty { symbol.name } else { nil }
    }
  }
}
