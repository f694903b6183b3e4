// Reading schedules.

import IRCore

extension KernelParser {
  mutating func parseSchedule() throws(TextError) {
    try reader.expect("[")
    if reader.takeIf("]") { return }
    repeat { kernel.schedule.append(try parseStep()) } while reader.takeIf(",")
    try reader.expect("]")
  }

  private mutating func parseStep() throws(TextError) -> ScheduleStep {
    let word = try reader.expect(.word, "a schedule step")
    let loop = try parseLoopName()
    switch word.text {
    case "split":
      try reader.expect("by")
      let factor = try reader.integer()
      try reader.expect("into")
      return .split(loop, by: factor, outer: try parseLoopName(), inner: try parseLoopName())
    case "reorder": return .reorder([loop] + parseLoopNames())
    case "fuse", "skew":
      let inner = try parseLoopName()
      try reader.expect("into")
      let name = try parseLoopName()
      return word.text == "fuse" ? .fuse(loop, inner, into: name) : .skew(loop, inner, into: name)
    case "unroll":
      try reader.expect("by")
      return .unroll(loop, by: try reader.integer())
    case "vectorize":
      try reader.expect("by")
      return .vectorize(loop, lanes: try reader.integer())
    case "parallelize": return .parallelize(loop)
    case "pad": return .pad(loop, to: reader.takeIf("to") ? try reader.integer() : nil)
    case "specialize": return .specialize(loop)
    case "computeAt": return .computeAt(loop, try parseLoopName())
    case "promote": return .promote(loop)
    case "skewStorage": return .skewStorage(loop)
    case "share": return .share(loop)
    case "merge": return .merge(loop, try parseLoopName())
    case "shrink":
      try reader.expect("at")
      return .shrink(loop, at: try parseLoopName(), role: try parseLocalRole())
    case "splitScan":
      try reader.expect("by")
      let factor = try reader.integer()
      try reader.expect("into")
      let totals = try parseLoopName()
      return .splitScan(
        loop, by: factor, into: totals, reassociates: reader.takeIf("reassociating"))
    case "overlap":
      let loops = [loop] + parseLoopNames()
      try reader.expect("by")
      var sizes: [Int] = []
      for _ in loops { sizes.append(try reader.integer()) }
      return .overlap(loops, by: sizes)
    case "localize":
      try reader.expect("at")
      let place = try parseLoopName()
      try reader.expect("into")
      let local = try parseLoopName()
      var axes: [Int] = []
      if reader.takeIf("[") {
        while !reader.takeIf("]") { axes.append(try reader.integer()) }
      }
      return .localize(loop, at: place, into: local, axes: axes, role: try parseLocalRole())
    case "stage": return try parseStage(loop)
    case "scan":
      try reader.expect("by")
      let lanes = try reader.integer()
      return .scan(loop, lanes: lanes, reassociates: reader.takeIf("reassociating"))
    case "privatize":
      try reader.expect("at")
      let place = try parseLoopName()
      try reader.expect("into")
      let copies = try parseLoopName()
      return .privatize(
        loop, at: place, into: copies, reassociates: reader.takeIf("reassociating"))
    case "foldStorage":
      try reader.expect("at")
      let place = try parseLoopName()
      try reader.expect("by")
      return .foldStorage(loop, at: place, by: try reader.integer())
    default: throw reader.error("a schedule step expected, found '\(word.text)'", at: word)
    }
  }

  private mutating func parseStage(_ buffer: String) throws(TextError) -> ScheduleStep {
    let place = reader.takeIf("at") ? try parseLoopName() : nil
    try reader.expect("into")
    let local = try parseLoopName()
    try reader.expect("[")
    let axes = parseLoopNames()
    try reader.expect("]")
    let padding = reader.takeIf("pad") ? try reader.integer() : 0
    return .stage(
      buffer, at: place, into: local, axes: axes, padding: padding, role: try parseLocalRole())
  }

  private mutating func parseLoopNames() -> [String] {
    var loops: [String] = []
    while reader.next.kind == .value { loops.append(reader.take().text) }
    return loops
  }

  private mutating func parseLocalRole() throws(TextError) -> Buffer.Role {
    try reader.expect("in")
    return try parseRole("'register', 'stack', 'scratch' or 'shared'", isParameter: false)
  }

  private mutating func parseLoopName() throws(TextError) -> String {
    try reader.expect(.value, "a loop's %name").text
  }
}
