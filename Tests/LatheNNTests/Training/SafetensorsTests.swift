// Safetensors files, good and bad.

import Lathe
import LatheNN
import Testing

@Suite struct SafetensorsTests {
  /// A file of given header and data.
  private func file(_ header: String, _ data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
    let length = length ?? UInt64(header.utf8.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8) + data
  }

  private func read(_ contents: [UInt8]) throws -> Safetensors {
    try Safetensors(contents: contents, file: "f")
  }

  private func sample(_ dtype: DType, _ shape: [Int]) -> Safetensors.Entry {
    let count = dtype.byteSize * shape.reduce(1, *)
    let bytes = (0..<count).map {
      UInt8(truncatingIfNeeded: dtype == .bool ? $0 & 1 : 37 * $0 + 11)
    }
    return .init(name: "\(dtype) \(shape)", dtype: dtype, shape: shape, bytes: bytes)
  }

  @Test func everyTypeComesBack() throws {
    let shapes = [[], [0], [3], [2, 0, 5], [2, 3, 4]]
    let entries = DType.allCases.flatMap { dtype in shapes.map { sample(dtype, $0) } }
    let written = Safetensors(entries: entries, metadata: ["ä\"": "\n", "": "x"])
    let folder = try TemporaryFolder()
    try written.write(to: "\(folder.path)/a")
    let read = try Safetensors(path: "\(folder.path)/a")
    #expect(read == written && read.hasChecksum && folder.names == ["a"])
    for entry in entries { #expect(read[entry.name] == entry) }
    // Each tensor stands where its type is aligned.
    let contents = try #require(folder.contents("a"))
    let length = contents[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(length % 8 == 0)
  }

  @Test func tensorsComeBack() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a"
    let weight = Tensor([[1, 2], [3, 4.5]]) * 2
    try Safetensors(tensors: ["weight": weight, "mask": Tensor([true, false])]).write(to: path)
    let read = try Safetensors(path: path)
    #expect(read.entries.map(\.name) == ["weight", "mask"])
    let values = read["weight"]!.tensor()
    #expect(values.shape == [2, 2] && values.scalars(as: Float.self) == [2, 4, 6, 9])
    #expect(read["mask"]!.tensor().scalars(as: Bool.self) == [true, false])
  }

  /// The two bytes of each element are its bits, 1.5 and -inf.
  @Test func shortFloatsComeBack() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a"
    let halves: [Float16] = [1.5, -.infinity]
    let brains: [BFloat16] = [1.5, BFloat16(-Float.infinity)]
    try Safetensors(tensors: ["f16": Tensor(halves), "bf16": Tensor(brains)]).write(to: path)
    let read = try Safetensors(path: path)
    #expect(read["f16"]!.dtype == .f16 && read["f16"]!.bytes == [0x00, 0x3e, 0x00, 0xfc])
    #expect(read["bf16"]!.dtype == .bf16 && read["bf16"]!.bytes == [0xc0, 0x3f, 0x80, 0xff])
    #expect(read["f16"]!.tensor().scalars(as: Float16.self) == halves)
    #expect(read["bf16"]!.tensor().scalars(as: BFloat16.self) == brains)
  }

  /// A file as the reference implementation writes it: another order of keys, blanks, no checksum.
  @Test func otherWritersFiles() throws {
    let header = """
      { "b": {"shape": [2], "data_offsets": [4, 8], "dtype": "I16"},
        "__metadata__": {"format": "pt"}, "a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   \

      """
    let read = try read(file(header, [0, 0, 128, 63, 1, 0, 255, 255]))
    #expect(read.metadata == ["format": "pt"] && !read.hasChecksum)
    #expect(read["a"]!.tensor().scalars(as: Float.self) == [1])
    #expect(read["b"]!.tensor().scalars(as: Int16.self) == [1, -1])
    #expect(read.entries.map(\.name) == ["a", "b"])
    #expect(try self.read(file("{}")).entries.isEmpty)
  }

  private static func entry(_ dtype: String, _ shape: String, _ offsets: String) -> String {
    "{\"t\":{\"dtype\":\(dtype),\"shape\":\(shape),\"data_offsets\":\(offsets)}}"
  }

