// Learning rates over time.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Factor of the learning rate by step, computed on the host.
///
/// ```swift
/// let schedule = Schedule.cosine(over: 10_000).warmedUp(over: 500)
/// optimizer.learningRate = Tensor(Float(1e-3 * schedule(step)))
/// ```
public struct Schedule: Sendable {
  private let factor: @Sendable (Int) -> Double

  /// Any function of the number of finished steps.
  public init(_ factor: @escaping @Sendable (Int) -> Double) { self.factor = factor }

  /// The factor of step number `step`, from 0 on.
  public func callAsFunction(_ step: Int) -> Double { factor(step) }

  /// 1 always.
  public static let constant = Schedule { _ in 1 }

  /// `factor` to the power of how many times `every` steps are done.
  public static func steps(every: Int, factor: Double) -> Schedule {
    Schedule { pow(factor, Double($0 / max(1, every))) }
  }

  /// From 1 down to `floor` along half a cosine, then `floor` (Ilya Loshchilov and Frank Hutter,
  /// *SGDR*, 2016).
  public static func cosine(over steps: Int, to floor: Double = 0) -> Schedule {
    Schedule { step in
      let done = min(1, Double(step) / Double(max(1, steps)))
      return floor + (1 - floor) * (1 + cos(.pi * done)) / 2
    }
  }

  /// From 1 down to `floor` in a line, then `floor`.
  public static func linear(over steps: Int, to floor: Double = 0) -> Schedule {
    Schedule { 1 + (floor - 1) * min(1, Double($0) / Double(max(1, steps))) }
  }

  /// Up from `start` to 1 in the first `share` of the steps, down to `end` in the rest, both along
  /// half a cosine (Leslie Smith, *Super-convergence*, 2017).
  public static func oneCycle(
    over steps: Int, rising share: Double = 0.3, from start: Double = 0.04, to end: Double = 1e-4
  ) -> Schedule {
    let turn = max(1, Double(steps) * share)
    let rest = max(1, Double(steps) - turn)
    return Schedule { step in
      let isRising = Double(step) < turn
      let done = isRising ? Double(step) / turn : min(1, (Double(step) - turn) / rest)
      let (a, b) = isRising ? (start, 1) : (1, end)
      return b + (a - b) * (1 + cos(.pi * done)) / 2
    }
  }

  /// Up to this schedule's factor in a line over the first steps: step 0 has `1 / steps` of it.
  public func warmedUp(over steps: Int) -> Schedule {
    Schedule { self($0) * min(1, Double($0 + 1) / Double(max(1, steps))) }
  }
}
