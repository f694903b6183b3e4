// Random loops, written out of nested choices, loops and memory.

/// Writes kernels over `%i in 0..<n`, whose bodies are random but legal to run in lanes.
struct LoopWriter {
  private var random: SplitMix
  private var lines: [String] = []
  private var count = 0

  /// A kernel's text for a seed.
  static func kernel(seed: UInt64) -> String {
    var writer = LoopWriter(random: SplitMix(state: seed))
    writer.body()
    return """
      kernel @random(in %x: f32[n + 8], in %p: i32[n], in %u: i32[4], out %y: f32[n], \
      inout %z: f32[n], inout %h: i32[8]) symbols(n) {
        for %i in 0..<n {
      \(writer.lines.joined(separator: "\n"))
        }
      }
      """
  }

  private init(random: SplitMix) { self.random = random }

  private mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

  private mutating func name() -> String {
    count += 1
    return "%v\(count)"
  }

  private mutating func define(_ operation: String) -> String {
    let name = name()
    lines.append("\(name) = \(operation)")
    return name
  }

  private mutating func body() {
    var floats = [define("load %x[%i] : f32"), define("load %x[%i + 3] : f32")]
    floats.append(define("cast %i : f32"))
    var integers = [define("load %p[%i] : i32"), define("load %u[1] : i32")]
    for _ in 0..<4 { statement(&floats, &integers, depth: 0) }
    lines.append("store \(floats[floats.count - 1]), %y[%i]")
    lines.append("accumulate %h[\(integers[0])] add= \(integers[1])")
  }

  private mutating func statement(
    _ floats: inout [String], _ integers: inout [String], depth: Int
  ) {
    let a = floats[below(floats.count)]
    let b = floats[below(floats.count)]
    let n = integers[below(2)]
    switch below(depth < 3 ? 9 : 4) {
    case 0: floats.append(define("mulAdd \(a), 0.5, \(b) : f32"))
    case 1: floats.append(define("load %x[\(n)] : f32"))
    case 2: lines.append("accumulate %z[%i] add= \(a)")
    case 3: floats.append(define("min \(a), \(b) : f32"))
    case 4, 5: floats.append(choice(a, b, floats, integers, depth))
    case 6: floats.append(counted(a, n, floats, integers, depth))
    case 7: floats.append(counted(a, "%i..<%i + \(n)", floats, integers, depth))
    default: floats.append(untilLarge(a, n, floats, integers, depth))
    }
  }

  private mutating func choice(
    _ a: String, _ b: String, _ floats: [String], _ integers: [String], _ depth: Int
  ) -> String {
    let condition =
      below(4) == 0 ? define("lt \(integers[1]), 4 : bool") : define("lt \(a), \(b) : bool")
    let result = name()
    lines.append("\(result) = if \(condition) : f32 {")
    nested(floats, integers, depth)
    lines.append("} else {")
    if below(2) == 0 { nested(floats, integers, depth) } else { lines.append("yield \(a)") }
    lines.append("}")
    return result
  }

  private mutating func counted(
    _ a: String, _ bound: String, _ floats: [String], _ integers: [String], _ depth: Int
  ) -> String {
    let (result, variable, inside) = (name(), name(), name())
    let range = bound.contains("..<") ? bound : "0..<\(bound)"
    lines.append("\(result) = for \(variable) in \(range) (\(inside) = \(a) : f32) {")
    nested(floats + [inside, define("cast \(variable) : f32")], integers, depth)
    lines.append("}")
    return result
  }

  private mutating func untilLarge(
    _ a: String, _ bound: String, _ floats: [String], _ integers: [String], _ depth: Int
  ) -> String {
    let (result, unused, inside, step) = (name(), name(), name(), name())
    lines.append("\(result), \(unused) = while (\(inside) = \(a) : f32, \(step) = 0 : i32) {")
    let isShort = define("lt \(step), \(bound) : bool")
    let isSmall = define("lt \(inside), 1.5 : bool")
    lines.append("test \(define("and \(isShort), \(isSmall) : bool"))\n} do {")
    let next = define("add \(step), 1 : i32")
    nested(floats + [inside], integers, depth, also: ", \(next)")
    lines.append("}")
    return result
  }

  private mutating func nested(
    _ floats: [String], _ integers: [String], _ depth: Int, also: String = ""
  ) {
    var (floats, integers) = (floats, integers)
    for _ in 0..<1 + below(2) { statement(&floats, &integers, depth: depth + 1) }
    lines.append("yield \(floats[floats.count - 1])\(also)")
  }
}
