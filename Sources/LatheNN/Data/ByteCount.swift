// Sizes that files state.

/// The bytes of all elements of a shape; nil where an extent is below 0 or they are more than `Int`
/// counts.
func byteCount(of shape: [Int], elementSize: Int) -> Int? {
  guard shape.allSatisfy({ $0 >= 0 }) else { return nil }
  if shape.contains(0) { return 0 }
  var count = elementSize
  for extent in shape {
    let (product, overflow) = count.multipliedReportingOverflow(by: extent)
    if overflow { return nil }
    count = product
  }
  return count
}
