// Progress, logs and charts.

import Foundation
import LatheNN
import Testing

@Suite struct ProgressTests {
  private func progress(step: Int, seconds: Double, firstStep: Int = 0) -> TrainingProgress {
    TrainingProgress(
      title: "epoch 1/3", step: step, firstStep: firstStep, steps: 40,
      examples: 64 * (step - firstStep), seconds: seconds,
      values: [("loss", 0.51234), ("acc", 0.9)])
  }

  @Test func text() {
    #expect(
      progress(step: 10, seconds: 0.5).text
        == "epoch 1/3  10/40  loss 0.5123  acc 0.9000  1,280 examples/s  1.5s left")
    #expect(
      progress(step: 40, seconds: 125).text
        == "epoch 1/3  40/40  loss 0.5123  acc 0.9000  20 examples/s  in 2m05s")
    #expect(progress(step: 30, seconds: 5, firstStep: 20).secondsLeft == 5)
    #expect(progress(step: 20, seconds: 0, firstStep: 20).secondsLeft == nil)
    #expect(progress(step: 0, seconds: 0).rate == 0)
  }

  @Test func bars() {
    let half = progress(step: 20, seconds: 1)
    let line = half.line(columns: 120, isColored: false)
    #expect(line.hasPrefix(String(repeating: "█", count: 15) + String(repeating: "·", count: 15)))
    #expect(line.hasSuffix(half.text) && line.count < 120)
    let odd = progress(step: 1, seconds: 1).line(columns: 120, isColored: false)
    #expect(odd.hasPrefix("▊·"))
    #expect(half.line(columns: 120, isColored: true).contains("\u{1b}[36m"))
    for columns in 0..<130 {
      #expect(half.line(columns: columns, isColored: false).count <= max(0, columns - 1))
    }
  }

  /// Into a pipe: plain lines, one for each tenth, without any control character.
  @Test func plainLines() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("out", "")
    let file = FileHandle(forWritingAtPath: path)!
    var line = ProgressLine(descriptor: file.fileDescriptor, betweenLines: .zero)
    line.start("epoch 1/1", steps: 100)
    for _ in 0..<100 { line.advance(examples: 8, values: [("loss", 1)]) }
    line.finish(values: [("loss", 1)])
    let lines = folder.text("out").split(separator: "\n")
    #expect(lines.count == 10)
    #expect(lines[0].hasPrefix("epoch 1/1  10/100  loss 1.0000"))
    #expect(lines[9].hasPrefix("epoch 1/1  100/100  loss 1.0000"))
    #expect(!folder.text("out").contains("\u{1b}") && !folder.text("out").contains("\r"))
  }

  @Test func hiddenAndBar() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("out", "")
    let file = FileHandle(forWritingAtPath: path)!
    var hidden = ProgressLine(style: .hidden, descriptor: file.fileDescriptor)
    hidden.start("a", steps: 2)
    hidden.advance(examples: 1, values: [])
    hidden.finish(values: [])
    #expect(folder.text("out") == "")
    var bar = ProgressLine(style: .bar(isColored: false), descriptor: file.fileDescriptor)
    bar.start("a", steps: 1)
    bar.advance(examples: 1, values: [])
    bar.finish(values: [])
    #expect(folder.text("out").hasPrefix("\r\u{1b}[K") && folder.text("out").hasSuffix("\n"))
  }
}

@Suite struct TrainingLogTests {
  private func record(_ step: Int, _ loss: Double) -> LogRecord {
    LogRecord(step: step, values: [("loss", loss)])
  }

  @Test func csv() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/log.csv"
    let log = try TrainingLog(path: path, columns: ["loss", "accuracy"], resumingAfter: nil)
    try log.append(record(1, 0.5))
    try log.append(LogRecord(step: 2, values: [("accuracy", 0.75), ("loss", .nan), ("other", 1)]))
    #expect(folder.text("log.csv") == "step,loss,accuracy\n1,0.5,\n2,,0.75\n")
    #expect(folder.names == ["log.csv"])
  }

  @Test func jsonLines() throws {
    let folder = try TemporaryFolder()
    let log = try TrainingLog(
      path: "\(folder.path)/log.jsonl", columns: ["loss", "a\"b"], resumingAfter: nil)
    try log.append(LogRecord(step: 1, values: [("loss", .infinity), ("a\"b", 1e-9)]))
    #expect(folder.text("log.jsonl") == "{\"step\":1,\"loss\":null,\"a\\\"b\":1e-09}\n")
  }

  /// What a killed run left behind its last checkpoint, and its broken last line, are removed.
  @Test func resumes() throws {
    let folder = try TemporaryFolder()
    let csv = try folder.write("log.csv", "step,loss\n1,0.5\n2,0.4\n3,0.3\n4,0.")
    try TrainingLog(path: csv, columns: ["loss"], resumingAfter: 2).append(record(3, 9))
    #expect(folder.text("log.csv") == "step,loss\n1,0.5\n2,0.4\n3,9.0\n")
    let json = try folder.write("log.jsonl", "{\"step\":1,\"loss\":2}\n{\"step\":2}\n{\"st")
    try TrainingLog(path: json, columns: ["loss"], resumingAfter: 1).append(record(2, 9))
    #expect(folder.text("log.jsonl") == "{\"step\":1,\"loss\":2}\n{\"step\":2,\"loss\":9.0}\n")
    // Anew, and where there is none yet.
    try TrainingLog(path: csv, columns: ["loss"], resumingAfter: nil).append(record(1, 1))
    #expect(folder.text("log.csv") == "step,loss\n1,1.0\n")
    let new = "\(folder.path)/new.csv"
    try TrainingLog(path: new, columns: ["loss"], resumingAfter: 7).append(record(8, 1))
    #expect(folder.text("new.csv") == "step,loss\n8,1.0\n")
  }

  @Test func refusals() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("log.csv", "step,error\n1,0.5\n")
    let error = #expect(throws: LogError.self) {
      try TrainingLog(path: path, columns: ["loss"], resumingAfter: 1)
    }
    #expect("\(error!)" == "\(path): columns step,error, expected step,loss")
    #expect(folder.text("log.csv") == "step,error\n1,0.5\n")
    let missing = #expect(throws: LogError.self) {
      try TrainingLog(path: "/nowhere/log.csv", columns: [], resumingAfter: nil)
    }
    #expect("\(missing!)" == "/nowhere/log.csv: No such file or directory")
  }
}

