// Curves as SVG.

/// A drawing of curves over steps or epochs, panel above panel: the losses, the accuracies.
///
/// It is text that every browser shows, light or dark as the reader likes it.
public struct CurveChart: Sendable {
  /// A named curve.
  public struct Curve: Sendable {
    /// The name, as the legend has it.
    public let name: String
    /// The points in order; those that are not finite are left out.
    public let points: [(x: Double, y: Double)]

    /// A curve through points.
    public init(name: String, points: [(x: Double, y: Double)]) {
      self.name = name
      self.points = points
    }
  }

  /// Curves that share their axes.
  public struct Panel: Sendable {
    /// What goes up: `loss`.
    public let label: String
    /// The curves.
    public let curves: [Curve]

    /// Curves with the label of their vertical axis.
    public init(label: String, curves: [Curve]) {
      self.label = label
      self.curves = curves
    }
  }

  /// Written above all.
  public let title: String
  /// What goes right: `step`.
  public let xLabel: String
  /// The panels, the upper one first.
  public let panels: [Panel]

  /// A chart of panels.
  public init(title: String, xLabel: String, panels: [Panel]) {
    self.title = title
    self.xLabel = xLabel
    self.panels = panels
  }

  /// Writes the drawing in place of any other, whole or not at all.
  public func write(to path: String) throws(FileError) {
    let file = try AtomicFile(replacing: path)
    try file.append(Array(svg.utf8))
    try file.commit()
  }

