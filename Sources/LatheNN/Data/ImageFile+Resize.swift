// Brings images to a size.

extension ImageFile {
  /// The bytes in the order channel, row, column, of the image brought to `size` by bilinear
  /// interpolation between the four pixels around each new pixel's centre.
  func planes(fitting size: ImageSize) -> [UInt8] {
    if height == size.height, width == size.width { return planes }
    let rows = Self.samples(from: height, to: size.height)
    let columns = Self.samples(from: width, to: size.width)
    let planes = planes
    var result: [UInt8] = []
    result.reserveCapacity(channels.rawValue * size.height * size.width)
    for channel in 0..<channels.rawValue {
      let start = channel * height * width
      for row in rows {
        for column in columns {
          func along(_ y: Int) -> Float {
            let pixels = start + y * width
            let (first, second) = (planes[pixels + column.first], planes[pixels + column.second])
            return Float(first) + (Float(second) - Float(first)) * column.weight
          }
          let (above, below) = (along(row.first), along(row.second))
          result.append(UInt8((above + (below - above) * row.weight).rounded()))
        }
      }
    }
    return result
  }

  /// The two old places beside each new one along an axis, and the weight of the second.
  private static func samples(
    from old: Int, to new: Int
  ) -> [(first: Int, second: Int, weight: Float)] {
    (0..<new).map { index in
      let center = (Float(index) + 0.5) * Float(old) / Float(new) - 0.5
      let place = min(max(center, 0), Float(old - 1))
      let first = Int(place)
      return (first, min(first + 1, old - 1), place - Float(first))
    }
  }
}
