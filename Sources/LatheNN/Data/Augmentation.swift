// Changes to images that leave their class.

/// Random changes to each image of each epoch.
public struct Augmentation: Equatable, Sendable {
  /// Whether every second image, at random, is mirrored left to right.
  public var flipsHorizontally: Bool
  /// The most pixels that an image is shifted by, up or down and left or right; what moves in is 0.
  /// The same as cropping at random from an image with a border of so many zeros.
  public var largestShift: Int

  /// No change.
  public static let none = Augmentation(flipsHorizontally: false, largestShift: 0)

  /// Mirrors at random, and shifts by at most so many pixels.
  public init(flipsHorizontally: Bool, largestShift: Int) {
    self.flipsHorizontally = flipsHorizontally
    self.largestShift = max(0, largestShift)
  }

  /// What is drawn for one image.
  package struct Choice: Equatable {
    /// Whether the image is mirrored.
    package var isFlipped: Bool
    /// Rows that it moves down by.
    package var down: Int
    /// Columns that it moves right by, once mirrored.
    package var right: Int
  }

  /// The changes to an example by the key of an epoch.
  package func choice(example: Int, key: HostKey) -> Choice {
    let span = 2 * largestShift + 1
    return Choice(
      isFlipped: flipsHorizontally && key.choice(3 * example, below: 2) == 1,
      down: key.choice(3 * example + 1, below: span) - largestShift,
      right: key.choice(3 * example + 2, below: span) - largestShift)
  }

  /// Changes the image of `shape`, channels by height by width, that begins at `start` in `pixels`.
  package func apply(
    to pixels: inout [Float], from start: Int, shape: [Int], example: Int, key: HostKey
  ) {
    let choice = choice(example: example, key: key)
    guard choice != Choice(isFlipped: false, down: 0, right: 0) else { return }
    let image = Array(pixels[start..<start + shape.reduce(1, *)])
    let (height, width) = (shape[1], shape[2])
    for row in 0..<shape[0] * height {
      let (channel, y) = row.quotientAndRemainder(dividingBy: height)
      for x in 0..<width {
        let (fromY, moved) = (y - choice.down, x - choice.right)
        let isInside = (0..<height).contains(fromY) && (0..<width).contains(moved)
        let fromX = choice.isFlipped ? width - 1 - moved : moved
        pixels[start + row * width + x] =
          isInside ? image[(channel * height + fromY) * width + fromX] : 0
      }
    }
  }
}
