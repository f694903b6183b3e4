// Sorts as keys, a kernel that sorts them, and gathers.

import IRCore
import LoopIR
import TensorIR

extension Graph {
  /// Appends what a sort is made of: unsigned keys that stand in the order asked for, a kernel on
  /// their rows, and for each operand the elements that the order names; `nil` where extents are
  /// only known at run time.
  mutating func expandSort(
    _ sort: Sort, _ node: Node, _ location: SourceLocation,
    _ named: (Kernel) -> Kernel
  ) -> [ValueID]? {
    guard let keys = node.operands.first?.value, let extents = self[type: keys].extents,
      let kept = node.types[0].shape[sort.axis].asConstant
    else { return nil }
    if node.types[0].shape.contains(0) { return empty(node.types, location) }
    var expansion = SortExpansion(self, sort, extents: extents, kept: kept, location)
    let results = expansion.results(of: node, named)
    self = expansion.graph
    return results
  }

  /// Tensors without elements.
  private mutating func empty(_ types: [TensorType], _ location: SourceLocation) -> [ValueID] {
    types.map { type in
      ValueID(append(Node(.constant(TensorData(type.dtype, bytes: [])), [], type), at: location))
    }
  }
}

private struct SortExpansion {
  private(set) var graph: Graph
  private let sort: Sort
  private let extents: [Int]
  private let kept: Int
  private let location: SourceLocation

  init(
    _ graph: Graph, _ sort: Sort, extents: [Int], kept: Int, _ location: SourceLocation
  ) {
    self.graph = graph
    self.sort = sort
    self.extents = extents
    self.kept = kept
    self.location = location
  }

  /// Number of elements along the axis.
  private var count: Int { extents[sort.axis] }

  /// Extents of the other axes.
  private var others: [Int] { extents.indices.filter { $0 != sort.axis }.map { extents[$0] } }

  /// Axis of the rows' layout, with the sorted axis last, by axis of the operands.
  private func axis(_ axis: Int) -> Int {
    axis == sort.axis ? extents.count - 1 : axis < sort.axis ? axis : axis - 1
  }

  mutating func results(of node: Node, _ named: (Kernel) -> Kernel) -> [ValueID] {
    let operands = node.operands.compactMap(\.value)
    let dtype = graph[type: operands[0]].dtype
    let keys = rows(key(operands[0], dtype), count)
    let digits = dtype.byteSize
    if operands.count == 1, !Self.selects(kept, of: count) {
      let sorted = kernel(keys, kept, digits: digits, order: nil, named)
      return [element(whole(sorted), dtype)]
    }
    let order = whole(self.order(of: keys, kept, digits: digits, named))
    return zip(operands, node.types).map { operand, type in
      element(of: operand, order, type)
    }
  }

  // MARK: Order

  /// The kernel that sorts rows of keys.
  private mutating func kernel(
    _ keys: ValueID, _ kept: Int, digits: Int, order: DType?, _ named: (Kernel) -> Kernel
  ) -> ValueID {
    let type = graph[type: keys]
    let extents = type.extents ?? []
    let sort = RowSort(
      rows: extents[0], count: extents[1], type: type.dtype, digits: digits, kept: kept,
      order: order)
    return append(
      .kernel(named(sort.kernel())), [keys],
      TensorType(order ?? type.dtype, extents: [extents[0], kept]))
  }

  /// Where the first keys of each row stand, `[rows, kept]`.
  private mutating func order(
    of keys: ValueID, _ kept: Int, digits: Int, _ named: (Kernel) -> Kernel
  ) -> ValueID {
    let count = graph[type: keys].extents?[1] ?? 0
    if Self.selects(kept, of: count) { return selected(keys, kept, digits: digits, named) }
    let type: DType = count <= Int(Int32.max) ? .i32 : .i64
    return kernel(keys, kept, digits: digits, order: type, named)
  }

  /// Elements of a block of which the first is looked at.
  private static let block = 64

  /// Whether few enough of a row are asked for to look at blocks first.
  private static func selects(_ kept: Int, of count: Int) -> Bool {
    count >= 4096 && kept <= count / (2 * block)
  }

