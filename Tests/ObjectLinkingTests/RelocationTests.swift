// Single places, by what their bytes become.

import ObjectLinking
import Testing

@Suite struct RelocationTests {
  /// 64 bytes that hold `instruction` at 8; what stands there after `fill`.
  private func filled(
    _ kind: UInt32, over instruction: UInt32 = 0, offset: UInt64 = 8,
    _ fill: (RelocationPlace, UnsafeMutableRawPointer) throws(ObjectFailure) -> Void
  ) throws(ObjectFailure) -> UInt32 {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 4096)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: 64)
    memory.storeBytes(of: instruction, toByteOffset: 8, as: UInt32.self)
    let place = RelocationPlace(
      address: memory, offset: offset, size: 48, symbol: "s", kind: kind)
    try fill(place, memory)
    return memory.load(fromByteOffset: 8, as: UInt32.self)
  }

  @Test func x86() throws {
    let distance = try filled(2) { (place, memory) throws(ObjectFailure) in
      try place.fillX86(memory + 32, -4, jump: memory, entry: memory)
    }
    #expect(distance == 32 - 4 - 8)
    let called = try filled(4) { (place, memory) throws(ObjectFailure) in
      try place.fillX86(
        UnsafeRawPointer(memory) + (1 << 40), -4, jump: memory + 48, entry: memory)
      #expect((memory + 48).loadUnaligned(as: UInt16.self) == 0x25ff)
      #expect(
        (memory + 54).loadUnaligned(as: UInt64.self)
          == UInt64(UInt(bitPattern: memory)) + 1 << 40)
    }
    #expect(called == 48 - 4 - 8)
    let entry = try filled(42) { (place, memory) throws(ObjectFailure) in
      try place.fillX86(UnsafeRawPointer(memory) + 5, -4, jump: memory, entry: memory + 56)
      #expect((memory + 56).load(as: UInt64.self) == UInt64(UInt(bitPattern: memory)) + 5)
    }
    #expect(entry == 56 - 4 - 8)
    #expect(throws: ObjectFailure.tooFar(symbol: "s")) {
      try filled(2) { (place, memory) throws(ObjectFailure) in
        try place.fillX86(
          UnsafeRawPointer(memory) + (1 << 40), 0, jump: memory, entry: memory)
      }
    }
  }

  @Test(arguments: [UInt64(45), 48, 1 << 63, .max]) func outside(offset: UInt64) {
    #expect(throws: ObjectFailure.outside("a relocation by s")) {
      try filled(2, offset: offset) { (place, memory) throws(ObjectFailure) in
        try place.fillX86(memory, 0, jump: memory, entry: memory)
      }
    }
  }

  @Test func unknown() {
    #expect(throws: ObjectFailure.unsupported("relocation 77 by s")) {
      try filled(77) { (place, memory) throws(ObjectFailure) in
        try place.fillX86(memory, 0, jump: memory, entry: memory)
      }
    }
    #expect(throws: ObjectFailure.unsupported("relocation 77 by s")) {
      try filled(77) { (place, memory) throws(ObjectFailure) in
        try place.fillARM(memory, 0, jump: memory)
      }
    }
  }

  /// `adrp`, `add`, `ldr` of 16 bytes and `bl` as the assembler writes them.
  @Test func arm() throws {
    func arm(
      _ kind: UInt32, _ instruction: UInt32, target: Int, addend: Int64 = 0
    ) throws -> UInt32 {
      try filled(kind, over: instruction) { (place, memory) throws(ObjectFailure) in
        try place.fillARM(UnsafeRawPointer(memory) + target, addend, jump: memory + 48)
      }
    }
    // The memory begins a page: 5 pages ahead, and 1 back.
    #expect(try arm(275, 0x9000_0000, target: 5 << 12) == 0xb000_0020)
    #expect(try arm(275, 0x9000_0003, target: -8) == 0xf0ff_ffe3)
    #expect(try arm(277, 0x9100_0000, target: 0x123) == 0x9104_8c00)
    #expect(try arm(299, 0x3dc0_0000, target: 0x120) == 0x3dc0_4800)
    #expect(try arm(283, 0x9400_0000, target: 40) == 0x9400_0008)
    #expect(try arm(282, 0x1400_0000, target: 0) == 0x17ff_fffe)
    // Too far for a branch: by the jump.
    #expect(try arm(283, 0x9400_0000, target: 1 << 40) == 0x9400_000a)
    #expect(throws: ObjectFailure.self) { try arm(286, 0xf940_0000, target: 4) }
    #expect(throws: ObjectFailure.tooFar(symbol: "s")) {
      try arm(275, 0x9000_0000, target: 1 << 40)
    }
  }
}
