// Attention, rotary positions, and the cache of keys and values.

public import Lathe

/// Attention of every position over others, in several heads (Ashish Vaswani and others, *Attention
/// is all you need*, 2017): `[batch, steps, width]` to the same.
///
/// With fewer key-value heads than heads, groups of heads share theirs (Joshua Ainslie and others,
/// *GQA*, 2023).
public struct MultiHeadAttention: Layer {
  /// Queries, `[width, heads · headWidth]`.
  public var query: Dense
  /// Keys, `[width, keyValueHeads · headWidth]`.
  public var key: Dense
  /// Values, like the keys.
  public var value: Dense
  /// `[heads · headWidth, width]`.
  public var output: Dense
  /// Number of heads.
  public let heads: Int
  /// Number of heads of keys and values; it divides `heads`.
  public let keyValueHeads: Int
  /// Whether a position sees only itself and those before it.
  public let isCausal: Bool
  /// Positions in queries and keys; `nil` is none.
  public let rotary: RotaryEmbedding?
  /// Drops attention in training.
  public let dropout: Dropout

  /// Draws four weights.
  public init(
    width: Int, heads: Int, keyValueHeads: Int? = nil, causal: Bool = false,
    rotary: RotaryEmbedding? = nil, bias: Bool = true, dropout: Double = 0,
    initializer: Initializer = .glorotUniform, key random: RandomKey, file: String = #fileID,
    line: Int = #line
  ) {
    let shared = keyValueHeads ?? heads
    guard heads > 0, width.isMultiple(of: heads), shared > 0, heads.isMultiple(of: shared) else {
      misuse(
        "MultiHeadAttention: width \(width) in \(heads) heads, \(shared) of keys and values",
        file: file, line: line)
    }
    let keys = random.split(4, file: file, line: line)
    let narrow = width / heads * shared
    query = Dense(width, width, bias: bias, initializer: initializer, key: keys[0])
    key = Dense(width, narrow, bias: bias, initializer: initializer, key: keys[1])
    value = Dense(width, narrow, bias: bias, initializer: initializer, key: keys[2])
    output = Dense(width, width, bias: bias, initializer: initializer, key: keys[3])
    self.heads = heads
    self.keyValueHeads = shared
    isCausal = causal
    self.rotary = rotary
    self.dropout = Dropout(dropout, file: file, line: line)
  }

  /// Attention of the input over itself.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    forward(x, mask: nil, &context)
  }

  /// Attention of the input over itself where `mask` holds: bool, `[steps, steps]` or what
  /// broadcasts to `[batch, keyValueHeads, heads / keyValueHeads, steps, steps]`.
  public func forward(_ x: Tensor, mask: Tensor?, _ context: inout Context) -> Tensor {
    let steps = x.shape[1]
    var (q, k) = (split(query.forward(x, &context)), split(key.forward(x, &context)))
    let v = split(value.forward(x, &context))
    if let rotary {
      let positions = Tensor.arange(steps)
      (q, k) = (rotary(q, at: positions), rotary(k, at: positions))
    }
    let positions = Tensor.arange(steps)
    let before = positions.expandedDimensions(at: 1) .>= positions
    let seen: Tensor? =
      switch (isCausal, mask) {
      case (true, let mask?): before & mask
      case (true, nil): before
      case (false, let mask): mask
      }
    return merge(attend(q, k, v, where: seen, &context), &context)
  }

  /// Attention of one more position, `[batch, 1, width]`, over itself and those in the cache.
  public func forward(_ x: Tensor, _ cache: inout KeyValueCache, _ context: inout Context) -> Tensor
  {
    var (q, k) = (split(query.forward(x, &context)), split(key.forward(x, &context)))
    let v = split(value.forward(x, &context))
    let position = cache.count
    if let rotary {
      let here = position.reshaped(1)
      (q, k) = (rotary(q, at: here), rotary(k, at: here))
    }
    cache.append(keys: k, values: v)
    let seen = Tensor.arange(cache.capacity) .<= position
    return merge(attend(q, cache.keys, cache.values, where: seen, &context), &context)
  }

  /// `[batch, steps, n · headWidth]` as `[batch, keyValueHeads, n / keyValueHeads, steps, headWidth]`.
  private func split(_ x: Tensor) -> Tensor {
    let width = output.weight.shape[0] / heads
    let count = x.shape[2] / width
    return x.reshaped(to: [x.shape[0], x.shape[1], keyValueHeads, count / keyValueHeads, width])
      .permuted([0, 2, 3, 1, 4])
  }

  private func attend(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, where seen: Tensor?, _ context: inout Context
  ) -> Tensor {
    let width = Double(q.shape[q.shape.count - 1])
    var scores = q.matmul(k.transposed(-1, -2)) * (1 / width.squareRoot())
    if let seen { scores = select(seen, scores, Tensor.full([], -Float.infinity, scores.dtype)) }
    return dropout.forward(scores.softmax(), &context).matmul(v)
  }

  private func merge(_ x: Tensor, _ context: inout Context) -> Tensor {
    let shape = x.shape
    let rows = x.permuted([0, 3, 1, 2, 4])
    return output.forward(
      rows.reshaped(to: [shape[0], shape[3], shape[1] * shape[2] * shape[4]]), &context)
  }
}

