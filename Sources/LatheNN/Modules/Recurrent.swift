// Recurrent layers, each a plain loop over the steps.

public import Lathe

/// A recurrence over `[batch, steps, features]`: the hidden states `[batch, steps, hidden]`.
public protocol RecurrentLayer: Layer {
  /// What goes from step to step.
  associatedtype State: Sendable

  /// The state before the first step, of zeros.
  func start(batch: Int) -> State
  /// The part of a step that needs no state, for all steps at once: `[steps, batch, gates]`.
  func project(_ x: Tensor) -> Tensor
  /// One step from what `project` gives for it, `[batch, gates]`; the hidden state.
  func step(_ inputs: Tensor, _ state: inout State) -> Tensor
}

extension RecurrentLayer {
  /// The hidden states of all steps.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    let inputs = project(x.transposed(0, 1))
    let start = start(batch: x.shape[0])
    let all = scan(over: inputs, from: start) { state, inputs in step(inputs, &state) }
    return all.outputs.transposed(0, 1)
  }
}

/// `h ← tanh(x · input + h · hidden + bias)` (Jeffrey Elman, *Finding structure in time*, 1990).
public struct RNN: RecurrentLayer {
  /// `[features, hidden]`.
  public var input: Tensor
  /// `[hidden, hidden]`.
  public var hidden: Tensor
  /// `[hidden]`.
  public var bias: Tensor

  /// Draws two weights.
  public init(_ features: Int, _ hidden: Int, key: RandomKey) {
    let (a, b) = key.split()
    input = Initializer.glorotUniform.weight(features, hidden, key: a)
    self.hidden = Initializer.orthogonal().weight(hidden, hidden, key: b)
    bias = Tensor.zeros([hidden])
  }

  /// Zeros.
  public func start(batch: Int) -> Tensor { Tensor.zeros([batch, hidden.shape[0]]) }

  /// The inputs' part of the gates.
  public func project(_ x: Tensor) -> Tensor { x.matmul(input) + bias }

  /// The next hidden state.
  public func step(_ inputs: Tensor, _ state: inout Tensor) -> Tensor {
    state = tanh(inputs + state.matmul(hidden))
    return state
  }
}

/// Long short-term memory, gates in the order input, forget, cell, output (Sepp Hochreiter and
/// Jürgen Schmidhuber, *Long short-term memory*, 1997; forget gates by Felix Gers and others, 2000).
/// The forget gate's bias begins at 1.
public struct LSTM: RecurrentLayer {
  /// Hidden state and cell, `[batch, hidden]` each.
  public struct State: Sendable {
    /// `[batch, hidden]`.
    public var hidden: Tensor
    /// `[batch, hidden]`.
    public var cell: Tensor
  }

  /// `[features, 4 · hidden]`.
  public var input: Tensor
  /// `[hidden, 4 · hidden]`.
  public var hidden: Tensor
  /// `[4 · hidden]`.
  public var bias: Tensor

  /// Draws two weights.
  public init(_ features: Int, _ hidden: Int, key: RandomKey) {
    let (a, b) = key.split()
    input = Initializer.glorotUniform.weight(features, 4 * hidden, key: a)
    self.hidden = Initializer.orthogonal().weight(hidden, 4 * hidden, key: b)
    bias = Tensor.zeros([4 * hidden])
    bias[hidden..<2 * hidden] = Tensor.ones([hidden])
  }

  /// Zeros.
  public func start(batch: Int) -> State {
    let zeros = Tensor.zeros([batch, hidden.shape[0]])
    return State(hidden: zeros, cell: zeros)
  }

  /// The inputs' part of the gates.
  public func project(_ x: Tensor) -> Tensor { x.matmul(input) + bias }

  /// The next hidden state.
  public func step(_ inputs: Tensor, _ state: inout State) -> Tensor {
    let size = hidden.shape[0]
    let gates = inputs + state.hidden.matmul(hidden)
    func gate(_ number: Int) -> Tensor { gates[.all, number * size..<(number + 1) * size] }
    state.cell = sigmoid(gate(1)) * state.cell + sigmoid(gate(0)) * tanh(gate(2))
    state.hidden = sigmoid(gate(3)) * tanh(state.cell)
    return state.hidden
  }
}

/// Gated recurrent unit, gates in the order reset, update, new; the reset gate scales what the
/// hidden state adds, its bias included (Kyunghyun Cho and others, *Learning phrase representations
/// using RNN encoder-decoder*, 2014, in the form of cuDNN).
public struct GRU: RecurrentLayer {
  /// `[features, 3 · hidden]`.
  public var input: Tensor
  /// `[hidden, 3 · hidden]`.
  public var hidden: Tensor
  /// `[3 · hidden]`.
  public var bias: Tensor
  /// `[3 · hidden]`, beside the hidden state.
  public var hiddenBias: Tensor

  /// Draws two weights.
  public init(_ features: Int, _ hidden: Int, key: RandomKey) {
    let (a, b) = key.split()
    input = Initializer.glorotUniform.weight(features, 3 * hidden, key: a)
    self.hidden = Initializer.orthogonal().weight(hidden, 3 * hidden, key: b)
    bias = Tensor.zeros([3 * hidden])
    hiddenBias = Tensor.zeros([3 * hidden])
  }

  /// Zeros.
  public func start(batch: Int) -> Tensor { Tensor.zeros([batch, hidden.shape[0]]) }

  /// The inputs' part of the gates.
  public func project(_ x: Tensor) -> Tensor { x.matmul(input) + bias }

  /// The next hidden state.
  public func step(_ inputs: Tensor, _ state: inout Tensor) -> Tensor {
    let size = hidden.shape[0]
    let own = state.matmul(hidden) + hiddenBias
    func gate(_ x: Tensor, _ number: Int) -> Tensor {
      x[.all, number * size..<(number + 1) * size]
    }
    let reset = sigmoid(gate(inputs, 0) + gate(own, 0))
    let update = sigmoid(gate(inputs, 1) + gate(own, 1))
    let new = tanh(gate(inputs, 2) + reset * gate(own, 2))
    state = new + update * (state - new)
    return state
  }
}
