// IDX files, good and bad, plain and compressed.
import CZlib
import Foundation
import LatheNN
import Testing

/// An IDX file of given magic, dimensions and elements.
private func idx(
  _ magic: [UInt8] = [0, 0, 8, 2], _ dimensions: [UInt32] = [2, 3],
  _ elements: [UInt8] = [1, 2, 3, 4, 5, 6]
) -> [UInt8] {
  magic + dimensions.flatMap { extent in (0..<4).map { UInt8(extent >> (24 - 8 * $0) & 255) } }
    + elements
}

/// The bytes as one gzip member.
private func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  let size = Int32(MemoryLayout<z_stream>.size)
  deflateInit2_(
    &stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
  defer { deflateEnd(&stream) }
  var input = bytes
  var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
  let count = input.withUnsafeMutableBufferPointer { source in
    output.withUnsafeMutableBufferPointer { target in
      stream.next_in = source.baseAddress
      stream.avail_in = UInt32(source.count)
      stream.next_out = target.baseAddress
      stream.avail_out = UInt32(target.count)
      deflate(&stream, Z_FINISH)
      return target.count - Int(stream.avail_out)
    }
  }
  return Array(output[..<count])
}

private func read(_ contents: [UInt8]) throws(IDXError) -> IDXFile {
  try IDXFile(contents: contents, file: "f")
}

@Suite struct IDXTests {
  @Test(arguments: [false, true]) func readsTypeShapeAndElements(compressed: Bool) throws {
    let file = try read(compressed ? gzip(idx()) : idx())
    #expect(file.elementType == .uint8)
    #expect(file.shape == [2, 3])
    #expect(file.bytes == [1, 2, 3, 4, 5, 6])
  }

  @Test(arguments: IDXFile.ElementType.allCases)
  func readsEveryElementType(type: IDXFile.ElementType) throws {
    let elements = (0..<UInt8(3 * type.byteCount)).map { $0 }
    let file = try read(idx([0, 0, type.rawValue, 1], [3], elements))
    #expect(file.elementType == type)
    #expect(file.bytes == elements)
  }

  @Test func readsNoDimensionsAsOneElement() throws {
    let file = try read(idx([0, 0, 8, 0], [], [7]))
    #expect(file.shape == [])
    #expect(file.bytes == [7])
  }

  @Test func readsAnExtentOfZeroAsNoElements() throws {
    let file = try read(idx([0, 0, 14, 3], [.max, .max, 0], []))
    #expect(file.shape == [0xffff_ffff, 0xffff_ffff, 0])
    #expect(file.bytes == [])
  }

  @Test func readsSeveralGzipMembersAsOne() throws {
    let whole = idx()
    let file = try read(gzip(Array(whole[..<9])) + gzip(Array(whole[9...])))
    #expect(file.bytes == [1, 2, 3, 4, 5, 6])
  }

  @Test func readsMoreThanOnePieceOfCompressedData() throws {
    let elements = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
    let file = try read(gzip(idx([0, 0, 8, 1], [1_000_000], elements)))
    #expect(file.bytes == elements)
  }
}

