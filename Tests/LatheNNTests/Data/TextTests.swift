// Texts, vocabularies and windows.

import Lathe
import LatheNN
import Testing

@Suite struct TextTests {
  @Test func vocabularies() throws {
    let vocabulary = Vocabulary(of: "banana ä")
    #expect(vocabulary.characters == " abnä" && vocabulary.count == 5)
    #expect(try vocabulary.encode("ban") == [2, 1, 3])
    #expect(try vocabulary.decode([3, 1, 4]) == "naä")
    #expect(try Vocabulary(characters: vocabulary.characters) == vocabulary)
    #expect(Vocabulary.bytes.count == 256 && Vocabulary.bytes.characters == "")
    #expect(try Vocabulary(characters: "") == .bytes)
    #expect(try Vocabulary.bytes.decode(Vocabulary.bytes.encode("ä€")) == "ä€")
    #expect(try Vocabulary.bytes.decode([65, 255]) == "A\u{fffd}")
  }

  @Test func badTextIsRefused() {
    func message(_ body: () throws -> Void) -> String {
      do throws(any Error) {
        try body()
        return "nothing"
      } catch {
        return "\(error)"
      }
    }
    let vocabulary = Vocabulary(of: "ab")
    #expect(
      message { _ = try vocabulary.encode("abc") }
        == "text: 'c' at character 2 is not in the vocabulary")
    #expect(
      message { _ = try vocabulary.decode([0, 2]) } == "tokens: 2 at index 1, expected one of 0..<2"
    )
    #expect(
      message { _ = try vocabulary.decode([-1]) } == "tokens: -1 at index 0, expected one of 0..<2")
    #expect(
      message { _ = try Vocabulary(characters: "aab") }
        == "vocabulary: 3 characters of which 2 differ, expected at least 1 and all different")
    #expect(
      message { _ = try TextDataset(contents: [0x61, 0xc3, 0xa4, 0xff, 0x61], file: "f") }
        == "f: no UTF-8 at byte 3; read it as bytes")
    #expect(
      message { _ = try TextDataset(path: "/nowhere") } == "/nowhere: No such file or directory")
    let text = TextDataset(name: "t", tokens: [1, 2, 3, 4], vocabulary: .bytes)
    #expect(
      message { _ = try TextWindows(text, length: 4) } == "t: 4 tokens, expected at least 5")
    #expect(
      message { _ = try TextWindows(text, length: 3, key: HostKey(1)) }
        == "t: 4 tokens, expected at least 6")
  }

  @Test func lineEndsAndBytes() throws {
    let text = try TextDataset(contents: Array("a\r\nb\rc".utf8), file: "f")
    #expect(try text.vocabulary.decode(text.tokens) == "a\nb\rc")
    let bytes = try TextDataset(contents: [255, 13, 10], file: "f", unit: .bytes)
    #expect(bytes.tokens == [255, 13, 10] && bytes.vocabulary == .bytes)
    let (training, validation) = TextDataset(
      name: "t", tokens: Array(0..<10), vocabulary: .bytes
    ).split(holdingBack: 0.3)
    #expect(training.tokens == Array(0..<7) && validation.tokens == [7, 8, 9])
  }

  @Test func windowsCoverTheText() throws {
    let text = TextDataset(name: "t", tokens: Array(0..<11), vocabulary: .bytes)
    let windows = try TextWindows(text, length: 3)
    #expect(windows.count == 3)
    let batch = windows.batch([0, 2], epoch: 0)
    #expect(batch.inputs.shape == [2, 3] && batch.inputs.dtype == .i32)
    #expect(batch.inputs.scalars(as: Int32.self) == [0, 1, 2, 6, 7, 8])
    #expect(batch.targets.scalars(as: Int32.self) == [1, 2, 3, 7, 8, 9])
  }

  /// Whatever the phase, every window and its followers lie in the text.
  @Test(arguments: 6..<30) func keyedWindowsStayInside(count: Int) throws {
    let text = TextDataset(name: "t", tokens: (0..<count).map(Int32.init), vocabulary: .bytes)
    let windows = try TextWindows(text, length: 3, key: HostKey(7))
    var phases: Set<Int32> = []
    for epoch in 0..<20 {
      let batch = windows.batch(ArraySlice(0..<windows.count), epoch: epoch)
      let inputs = batch.inputs.scalars(as: Int32.self)
      #expect(inputs == (0..<Int32(inputs.count)).map { $0 + inputs[0] })
      #expect(batch.targets.scalars(as: Int32.self) == inputs.map { $0 + 1 })
      phases.insert(inputs[0])
    }
    #expect(phases == [0, 1, 2])
  }

  @Test func opticksShips() throws {
    let text = TextDataset.opticks()
    #expect(text.tokens.count > 560_000 && (80...100).contains(text.vocabulary.count))
    #expect(try text.vocabulary.decode(text.tokens.prefix(8)) == "OPTICKS:")
    let end = try text.vocabulary.decode(text.tokens.suffix(1000))
    #expect(end.hasSuffix("before they corrupted\nthemselves.\n"))
  }
}
