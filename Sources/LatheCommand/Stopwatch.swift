// Timing of calls.

import CLatheRuntime

/// Milliseconds that `body` takes, and what it returns.
func timed<Result>(_ body: () throws -> Result) rethrows -> (milliseconds: Double, result: Result) {
  let start = lathe_now_ns()
  let result = try body()
  return (Double(lathe_now_ns() - start) / 1e6, result)
}

/// Samples of one call's time.
struct Samples {
  /// Milliseconds of one call.
  let median: Double
  let minimum: Double
  /// Number of calls.
  let repetitions: Int

  /// Warms up for a fifth of `seconds`, then takes samples for that time, three at least. A sample
  /// is as many calls as take a millisecond, at least one.
  init(seconds: Double, call: () throws -> Void) rethrows {
    var calls = 1
    let warm = lathe_now_ns()
    var slowest = 0.0
    repeat {
      slowest = try timed { for _ in 0..<calls { try call() } }.milliseconds
      if slowest < 1 { calls = min(calls * 2, 1 << 20) }
    } while Self.elapsed(since: warm) < seconds / 5 || slowest < 0.5 && calls < 1 << 20
    var samples: [Double] = []
    let start = lathe_now_ns()
    repeat {
      samples.append(try timed { for _ in 0..<calls { try call() } }.milliseconds / Double(calls))
    } while Self.elapsed(since: start) < seconds || samples.count < 3
    samples.sort()
    let middle = samples.count / 2
    median = samples.count % 2 == 1 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2
    minimum = samples[0]
    repetitions = samples.count * calls
  }

  private static func elapsed(since start: Int64) -> Double {
    Double(lathe_now_ns() - start) / 1e9
  }
}
