// The data that is part of the library.

import CDatasets

extension Dataset {
  /// Handwritten digits: 1,797 images of `[1, 8, 8]` in ten classes, of which 360 are held back.
  ///
  /// E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
  /// Repository, 1998, CC BY 4.0. It is part of the library and needs no file.
  public static func digits() -> DatasetSplit {
    do throws(CSVError) {
      let table = try CSVTable(
        contents: decompressed(lathe_shipped_digits()), file: "digits.csv", header: .absent)
      let digits = try Dataset(table, name: "digits", shape: [1, 8, 8], scale: 1 / 16)
      return digits.split(holdingBack: 360, by: HostKey(0))
    } catch {
      fatalError("the digits that are part of the library: \(error)")
    }
  }
}

extension TextDataset {
  /// Sir Isaac Newton's "Opticks", fourth edition, 1730: 567 KB of English prose in the public
  /// domain. It is part of the library and needs no file.
  public static func opticks() -> TextDataset {
    do throws(TextError) {
      return try TextDataset(
        contents: decompressed(lathe_shipped_opticks()), file: "opticks.txt")
    } catch {
      fatalError("the text that is part of the library: \(error)")
    }
  }
}

/// The contents of a file that is part of the library.
private func decompressed(_ file: lathe_shipped_file) -> [UInt8] {
  var reader = GzipReader(Array(UnsafeBufferPointer(start: file.bytes, count: file.size)))
  do throws(GzipError) {
    return try reader.read(1 << 24)
  } catch {
    fatalError("data that is part of the library: \(error)")
  }
}
