// The schedule step `skewStorage`.

import IRCore
public import LoopIR

extension Kernel {
  /// Lays a local buffer out by diagonals of its last two axes: the element [a, b] moves to
  /// [a + b, a], so that what a loop over one diagonal touches lies side by side.
  ///
  /// Legal for a local of two or more axes, each of whose accesses names elements of its own type.
  /// The buffer takes about twice the memory where its extents are alike; the corners are never
  /// touched.
  public func skewingStorage(of name: String) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.skewStorage(name)
    let buffer = try local(name, for: step)
    let rank = self[buffer].shape.count
    guard rank >= 2 else { throw ScheduleRefusal(step, "%\(name) has \(rank) axes, 2 are needed") }
    let test = DependenceTest(self)
    let bytes = self[buffer].type.byteSize
    if let odd = test.references.first(where: {
      $0.access.buffer == buffer && $0.elementBytes != bytes
    }) {
      throw ScheduleRefusal(step, "\(test.text(odd)) is of another type")
    }
    let (rows, columns) = (self[buffer].shape[rank - 2], self[buffer].shape[rank - 1])
    var result = self
    result[buffer].shape[rank - 2] = (rows + columns - 1).max(0)
    result[buffer].shape[rank - 1] = rows
    result.body = body.mappingAccesses { access in
      guard access.buffer == buffer else { return access }
      var access = access
      let row = access.indices[rank - 2]
      access.indices[rank - 2] = row + access.indices[rank - 1]
      access.indices[rank - 1] = row
      access.alignment = nil
      return access
    }
    return result
  }
}
