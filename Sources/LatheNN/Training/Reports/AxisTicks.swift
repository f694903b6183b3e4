// Round numbers along an axis.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The range of an axis, and the numbers that stand along it.
struct AxisTicks: Equatable {
  /// The lowest and highest number shown.
  let range: ClosedRange<Double>
  /// Multiples of 1, 2 or 5 times a power of ten, all within `range`.
  let values: [Double]
  /// Decimals that tell them apart.
  let decimals: Int

  /// Ticks for finite values from `low` to `high`, about `count` of them. The range reaches to the
  /// ticks around the values where it is `widened`.
  init(from low: Double, to high: Double, count: Int, widened: Bool) {
    var (low, high) = (low, high)
    if high - low < 1e-9 * max(1, abs(high)) {
      let margin = max(abs(high) * 0.05, 1e-3)
      (low, high) = (low - margin, high + margin)
    }
    let rough = (high - low) / Double(max(1, count))
    let power = pow(10, log10(rough).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? 10 * power
    let first = widened ? (low / step + 1e-9).rounded(.down) : (low / step - 1e-9).rounded(.up)
    let last = widened ? (high / step - 1e-9).rounded(.up) : (high / step + 1e-9).rounded(.down)
    values = stride(from: first, through: last, by: 1).map { $0 * step }
    range = widened ? first * step...last * step : low...high
    decimals = min(9, max(0, Int(-(log10(step) + 1e-9).rounded(.down))))
  }

  /// The text at a tick.
  func text(_ value: Double) -> String {
    abs(value) >= 1000 ? NumberText.grouped(value) : NumberText.fixed(value, decimals)
  }
}
