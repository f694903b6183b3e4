// Labelled examples in memory.

public import Lathe

/// Examples of one shape with a class each, kept in memory as compactly as they came.
///
/// ```swift
/// let digits = Dataset.digits()
/// digits.training.count   // 1437
/// digits.training.shape   // [1, 8, 8]: channels, height, width
/// let (images, labels) = digits.test.tensors(of: 0..<10)
/// ```
public struct Dataset: Sendable {
  /// The numbers of all examples, one after the other.
  public enum Elements: Equatable, Sendable {
    /// Bytes, such as pixels.
    case bytes([UInt8])
    /// Numbers.
    case floats([Float])

    /// How many there are.
    public var count: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .floats(let floats): floats.count
      }
    }
  }

  /// What the set is called in messages and reports.
  public let name: String
  /// The shape of one example: channels, height and width of an image, or the number of features.
  public let shape: [Int]
  /// The numbers as they stand in memory, before `scale`.
  public let elements: Elements
  /// The class of each example, an index into `classes`.
  public let labels: [Int32]
  /// The name of each class.
  public let classes: [String]
  /// The factor that brings numbers to the range of a model's input: 1/255 for bytes of images.
  public let scale: Float

  /// Puts a set together; ends with a message where the counts do not agree.
  public init(
    name: String, shape: [Int], elements: Elements, labels: [Int32], classes: [String],
    scale: Float = 1, file: String = #fileID, line: Int = #line
  ) {
    guard elements.count == labels.count * shape.reduce(1, *) else {
      misuse(
        "Dataset: \(elements.count) numbers for \(labels.count) examples of shape \(shape)",
        file: file, line: line)
    }
    if let label = labels.first(where: { $0 < 0 || $0 >= classes.count }) {
      misuse("Dataset: label \(label), \(classes.count) classes", file: file, line: line)
    }
    self.name = name
    self.shape = shape
    self.elements = elements
    self.labels = labels
    self.classes = classes
    self.scale = scale
  }

  /// The number of examples.
  public var count: Int { labels.count }

  /// The numbers in one example.
  public var exampleSize: Int { shape.reduce(1, *) }

  /// Appends the scaled numbers of one example.
  public func append(example: Int, to numbers: inout [Float]) {
    let range = example * exampleSize..<(example + 1) * exampleSize
    switch elements {
    case .bytes(let bytes):
      numbers.append(contentsOf: bytes[range].lazy.map { Float($0) * scale })
    case .floats(let floats):
      numbers.append(contentsOf: floats[range].lazy.map { $0 * scale })
    }
  }

  /// The examples at given places as f32 `[examples] + shape`, and their classes as i32.
  public func tensors(of examples: some Collection<Int>) -> (images: Tensor, labels: Tensor) {
    var numbers: [Float] = []
    numbers.reserveCapacity(examples.count * exampleSize)
    for example in examples { append(example: example, to: &numbers) }
    return (
      Tensor(scalars: numbers, shape: [examples.count] + shape),
      Tensor(scalars: examples.map { labels[$0] }, shape: [examples.count])
    )
  }

  /// The examples at given places, in their order, as a set of its own.
  public func subset(_ examples: some Collection<Int>) -> Dataset {
    func chosen<Number>(_ numbers: [Number]) -> [Number] {
      var result: [Number] = []
      result.reserveCapacity(examples.count * exampleSize)
      for example in examples {
        result += numbers[example * exampleSize..<(example + 1) * exampleSize]
      }
      return result
    }
    let elements: Elements =
      switch self.elements {
      case .bytes(let bytes): .bytes(chosen(bytes))
      case .floats(let floats): .floats(chosen(floats))
      }
    return Dataset(
      name: name, shape: shape, elements: elements, labels: examples.map { labels[$0] },
      classes: classes, scale: scale)
  }

  /// Holds back `count` examples, chosen by a key, for testing; ends with a message where there are
  /// fewer.
  public func split(
    holdingBack count: Int, by key: HostKey, file: String = #fileID, line: Int = #line
  ) -> DatasetSplit {
    guard (0...self.count).contains(count) else {
      misuse("split: holding back \(count) of \(self.count) examples", file: file, line: line)
    }
    let order = key.permutation(of: self.count)
    return DatasetSplit(
      training: subset(order[count...].sorted()), test: subset(order[..<count].sorted()))
  }
}

/// The examples that a model learns from, and those that it is judged by.
public struct DatasetSplit: Sendable {
  /// The examples to learn from.
  public let training: Dataset
  /// The examples to be judged by.
  public let test: Dataset

  /// Pairs two sets.
  public init(training: Dataset, test: Dataset) {
    self.training = training
    self.test = test
  }
}
