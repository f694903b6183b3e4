// A compiled kernel as bytes that another process may take.

package import Codegen
import IRCore

/// All that a process needs to run a kernel that another one compiled.
package struct StoredKernel: Hashable {
  /// What runs between two barriers.
  package struct Phase: Hashable {
    /// Its function.
    let symbol: String
    /// Iterations of the parallel loop.
    let iterations: Int
    /// Nanoseconds of one iteration, roughly.
    let cost: Double

    package init(symbol: String, iterations: Int, cost: Double) {
      self.symbol = symbol
      self.iterations = iterations
      self.cost = cost
    }
  }

  /// Path and identity of the LLVM that made the object.
  package let maker: [String]
  package let phases: [Phase]
  let checks: [String]
  let scratchBytes: Int
  let sharedBytes: Int
  let object: [UInt8]

  /// The kernel's code.
  package var code: KernelObject {
    KernelObject(
      symbols: phases.map(\.symbol), object: object, checks: checks, scratchBytes: scratchBytes,
      sharedBytes: sharedBytes)
  }

  package init(_ code: KernelObject, _ phases: [Phase], maker: [String]) {
    self.maker = maker
    self.phases = phases
    checks = code.checks
    scratchBytes = code.scratchBytes
    sharedBytes = code.sharedBytes
    object = code.object
  }

  /// Reads what `bytes` wrote; `nil` where it is anything else.
  package init?(_ bytes: [UInt8]) {
    var reader = FieldReader(bytes)
    guard let maker = reader.list({ $0.text() }),
      let phases = reader.list({ reader -> Phase? in
        guard let symbol = reader.text(), let iterations = reader.number(),
          let cost = reader.number()
        else { return nil }
        return Phase(
          symbol: symbol, iterations: iterations,
          cost: Double(bitPattern: UInt64(bitPattern: Int64(cost))))
      }), let checks = reader.list({ $0.text() }), let scratch = reader.number(),
      let shared = reader.number(), let object = reader.bytes(), reader.isAtEnd
    else { return nil }
    self.maker = maker
    self.phases = phases
    self.checks = checks
    scratchBytes = scratch
    sharedBytes = shared
    self.object = object
  }

  /// The kernel as bytes.
  package var bytes: [UInt8] {
    var writer = FieldWriter()
    writer.list(maker) { $0.text($1) }
    writer.list(phases) { writer, phase in
      writer.text(phase.symbol)
      writer.number(phase.iterations)
      writer.number(Int(truncatingIfNeeded: phase.cost.bitPattern))
    }
    writer.list(checks) { $0.text($1) }
    writer.number(scratchBytes)
    writer.number(sharedBytes)
    writer.bytes(object)
    return writer.result
  }
}

/// Numbers and texts, one behind the other.
private struct FieldWriter {
  private(set) var result: [UInt8] = []

  mutating func number(_ value: Int) {
    withUnsafeBytes(of: Int64(value).littleEndian) { result += $0 }
  }

  mutating func bytes(_ value: [UInt8]) {
    number(value.count)
    result += value
  }

  mutating func text(_ value: String) { bytes(Array(value.utf8)) }

  mutating func list<Item>(_ items: [Item], _ write: (inout FieldWriter, Item) -> Void) {
    number(items.count)
    for item in items { write(&self, item) }
  }
}

/// What a writer wrote; every read may find too little.
private struct FieldReader {
  private let source: [UInt8]
  private var next = 0

  init(_ source: [UInt8]) { self.source = source }

  var isAtEnd: Bool { next == source.count }

  mutating func number() -> Int? {
    guard source.count - next >= 8 else { return nil }
    defer { next += 8 }
    return source.withUnsafeBytes {
      Int(Int64(littleEndian: $0.loadUnaligned(fromByteOffset: next, as: Int64.self)))
    }
  }

  mutating func bytes() -> [UInt8]? {
    guard let count = number(), count >= 0, count <= source.count - next else { return nil }
    defer { next += count }
    return Array(source[next..<next + count])
  }

  mutating func text() -> String? { bytes().map { String(decoding: $0, as: UTF8.self) } }

  mutating func list<Item>(_ read: (inout FieldReader) -> Item?) -> [Item]? {
    guard let count = number(), count >= 0, count <= source.count else { return nil }
    var items: [Item] = []
    for _ in 0..<count {
      guard let item = read(&self) else { return nil }
      items.append(item)
    }
    return items
  }
}
