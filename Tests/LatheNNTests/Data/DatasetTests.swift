// Data sets from IDX files and those that ship.

import Foundation
import Lathe
import LatheNN
import Testing

@Suite struct DatasetTests {
  private func idx(_ type: UInt8, _ shape: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
    [0, 0, type, UInt8(shape.count)] + shape.flatMap { [0, 0, 0, $0] as [UInt8] } + bytes
  }

  private func dataset(_ images: [UInt8], _ labels: [UInt8]) throws -> Dataset {
    let folder = try TemporaryFolder()
    return try Dataset(
      name: "test", images: try folder.write("images", images),
      labels: try folder.write("labels", labels),
      classes: ["a", "b"])
  }

  @Test func readsImagesAndLabels() throws {
    let set = try dataset(
      idx(8, [2, 1, 3], [0, 51, 102, 153, 204, 255]), idx(8, [2], [1, 0]))
    #expect(set.shape == [1, 1, 3] && set.count == 2 && set.labels == [1, 0])
    let (images, labels) = set.tensors(of: [1, 0])
    #expect(images.shape == [2, 1, 1, 3])
    #expect(
      images.scalars(as: Float.self)
        == [153, 204, 255, 0, 51, 102].map { (byte: Float) in byte * (1 / 255) })
    #expect(labels.dtype == .i32 && labels.scalars(as: Int32.self) == [0, 1])
  }

  @Test func refusesWhatDoesNotFit() throws {
    let images = idx(8, [2, 1, 1], [1, 2])
    let cases: [(images: [UInt8], labels: [UInt8], error: String)] = [
      (images, idx(8, [1], [0]), "labels: 1 labels, expected 2, one per image of"),
      (images, idx(8, [2], [0, 2]), "labels: label 2 at index 1, expected one below 2"),
      (idx(8, [2], [1, 2]), idx(8, [2], [0, 1]), "images: uint8 of shape [2], expected uint8 of"),
      (
        idx(0x0b, [1, 1, 1], [1, 2]), idx(8, [1], [0]),
        "images: int16 of shape [1, 1, 1], expected uint8 of"
      ),
      (images, idx(9, [2], [0, 1]), "labels: int8 of shape [2], expected uint8 of [images]"),
      (images, idx(8, [2], [0]), "labels: 9 bytes, expected 10"),
      ([7], idx(8, [2], [0]), "images: 1 bytes, expected 4"),
    ]
    for bad in cases {
      let error = #expect(throws: IDXDatasetError.self) { try dataset(bad.images, bad.labels) }
      #expect("\(error!)".contains(bad.error), "\(error!)")
    }
  }

  @Test func missingFashionMNISTNamesThePackage() throws {
    let error = #expect(throws: IDXDatasetError.self) {
      try Dataset.fashionMNIST(folder: "/nowhere")
    }
    #expect(
      "\(error!)" == "/nowhere/train-images-idx3-ubyte.gz: not there; "
        + "Debian: apt-get install dataset-fashion-mnist")
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: Dataset.fashionMNISTFolder)))
  func fashionMNIST() throws {
    let split = try Dataset.fashionMNIST()
    #expect(split.training.count == 60_000 && split.test.count == 10_000)
    #expect(split.training.shape == [1, 28, 28])
    // Published: 6,000 and 1,000 of each class; the first is an ankle boot.
    #expect((0..<10).allSatisfy { label in split.training.labels.count { $0 == label } == 6000 })
    #expect((0..<10).allSatisfy { label in split.test.labels.count { $0 == label } == 1000 })
    #expect(split.training.classes[Int(split.training.labels[0])] == "Ankle boot")
  }

  @Test func digits() {
    let split = Dataset.digits()
    #expect(split.training.count == 1437 && split.test.count == 360)
    #expect(split.training.shape == [1, 8, 8] && split.training.classes == (0...9).map { "\($0)" })
    let all = split.training.labels + split.test.labels
    // Published with the set.
    let counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    #expect((0...9).map { digit in all.count { $0 == digit } } == counts)
    guard case .bytes(let pixels) = split.training.elements else {
      Issue.record("the pixels are no bytes")
      return
    }
    #expect(pixels.max() == 16)
    #expect(split.test.tensors(of: 0..<360).images.max().scalar(as: Float.self) == 1)
  }

  @Test func splitsKeepEveryExampleOnce() {
    let set = Dataset(
      name: "numbers", shape: [1], elements: .floats((0..<10).map(Float.init)),
      labels: Array(repeating: 0, count: 10), classes: ["number"])
    let split = set.split(holdingBack: 3, by: HostKey(1))
    guard case .floats(let training) = split.training.elements,
      case .floats(let test) = split.test.elements
    else {
      Issue.record("no floats")
      return
    }
    #expect(training.count == 7 && (training + test).sorted() == (0..<10).map(Float.init))
  }

  @Test func wrongCountsAreMisuse() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Dataset(name: "x", shape: [2], elements: .bytes([1]), labels: [0], classes: ["a"])
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("DatasetTests.swift:"))
    #expect(message.contains("Dataset: 1 numbers for 1 examples of shape [2]"))
  }
}
