// Where batches come from.

public import Lathe

/// Something that batches of examples are made from.
///
/// A batch depends on nothing but the examples' numbers and the epoch, so that it is the same on
/// whatever thread it is made, and after a run was resumed.
public protocol BatchSource<Batch>: Sendable {
  /// What a batch holds.
  associatedtype Batch: Sendable
  /// The number of examples in an epoch.
  var count: Int { get }
  /// Makes the batch of given examples; called from a thread in the background.
  func batch(_ examples: ArraySlice<Int>, epoch: Int) throws -> Batch
}

/// Images, or rows of features, with their classes.
public struct ImageBatch: Sendable {
  /// The scaled numbers: f32 of `[batch, channels, height, width]`, or `[batch, features]`.
  public var images: Tensor
  /// The classes: i32 of `[batch]`.
  public var labels: Tensor

  /// Pairs images and classes.
  public init(images: Tensor, labels: Tensor) {
    self.images = images
    self.labels = labels
  }
}

/// The examples of a set, augmented on the way.
public struct ImageSource: BatchSource {
  /// The set.
  public let dataset: Dataset
  /// What is done to each image.
  public let augmentation: Augmentation
  private let key: HostKey

  /// A source of a set's examples; ends with a message where what is to be augmented are no images.
  ///
  /// - Parameter key: What augmentation is drawn by.
  public init(
    _ dataset: Dataset, augmentation: Augmentation = .none, key: HostKey = HostKey(0),
    file: String = #fileID, line: Int = #line
  ) {
    guard augmentation == .none || dataset.shape.count == 3 else {
      misuse(
        "ImageSource: examples of shape \(dataset.shape), expected [channels, height, width]",
        file: file, line: line)
    }
    self.dataset = dataset
    self.augmentation = augmentation
    self.key = key
  }

  /// The number of images.
  public var count: Int { dataset.count }

  /// The given images with their classes.
  public func batch(_ examples: ArraySlice<Int>, epoch: Int) -> ImageBatch {
    guard augmentation != .none else {
      let (images, labels) = dataset.tensors(of: examples)
      return ImageBatch(images: images, labels: labels)
    }
    let key = key.folding(in: epoch)
    var pixels: [Float] = []
    pixels.reserveCapacity(examples.count * dataset.exampleSize)
    for example in examples {
      let start = pixels.count
      dataset.append(example: example, to: &pixels)
      augmentation.apply(to: &pixels, from: start, shape: dataset.shape, example: example, key: key)
    }
    return ImageBatch(
      images: Tensor(scalars: pixels, shape: [examples.count] + dataset.shape),
      labels: Tensor(scalars: examples.map { dataset.labels[$0] }, shape: [examples.count]))
  }
}
