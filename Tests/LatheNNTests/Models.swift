// Small models for tests.

import Lathe
import LatheNN

/// Two dense layers.
struct SmallNet: Layer {
  var hidden: Dense
  var output: Dense

  init(_ inputs: Int, _ width: Int, _ outputs: Int, key: RandomKey) {
    let (a, b) = key.split()
    hidden = Dense(inputs, width, key: a)
    output = Dense(width, outputs, key: b)
  }

  func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    output.forward(tanh(hidden.forward(x, &context)), &context)
  }
}

/// A model with its optimizer.
struct Training<Model: Sendable, Steps: Optimizer>: Sendable {
  var model: Model
  var optimizer: Steps
}

/// Whether all elements differ by at most `tolerance`.
func isClose(_ a: [Float], _ b: [Double], _ tolerance: Double = 1e-5) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { abs(Double($0) - $1) <= tolerance * (1 + abs($1)) }
}

/// The elements of a tensor.
func floats(_ x: Tensor) -> [Float] { x.scalars(as: Float.self) }
