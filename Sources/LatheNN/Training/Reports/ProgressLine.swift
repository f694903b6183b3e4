// Shows progress while a model is trained.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Shows progress on a terminal as one line with a bar, which is written over; anywhere else as plain
/// lines, one for each tenth of the way.
///
/// Colours are left out where the environment sets `NO_COLOR` to anything but nothing.
public struct ProgressLine: Sendable {
  /// How it is shown.
  public enum Style: Equatable, Sendable {
    /// One line that is written over.
    case bar(isColored: Bool)
    /// Plain lines.
    case lines
    /// Not at all.
    case hidden
  }

  private let descriptor: Int32
  private let style: Style
  private let clock = ContinuousClock()
  private var title = ""
  private var steps = 0
  private var examples = 0
  private var step = 0
  private var firstStep = 0
  private var begin: ContinuousClock.Instant
  private var lastShown: ContinuousClock.Instant?
  private var lastTenth = 0
  private var lastLine: ContinuousClock.Instant?
  private let betweenLines: Duration

  /// Shows progress on an open file, standard error unless stated; plain lines come at each tenth of
  /// the steps, but not sooner than `betweenLines` after the last one.
  public init(
    style: Style? = nil, descriptor: Int32 = 2, betweenLines: Duration = .seconds(5)
  ) {
    self.descriptor = descriptor
    self.betweenLines = betweenLines
    self.style = style ?? Self.style(of: descriptor)
    begin = clock.now
  }

  /// A bar for a terminal that can move its cursor, else lines.
  public static func style(of descriptor: Int32) -> Style {
    func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
    guard isatty(descriptor) == 1, variable("TERM") != "dumb" else { return .lines }
    return .bar(isColored: variable("NO_COLOR").isEmpty)
  }

  /// Begins a line of so many steps.
  public mutating func start(_ title: String, steps: Int, at step: Int = 0) {
    self.title = title
    self.steps = steps
    self.step = step
    firstStep = step
    examples = 0
    lastTenth = 10 * step / max(1, steps)
    lastShown = nil
    begin = clock.now
    if lastLine == nil { lastLine = begin }
  }

  /// Notes a step of so many examples, and shows it where it is time to: every 50 ms on a terminal.
  public mutating func advance(examples: Int, values: @autoclosure () -> [(String, Double)]) {
    step += 1
    self.examples += examples
    switch style {
    case .hidden: return
    case .bar:
      if let lastShown, step < steps, clock.now - lastShown < .milliseconds(50) { return }
      lastShown = clock.now
    case .lines:
      let tenth = 10 * step / max(1, steps)
      guard tenth > lastTenth, let last = lastLine, clock.now - last >= betweenLines else {
        return
      }
      lastTenth = tenth
      lastLine = clock.now
    }
    show(values())
  }

  /// Ends the line with its last values, so that what is written next begins below it.
  public func finish(values: [(String, Double)]) {
    guard case .bar = style else { return }
    show(values)
    write("\n")
  }

  private func show(_ values: [(String, Double)]) {
    let elapsed = (clock.now - begin).components
    let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
    let progress = TrainingProgress(
      title: title, step: step, firstStep: firstStep, steps: steps, examples: examples,
      seconds: seconds, values: values.map { (name: $0.0, value: $0.1) })
    guard case .bar(let isColored) = style else { return write("\(progress.text)\n") }
    write("\r\u{1b}[K" + progress.line(columns: Self.columns(of: descriptor), isColored: isColored))
  }

  /// Width of the terminal; 80 where it does not tell.
  private static func columns(of descriptor: Int32) -> Int {
    var size = winsize()
    let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return isKnown ? Int(size.ws_col) : 80
  }

  /// What cannot be written is lost: progress is not worth an error.
  private func write(_ text: String) { _ = writeAll(Array(text.utf8), to: descriptor) }
}