  /// Where the first keys of each row stand, from the blocks whose own first keys come first.
  ///
  /// Outside of those there is nothing: as many blocks have a key that stands before, or an equal one
  /// at an earlier place. Blocks are put in the order of their places, so that equal keys stay in
  /// order.
  private mutating func selected(
    _ keys: ValueID, _ kept: Int, digits: Int, _ named: (Kernel) -> Kernel
  ) -> ValueID {
    let type = graph[type: keys]
    let extents = type.extents ?? []
    let last = literal(type.dtype, type.dtype.mask)
    let best = append(
      .reduce(Reduction(.min, axes: [2], order: .lanes(16, chunk: Self.block))),
      [blocks(of: keys, extents, last)],
      TensorType(type.dtype, extents: [extents[0], (extents[1] + Self.block - 1) / Self.block]))
    let first = order(of: best, kept, digits: digits, named)
    let place = graph[type: first].dtype
    let unsigned = cast(first, to: place.unsigned)
    let ascending = kernel(
      unsigned, kept, digits: place.byteSize, order: nil, named)
    let chosen = cast(ascending, to: place)
    let size = TensorOperand.literal(Literal(place, integer: Self.block))
    let starts = apply(.mul, [.value(chosen), size], place, like: chosen)
    let places = candidates(from: starts, place, [extents[0], kept])
    let axes = (0..<2).map { IndexExpression.variable($0) }
    let read = Gather(
      [.expression(axes[0]), .element(axes)], outside: .skipped, fill: last.literal)
    let found = append(
      .gather(read), [keys, places], TensorType(type.dtype, graph[type: places].shape))
    let among = order(of: found, kept, digits: digits, named)
    let back = Gather([.expression(axes[0]), .element(axes)], outside: .clamped)
    return append(
      .gather(back), [places, among], TensorType(place, extents: [extents[0], kept]))
  }

  /// Rows as blocks, `[rows, blocks, block]`, the last one filled up.
  private mutating func blocks(
    of keys: ValueID, _ extents: [Int], _ last: TensorOperand
  ) -> ValueID {
    let position = .variable(1) * IndexExpression(Self.block) + .variable(2)
    let isWhole = extents[1] % Self.block == 0
    let view = View(
      [.variable(0), position],
      guards: isWhole ? [] : [View.Guard(position, in: 0, IndexExpression(extents[1]))],
      fill: isWhole ? nil : last.literal)
    let count = (extents[1] + Self.block - 1) / Self.block
    return append(
      .view(view), [keys],
      TensorType(graph[type: keys].dtype, extents: [extents[0], count, Self.block]))
  }

  /// The places of blocks that begin at `starts`, `[rows, kept · block]`.
  private mutating func candidates(
    from starts: ValueID, _ dtype: DType, _ extents: [Int]
  ) -> ValueID {
    let shape = TensorType(dtype, extents: extents + [Self.block])
    let spread = append(.view(View([.variable(0), .variable(1)])), [starts], shape)
    let offsets = append(.iota(axis: 2), [], shape)
    let all = apply(.add, [.value(spread), .value(offsets)], dtype, like: spread)
    return reshaped(all, TensorType(dtype, extents: [extents[0], extents[1] * Self.block]))
  }

  private mutating func cast(_ value: ValueID, to dtype: DType) -> ValueID {
    graph[type: value].dtype == dtype
      ? value : apply(.cast, [.value(value)], dtype, like: value)
  }

  // MARK: Layout

  private mutating func append(
    _ kind: NodeKind, _ operands: [ValueID], _ type: TensorType
  ) -> ValueID {
    ValueID(
      graph.append(Node(kind, operands.map { .value($0) }, type), at: location))
  }

  /// The tensor as rows along the axis.
  private mutating func rows(_ value: ValueID, _ count: Int) -> ValueID {
    let dtype = graph[type: value].dtype
    let moved = TensorType(dtype, extents: others + [count])
    let indices = extents.indices.map { IndexExpression.variable(axis($0)) }
    let turned =
      sort.axis == extents.count - 1 ? value : append(.view(View(indices)), [value], moved)
    return reshaped(turned, TensorType(dtype, extents: [others.reduce(1, *), count]))
  }

  /// Rows along the axis as a tensor with the axis last.
  private mutating func whole(_ rows: ValueID) -> ValueID {
    reshaped(rows, TensorType(graph[type: rows].dtype, extents: others + [kept]))
  }

  private mutating func reshaped(_ value: ValueID, _ type: TensorType) -> ValueID {
    let source = graph[type: value]
    guard source != type,
      let indices = TensorType.reshapeIndices(from: source.shape, to: type.shape)
    else { return value }
    return append(.view(View(indices)), [value], type)
  }

