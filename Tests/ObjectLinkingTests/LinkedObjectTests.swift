// Objects of the code generator, linked here; and objects that are no good.

import Codegen
import IRCore
import LoopIR
import ObjectLinking
import TestSupport
import Testing

@Suite struct LinkedObjectTests {
  /// A kernel with constants in memory, a jump to a check's report, and a loop.
  private static let kernel = """
    kernel @k(in %x: f32[64], in %at: i64[1], out %y: f32[64]) {
      %0 = load %at[0] : i64
      %1 = lt %0, 64 : bool
      check %1 "at is outside"
      vector %i in 0..<64 step 4 {
        %2 = load %x[%i] : 4xf32
        %3 = exp %2 : 4xf32
        store %3, %y[%i]
      }
    }
    """

  private static func object(_ row: TargetRow) throws -> [UInt8] {
    try objectCode(of: Kernel(parsing: kernel), for: row, symbol: "k").object
  }

  private typealias Function =
    @convention(c) (
      UnsafePointer<UnsafeMutableRawPointer?>, UnsafePointer<Int64>?, Int64, Int64,
      UnsafeMutablePointer<UInt64>, UnsafeMutableRawPointer?
    ) -> Void
  private typealias Report = @convention(c) (UnsafeMutablePointer<UInt64>, Int64) -> Void

  private func run(_ linked: LinkedObject, at place: Int64) throws -> (y: [Float], status: UInt64) {
    let function = unsafeBitCast(try linked.address(of: "k"), to: Function.self)
    var (x, y) = ((0..<64).map { Float($0) / 16 }, [Float](repeating: 0, count: 64))
    var (place, status) = (place, UInt64.max)
    x.withUnsafeMutableBytes { x in
      y.withUnsafeMutableBytes { y in
        withUnsafeMutablePointer(to: &place) { place in
          let buffers = [x.baseAddress, UnsafeMutableRawPointer(place), y.baseAddress]
          buffers.withUnsafeBufferPointer {
            if let base = $0.baseAddress { function(base, nil, 0, 1, &status, nil) }
          }
        }
      }
    }
    return (y, status)
  }

  private static var symbols: [String: UnsafeRawPointer] {
    // Tells by its value that the linked code called it.
    let report: Report = { status, site in status.pointee = UInt64(site) + 70 }
    return ["lathe_report": unsafeBitCast(report, to: UnsafeRawPointer.self)]
  }

  @Test(arguments: TargetRow.runnable) func runs(row: TargetRow) throws {
    let object = try RelocatableObject(Self.object(row))
    #expect(object.undefinedSymbols == ["lathe_report"])
    let linked = try LinkedObject(object, symbols: Self.symbols)
    let fine = try run(linked, at: 3)
    #expect(fine.status == .max)
    let reference = (0..<64).map { i in fine.y[i] / Float(1 + i) }
    #expect(
      reference.allSatisfy(\.isFinite) && fine.y[0] == 1 && abs(fine.y[16] - 2.7182817) < 1e-6)
    #expect(try run(linked, at: 99).status == 70)
  }

  /// Objects in memory beside each other, made and given up by several threads.
  @Test func manyAtOnce() async throws {
    let object = try RelocatableObject(Self.object(TargetRow.runnable[0]))
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<50).allSatisfy { _ in
            guard let linked = try? LinkedObject(object, symbols: Self.symbols) else {
              return false
            }
            return (try? run(linked, at: 0).y[0]) == 1
          }
        }
      }
      for await isFine in group { #expect(isFine) }
    }
  }

  @Test func missingSymbols() throws {
    let object = try RelocatableObject(Self.object(TargetRow.runnable[0]))
    #expect(throws: ObjectFailure.undefined(symbol: "lathe_report")) {
      try LinkedObject(object, symbols: [:])
    }
    let linked = try LinkedObject(object, symbols: Self.symbols)
    #expect(throws: ObjectFailure.undefined(symbol: "z")) { try linked.address(of: "z") }
  }

  @Test func otherProcessors() throws {
    let foreign: TargetRow = RelocatableObject.Machine.host == .x86_64 ? .neon : .avx2
    let object = try RelocatableObject(Self.object(foreign))
    #expect(object.undefinedSymbols == ["lathe_report"] && object.machine != .host)
    #expect(throws: ObjectFailure.notRelocatable("of another processor")) {
      try LinkedObject(object, symbols: Self.symbols)
    }
  }

  /// Any prefix, and any bytes in place of others, are linked or refused; nothing traps.
  @Test func damagedObjects() throws {
    let object = try Self.object(TargetRow.runnable[0])
    func link(_ bytes: [UInt8]) -> Bool {
      guard let object = try? RelocatableObject(bytes) else { return false }
      return (try? LinkedObject(object, symbols: Self.symbols)) != nil
    }
    for count in 0..<object.count - 1 { #expect(!link(Array(object[..<count]))) }
    var random = SplitMix64(seed: 7)
    var refused = 0
    for _ in 0..<5000 {
      var damaged = object
      for _ in 0..<random.integer(1...4) {
        // The head and the tables, where numbers decide what is read.
        let place = random.oneIn(2) ? random.integer(0...63) : random.integer(0...object.count - 1)
        damaged[place] = UInt8(truncatingIfNeeded: random.next())
      }
      if !link(damaged) { refused += 1 }
    }
    #expect(refused > 1000)
    #expect(throws: ObjectFailure.notRelocatable("no ELF file")) {
      try RelocatableObject([UInt8](repeating: 0, count: 64))
    }
  }
}
