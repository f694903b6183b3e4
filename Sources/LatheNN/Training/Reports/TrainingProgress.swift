// How far a run is, as text.

/// How far a run is: what a line of progress tells.
public struct TrainingProgress: Sendable {
  /// What is under way, such as `epoch 2/10`.
  public var title: String
  /// Steps done.
  public var step: Int
  /// Steps done when `seconds` began: not 0 where a run was resumed.
  public var firstStep: Int
  /// All steps.
  public var steps: Int
  /// Examples done since the beginning of `seconds`.
  public var examples: Int
  /// Time since the line's first step.
  public var seconds: Double
  /// Named values, such as the loss, in order.
  public var values: [(name: String, value: Double)]

  /// A state of progress.
  public init(
    title: String, step: Int, firstStep: Int = 0, steps: Int, examples: Int, seconds: Double,
    values: [(name: String, value: Double)]
  ) {
    self.title = title
    self.firstStep = firstStep
    self.step = step
    self.steps = steps
    self.examples = examples
    self.seconds = seconds
    self.values = values
  }

  /// Examples in a second.
  public var rate: Double { seconds > 0 ? Double(examples) / seconds : 0 }

  /// Seconds that are left at this pace; nil before the first step.
  public var secondsLeft: Double? {
    step > firstStep ? seconds * Double(steps - step) / Double(step - firstStep) : nil
  }

  /// The line without a bar: title, step, values, pace, time.
  public var text: String {
    var parts = ["\(title)  \(step)/\(steps)"]
    parts += values.map { "\($0.name) \(NumberText.short($0.value))" }
    parts.append("\(NumberText.grouped(rate.rounded())) examples/s")
    if step >= steps {
      parts.append("in \(NumberText.duration(seconds))")
    } else if let left = secondsLeft {
      parts.append("\(NumberText.duration(left)) left")
    }
    return parts.joined(separator: "  ")
  }

  /// The line with a bar for a terminal so many columns wide; cut where it does not fit.
  public func line(columns: Int, isColored: Bool) -> String {
    let text = text
    let room = min(30, columns - 1 - text.count - 3)
    guard room >= 8 else { return String(text.prefix(max(0, columns - 1))) }
    let part = Double(step) / Double(max(1, steps))
    let eighths = Int((min(max(part, 0), 1) * Double(room * 8)).rounded(.down))
    let blocks: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    var bar = String(repeating: "█", count: eighths / 8)
    if eighths % 8 > 0 { bar.append(blocks[eighths % 8 - 1]) }
    let rest = String(repeating: "·", count: room - bar.count)
    let shown = isColored ? "\u{1b}[36m\(bar)\u{1b}[2m\(rest)\u{1b}[0m" : bar + rest
    return "\(shown)  \(text)"
  }
}
