// CSV files, good and bad.

import LatheNN
import Testing

@Suite struct CSVTests {
  private func table(_ text: String, _ header: CSVTable.Header = .detected) throws -> CSVTable {
    try CSVTable(contents: Array(text.utf8), file: "f.csv", header: header)
  }

  @Test func fieldsAreFound() throws {
    let csv = try table("a,\"b,\"\"c\"\"\",\r\n\n\"x\ny\", 2.5 ,-1e-3\n9,,\"\"", .absent)
    #expect(csv.rowCount == 3 && csv.columnCount == 3 && csv.columns == nil)
    #expect((0..<3).map { csv.text(row: 0, column: $0) } == ["a", "b,\"c\"", ""])
    #expect((0..<3).map { csv.text(row: 1, column: $0) } == ["x\ny", " 2.5 ", "-1e-3"])
    #expect((0..<3).map { csv.text(row: 2, column: $0) } == ["9", "", ""])
    #expect(csv.number(row: 1, column: 1) == 2.5 && csv.number(row: 1, column: 2) == -1e-3)
    #expect(csv.number(row: 0, column: 0) == nil && csv.number(row: 0, column: 2) == nil)
    #expect((0..<3).map(csv.line(ofRow:)) == [1, 3, 5])
  }

  @Test func headersAreDetected() throws {
    #expect(try table("w,h,kind\n1,2,cat\n").columns == ["w", "h", "kind"])
    #expect(try table("1,2,cat\n3,4,dog\n").columns == nil)
    #expect(try table("\u{feff}w,1\n1,2\n").columns == ["w", "1"])
    #expect(try table("1,2\n3,4\n", .present).columns == ["1", "2"])
  }

  @Test func numbersAndClassesBecomeADataset() throws {
    let cats = try Dataset(table("w,kind,h\n1,cat,2.5\n3,ant,4\n"), label: .named("kind"))
    #expect(cats.shape == [2] && cats.elements == .floats([1, 2.5, 3, 4]))
    #expect(cats.classes == ["ant", "cat"] && cats.labels == [1, 0])
    let digits = try Dataset(table("0,255,3\n1,2,0\n"), shape: [1, 1, 2], scale: 1 / 255)
    #expect(digits.elements == .bytes([0, 255, 1, 2]) && digits.shape == [1, 1, 2])
    #expect(digits.classes == ["0", "1", "2", "3"] && digits.labels == [3, 0])
    let given = try Dataset(table("1,b\n"), classes: ["b", "a"])
    #expect(given.labels == [0])
  }

  static let bad: [(text: String, message: String)] = [
    ("", "f.csv: no rows of data"),
    ("a,b\n", "f.csv: no rows of data"),
    ("w,k\n1,a\n2\n", "f.csv:3: 1 fields, expected 2 as in the first row"),
    ("w,k\n1,a\n2,b,3\n", "f.csv:3: 3 fields, expected 2 as in the first row"),
    ("w,k\n1,a\nx,b\n", "f.csv:3: column 1: 'x', expected a finite number"),
    ("w,k\n1,a\n,b\n", "f.csv:3: column 1: '', expected a finite number"),
    ("w,k\n1,a\nnan,b\n", "f.csv:3: column 1: 'nan', expected a finite number"),
    ("w,k\n1,a\n1e99,b\n", "f.csv:3: column 1: '1e99', expected a finite number"),
    ("w,k\n1,\"a\nb", "f.csv:2: column 2: a quoted field without its closing quote"),
    ("w,k\n1,a\"b\n", "f.csv:2: column 2: a quote inside a field, expected \"\" in a quoted one"),
    ("w,k\n1,\"a\"b\n", "f.csv:2: column 2: a quote inside a field, expected \"\" in a quoted one"),
  ]

  @Test(arguments: 0..<bad.count) func badDataIsRefused(index: Int) throws {
    let (text, message) = Self.bad[index]
    let error = #expect(throws: CSVError.self) {
      try Dataset(table(text, text == "a,b\n" ? .present : .detected))
    }
    #expect("\(error!)" == message)
  }

  @Test func badRequestsAreRefused() throws {
    func message(_ body: () throws -> Dataset) -> String {
      do throws(any Error) {
        _ = try body()
        return "nothing"
      } catch {
        return "\(error)"
      }
    }
    let text = "w,k\n1,a\n"
    #expect(
      message { try Dataset(table(text), label: .named("z")) }
        == "f.csv: columns w, k, expected one named z")
    #expect(
      message { try Dataset(table(text), label: .column(2)) }
        == "f.csv: 2 columns, expected a label in column 2")
    #expect(
      message { try Dataset(table(text), shape: [2, 2]) }
        == "f.csv: 1 numbers in a row, expected those of shape [2, 2]")
    #expect(
      message { try Dataset(table(text), classes: ["b", "c"]) }
        == "f.csv:2: column 2: label 'a', expected one of b, c")
    #expect(
      message { try Dataset(CSVTable(path: "/nowhere.csv")) }
        == "/nowhere.csv: No such file or directory")
    let folder = try TemporaryFolder()
    let cut = try folder.write("cut.csv.gz", [0x1f, 0x8b, 8, 0])
    #expect(
      message { try Dataset(CSVTable(path: cut)) }
        == "\(cut): gzip data is corrupt or cut short at or before byte 4")
  }

  /// No bytes make the scanner do anything but answer or throw.
  @Test(arguments: 0..<300) func anyBytesAnswerOrThrow(seed: Int) throws {
    let key = HostKey(seed)
    let alphabet = Array("\",\n\r1.a\u{fe}".utf8)
    let bytes = (0..<key.choice(0, below: 40)).map { index in
      alphabet[key.choice(index + 1, below: alphabet.count)]
    }
    do throws(CSVError) {
      let csv = try CSVTable(contents: bytes, file: "f", header: .absent)
      for row in 0..<csv.rowCount {
        for column in 0..<csv.columnCount { _ = csv.text(row: row, column: column) }
      }
      _ = try Dataset(csv)
    } catch {
      #expect("\(error)".hasPrefix("f:"))
    }
  }
}
