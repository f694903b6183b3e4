// Activation functions, composed of elementwise rows.

import IRCore

extension Tensor {
  /// `max(x, 0)`; NaN stays NaN. Its slope at 0 is 0.
  public func relu(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.relu, [self], at: .line(file: file, line: line))
  }

  /// `x` above 0, else `slope · x`.
  public func leakyRelu(
    slope: Double = 0.01, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let isPositive = Self.apply(.gt, [self, 0], at: location)
    let scaled = Self.apply(.mul, [self, Tensor(floatLiteral: slope)], at: location)
    return isPositive.select(self, scaled, file: file, line: line)
  }

  /// `1 / (1 + e⁻ˣ)`.
  public func sigmoid(file: String = #fileID, line: Int = #line) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let negative = Self.apply(.neg, [self], at: location)
    let sum = Self.apply(.add, [1, negative.exp(file: file, line: line)], at: location)
    return Self.apply(.div, [1, sum], at: location)
  }

  /// `ln(1 + eˣ)`, arranged so that nothing overflows.
  public func softplus(file: String = #fileID, line: Int = #line) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let magnitude = abs(file: file, line: line)
    let decay = Self.apply(.neg, [magnitude], at: location).exp(file: file, line: line)
    let rest = decay.log1p(file: file, line: line)
    // The slopes of both halves add up to that of the sum at 0, too: ties of max share.
    return Self.apply(.add, [maximum(0, file: file, line: line), rest], at: location)
  }

  /// `x · sigmoid(x)`.
  public func silu(file: String = #fileID, line: Int = #line) -> Tensor {
    let gate = sigmoid(file: file, line: line)
    return Self.apply(.mul, [self, gate], at: .line(file: file, line: line))
  }

  /// Forms of `gelu`.
  public enum GELU: Sendable {
    /// `x · (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2`.
    case tanh
    /// `x · (1 + erf(x / √2)) / 2`.
    case erf
  }

  /// Gaussian error linear unit (Hendrycks and Gimpel, 2016).
  public func gelu(_ form: GELU = .tanh, file: String = #fileID, line: Int = #line) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    func multiply(_ a: Tensor, _ b: Tensor) -> Tensor { Self.apply(.mul, [a, b], at: location) }
    func add(_ a: Tensor, _ b: Tensor) -> Tensor { Self.apply(.add, [a, b], at: location) }
    let curve: Tensor
    switch form {
    case .tanh:
      let cube = multiply(multiply(self, self), self)
      let inner = multiply(add(self, multiply(cube, 0.044715)), 0.7978845608028654)
      curve = inner.tanh(file: file, line: line)
    case .erf:
      curve = multiply(self, 0.7071067811865476).erf(file: file, line: line)
    }
    return multiply(multiply(self, 0.5), add(curve, 1))
  }
}

/// `max(x, 0)`; NaN stays NaN.
public func relu(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.relu(file: file, line: line)
}

/// `x` above 0, else `slope · x`.
public func leakyRelu(
  _ x: Tensor, slope: Double = 0.01, file: String = #fileID, line: Int = #line
) -> Tensor {
  x.leakyRelu(slope: slope, file: file, line: line)
}

/// `1 / (1 + e⁻ˣ)`.
public func sigmoid(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.sigmoid(file: file, line: line)
}

/// `ln(1 + eˣ)`, arranged so that nothing overflows.
public func softplus(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.softplus(file: file, line: line)
}

/// `x · sigmoid(x)`.
public func silu(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.silu(file: file, line: line)
}

/// Gaussian error linear unit.
public func gelu(
  _ x: Tensor, _ form: Tensor.GELU = .tanh, file: String = #fileID, line: Int = #line
) -> Tensor {
  x.gelu(form, file: file, line: line)
}
