// Optimizers against their formulas on the host, and on a small problem.

import Lathe
import LatheNN
import Testing

/// An optimizer with what it should do to one parameter.
struct OptimizerCase: Sendable, CustomTestStringConvertible {
  let name: String
  let make: @Sendable ([Tensor]) -> any Optimizer
  /// A step on a parameter and the numbers kept for it, step number from 1 on.
  let step: @Sendable (_ p: inout [Double], _ g: [Double], _ kept: inout [[Double]], Int) -> Void
  var testDescription: String { name }

  static let all = [
    OptimizerCase(
      name: "SGD", make: { SGD(for: $0, learningRate: 0.1) },
      step: { p, g, _, _ in for i in p.indices { p[i] -= 0.1 * g[i] } }),
    OptimizerCase(
      name: "SGD with momentum and decay",
      make: { SGD(for: $0, learningRate: 0.1, momentum: 0.9, weightDecay: 0.01) },
      step: { p, g, kept, _ in
        for i in p.indices {
          kept[0][i] = 0.9 * kept[0][i] + g[i] + 0.01 * p[i]
          p[i] -= 0.1 * kept[0][i]
        }
      }),
    OptimizerCase(
      name: "Nesterov",
      make: { SGD(for: $0, learningRate: 0.1, momentum: 0.9, nesterov: true) },
      step: { p, g, kept, _ in
        for i in p.indices {
          kept[0][i] = 0.9 * kept[0][i] + g[i]
          p[i] -= 0.1 * (g[i] + 0.9 * kept[0][i])
        }
      }),
    OptimizerCase(
      name: "Adam", make: { Adam(for: $0, learningRate: 0.01) },
      step: { adam(&$0, $1, &$2, $3, decay: 0) }),
    OptimizerCase(
      name: "AdamW", make: { Adam.decoupled(for: $0, learningRate: 0.01, weightDecay: 0.1) },
      step: { adam(&$0, $1, &$2, $3, decay: 0.1) }),
    OptimizerCase(
      name: "Lion", make: { Lion(for: $0, learningRate: 0.01) },
      step: { p, g, kept, _ in
        for i in p.indices {
          let mix = 0.9 * kept[0][i] + 0.1 * g[i]
          p[i] -= 0.01 * (mix > 0 ? 1 : mix < 0 ? -1 : 0)
          kept[0][i] = 0.99 * kept[0][i] + 0.01 * g[i]
        }
      }),
    OptimizerCase(
      name: "RMSProp", make: { RMSProp(for: $0, learningRate: 0.01, momentum: 0.5) },
      step: { p, g, kept, _ in
        for i in p.indices {
          kept[0][i] = 0.99 * kept[0][i] + 0.01 * g[i] * g[i]
          kept[1][i] = 0.5 * kept[1][i] + g[i] / (kept[0][i].squareRoot() + 1e-8)
          p[i] -= 0.01 * kept[1][i]
        }
      }),
    OptimizerCase(
      name: "AdaGrad", make: { AdaGrad(for: $0, learningRate: 0.1) },
      step: { p, g, kept, _ in
        for i in p.indices {
          kept[0][i] += g[i] * g[i]
          p[i] -= 0.1 * g[i] / (kept[0][i].squareRoot() + 1e-10)
        }
      }),
    OptimizerCase(
      name: "LAMB", make: { LAMB(for: $0, learningRate: 0.01) },
      step: { p, g, kept, count in
        var step = p
        for i in p.indices {
          kept[0][i] = 0.9 * kept[0][i] + 0.1 * g[i]
          kept[1][i] = 0.999 * kept[1][i] + 0.001 * g[i] * g[i]
          let mean = kept[0][i] / (1 - power(0.9, count))
          let square = kept[1][i] / (1 - power(0.999, count))
          step[i] = mean / (square.squareRoot() + 1e-6) + 0.01 * p[i]
        }
        let ratio = length(p) / length(step)
        for i in p.indices { p[i] -= 0.01 * ratio * step[i] }
      }),
  ]

  private static func adam(
    _ p: inout [Double], _ g: [Double], _ kept: inout [[Double]], _ count: Int, decay: Double
  ) {
    for i in p.indices {
      kept[0][i] = 0.9 * kept[0][i] + 0.1 * g[i]
      kept[1][i] = 0.999 * kept[1][i] + 0.001 * g[i] * g[i]
      let mean = kept[0][i] / (1 - power(0.9, count))
      let square = kept[1][i] / (1 - power(0.999, count))
      p[i] -= 0.01 * decay * p[i] + 0.01 * mean / (square.squareRoot() + 1e-8)
    }
  }

  private static func power(_ base: Double, _ count: Int) -> Double {
    (0..<count).reduce(1) { product, _ in product * base }
  }