@Suite struct BadIDXTests {
  @Test func namesAWrongMagic() throws {
    #expect(throws: IDXError.badMagic(file: "f", found: [0x50, 0x4b, 8, 2])) {
      try read(idx([0x50, 0x4b, 8, 2]))
    }
  }

  @Test func namesAnUnknownElementType() throws {
    #expect(throws: IDXError.unknownElementType(file: "f", found: 0x0a)) {
      try read(idx([0, 0, 0x0a, 2]))
    }
  }

  @Test(arguments: [[0x1000, 0x0010_0001], [UInt32.max, .max, .max]])
  func refusesAShapeThatIsTooLarge(dimensions: [UInt32]) throws {
    let file = idx([0, 0, 8, UInt8(dimensions.count)], dimensions)
    #expect(throws: IDXError.tooLarge(file: "f", shape: dimensions.map(Int.init))) {
      try read(file)
    }
  }

  @Test func refusesElementsThatAreNotThere() throws {
    #expect(throws: IDXError.truncated(file: "f", found: 18, expected: 12 + 0x1000_0000)) {
      try read(gzip(idx([0, 0, 8, 2], [0x1000, 0x10000])))
    }
  }

  @Test func refusesEveryPrefix() {
    let whole = idx()
    for count in whole.indices {
      let expected = count < 4 ? 4 : count < 12 ? 12 : 18
      let error = IDXError.truncated(file: "f", found: count, expected: expected)
      #expect(throws: error) { try read(Array(whole[..<count])) }
      #expect(throws: error) { try read(gzip(Array(whole[..<count]))) }
    }
  }

  @Test func refusesEveryPrefixOfCompressedData() {
    let whole = gzip(idx())
    for count in 2..<whole.count {
      #expect(throws: IDXError.incompleteGzip(file: "f", offset: count)) {
        try read(Array(whole[..<count]))
      }
    }
  }

  @Test func refusesBytesAfterTheElements() {
    let error = IDXError.trailingBytes(file: "f", expected: 18)
    #expect(throws: error) { try read(idx() + [0]) }
    #expect(throws: error) { try read(gzip(idx() + [0])) }
    #expect(throws: error) { try read(gzip(idx()) + gzip([0])) }
  }

  @Test func refusesBytesAfterCompressedData() {
    let whole = gzip(idx())
    let error = #expect(throws: IDXError.self) { try read(whole + [1, 2, 3]) }
    #expect(error == .corruptGzip(file: "f", offset: whole.count + 2))
  }

  @Test func isNeverMisledByAFlippedBitOfCompressedData() throws {
    let good = try read(idx())
    let whole = gzip(idx())
    for position in whole.indices {
      for bit in 0..<8 {
        var bad = whole
        bad[position] ^= 1 << bit
        // Some bits (the header's time, padding before the checksum) say nothing about the data.
        let file = try? read(bad)
        #expect(file == nil || file == good, "byte \(position), bit \(bit)")
      }
    }
  }

  @Test func survivesArbitraryBytes() {
    var state: UInt64 = 7
    for _ in 0..<2000 {
      let bytes = (0..<24).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(state >> 56)
      }
      for head in [[], [0, 0], [0, 0, 8], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]] as [[UInt8]] {
        #expect((try? read(head + bytes))?.bytes.count ?? 0 <= bytes.count * 1032)
      }
    }
  }

  @Test func saysWhatIsWrongInOneLine() {
    #expect(
      IDXError.truncated(file: "a.gz", found: 3, expected: 16).description
        == "a.gz: 3 bytes, expected 16")
    #expect(
      IDXError.unreadable(file: "a", code: 2).description == "a: No such file or directory")
  }
}

@Suite struct IDXFileTests {
  @Test func readsAFile() throws {
    let path = NSTemporaryDirectory() + "lathe-idx-\(UUID().uuidString).gz"
    try Data(gzip(idx())).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try IDXFile(path: path).shape == [2, 3])
  }

  @Test func saysWhyAFileIsUnreadable() throws {
    let missing = "/no/such/file"
    #expect(throws: IDXError.unreadable(file: missing, code: 2)) { try IDXFile(path: missing) }
    #expect(throws: IDXError.unreadable(file: "/", code: 21)) { try IDXFile(path: "/") }
    #expect(throws: IDXError.unreadable(file: "/dev/zero", code: 22)) {
      try IDXFile(path: "/dev/zero")
    }
  }

  static let fashion = "/usr/share/datasets/fashion-mnist/"

  @Test(.enabled(if: FileManager.default.fileExists(atPath: fashion)))
  func readsFashionMNIST() throws {
    let images = try IDXFile(path: Self.fashion + "train-images-idx3-ubyte.gz")
    #expect(images.elementType == .uint8)
    #expect(images.shape == [60_000, 28, 28])
    #expect(images.bytes.count == 47_040_000)
    let labels = try IDXFile(path: Self.fashion + "train-labels-idx1-ubyte.gz")
    #expect(labels.shape == [60_000])
    let counts = labels.bytes.reduce(into: [UInt8: Int]()) { $0[$1, default: 0] += 1 }
    #expect(counts == Dictionary(uniqueKeysWithValues: (0..<10).map { (UInt8($0), 6000) }))
  }
}
