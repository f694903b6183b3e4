// What can be wrong with a folder of images.

/// Why a folder of images was not read.
public enum ImageFolderError: Error, Equatable, Sendable {
  /// The system refused a file or folder.
  case file(FileError)
  /// No folder in the folder, and so no class.
  case noClasses(folder: String)
  /// No image in any class.
  case noImages(folder: String)
  /// A file whose first bytes are neither PNG's nor JPEG's.
  case notAnImage(file: String, found: [UInt8])
  /// The library that decodes the format is not installed.
  case noLibrary(file: String, library: String, package: String)
  /// The library refused the data.
  case undecodable(file: String, reason: String)
  /// An image without pixels or with more than `limit`.
  case badSize(file: String, width: Int, height: Int, limit: Int)
  /// An image of another size than the first one.
  case otherSize(file: String, width: Int, height: Int, expectedWidth: Int, expectedHeight: Int)
  /// A class that is none of the expected ones.
  case unknownClass(folder: String, found: String, classes: [String])
}

extension ImageFolderError: CustomStringConvertible {
  /// One line: the file, what was found, and what was expected.
  public var description: String {
    switch self {
    case .file(let error):
      return error.description
    case .noClasses(let folder):
      return "\(folder): no folder in it, expected one per class"
    case .noImages(let folder):
      return "\(folder): no .png, .jpg or .jpeg file in its folders"
    case .notAnImage(let file, let found):
      return "\(file): begins with \(found), expected a PNG or JPEG image"
    case .noLibrary(let file, let library, let package):
      return "\(file): needs \(library); Debian: apt-get install \(package)"
    case .undecodable(let file, let reason):
      return "\(file): \(reason)"
    case .badSize(let file, let width, let height, let limit):
      return "\(file): \(width)x\(height) pixels, expected 1 to \(limit)"
    case .otherSize(let file, let width, let height, let expectedWidth, let expectedHeight):
      return "\(file): \(width)x\(height) pixels, expected \(expectedWidth)x\(expectedHeight) as in"
        + " the first image; state a size to fit all to"
    case .unknownClass(let folder, let found, let classes):
      return "\(folder): class \(found), expected one of \(classes.joined(separator: ", "))"
    }
  }
}
