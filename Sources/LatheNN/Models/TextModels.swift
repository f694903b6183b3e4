// Models of text: for each position the logits of the token that follows.

public import Lathe

/// A model that continues text: tokens `[batch, length]` to logits `[batch, length, vocabulary]`.
public protocol TextModel: Layer {
  /// Draws the parameters for a vocabulary, and windows of at most `length` tokens.
  init(vocabulary: Int, length: Int, key: RandomKey)
}

/// A decoder of transformer blocks with learned positions (Alec Radford and others, *Language models
/// are unsupervised multitask learners*, 2019): four blocks of width 128 with four heads.
public struct GPT: TextModel {
  /// `[vocabulary, width]`.
  public var tokens: Embedding
  /// `[length, width]`.
  public var positions: Tensor
  /// In order.
  public var blocks: [TransformerBlock]
  /// Behind the blocks.
  public var norm: LayerNorm
  /// To the logits.
  public var head: Dense

  /// Four blocks of width 128.
  public init(vocabulary: Int, length: Int, key: RandomKey) {
    self.init(
      vocabulary: vocabulary, length: length, width: 128, heads: 4, layers: 4, dropout: 0.1,
      key: key)
  }

  /// Any size.
  public init(
    vocabulary: Int, length: Int, width: Int, heads: Int, layers: Int, dropout: Double = 0,
    key: RandomKey
  ) {
    let keys = key.split(layers + 3)
    let small = Initializer.normal(deviation: 0.02)
    tokens = Embedding(vocabulary, width, key: keys[layers])
    positions = small.weight(length, width, key: keys[layers + 1])
    blocks = (0..<layers).map {
      TransformerBlock(width: width, heads: heads, dropout: dropout, key: keys[$0])
    }
    norm = LayerNorm(width)
    head = Dense(width, vocabulary, bias: false, key: keys[layers + 2])
  }

  /// The logits.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    var h = tokens.forward(x, &context) + positions[0..<x.shape[1]]
    for block in blocks { h = block.forward(h, &context) }
    return head.forward(norm.forward(h, &context), &context)
  }
}

/// Two layers of LSTM over embedded tokens, 256 units each.
public struct LSTMTextModel: TextModel {
  /// `[vocabulary, 64]`.
  public var tokens: Embedding
  /// On the embedded tokens.
  public var first: LSTM
  /// On the first one's states.
  public var second: LSTM
  /// Between and behind the layers.
  public let dropout = Dropout(0.1)
  /// To the logits.
  public var head: Dense

  /// Draws the parameters; windows may have any length.
  public init(vocabulary: Int, length: Int, key: RandomKey) {
    let keys = key.split(4)
    tokens = Embedding(vocabulary, 64, initializer: .normal(deviation: 0.1), key: keys[0])
    first = LSTM(64, 256, key: keys[1])
    second = LSTM(256, 256, key: keys[2])
    head = Dense(256, vocabulary, key: keys[3])
  }

  /// The logits.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    let a = first.forward(tokens.forward(x, &context), &context)
    let b = second.forward(dropout.forward(a, &context), &context)
    return head.forward(dropout.forward(b, &context), &context)
  }
}
