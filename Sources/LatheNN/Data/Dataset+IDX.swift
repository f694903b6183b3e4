// Data sets from IDX files: MNIST, Fashion-MNIST and their kin.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Why IDX files did not make a data set.
public enum IDXDatasetError: Error, Equatable, Sendable {
  /// A file that a package installs is not there.
  case notInstalled(file: String, package: String)
  /// One of the files was not read.
  case idx(IDXError)
  /// Images that are not bytes of rank 3, which is images, height, width.
  case badImages(file: String, type: IDXFile.ElementType, shape: [Int])
  /// Labels that are not bytes of rank 1.
  case badLabels(file: String, type: IDXFile.ElementType, shape: [Int])
  /// Not as many labels as images.
  case differentCounts(images: String, count: Int, labels: String, labelCount: Int)
  /// A label that is the number of no class.
  case unknownLabel(file: String, index: Int, found: UInt8, classes: Int)
}

extension IDXDatasetError: CustomStringConvertible {
  /// One line: the file, what was found, and what was expected.
  public var description: String {
    switch self {
    case .notInstalled(let file, let package):
      return "\(file): not there; Debian: apt-get install \(package)"
    case .idx(let error):
      return error.description
    case .badImages(let file, let type, let shape):
      return "\(file): \(type) of shape \(shape), expected uint8 of [images, height, width]"
    case .badLabels(let file, let type, let shape):
      return "\(file): \(type) of shape \(shape), expected uint8 of [images]"
    case .differentCounts(let images, let count, let labels, let labelCount):
      return "\(labels): \(labelCount) labels, expected \(count), one per image of \(images)"
    case .unknownLabel(let file, let index, let found, let classes):
      return "\(file): label \(found) at index \(index), expected one below \(classes)"
    }
  }
}

extension Dataset {
  /// Where Debian's package `dataset-fashion-mnist` puts its files.
  public static let fashionMNISTFolder = "/usr/share/datasets/fashion-mnist"

  /// Fashion-MNIST (Han Xiao, Kashif Rasul and Roland Vollgraf, 2017): 60,000 and 10,000 images of
  /// `[1, 28, 28]` in ten classes.
  public static func fashionMNIST(
    folder: String = fashionMNISTFolder
  ) throws(IDXDatasetError) -> DatasetSplit {
    let classes = [
      "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
      "Ankle boot",
    ]
    func part(_ prefix: String) throws(IDXDatasetError) -> Dataset {
      let images = "\(folder)/\(prefix)-images-idx3-ubyte.gz"
      do throws(IDXDatasetError) {
        return try Dataset(
          name: "Fashion-MNIST", images: images,
          labels: "\(folder)/\(prefix)-labels-idx1-ubyte.gz", classes: classes)
      } catch .idx(.unreadable(let file, ENOENT)) {
        throw .notInstalled(file: file, package: "dataset-fashion-mnist")
      }
    }
    return try DatasetSplit(training: part("train"), test: part("t10k"))
  }

  /// Reads a file of images and one of their labels, both bytes, plain or compressed with gzip.
  public init(
    name: String, images imagePath: String, labels labelPath: String, classes: [String]
  ) throws(IDXDatasetError) {
    let images = try Self.read(imagePath)
    guard images.elementType == .uint8, images.shape.count == 3 else {
      throw .badImages(file: imagePath, type: images.elementType, shape: images.shape)
    }
    let labels = try Self.read(labelPath)
    guard labels.elementType == .uint8, labels.shape.count == 1 else {
      throw .badLabels(file: labelPath, type: labels.elementType, shape: labels.shape)
    }
    guard images.shape[0] == labels.shape[0] else {
      throw .differentCounts(
        images: imagePath, count: images.shape[0], labels: labelPath, labelCount: labels.shape[0])
    }
    if let index = labels.bytes.firstIndex(where: { $0 >= classes.count }) {
      throw .unknownLabel(
        file: labelPath, index: index, found: labels.bytes[index], classes: classes.count)
    }
    self.init(
      name: name, shape: [1] + images.shape[1...], elements: .bytes(images.bytes),
      labels: labels.bytes.map(Int32.init), classes: classes, scale: 1 / 255)
  }

  private static func read(_ path: String) throws(IDXDatasetError) -> IDXFile {
    do throws(IDXError) { return try IDXFile(path: path) } catch { throw .idx(error) }
  }
}
