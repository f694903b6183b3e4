// Decodes PNG and JPEG images.

import CImages

/// The pixels of an image file.
struct ImageFile {
  /// How pixels are kept: one byte or three each.
  enum Channels: Int {
    case gray = 1
    case color = 3
  }

  /// Formats, each with the library that decodes it.
  enum Format: CaseIterable {
    case png
    case jpeg

    /// The format of the file's data, by its first bytes.
    init?(_ data: [UInt8]) {
      switch data {
      case _ where data.starts(with: [0x89, 0x50, 0x4e, 0x47]): self = .png
      case _ where data.starts(with: [0xff, 0xd8, 0xff]): self = .jpeg
      default: return nil
      }
    }

    /// What must be opened.
    var library: String { self == .png ? "libpng16.so.16" : "libturbojpeg.so.0" }

    /// Debian's package with it.
    var package: String { self == .png ? "libpng16-16" : "libturbojpeg0" }

    fileprivate var isOpen: Bool { self == .png ? lathe_png_open() : lathe_jpeg_open() }
  }

  /// The most pixels of one image: 64 million.
  static let largestCount = 1 << 26

  let width: Int
  let height: Int
  let channels: Channels
  /// Bytes in the order row, column, channel.
  let pixels: [UInt8]

  /// Decodes the data of a file that errors name; as gray or in color as the file is, unless told.
  init(_ data: [UInt8], file: String, channels: Channels?) throws(ImageFolderError) {
    guard let format = Format(data) else {
      throw .notAnImage(file: file, found: Array(data.prefix(4)))
    }
    guard format.isOpen else {
      throw .noLibrary(file: file, library: format.library, package: format.package)
    }
    var header = lathe_image_header()
    try Self.check(file) { message in
      format == .png
        ? lathe_png_header(data, data.count, &header, message)
        : lathe_jpeg_header(data, data.count, &header, message)
    }
    (width, height) = (Int(header.width), Int(header.height))
    let (count, overflow) = width.multipliedReportingOverflow(by: height)
    guard width > 0, height > 0, !overflow, count <= Self.largestCount else {
      throw .badSize(file: file, width: width, height: height, limit: Self.largestCount)
    }
    self.channels = channels ?? (header.is_color ? .color : .gray)
    let inColor = self.channels == .color
    var pixels = [UInt8](repeating: 0, count: count * self.channels.rawValue)
    try Self.check(file) { message in
      format == .png
        ? lathe_png_decode(data, data.count, inColor, &pixels, message)
        : lathe_jpeg_decode(
          data, data.count, inColor, header.width, header.height, &pixels, message)
    }
    self.pixels = pixels
  }

  /// Throws the message that a call of a library leaves where it answers false.
  private static func check(
    _ file: String, _ call: (UnsafeMutablePointer<CChar>) -> Bool
  ) throws(ImageFolderError) {
    let size = Int(LATHE_IMAGE_MESSAGE)
    let reason: String? = withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { message in
      message.initialize(repeating: 0)
      return call(message.baseAddress!) ? nil : String(cString: message.baseAddress!)
    }
    if let reason { throw .undecodable(file: file, reason: reason) }
  }

  /// The bytes in the order channel, row, column.
  var planes: [UInt8] {
    let channels = channels.rawValue
    if channels == 1 { return pixels }
    var planes: [UInt8] = []
    planes.reserveCapacity(pixels.count)
    for channel in 0..<channels {
      for index in stride(from: channel, to: pixels.count, by: channels) {
        planes.append(pixels[index])
      }
    }
    return planes
  }
}