  /// A tensor with the axis last as one with the axis in its place.
  private mutating func turnedBack(_ value: ValueID, _ type: TensorType) -> ValueID {
    if sort.axis == extents.count - 1 { return value }
    var indices = [IndexExpression](repeating: 0, count: extents.count)
    for place in extents.indices { indices[axis(place)] = .variable(place) }
    return append(.view(View(indices)), [value], type)
  }

  /// The elements of an operand that the order names.
  private mutating func element(
    of operand: ValueID, _ order: ValueID, _ type: TensorType
  ) -> ValueID {
    if case .iota(let axis) = graph[operand.node].kind, axis == sort.axis {
      let orderType = TensorType(graph[type: order].dtype, type.shape)
      let turned = turnedBack(order, orderType)
      return graph[type: turned].dtype == type.dtype
        ? turned : append(.elementwise(.cast), [turned], type)
    }
    var place = [IndexExpression](repeating: 0, count: extents.count)
    for axis in extents.indices { place[self.axis(axis)] = .variable(axis) }
    let coordinates = extents.indices.map { axis -> Coordinate in
      axis == sort.axis ? .element(place) : .expression(.variable(axis))
    }
    // The order names places of its row.
    return append(.gather(Gather(coordinates, outside: .clamped)), [operand, order], type)
  }

  // MARK: Keys

  private mutating func apply(
    _ row: Elementwise, _ operands: [TensorOperand], _ dtype: DType, like value: ValueID
  ) -> ValueID {
    ValueID(
      graph.append(
        Node(.elementwise(row), operands, TensorType(dtype, graph[type: value].shape)),
        at: location))
  }

  private func literal(_ dtype: DType, _ bits: UInt64) -> TensorOperand {
    .literal(Literal(dtype, bits: bits))
  }

  /// Unsigned integers in the order of the elements: two's complement and sign-magnitude bits order
  /// like unsigned ones once their sign is turned.
  private mutating func key(_ value: ValueID, _ dtype: DType) -> ValueID {
    let bits = dtype.unsigned
    var key = dtype == bits ? value : apply(.bitcast, [.value(value)], bits, like: value)
    let sign = literal(bits, 1 << UInt64(dtype.bitWidth - 1))
    if dtype.isFloat {
      let isNegative = apply(.ge, [.value(key), sign], .bool, like: value)
      let turned = apply(.not, [.value(key)], bits, like: value)
      let marked = apply(.or, [.value(key), sign], bits, like: value)
      key = apply(.select, [.value(isNegative), .value(turned), .value(marked)], bits, like: value)
    } else if dtype.isSignedInteger {
      key = apply(.xor, [.value(key), sign], bits, like: value)
    }
    if sort.isDescending { key = apply(.not, [.value(key)], bits, like: value) }
    if dtype.isFloat {
      let isNaN = apply(.isNaN, [.value(value)], .bool, like: value)
      key = apply(
        .select, [.value(isNaN), literal(bits, dtype.mask), .value(key)], bits, like: value)
    }
    let wide: DType = dtype.byteSize == 8 ? .u64 : .u32
    return bits == wide ? key : apply(.cast, [.value(key)], wide, like: value)
  }

  /// The elements whose keys these are, with the axis in its place.
  private mutating func element(_ keys: ValueID, _ dtype: DType) -> ValueID {
    let bits = dtype.unsigned
    var key = keys
    if graph[type: key].dtype != bits { key = apply(.cast, [.value(key)], bits, like: keys) }
    let all = key
    if sort.isDescending { key = apply(.not, [.value(key)], bits, like: keys) }
    let sign = literal(bits, 1 << UInt64(dtype.bitWidth - 1))
    if dtype.isFloat {
      let isPositive = apply(.ge, [.value(key), sign], .bool, like: keys)
      let magnitude = apply(.xor, [.value(key), sign], bits, like: keys)
      let turned = apply(.not, [.value(key)], bits, like: keys)
      key = apply(
        .select, [.value(isPositive), .value(magnitude), .value(turned)], bits, like: keys)
      let isNaN = apply(.eq, [.value(all), literal(bits, dtype.mask)], .bool, like: keys)
      key = apply(
        .select, [.value(isNaN), literal(bits, Literal(dtype, .nan).bits), .value(key)], bits,
        like: keys)
    } else if dtype.isSignedInteger {
      key = apply(.xor, [.value(key), sign], bits, like: keys)
    }
    let value = bits == dtype ? key : apply(.bitcast, [.value(key)], dtype, like: keys)
    let type = TensorType(
      dtype, extents: extents.indices.map { $0 == sort.axis ? kept : extents[$0] })
    return turnedBack(value, type)
  }
}