@Suite struct CurveChartTests {
  private func chart(_ points: [(x: Double, y: Double)], name: String = "training") -> CurveChart {
    CurveChart(
      title: "run", xLabel: "step",
      panels: [.init(label: "loss", curves: [.init(name: name, points: points)])])
  }

  private func isXML(_ text: String) -> Bool { Elements(text) != nil }

  /// Counts elements of well-formed XML by hand: every tag is closed, and no text breaks out.
  private struct Elements {
    var counts: [Substring: Int] = [:]

    init?(_ text: String) {
      var open: [Substring] = []
      for tag in text.split(separator: "<").dropFirst(text.hasPrefix("<") ? 0 : 1) {
        guard let end = tag.firstIndex(of: ">") else { return nil }
        let name = tag.prefix { $0.isLetter || $0 == "/" }
        if name.hasPrefix("/") {
          guard open.popLast() == name.dropFirst() else { return nil }
        } else {
          counts[name.hasSuffix("/") ? name.dropLast() : name, default: 0] += 1
          if tag[tag.index(before: end)] != "/" { open.append(name) }
        }
      }
      guard open.isEmpty else { return nil }
    }
  }

  @Test func drawsCurves() throws {
    let svg = chart([(0, 1), (50, 0.5), (100, 0.25)]).svg
    let elements = try #require(Elements(svg))
    #expect(elements.counts["svg"] == 1)
    #expect(svg.contains(">step</text>") && svg.contains(">loss</text>"))
    #expect(svg.contains(">training</text>") && svg.contains(">run</text>"))
    // From the left end at the top to the right one: the range is 0.2 ... 1, the panel 220 high.
    #expect(svg.contains("d=\"M64.0 48.0L400.0 185.5L736.0 254.3\""))
    for tick in ["0.2", "0.4", "0.6", "0.8", "1.0", "20", "100"] {
      #expect(svg.contains(">\(tick)</text>"), "\(tick)")
    }
  }

  @Test func curvesWithoutPointsAreNotNamed() {
    let svg = CurveChart(
      title: "run", xLabel: "step",
      panels: [
        .init(
          label: "accuracy",
          curves: [.init(name: "seen", points: [(0, 1)]), .init(name: "unseen", points: [])])
      ]
    ).svg
    #expect(svg.contains(">seen</text>") && !svg.contains("unseen") && svg.contains("<circle"))
  }

  @Test func survivesAnyPoints() {
    let cases: [[(x: Double, y: Double)]] = [
      [], [(1, 1)], [(1, .nan), (2, .infinity)], [(0, 2), (1, 2)], [(5, 0), (5, 1)],
      [(0, -1e300), (1, 1e300)], [(0, 1e-12), (1, 2e-12)], [(0, -5), (1e7, 123_456)],
      (0..<100_000).map { (Double($0), 1 / Double($0 + 1)) },
    ]
    for points in cases {
      let svg = chart(points).svg
      #expect(isXML(svg))
      #expect(!svg.contains("nan") && !svg.contains("inf"))
      #expect(svg.utf8.count < 60_000)
    }
  }

  @Test func namesAreEscaped() {
    let svg = chart([(0, 1), (1, 2)], name: "a<b>&\"c\"\u{1}").svg
    #expect(isXML(svg) && svg.contains("a&lt;b&gt;&amp;&quot;c&quot; "))
  }

  @Test func writesAFile() throws {
    let folder = try TemporaryFolder()
    let drawing = chart([(0, 1), (1, 2)])
    try drawing.write(to: "\(folder.path)/curves.svg")
    #expect(folder.text("curves.svg") == drawing.svg && folder.names == ["curves.svg"])
    #expect(throws: FileError.self) { try drawing.write(to: "/nowhere/curves.svg") }
  }
}
