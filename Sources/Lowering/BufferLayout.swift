// How a tensor's axes become those of a buffer.

import IRCore
import TensorIR

/// Axes of a buffer: each is a run of neighbouring axes of the tensor, walked as one.
struct BufferLayout {
  /// Axes of the tensor by axis of the buffer.
  let runs: [[Int]]

  /// Every axis by itself.
  static func whole(rank: Int) -> BufferLayout { BufferLayout(runs: (0..<rank).map { [$0] }) }

  /// One axis for all.
  static func flat(rank: Int) -> BufferLayout { BufferLayout(runs: [Array(0..<rank)]) }

  /// The buffer's extents.
  func shape(_ tensor: [IndexExpression]) -> [IndexExpression] {
    runs.map { run in run.reduce(1) { $0 * tensor[$1] } }
  }

  /// The buffer's indices for those of the tensor.
  func indices(
    _ indices: [IndexExpression], in tensor: [IndexExpression]
  ) -> [IndexExpression] {
    runs.map { run in run.reduce(0) { $0 * tensor[$1] + indices[$1] } }
  }

  /// The layout in which axes that one loop walks are one axis and all others stay, or flat where
  /// that does not fit every access. Axes of extent 1 are dropped where loops hold several axes.
  ///
  /// - Parameters:
  ///   - shape: the tensor's.
  ///   - accesses: its indices, over the region's axes, wherever it is read or written.
  init(_ shape: [IndexExpression], accesses: [[IndexExpression]], _ groups: AxisGroups) {
    if groups.isTrivial {
      self = .whole(rank: shape.count)
      return
    }
    let kept = shape.indices.filter { shape[$0] != 1 }
    var found: [[Int]]?
    for access in accesses {
      guard let runs = Self.runs(access, shape, kept, groups), found == nil || found == runs else {
        self = .flat(rank: shape.count)
        return
      }
      found = runs
    }
    self.init(runs: found ?? kept.map { [$0] })
  }

  private init(runs: [[Int]]) { self.runs = runs }

  /// Runs of axes, each as short as the position along it follows the loops; `nil` where none does.
  private static func runs(
    _ access: [IndexExpression], _ shape: [IndexExpression], _ kept: [Int], _ groups: AxisGroups
  ) -> [[Int]]? {
    var runs: [[Int]] = []
    var run: [Int] = []
    var position: IndexExpression = 0
    for axis in kept {
      run.append(axis)
      position = position * shape[axis] + access[axis]
      guard groups.walkAsOne(position) else { continue }
      runs.append(run)
      run = []
      position = 0
    }
    return run.isEmpty ? runs : nil
  }
}

extension RegionProgram {
  /// The layouts of the parameters, then of the results. Regions that contract keep axes where
  /// loops allow it, for what their loops are turned into; for others flat memory will do.
  func layouts(_ groups: AxisGroups) -> [BufferLayout] {
    let types = graph.parameters.map { graph[$0].types[0] } + graph.results.map { graph[type: $0] }
    guard steps.contains(where: \.isContraction) else {
      return types.map { groups.isTrivial ? .whole(rank: $0.rank) : .flat(rank: $0.rank) }
    }
    var accesses = [[[IndexExpression]]](repeating: [], count: graph.parameters.count)
    for case .load(let parameter, let indices, _, _) in steps {
      accesses[parameter].append(indices)
    }
    accesses += graph.results.map { _ in [rowAxes] }
    return zip(types, accesses).map { BufferLayout($0.shape, accesses: $1, groups) }
  }
}
