// The schedule step `shrink`.

import IRCore
public import LoopIR

extension Kernel {
  /// Keeps of a local only the window that one iteration of a loop touches.
  ///
  /// An axis begins where the iteration's first write along it does, and is as long as the bounds
  /// of all subscripts tell; one for which they tell nothing stays as it is. Legal when the loop
  /// holds every access, an axis becomes shorter, and an iteration reads only what it wrote.
  public func shrinking(
    _ name: String, at loop: String, role: Buffer.Role
  ) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.shrink(name, at: loop, role: role)
    let site = try site(of: loop, for: step)
    let buffer = try local(name, for: step)
    let test = DependenceTest(self)
    if test.touches(buffer, outside: site.loop.variable) {
      throw ScheduleRefusal(step, "%\(name) is touched outside %\(loop)")
    }
    let window = LocalWindow(
      test.references.filter { $0.access.buffer == buffer }, self[buffer].shape, site)
    guard window.isSmaller else {
      throw ScheduleRefusal(step, "an iteration of %\(loop) may touch all of %\(name)")
    }
    var result = self
    result[buffer].role = role
    result[buffer].shape = window.axes.map { IndexExpression($0.extent) }
    result.body = body.mappingAccesses { access in
      guard access.buffer == buffer else { return access }
      return Access(buffer, zip(access.indices, window.axes).map { $0 - $1.start })
    }
    if role.isPrivate, let loop = result.loop(named: loop),
      let read = DependenceTest(result).uncoveredRead(in: loop, of: buffer)
    {
      throw ScheduleRefusal(step, "\(read) may see what another iteration wrote")
    }
    return result
  }
}

/// What one iteration of a loop touches of a local, axis by axis.
private struct LocalWindow {
  struct Axis {
    var start: IndexExpression
    var extent: Int
  }

  private(set) var axes: [Axis] = []
  /// Whether it is less than all.
  private(set) var isSmaller = false

  init(_ references: [MemoryReference], _ shape: [IndexExpression], _ site: LoopSite) {
    let inside = Set(site.loop.body.allDefinitions)
    let first = references.first(where: \.writes)
    for (index, extent) in shape.enumerated() {
      let whole = Axis(start: 0, extent: extent.asConstant ?? 0)
      let found = first.flatMap { Self.start($0.access.indices[index], $0, inside) }
        .flatMap { start in
          Self.extent(references, index, start).map { Axis(start: start, extent: $0) }
        }
      if let found, found.extent < whole.extent {
        axes.append(found)
        isSmaller = true
      } else {
        axes.append(whole)
      }
    }
  }

  /// The first value of a subscript in an iteration; `nil` where loops inside move it in no way
  /// that is known.
  private static func start(
    _ index: IndexExpression, _ reference: MemoryReference, _ inside: Set<VariableID>
  ) -> IndexExpression? {
    var place = index.substituting { $0 == .lane ? 0 : nil }
    for case .loop(let loop) in reference.enclosing.reversed()
    where inside.contains(loop.variable) {
      guard let factor = place.coefficient(of: loop.variable.atom), factor >= 0 else { return nil }
      place = place.substituting { $0 == loop.variable.atom ? loop.lower : nil }
    }
    return inside.isDisjoint(with: place.variables) ? place : nil
  }

  /// How many places from `start` on all subscripts need; `nil` where one may lie before it.
  private static func extent(
    _ references: [MemoryReference], _ index: Int, _ start: IndexExpression
  ) -> Int? {
    var extent = 0
    for reference in references {
      let bounds = IndexBounds(enclosing: reference.enclosing)
      func bound(lane: Int) -> IndexExpression {
        reference.access.indices[index].substituting { $0 == .lane ? IndexExpression(lane) : nil }
          - start
      }
      guard let low = bounds.lower(of: bound(lane: 0)), low >= 0,
        let high = bounds.upper(of: bound(lane: reference.lanes - 1))
      else { return nil }
      extent = max(extent, high + 1)
    }
    return extent
  }
}
