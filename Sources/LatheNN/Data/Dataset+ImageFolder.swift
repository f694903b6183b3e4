// Data sets from folders of images.

/// Height and width that images are brought to.
public struct ImageSize: Hashable, Sendable {
  /// Rows of pixels.
  public let height: Int
  /// Pixels in a row.
  public let width: Int

  /// A size of at least one pixel; smaller extents become 1.
  public init(height: Int, width: Int) {
    self.height = max(1, height)
    self.width = max(1, width)
  }
}

/// Whether images are kept as shades of gray or in color.
public enum ImageColor: Sendable {
  /// One channel.
  case gray
  /// Red, green and blue.
  case rgb
}

extension Dataset {
  /// Reads a folder that holds a folder per class, each with PNG and JPEG images.
  ///
  /// Classes and images are in the order of their names' code points. A file of another ending is
  /// passed over, and so is what begins with a dot. Where an image is transparent it is black.
  ///
  /// - Parameters:
  ///   - size: The size that every image is brought to, by bilinear interpolation; without one, all
  ///     must be as large as the first.
  ///   - color: Gray or in color; as the first image is, unless stated.
  ///   - classes: The classes, where another is an error; the folders' names unless stated. State
  ///     the training set's when reading a test set.
  public init(
    imageFolder folder: String, size: ImageSize? = nil, color: ImageColor? = nil,
    classes: [String]? = nil
  ) throws(ImageFolderError) {
    let found = try Self.entries(of: folder).filter(\.isFolder).map(\.name)
    guard !found.isEmpty else { throw .noClasses(folder: folder) }
    let classes = classes ?? found
    var images = ImagePile(size: size, channels: color.map { $0 == .gray ? .gray : .color })
    for name in found {
      guard let label = classes.firstIndex(of: name) else {
        throw .unknownClass(folder: folder, found: name, classes: classes)
      }
      for entry in try Self.entries(of: "\(folder)/\(name)") where entry.isImage {
        try images.add("\(folder)/\(name)/\(entry.name)", label: Int32(label))
      }
    }
    guard let size = images.size, let channels = images.channels else {
      throw .noImages(folder: folder)
    }
    self.init(
      name: folder, shape: [channels.rawValue, size.height, size.width],
      elements: .bytes(images.bytes), labels: images.labels, classes: classes, scale: 1 / 255)
  }

  private static func entries(of folder: String) throws(ImageFolderError) -> [FolderEntry] {
    do throws(FileError) { return try readFolder(folder) } catch { throw .file(error) }
  }
}

extension FolderEntry {
  fileprivate var isImage: Bool {
    let name = name.lowercased()
    return !isFolder && [".png", ".jpg", ".jpeg"].contains { name.hasSuffix($0) }
  }
}

/// Images of one size, one after the other.
private struct ImagePile {
  private(set) var size: ImageSize?
  private(set) var channels: ImageFile.Channels?
  private(set) var bytes: [UInt8] = []
  private(set) var labels: [Int32] = []
  private let fitsAll: Bool

  init(size: ImageSize?, channels: ImageFile.Channels?) {
    self.size = size
    self.channels = channels
    fitsAll = size != nil
  }

  /// Adds a file's image.
  mutating func add(_ path: String, label: Int32) throws(ImageFolderError) {
    let data: [UInt8]
    do throws(FileError) { data = try readFile(path) } catch { throw .file(error) }
    let image = try ImageFile(data, file: path, channels: channels)
    let expected = size ?? ImageSize(height: image.height, width: image.width)
    guard fitsAll || (image.height == expected.height && image.width == expected.width) else {
      throw .otherSize(
        file: path, width: image.width, height: image.height, expectedWidth: expected.width,
        expectedHeight: expected.height)
    }
    size = expected
    channels = image.channels
    bytes += image.planes(fitting: expected)
    labels.append(label)
  }
}
