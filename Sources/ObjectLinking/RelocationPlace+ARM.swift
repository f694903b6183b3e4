// Relocations of AArch64.

extension RelocationPlace {
  /// Fills in as "ELF for the Arm 64-bit Architecture" says ("Relocation codes").
  package func fillARM(
    _ target: UnsafeRawPointer, _ addend: Int64, jump: UnsafeMutableRawPointer
  ) throws(ObjectFailure) {
    let value = Int(bitPattern: target) &+ Int(addend)
    switch kind {
    case 257: try store(value, as: Int.self)
    case 260: try store(try distance(target, addend), as: Int.self)
    case 261: try store(try distance(target, addend), as: Int32.self)
    case 275:
      let place = Int(bitPattern: try location(4))
      let pages = (value & ~0xfff) &- (place & ~0xfff)
      guard let far = Int32(exactly: pages >> 12), far >> 20 == 0 || far >> 20 == -1 else {
        throw .tooFar(symbol: symbol)
      }
      let bits = UInt32(bitPattern: far)
      try insert((bits & 3) << 29 | (bits >> 2 & 0x7_ffff) << 5, over: 0x60ff_ffe0)
    case 277: try insertOffset(value, shift: 0)
    case 278: try insertOffset(value, shift: 0)
    case 284: try insertOffset(value, shift: 1)
    case 285: try insertOffset(value, shift: 2)
    case 286: try insertOffset(value, shift: 3)
    case 299: try insertOffset(value, shift: 4)
    case 282, 283:
      if try insertBranch(try distance(target, addend)) { return }
      // ldr x16, 8; br x16; then the address.
      jump.storeBytes(of: UInt32(0x5800_0050).littleEndian, as: UInt32.self)
      (jump + 4).storeBytes(of: UInt32(0xd61f_0200).littleEndian, as: UInt32.self)
      (jump + 8).storeBytes(of: UInt64(UInt(bitPattern: target)).littleEndian, as: UInt64.self)
      guard try insertBranch(try distance(jump, addend)) else { throw .tooFar(symbol: symbol) }
    default: throw unknownKind
    }
  }

  /// Puts the low twelve bits of an address into an instruction that scales them.
  private func insertOffset(_ value: Int, shift: Int) throws(ObjectFailure) {
    let low = value & 0xfff
    guard low & ((1 << shift) - 1) == 0 else { throw .unsupported("an offset that is not aligned") }
    try insert(UInt32(low >> shift) << 10, over: 0x003f_fc00)
  }

  /// Puts a distance into a branch, if it reaches so far.
  private func insertBranch(_ distance: Int) throws(ObjectFailure) -> Bool {
    guard distance & 3 == 0, (-(1 << 27)..<(1 << 27)).contains(distance) else { return false }
    try insert(UInt32(truncatingIfNeeded: distance >> 2) & 0x03ff_ffff, over: 0x03ff_ffff)
    return true
  }

  private func insert(_ bits: UInt32, over mask: UInt32) throws(ObjectFailure) {
    let place = try location(4)
    let old = UInt32(littleEndian: place.loadUnaligned(as: UInt32.self))
    place.storeBytes(of: (old & ~mask | bits).littleEndian, as: UInt32.self)
  }
}
