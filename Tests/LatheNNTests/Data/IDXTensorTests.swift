// IDX files as tensors.

import Lathe
import LatheNN
import Testing

@Suite struct IDXTensorTests {
  private func file(_ type: UInt8, _ shape: [UInt8], _ bytes: [UInt8]) throws -> IDXFile {
    let extents: [UInt8] = shape.flatMap { extent -> [UInt8] in [0, 0, 0, extent] }
    return try IDXFile(
      contents: ([0, 0, type, UInt8(shape.count)] as [UInt8]) + extents + bytes, file: "test")
  }

  @Test func pixelsScale() throws {
    let tensor = try file(0x08, [2, 2], [0, 51, 102, 255]).tensor(scale: 1 / 255)
    #expect(tensor.shape == [2, 2] && tensor.dtype == .f32)
    #expect(tensor.scalars(as: Float.self) == [0, 51, 102, 255].map { $0 * (1 / 255) })
  }

  @Test func everyTypeIsBigEndian() throws {
    func values(_ type: UInt8, _ bytes: [UInt8]) throws -> [Float] {
      try file(type, [1], bytes).tensor().scalars(as: Float.self)
    }
    #expect(try values(0x09, [0xff]) == [-1])
    #expect(try values(0x0b, [0xff, 0x00]) == [-256])
    #expect(try values(0x0c, [0, 1, 0, 0]) == [65_536])
    #expect(try values(0x0d, [0x3f, 0x80, 0, 0]) == [1])
    #expect(try values(0x0e, [0xbf, 0xf8, 0, 0, 0, 0, 0, 0]) == [-1.5])
  }
}
