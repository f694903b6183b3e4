// The worker protocol of the benchmarks.

import ArgumentParser

/// Answers `run SECONDS` with measurements until `quit` or the end of the input.
struct ServeLoop {
  private let benchmark: Benchmark

  init(_ benchmark: Benchmark) { self.benchmark = benchmark }

  func run() {
    let numbers: [(String, Double)] = [
      ("ready_ms", benchmark.readyMilliseconds), ("llvm_load_ms", benchmark.loadMilliseconds),
      ("first_call_ms", benchmark.firstCallMilliseconds),
    ]
    let fields = numbers.map { "\"\($0)\": \(significant($1, 6))" }.joined(separator: ", ")
    Terminal.writeLine("ready {\"version\": \"\(LatheCommand.configuration.version)\", \(fields)}")
    while let line = readLine() {
      let words = line.split(separator: " ")
      if words.first == "quit" { return }
      guard words.count == 2, words[0] == "run", let seconds = Double(words[1]), seconds > 0 else {
        Terminal.writeError("lathe: '\(line)' is neither 'run SECONDS' nor 'quit'")
        continue
      }
      let samples = benchmark.samples(seconds: seconds)
      Terminal.writeLine(
        "{\"median_ms\": \(significant(samples.median, 6)), \"min_ms\": "
          + "\(significant(samples.minimum, 6)), \"repetitions\": \(samples.repetitions)}")
    }
  }
}
