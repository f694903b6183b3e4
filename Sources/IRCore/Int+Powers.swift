// Powers of two.

extension Int {
  /// The least power of two that is not below; 1 for numbers below 1.
  package var roundedUpToPowerOfTwo: Int {
    self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount)
  }
}