/// Positions as rotations of pairs of features (Jianlin Su and others, *RoFormer*, 2021): feature i
/// of the first half turns with feature i of the second by `position · base^(-2i / width)`.
public struct RotaryEmbedding: Hashable, Sendable {
  /// What frequencies fall from.
  public let base: Double

  /// 10,000 in the source.
  public init(base: Double = 10_000) { self.base = base }

  /// `[…, steps, width]` turned by positions `[steps]`.
  public func callAsFunction(_ x: Tensor, at positions: Tensor) -> Tensor {
    let width = x.shape[x.shape.count - 1]
    let half = width / 2
    let exponents = Tensor.arange(half).cast(to: x.dtype) * (-2 / Double(width))
    let frequencies = Tensor.full([], base, x.dtype).pow(exponents)
    let angles = positions.cast(to: x.dtype).expandedDimensions(at: 1) * frequencies
    let (c, s) = (cos(angles), sin(angles))
    let (a, b) = (x[.ellipsis, 0..<half], x[.ellipsis, half..<2 * half])
    return concatenated([a * c - b * s, b * c + a * s])
  }

  /// Side by side along the last axis: each part padded to the whole, and added.
  private func concatenated(_ parts: [Tensor]) -> Tensor {
    let width = parts[0].shape[parts[0].shape.count - 1]
    let rank = parts[0].shape.count
    func padding(_ before: Int, _ after: Int) -> [(before: Int, after: Int)] {
      (0..<rank).map { $0 == rank - 1 ? (before, after) : (0, 0) }
    }
    return parts[0].padded(padding(0, width)) + parts[1].padded(padding(width, 0))
  }
}

/// Keys and values of the positions so far, for one layer of attention.
public struct KeyValueCache: Sendable {
  /// `[batch, keyValueHeads, 1, capacity, headWidth]`.
  public private(set) var keys: Tensor
  /// Like the keys.
  public private(set) var values: Tensor
  /// Positions so far, rank 0, i64.
  public private(set) var count: Tensor

  /// An empty cache for up to `capacity` positions.
  public init(batch: Int, keyValueHeads: Int, headWidth: Int, capacity: Int, _ dtype: DType = .f32)
  {
    keys = Tensor.zeros([batch, keyValueHeads, 1, capacity, headWidth], dtype)
    values = keys
    count = Tensor(0)
  }

  /// Most positions.
  public var capacity: Int { keys.shape[3] }

  /// Puts the keys and values of one position, `[batch, keyValueHeads, 1, 1, headWidth]`, behind.
  mutating func append(keys newKeys: Tensor, values newValues: Tensor) {
    let isHere = (Tensor.arange(capacity) .== count).expandedDimensions(at: 1)
    keys = select(isHere, newKeys, keys)
    values = select(isHere, newValues, values)
    count += 1
  }
}

/// Attention and two dense layers, each on the normalized input and added to it (Ruibin Xiong and
/// others, *On layer normalization in the transformer architecture*, 2020).
public struct TransformerBlock: Layer {
  /// Before attention.
  public var firstNorm: LayerNorm
  /// Between positions.
  public var attention: MultiHeadAttention
  /// Before the dense layers.
  public var secondNorm: LayerNorm
  /// `[width, hidden]`.
  public var expand: Dense
  /// `[hidden, width]`.
  public var contract: Dense
  /// Between the dense layers.
  public let activation: Activation
  /// Of what each half adds.
  public let dropout: Dropout

  /// Draws the weights; the hidden width is four times the width where none is given.
  public init(
    width: Int, heads: Int, keyValueHeads: Int? = nil, hidden: Int? = nil, causal: Bool = true,
    rotary: RotaryEmbedding? = nil, activation: Activation = .gelu, dropout: Double = 0,
    initializer: Initializer = .glorotUniform, key: RandomKey
  ) {
    let keys = key.split(3)
    let hidden = hidden ?? 4 * width
    firstNorm = LayerNorm(width)
    attention = MultiHeadAttention(
      width: width, heads: heads, keyValueHeads: keyValueHeads, causal: causal, rotary: rotary,
      dropout: dropout, initializer: initializer, key: keys[0])
    secondNorm = LayerNorm(width)
    expand = Dense(width, hidden, initializer: initializer, key: keys[1])
    contract = Dense(hidden, width, initializer: initializer, key: keys[2])
    self.activation = activation
    self.dropout = Dropout(dropout)
  }

  /// `[batch, steps, width]` to the same.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    let seen = attention.forward(firstNorm.forward(x, &context), &context)
    return mixed(x + dropout.forward(seen, &context), &context)
  }

  /// One more position, `[batch, 1, width]`, with those in the cache.
  public func forward(_ x: Tensor, _ cache: inout KeyValueCache, _ context: inout Context) -> Tensor
  {
    mixed(x + attention.forward(firstNorm.forward(x, &context), &cache, &context), &context)
  }

  private func mixed(_ x: Tensor, _ context: inout Context) -> Tensor {
    let hidden = expand.forward(secondNorm.forward(x, &context), &context)
    let mixed = contract.forward(activation.forward(hidden, &context), &context)
    return x + dropout.forward(mixed, &context)
  }
}