  private static func length(_ x: [Double]) -> Double {
    x.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}

@Suite struct OptimizerTests {
  @Test(arguments: OptimizerCase.all) func followsItsFormula(_ example: OptimizerCase) {
    let first: [Float] = [0.5, -1.25, 2, -0.75]
    var model = [Tensor(first)]
    var optimizer = example.make(model)
    var expected = first.map(Double.init)
    var kept = [[Double]](repeating: [0, 0, 0, 0], count: 2)
    for count in 1...6 {
      let slope = expected.map { 2 * $0 - 0.3 }
      optimizer.update(&model, along: [Tensor(slope.map(Float.init))])
      example.step(&expected, slope, &kept, count)
      #expect(isClose(floats(model[0]), expected, 2e-5), "step \(count): \(model[0]), \(expected)")
    }
  }

  @Test func adafactorGoesDown() {
    var model = [Tensor.randomNormal([6, 5], key: RandomKey(3)), Tensor(Float(2))]
    var optimizer = Adafactor(for: model, learningRate: 0.1)
    func loss(_ model: [Tensor]) -> Tensor { (model[0] * model[0]).sum() + model[1] * model[1] }
    let before = loss(model).item()
    for _ in 0..<60 { optimizer.update(&model, along: gradient(of: model) { loss($0) }) }
    #expect(loss(model).item() < 0.05 * before)
  }

  @Test func frozenPartsAndStatisticsStay() {
    let key = RandomKey(1)
    let net = SmallNet(3, 4, 2, key: key)
    var trained = net
    var optimizer = Adam(for: net, weightDecay: 0.1, frozen: ["hidden"])
    optimizer.update(&trained, along: net)
    #expect(floats(trained.hidden.weight) == floats(net.hidden.weight))
    #expect(floats(trained.output.weight) != floats(net.output.weight))
    var norm = BatchNorm(3)
    var steps = SGD(for: norm, learningRate: 1)
    steps.update(&norm, along: norm)
    #expect(floats(norm.variance) == [1, 1, 1])
    #expect(floats(norm.scale) == [0, 0, 0])
  }

  @Test func trainsInOneProgramInPlace() {
    let (inputs, targets) = (
      Tensor.randomNormal([32, 2], key: RandomKey(5)), RandomKey(6)
    )
    let goal = (inputs[.all, 0] * inputs[.all, 1]).expandedDimensions(at: 1)
    let net = SmallNet(2, 16, 1, key: targets)
    var state = Training(model: net, optimizer: Adam(for: net, learningRate: 0.02))
    let step = compile { (state: inout Training<SmallNet, Adam>, x: Tensor, y: Tensor) in
      let (loss, slope) = lossAndGradient(of: &state.model) { model, context in
        meanSquaredError(model.forward(x, &context), y)
      }
      state.optimizer.update(&state.model, along: clipped(slope, norm: 1))
      return loss
    }
    let first = step(&state, inputs, goal).item()
    var last = first
    for count in 1..<200 {
      state.optimizer.learningRate = Tensor(Float(0.02 * Schedule.cosine(over: 200)(count)))
      last = step(&state, inputs, goal).item()
    }
    #expect(last < 0.02 * first, "\(first) to \(last)")
    #expect(step.variantCount <= 2)
  }

  @Test func schedules() {
    let cosine = Schedule.cosine(over: 100, to: 0.1).warmedUp(over: 10)
    #expect(abs(cosine(0) - 0.1) < 1e-12 && abs(cosine(100) - 0.1) < 1e-12)
    #expect(abs(Schedule.cosine(over: 100)(50) - 0.5) < 1e-12)
    #expect(Schedule.steps(every: 30, factor: 0.1)(29) == 1)
    #expect(abs(Schedule.steps(every: 30, factor: 0.1)(60) - 0.01) < 1e-12)
    #expect(Schedule.linear(over: 10, to: 0.5)(5) == 0.75)
    let cycle = Schedule.oneCycle(over: 100)
    #expect(abs(cycle(0) - 0.04) < 1e-12 && abs(cycle(30) - 1) < 1e-12 && cycle(99) < 0.01)
  }

  @Test func clipsAndAccumulates() {
    let slope = [Tensor([Float(3), 4]), Tensor(Float(12))]
    #expect(globalNorm(of: slope).item() == 13)
    #expect(isClose(floats(clipped(slope, norm: 6.5)[0]), [1.5, 2]))
    #expect(floats(clipped(slope, norm: 20)[0]) == [3, 4])
    #expect(floats(clipped(slope, value: 3.5)[0]) == [3, 3.5])
    var sum = GradientAccumulator(like: slope)
    sum.add(slope)
    sum.add(scaled(slope, by: Tensor(Float(3))))
    #expect(floats(sum.takeMean()[0]) == [6, 8])
    var average = MovingAverage(of: slope, decay: 0.5)
    average.follow(scaled(slope, by: Tensor(Float(3))))
    #expect(floats(average.model[0]) == [6, 8])
  }
}
