// Workloads that are loops over tensors.

import Lathe

extension Workload {
  static let tensorLoops = [lstm(steps: 128, batch: 32, hidden: 256, name: "lstm")]

  /// `lstm_STEPS`, a small cell that may run long, and `recurrence_STEPS`; `nil` for other names.
  static func loop(named name: String) throws(CommandFailure) -> Workload? {
    let parts = name.split(separator: "_")
    guard parts.count == 2, parts[0] == "lstm" || parts[0] == "recurrence" else { return nil }
    guard let steps = Int(parts[1]), (1...10_000_000).contains(steps) else {
      throw CommandFailure("\(name): a number of steps from 1 to 10000000 expected")
    }
    return parts[0] == "lstm"
      ? lstm(steps: steps, batch: 8, hidden: 32, name: name) : recurrence(steps: steps, name: name)
  }

  /// Steps of `batch` sequences as an author writes it. One exp or tanh counts as 20 operations.
  private static func lstm(steps: Int, batch: Int, hidden: Int, name: String) -> Workload {
    let deviation = 1 / Float(hidden).squareRoot()
    let products = 2 * steps * batch * 2 * hidden * 4 * hidden
    return Workload(
      name: name, summary: "an LSTM of \(hidden) units over \(batch) sequences of \(steps)",
      inputs: [
        .normal("x", [steps, batch, hidden], seed: 80),
        .normal("wx", [hidden, 4 * hidden], seed: 81, deviation: deviation),
        .normal("wh", [hidden, 4 * hidden], seed: 82, deviation: deviation),
        .normal("b", [4 * hidden], seed: 83, deviation: 0.1),
      ],
      operations: Double(products + steps * batch * hidden * 100),
      body: { longShortTermMemory($0[0], $0[1], $0[2], $0[3]) })
  }

  /// Three operations on eight numbers, over and over: what a step costs beside its work.
  private static func recurrence(steps count: Int, name: String) -> Workload {
    Workload(
      name: name, summary: "h*a + (b - h) for 8 numbers, \(count) times",
      inputs: [
        .uniform("h", [8], seed: 84), .uniform("a", [8], seed: 85), .uniform("b", [8], seed: 86),
      ],
      operations: Double(8 * 3 * count),
      body: { inputs in
        var h = inputs[0]
        for _ in steps(count) { h = h * inputs[1] + (inputs[2] - h) }
        return h
      })
  }
}

/// The hidden states of an LSTM with gates i, f, g, o: `[steps, batch, hidden]`.
private func longShortTermMemory(_ x: Tensor, _ wx: Tensor, _ wh: Tensor, _ b: Tensor) -> Tensor {
  let hidden = wh.shape[0]
  let inputs = x.matmul(wx) + b
  var h = Tensor.zeros([x.shape[1], hidden])
  var c = h
  var states = Tensor.zeros(x.shape)
  for t in steps(x.shape[0]) {
    let gates = inputs[t] + h.matmul(wh)
    let i = sigmoid(gates[.all, 0..<hidden])
    let f = sigmoid(gates[.all, hidden..<2 * hidden])
    let g = tanh(gates[.all, 2 * hidden..<3 * hidden])
    let o = sigmoid(gates[.all, 3 * hidden..<4 * hidden])
    c = f * c + i * g
    h = o * tanh(c)
    states[t] = h
  }
  return states
}
