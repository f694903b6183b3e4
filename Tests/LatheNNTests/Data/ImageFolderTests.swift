// Folders of images, good and bad.

import CImages
import Foundation
import Lathe
import LatheNN
import Testing

@Suite struct ImageFolderTests {
  private func message(_ body: () throws -> Dataset) -> String {
    do throws(any Error) {
      _ = try body()
      return "nothing"
    } catch {
      return "\(error)"
    }
  }

  @Test(.enabled(if: lathe_png_open())) func classesAreFolders() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("dog/b.PNG", SampleImages.gray)
    _ = try folder.write("dog/a.png", SampleImages.gray)
    _ = try folder.write("cat/a.png", SampleImages.gray)
    _ = try folder.write("cat/notes.txt", "no image")
    _ = try folder.write("cat/.hidden.png", "no image")
    let set = try Dataset(imageFolder: folder.path)
    #expect(set.shape == [1, 2, 3] && set.classes == ["cat", "dog"] && set.labels == [0, 1, 1])
    let pixels: [UInt8] = [0, 51, 102, 153, 204, 255]
    #expect(set.elements == .bytes(pixels + pixels + pixels))
    let turned = try Dataset(imageFolder: folder.path, classes: ["dog", "cat"])
    #expect(turned.labels == [1, 0, 0])
    #expect(
      message { try Dataset(imageFolder: folder.path, classes: ["dog"]) }
        == "\(folder.path): class cat, expected one of dog")
  }

  @Test(.enabled(if: lathe_png_open())) func colorsBecomePlanes() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("x/a.png", SampleImages.color)
    let set = try Dataset(imageFolder: folder.path)
    #expect(set.shape == [3, 2, 2])
    #expect(set.elements == .bytes([255, 0, 0, 10, 0, 255, 0, 20, 0, 0, 255, 30]))
    let gray = try Dataset(imageFolder: folder.path, color: .gray)
    #expect(gray.shape == [1, 2, 2])
    // A transparent pixel is black.
    let clear = try TemporaryFolder()
    _ = try clear.write("x/a.png", SampleImages.alpha)
    #expect(try Dataset(imageFolder: clear.path).elements == .bytes([200, 0]))
  }

  @Test(.enabled(if: lathe_png_open())) func sizesAreHeldOrFitted() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("x/a.png", SampleImages.gray)
    let odd = try folder.write("x/b.png", SampleImages.color)
    #expect(
      message { try Dataset(imageFolder: folder.path) }
        == "\(odd): 2x2 pixels, expected 3x2 as in the first image; state a size to fit all to")
    let fitted = try Dataset(
      imageFolder: folder.path, size: ImageSize(height: 1, width: 1), color: .gray)
    guard case .bytes(let pixels) = fitted.elements else {
      Issue.record("no bytes")
      return
    }
    // The middle of the image: between the pixels 51 and 204.
    #expect(fitted.shape == [1, 1, 1] && pixels.count == 2 && pixels[0] == 128)
  }

  @Test func jpegIsDecodedOrItsPackageNamed() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("x/a.jpg", SampleImages.jcolor)
    guard lathe_jpeg_open() else {
      #expect(
        message { try Dataset(imageFolder: folder.path) }
          == "\(path): needs libturbojpeg.so.0; Debian: apt-get install libturbojpeg0")
      return
    }
    let set = try Dataset(imageFolder: folder.path)
    guard case .bytes(let pixels) = set.elements else {
      Issue.record("no bytes")
      return
    }
    // One colour of 200, 50, 50, within what quality 95 rounds away.
    #expect(set.shape == [3, 8, 8])
    #expect(pixels[..<64].allSatisfy { abs(Int($0) - 200) <= 2 })
    #expect(pixels[64...].allSatisfy { abs(Int($0) - 50) <= 2 })
    let gray = try TemporaryFolder()
    _ = try gray.write("x/a.jpeg", SampleImages.jgray)
    let shades = try Dataset(imageFolder: gray.path)
    #expect(
      shades.shape == [1, 8, 8] && shades.elements == .bytes(Array(repeating: 100, count: 64)))
    let cut = try gray.write("x/a.jpeg", Array(SampleImages.jgray.dropLast(6)))
    #expect(message { try Dataset(imageFolder: gray.path) }.hasPrefix("\(cut): "))
  }

  @Test(.enabled(if: lathe_png_open())) func damagedImagesAreRefused() throws {
    for count in 4..<SampleImages.gray.count {
      let folder = try TemporaryFolder()
      let path = try folder.write("x/a.png", Array(SampleImages.gray[..<count]))
      // Libpng forgives what is missing behind the pixels.
      let found = message { try Dataset(imageFolder: folder.path) }
      #expect(found.hasPrefix("\(path): ") || (found == "nothing" && count > 50), "\(count)")
    }
    for index in SampleImages.gray.indices {
      let folder = try TemporaryFolder()
      var bytes = SampleImages.gray
      bytes[index] ^= 0x41
      let path = try folder.write("x/a.png", bytes)
      let found = message { try Dataset(imageFolder: folder.path) }
      #expect(found == "nothing" || found.hasPrefix("\(path): "), "\(found)")
    }
  }

  @Test func otherFoldersAreRefused() throws {
    let folder = try TemporaryFolder()
    #expect(
      message { try Dataset(imageFolder: "/nowhere") } == "/nowhere: No such file or directory")
    #expect(
      message { try Dataset(imageFolder: folder.path) }
        == "\(folder.path): no folder in it, expected one per class")
    _ = try folder.write("x/a.txt", "")
    #expect(
      message { try Dataset(imageFolder: folder.path) }
        == "\(folder.path): no .png, .jpg or .jpeg file in its folders")
    let path = try folder.write("x/a.png", "GIF89a")
    #expect(
      message { try Dataset(imageFolder: folder.path) }
        == "\(path): begins with [71, 73, 70, 56], expected a PNG or JPEG image")
  }
}

/// Small images: 3 × 2 shades of gray, 2 × 2 colours, 2 × 1 shades with transparency, and JPEG images
/// of one shade and of one colour.
private enum SampleImages {
  static let gray = Array(
    Data(
      base64Encoded:
        "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAAC4HznGAAAAEElEQVR42mNgME5jmHnmPwAHmgL+B7NQVwAA"
        + "AABJRU5ErkJggg==")!)
  static let color = Array(
    Data(
      base64Encoded:
        "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAE0lEQVR42mP4z8DAAMIM/7lE5AAaWAM64pJu"
        + "2QAAAABJRU5ErkJggg==")!)
  static let alpha = Array(
    Data(
      base64Encoded:
        "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAQAAABeK7cBAAAADUlEQVR42mM48T+FAQAG6gIs63uKWAAAAABJ"
        + "RU5ErkJggg==")!)
  static let jgray = Array(
    Data(
      base64Encoded:
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkI"
        + "BgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/wAALCAAIAAgBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAEC"
        + "AwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAk"
        + "M2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJ"
        + "ipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3"
        + "+Pn6/9oACAEBAAA/APD6/9k=")!)
  static let jcolor = Array(
    Data(
      base64Encoded:
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkI"
        + "BgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoK"
        + "CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/wAARCAAIAAgDAREAAhEBAxEB/8QAHwAAAQUBAQEB"
        + "AQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKB"
        + "kaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1"
        + "dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl"
        + "5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcF"
        + "BAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5"
        + "OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0"
        + "tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD57r8bP9LD"
        + "/9k=")!)
}
