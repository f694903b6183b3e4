// Adafactor against its formula on the host.

import Foundation
import Lathe
import LatheNN
import Testing

/// What Adafactor should do to a matrix, or to a vector where there is one row and no columns are
/// kept.
private struct HostAdafactor {
  let rows: Int
  let columns: Int
  /// Whether the squares are kept as one row and one column.
  let isFactored: Bool
  let leastScale: Double
  let clipping: Double
  var parameter: [Double]
  private var kept: [Double]
  private var keptColumns: [Double]

  init(_ parameter: [Double], rows: Int, isFactored: Bool, leastScale: Double, clipping: Double) {
    self.parameter = parameter
    self.rows = rows
    columns = parameter.count / rows
    self.isFactored = isFactored
    self.leastScale = leastScale
    self.clipping = clipping
    kept = [Double](repeating: 0, count: isFactored ? rows : parameter.count)
    keptColumns = [Double](repeating: 0, count: isFactored ? columns : 0)
  }

  private func size(_ x: [Double]) -> Double {
    (x.reduce(0) { $0 + $1 * $1 } / Double(x.count)).squareRoot()
  }

  /// A step; whether it was cut.
  mutating func step(_ slope: [Double], rate: Double, decay: Double) -> Bool {
    let squares = slope.map { $0 * $0 + 1e-30 }
    func follow(_ value: inout Double, _ new: Double) { value = value * decay + new * (1 - decay) }
    var step = slope
    if isFactored {
      for i in 0..<rows {
        follow(&kept[i], squares[i * columns..<(i + 1) * columns].reduce(0, +) / Double(columns))
      }
      for j in 0..<columns {
        let sum = (0..<rows).reduce(0) { $0 + squares[$1 * columns + j] }
        follow(&keptColumns[j], sum / Double(rows))
      }
      let mean = kept.reduce(0, +) / Double(rows)
      for i in 0..<rows {
        for j in 0..<columns {
          step[i * columns + j] /= (kept[i] * keptColumns[j] / mean).squareRoot()
        }
      }
    } else {
      for i in kept.indices {
        follow(&kept[i], squares[i])
        step[i] /= kept[i].squareRoot()
      }
    }
    let cut = size(step) / clipping
    let scale = max(size(parameter), leastScale)
    for i in parameter.indices { parameter[i] -= rate * scale * step[i] / max(1, cut) }
    return cut > 1
  }
}

@Suite struct AdafactorTests {
  /// Matrices with a row and a column, other tensors with all squares; steps that are cut and steps
  /// that are not; a parameter that is smaller than the least scale.
  @Test func followsItsFormula() {
    let matrix = (0..<12).map { Double(($0 * 7) % 11) / 4 - 1 }
    let vector = [0.5, -1.25, 2, -0.75]
    let tiny = [1e-5, -2e-5]
    var model = [
      Tensor(matrix.map { Float($0) }).reshaped(4, 3), Tensor(vector.map { Float($0) }),
      Tensor(tiny.map { Float($0) }),
    ]
    let (leastScale, clipping) = (1e-2, 0.9)
    var optimizer = Adafactor(
      for: model, learningRate: 0.05, leastScale: leastScale, clipping: clipping)
    var hosts = [(matrix, 4), (vector, 1), (tiny, 1)].map { parameter, rows in
      HostAdafactor(
        parameter, rows: rows, isFactored: rows > 1, leastScale: leastScale, clipping: clipping)
    }
    var cuts: [Bool] = []
    for count in 1...8 {
      // Slopes that shrink let the mean squares run ahead of them, so that no step is cut.
      let slopes = hosts.map { host in
        host.parameter.enumerated().map { i, p in
          (2 * p - 0.3 * Double(i % 3)) / Double(count * count)
        }
      }
      optimizer.update(
        &model,
        along: [
          Tensor(slopes[0].map { Float($0) }).reshaped(4, 3), Tensor(slopes[1].map { Float($0) }),
          Tensor(slopes[2].map { Float($0) }),
        ])
      let decay = 1 - pow(Double(count), -0.8)
      for place in hosts.indices {
        cuts.append(hosts[place].step(slopes[place], rate: 0.05, decay: decay))
        #expect(
          isClose(floats(model[place].flattened()), hosts[place].parameter, 2e-5),
          "step \(count), parameter \(place): \(model[place]), \(hosts[place].parameter)")
      }
    }
    #expect(cuts.contains(true) && cuts.contains(false))
  }
}