  static let bad: [(header: String, data: Int, message: String)] = [
    ("", 0, "f: header: no JSON at byte 8, expected a value"),
    ("{", 0, "f: header: no JSON at byte 9, expected a string"),
    ("{} x", 0, "f: header: no JSON at byte 11, expected the end"),
    ("[]", 0, "f: header: the header, expected an object"),
    ("{\"__metadata__\":[]}", 0, "f: header: __metadata__, expected an object"),
    (
      "{\"__metadata__\":{\"a\":1}}", 0, "f: __metadata__: a missing or of another kind"
    ),
    ("{\"t\":1}", 0, "f: t: dtype missing or of another kind"),
    (entry("1", "[]", "[0,4]"), 4, "f: t: dtype missing or of another kind"),
    (
      entry("\"F8_E4M3\"", "[]", "[0,1]"), 1,
      "f: t: dtype F8_E4M3, expected one of F64, F32, F16, BF16, I8, I16, I32, I64, U8, U16, U32, "
        + "U64, BOOL"
    ),
    (entry("\"F32\"", "[-1]", "[0,4]"), 4, "f: t: shape missing or of another kind"),
    (entry("\"F32\"", "[1.5]", "[0,4]"), 4, "f: t: shape missing or of another kind"),
    (entry("\"F32\"", "2", "[0,4]"), 4, "f: t: shape missing or of another kind"),
    (entry("\"F32\"", "[1]", "[0,4,4]"), 4, "f: t: data_offsets missing or of another kind"),
    (entry("\"F32\"", "[1]", "[4,0]"), 4, "f: t: data_offsets missing or of another kind"),
    (entry("\"F32\"", "[1]", "[-4,0]"), 4, "f: t: data_offsets missing or of another kind"),
    (entry("\"F32\"", "[2]", "[0,4]"), 4, "f: t: 4 bytes, expected those of f32[2]"),
    (
      entry("\"F32\"", "[9223372036854775807,9]", "[0,4]"), 4,
      "f: t: 4 bytes, expected those of f32[9223372036854775807, 9]"
    ),
    (entry("\"F32\"", "[1]", "[4,8]"), 8, "f: t: begins at byte 4 of the data, expected 0"),
    (
      entry("\"U8\"", "[9223372036854775807]", "[0,9223372036854775807]"), 4,
      "f: 101 bytes, expected 9223372036854775807"
    ),
    (
      entry("\"F32\"", "[4611686018427387904]", "[0,18446744073709551616]"), 4,
      "f: t: data_offsets missing or of another kind"
    ),
    (entry("\"F32\"", "[1]", "[0,4]"), 3, "f: 65 bytes, expected 66"),
    (entry("\"F32\"", "[1]", "[0,4]"), 5, "f: goes on after the 66 bytes that its header asks for"),
    ("{}", 1, "f: goes on after the 10 bytes that its header asks for"),
    (entry("\"BOOL\"", "[3]", "[0,3]"), 3, "f: t: 9 at index 0, expected a bool, 0 or 1"),
    (
      "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
        + "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}", 3,
      "f: b: begins at byte 1 of the data, expected 2"
    ),
    (
      "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
        + "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}", 4,
      "f: header: no JSON at byte 61, expected another name, as this one stands before"
    ),
  ]

  @Test(arguments: 0..<bad.count) func refusesBadHeaders(index: Int) throws {
    let (header, count, message) = Self.bad[index]
    let error = #expect(throws: SafetensorsError.self) {
      try read(file(header, Array(repeating: 9, count: count)))
    }
    #expect("\(error!)" == message)
  }

  @Test func refusesBadLengths() {
    let cases: [([UInt8], String)] = [
      ([], "f: 0 bytes, expected 8"),
      ([1, 2, 3], "f: 3 bytes, expected 8"),
      (file("{}", length: 3), "f: 10 bytes, expected 11"),
      (file("{}", length: 100_000_000), "f: 10 bytes, expected 100000008"),
      (
        file("{}", length: 100_000_001),
        "f: a header of 100000001 bytes, expected at most 100000000; no safetensors file"
      ),
      (
        file("{}", length: .max),
        "f: a header of 18446744073709551615 bytes, expected at most 100000000; no safetensors file"
      ),
    ]
    for (contents, message) in cases {
      let error = #expect(throws: SafetensorsError.self) { try read(contents) }
      #expect("\(error!)" == message)
    }
    let missing = #expect(throws: SafetensorsError.self) { try Safetensors(path: "/nowhere") }
    #expect("\(missing!)" == "/nowhere: No such file or directory")
  }

  /// Cut anywhere, or with any bit flipped, a file that we wrote is no file with a right checksum.
  @Test func damageIsNoticed() throws {
    let folder = try TemporaryFolder()
    let written = Safetensors(
      entries: [sample(.f32, [3]), sample(.bool, [5])], metadata: ["k": "v"])
    try written.write(to: "\(folder.path)/a")
    let contents = try #require(folder.contents("a"))
    #expect(try read(contents) == written)
    for count in 0..<contents.count {
      #expect(throws: SafetensorsError.self) { try read(Array(contents[..<count])) }
    }
    #expect(throws: SafetensorsError.self) { try read(contents + [0]) }
    for bit in 0..<8 * contents.count {
      var flipped = contents
      flipped[bit / 8] ^= 1 << (bit % 8)
      do throws(any Error) {
        #expect(try !read(flipped).hasChecksum, "bit \(bit)")
      } catch {
        #expect(error is SafetensorsError)
      }
    }
  }

  /// Headers put together at random are answered or refused.
  @Test(arguments: 0..<300) func anyBytesAnswerOrThrow(seed: Int) {
    let key = HostKey(seed)
    let pieces = [
      "{", "}", "[", "]", ":", ",", "\"t\"", "\"dtype\"", "\"F32\"", "\"shape\"",
      "\"data_offsets\"",
      "0", "4", "9223372036854775807", "-1", "1e9", "\"__metadata__\"", "\\", "\"", " ",
    ]
    let header = (0..<key.choice(0, below: 30)).map { index in
      pieces[key.choice(index + 1, below: pieces.count)]
    }.joined()
    _ = try? read(file(header, [1, 2, 3, 4]))
    _ = try? read(file("{\"t\":{\"dtype\":\"F32\",\"shape\":\(header),\"data_offsets\":[0,4]}}"))
  }

  @Test func badNamesAreRefused() throws {
    let folder = try TemporaryFolder()
    let entry = Safetensors.Entry(name: "a", dtype: .u8, shape: [1], bytes: [1])
    let reserved = Safetensors.Entry(name: "__metadata__", dtype: .u8, shape: [1], bytes: [1])
    for entries in [[entry, entry], [reserved]] {
      let error = #expect(throws: SafetensorsError.self) {
        try Safetensors(entries: entries).write(to: "\(folder.path)/a")
      }
      #expect(
        "\(error!)" == "\(folder.path)/a: two tensors named '\(entries[0].name)', or a name that "
          + "the format keeps for itself")
    }
    #expect(folder.names.isEmpty)
  }
}