  /// The drawing.
  public var svg: String {
    let xs = panels.flatMap(\.curves).flatMap(\.finite).map(\.x)
    let horizontal = AxisTicks(from: xs.min() ?? 0, to: xs.max() ?? 1, count: 8, widened: false)
    var top = 48.0
    var body = ""
    for panel in panels {
      let place = PanelPlace(panel: panel, horizontal: horizontal, top: top)
      body += place.svg(xLabel: xLabel)
      top += PanelPlace.height + 64
    }
    let (width, height) = (Int(PanelPlace.width), Int(top))
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" role="img" aria-label="\(escaped(title))">
      <style>\(Self.style)</style>
      <rect class="paper" width="100%" height="100%"/>
      <text class="title" x="64" y="28">\(escaped(title))</text>
      \(body)</svg>

      """
  }

  /// Colours that stay apart for readers who see some of them alike (Masataka Okabe and Kei Ito,
  /// "Color Universal Design", 2008).
  static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]

  private static let style = """
    text{font:12px system-ui,sans-serif;fill:#444}.title{font-size:15px;font-weight:600;fill:#111}\
    .paper{fill:#fff}.grid{stroke:#e4e4e4}.axis{fill:none;stroke:#999}\
    .curve{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}\
    .end{text-anchor:end}.middle{text-anchor:middle}\
    @media(prefers-color-scheme:dark){text{fill:#bbb}.title{fill:#eee}.paper{fill:#161616}\
    .grid{stroke:#333}.axis{stroke:#777}}
    """
}

extension CurveChart.Curve {
  /// The points that can be drawn.
  fileprivate var finite: [(x: Double, y: Double)] {
    points.filter { $0.x.isFinite && $0.y.isFinite }
  }

  /// The drawn points, at most about `count`: each the mean of its neighbours where there are more.
  fileprivate func thinned(to count: Int) -> [(x: Double, y: Double)] {
    let points = finite
    let group = (points.count + count - 1) / count
    guard group > 1 else { return points }
    return stride(from: 0, to: points.count, by: group).map { start in
      let part = points[start..<min(start + group, points.count)]
      let number = Double(part.count)
      return (part.reduce(0) { $0 + $1.x } / number, part.reduce(0) { $0 + $1.y } / number)
    }
  }
}

/// A panel where it stands in the drawing.
private struct PanelPlace {
  static let width = 760.0
  static let height = 220.0
  private static let left = 64.0
  private static let right = 24.0

  let panel: CurveChart.Panel
  let horizontal: AxisTicks
  let vertical: AxisTicks
  let top: Double

  init(panel: CurveChart.Panel, horizontal: AxisTicks, top: Double) {
    self.panel = panel
    self.horizontal = horizontal
    self.top = top
    let ys = panel.curves.flatMap { $0.thinned(to: 600) }.map(\.y)
    vertical = AxisTicks(from: ys.min() ?? 0, to: ys.max() ?? 1, count: 5, widened: true)
  }

  private var bottom: Double { top + Self.height }

  private func x(_ value: Double) -> String {
    let range = horizontal.range
    let part = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    return NumberText.fixed(Self.left + part * (Self.width - Self.left - Self.right), 1)
  }

  private func y(_ value: Double) -> String {
    let range = vertical.range
    let part = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    return NumberText.fixed(bottom - part * Self.height, 1)
  }

  func svg(xLabel: String) -> String {
    let (left, right) = (Self.left, Self.width - Self.right)
    var lines: [String] = []
    for value in vertical.values {
      lines.append(
        #"<path class="grid" d="M\#(left) \#(y(value))H\#(right)"/>"#
          + #"<text class="end" x="\#(left - 8)" y="\#(y(value))" dy="4">"#
          + "\(vertical.text(value))</text>")
    }
    for value in horizontal.values {
      lines.append(
        #"<path class="axis" d="M\#(x(value)) \#(bottom)v4"/>"#
          + #"<text class="middle" x="\#(x(value))" y="\#(bottom + 18)">"#
          + "\(horizontal.text(value))</text>")
    }
    lines.append(#"<path class="axis" d="M\#(left) \#(top)V\#(bottom)H\#(right)"/>"#)
    let middle = NumberText.fixed((left + right) / 2, 1)
    lines.append(
      #"<text class="middle" x="\#(middle)" y="\#(bottom + 36)">\#(escaped(xLabel))</text>"#)
    let height = NumberText.fixed((top + bottom) / 2, 1)
    lines.append(
      #"<text class="middle" transform="translate(16 \#(height)) rotate(-90)">"#
        + "\(escaped(panel.label))</text>")
    return (lines + curves + legend).joined(separator: "\n") + "\n"
  }

  private var curves: [String] {
    panel.curves.enumerated().compactMap { index, curve in
      let points = curve.thinned(to: 600)
      guard let first = points.first else { return nil }
      let color = CurveChart.colors[index % CurveChart.colors.count]
      guard points.count > 1 else {
        return #"<circle cx="\#(x(first.x))" cy="\#(y(first.y))" r="3" fill="\#(color)"/>"#
      }
      let path = points.map { "\(x($0.x)) \(y($0.y))" }.joined(separator: "L")
      return #"<path class="curve" stroke="\#(color)" d="M\#(path)"/>"#
    }
  }

  /// The names at the panel's upper right, from right to left.
  private var legend: [String] {
    var right = Self.width - Self.right
    return panel.curves.enumerated().reversed().flatMap { index, curve -> [String] in
      // A curve without points is not drawn, and so not named.
      guard !curve.finite.isEmpty else { return [] }
      let color = CurveChart.colors[index % CurveChart.colors.count]
      let start = right - Double(curve.name.count) * 7 - 26
      defer { right = start - 10 }
      let at = NumberText.fixed(start, 1)
      return [
        #"<path class="curve" stroke="\#(color)" d="M\#(at) \#(top - 8)h18"/>"#,
        #"<text x="\#(NumberText.fixed(start + 23, 1))" y="\#(top - 4)">\#(escaped(curve.name))</text>"#,
      ]
    }
  }
}

/// A text as XML shows it.
private func escaped(_ text: String) -> String {
  var result = ""
  for character in text.unicodeScalars {
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    // XML 1.0 has no other control characters.
    case _ where character.value < 0x20 && character != "\t" && character != "\n": result += " "
    default: result.unicodeScalars.append(character)
    }
  }
  return result
}
