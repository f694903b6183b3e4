// SHA-256 against the examples of FIPS 180-2.

import Driver
import Testing

@Suite struct SHA256Tests {
  @Test func examples() {
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(SHA256.hex("abc") == abc)
    let none = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    #expect(SHA256.hex("") == none)
    let long = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
    let two = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    #expect(SHA256.hex(long) == two)
    let million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    #expect(SHA256.hex(String(repeating: "a", count: 1_000_000)) == million)
  }

  /// Lengths around a block's end: all differ, and none is that of a text one shorter.
  @Test func lengths() {
    let hashes = (50..<140).map { SHA256.hex(String(repeating: "x", count: $0)) }
    #expect(Set(hashes).count == hashes.count && hashes.allSatisfy { $0.utf8.count == 64 })
  }
}
