// The verifier's rules by node kind; the list heads Verifier.swift.

import IRCore
import LoopIR

extension GraphVerifier {
  func verifyKind(_ id: NodeID) throws(VerifierError) {
    let node = graph[id]
    switch node.kind {
    case .parameter: try verifyCounts(id, operands: 0)
    case .constant(let data): try verifyConstant(data, id)
    case .iota(let axis): try verifyIota(axis, id)
    case .elementwise(let row): try verifyElementwise(row, id)
    case .view(let view): try verifyView(view, id)
    case .call(let name):
      guard let module else { return }
      guard let callee = module[name] else { throw error(id, "no graph @\(name)") }
      try verifyCall(Signature(callee), id)
    case .kernel(let kernel): try verifyCall(Signature(kernel), id)
    case .reduce(let reduction): try verifyReduction(reduction.result, id)
    case .scan(let scan): try verifyScan(scan, id)
    case .contract(let contraction): try verifyContraction(contraction, id)
    case .loop(let loop): try verifyLoop(loop, id)
    case .conditional(let choice): try verifyConditional(choice, id)
    case .custom(let custom): try verifyCustom(custom, id)
    case .concat, .gather, .scatter, .sort:
      throw error(
        "\(names[ValueID(id)]): \(NodeKind.declaredOnly(node.kind.keyword))")
    }
  }

  private func verifyCounts(_ id: NodeID, operands: Int) throws(VerifierError) {
    let node = graph[id]
    guard node.operands.count == operands else {
      throw error(id, "\(operands) operands expected, found \(node.operands.count)")
    }
    guard node.types.count == 1 else {
      throw error(id, "1 result expected, found \(node.types.count)")
    }
  }

  private func verifyConstant(_ data: TensorData, _ id: NodeID) throws(VerifierError) {
    try verifyCounts(id, operands: 0)
    let type = graph[id].types[0]
    guard let extents = type.extents, let count = Graph.elementCount(extents) else {
      throw error(id, "constant extents expected, found \(type)")
    }
    guard data.type == type.dtype else {
      throw error(id, "data of \(type.dtype) expected, found \(data.type)")
    }
    guard data.bytes.count == count * type.dtype.byteSize else {
      throw error(
        id, "\(count * type.dtype.byteSize) bytes expected for \(type), found \(data.bytes.count)")
    }
  }

  private func verifyIota(_ axis: Int, _ id: NodeID) throws(VerifierError) {
    try verifyCounts(id, operands: 0)
    let type = graph[id].types[0]
    guard type.shape.indices.contains(axis) else { throw error(id, "\(type) has no axis \(axis)") }
    guard type.dtype.isNumeric else { throw error(id, "a numeric type expected, found \(type)") }
  }

  private func verifyElementwise(_ row: Elementwise, _ id: NodeID) throws(VerifierError) {
    try verifyCounts(id, operands: row.arity)
    let node = graph[id]
    let type = node.types[0]
    for (index, operand) in node.operands.enumerated() {
      guard let value = operand.value, graph[type: value].shape != type.shape else { continue }
      throw error(
        id,
        "operand \(index) of shape \(TensorType.text(type.shape)) expected, found "
          + "\(graph[type: value])")
    }
    let operands = node.operands.map(graph.dtype(of:))
    if let bad = operands.first(where: { !$0.isSupported }) {
      throw error(id, "\(bad) is declared, but this version does not compute with it yet")
    }
    if case .failure(let failure) = row.typing.result(of: operands, stated: type.dtype) {
      throw error(id, failure.description)
    }
  }

  private func verifyCall(_ signature: Signature, _ id: NodeID) throws(VerifierError) {
    let node = graph[id]
    let operands = node.operands.compactMap(\.value).map { graph[type: $0] }
    switch signature.results(of: operands) {
    case .failure(let mismatch): throw error(id, mismatch.problem)
    case .success(let results):
      guard results.count == node.types.count, zip(node.types, results).allSatisfy(signature.fits)
      else {
        func list(_ types: [TensorType]) -> String {
          types.map(\.description).joined(separator: ", ")
        }
        throw error(id, "results \(list(results)) expected, found \(list(node.types))")
      }
    }
  }

  /// Checks a scan, which may have a second operand for what its chunks start from.
  private func verifyScan(_ scan: Scan, _ id: NodeID) throws(VerifierError) {
    try verifyReduction(scan.result, id, operands: graph[id].operands.count == 2 ? 2 : 1)
    guard let operand = graph[id].operands[0].value, let starts = graph[id].operands.last?.value,
      graph[id].operands.count == 2
    else { return }
    let expected = scan.startsType(for: graph[type: operand])
    guard graph[type: starts] == expected else {
      throw error(id, "chunks that start from \(expected) expected, found \(graph[type: starts])")
    }
  }

  /// Checks a reduction or a scan, whose `result` tells the type that follows from the first
  /// operand's.
  private func verifyReduction(
    _ result: (TensorType) -> Result<TensorType, Mismatch>, _ id: NodeID, operands: Int = 1
  ) throws(VerifierError) {
    try verifyCounts(id, operands: operands)
    guard let operand = graph[id].operands[0].value else { return }
    let type = graph[type: operand]
    switch result(type) {
    case .failure(let mismatch): throw error(id, "\(type) \(mismatch.problem)")
    case .success(let expected):
      guard graph[id].types[0] == expected else {
        throw error(id, "a result of \(expected) expected, found \(graph[id].types[0])")
      }
    }
  }

  private func verifyContraction(
    _ contraction: Contraction, _ id: NodeID
  ) throws(VerifierError) {
    try verifyCounts(id, operands: 2)
    let node = graph[id]
    let types = node.operands.compactMap(\.value).map { graph[type: $0] }
    let result = node.types[0]
    for extent in contraction.summed {
      if let count = extent.asConstant, !(0...IndexFacts.largestExtent).contains(count) {
        throw error(id, "an extent from 0 on expected for a summed index, found \(count)")
      }
    }
    try verifyExpressions(contraction.summed, axes: 0, id)
    try verifyExpressions(
      Array(contraction.operands.joined()), axes: result.rank + contraction.summed.count, id)
    guard contraction.accumulator.isSupported else {
      throw error(
        id, "\(contraction.accumulator) is declared, but this version does not sum in it yet")
    }
    if let mismatch = contraction.problem(types, result: result) {
      let list = types.map(\.description).joined(separator: ", ")
      throw error(id, "\(list) \(mismatch.problem)")
    }
  }

  // MARK: Views

  private func verifyView(_ view: View, _ id: NodeID) throws(VerifierError) {
    try verifyCounts(id, operands: 1)
    guard let operand = graph[id].operands[0].value else { return }
    let (source, result) = (graph[type: operand], graph[id].types[0])
    guard source.dtype == result.dtype else {
      throw error(id, "a result of \(source.dtype) expected, found \(result)")
    }
    guard view.indices.count == source.rank else {
      throw error(id, "\(source.rank) indices expected for \(source), found \(view.indices.count)")
    }
    guard view.guards.isEmpty == (view.fill == nil) else {
      throw error(id, view.guards.isEmpty ? "a fill without guards" : "guards without a fill")
    }
    if let fill = view.fill, fill.type != result.dtype {
      throw error(id, "a fill of \(result.dtype) expected, found \(fill.type)")
    }
    let bounds = view.guards.flatMap { [$0.expression, $0.lower, $0.upper] }
    try verifyExpressions(view.indices + bounds, axes: result.rank, id)
    try verifyRanges(view, source, result, id)
  }

  private func verifyRanges(
    _ view: View, _ source: TensorType, _ result: TensorType, _ id: NodeID
  ) throws(VerifierError) {
    if result.shape.contains(0) { return }
    let facts = AxisFacts(result.shape)
    for (axis, (index, extent)) in zip(view.indices, source.shape).enumerated() {
      if isWithin(index, extent, view.guards, facts) { continue }
      let isWrong =
        view.guards.isEmpty && (facts.reaches(extent, index) || facts.goesBelowZero(index))
        || leaves(index, extent, view.guards, result)
      guard isWrong else { continue }
      let axes = AxisNames(avoiding: graph.symbols)
      throw error(
        id,
        "index \(index.text { axes[$0] }) leaves axis \(axis) of \(source), which is "
          + "\(TensorType.text(extent)) long")
    }
  }

  /// Holds when the axes' extents, or a guard on the same expression, keep an index in range.
  private func isWithin(
    _ index: IndexExpression, _ extent: IndexExpression, _ guards: [View.Guard],
    _ facts: AxisFacts
  ) -> Bool {
    var isLow = facts.isAtLeast(index, 0)
    var isHigh = facts.isBelow(index, extent)
    for condition in guards {
      // The index is the guarded expression plus this, if this has no axes.
      let distance = index - condition.expression
      isLow = isLow || facts.isAtLeast(condition.lower + distance, 0)
      isHigh = isHigh || facts.isAtLeast(extent, condition.upper + distance)
    }
    return isLow && isHigh
  }

  /// Largest number of places at which an index is tried.
  private static let largestTrial = 1 << 14

  /// Tries an index at every place where the guards hold, if extents are constant and few.
  private func leaves(
    _ index: IndexExpression, _ extent: IndexExpression, _ guards: [View.Guard],
    _ result: TensorType
  ) -> Bool {
    guard let extents = result.extents, let bound = extent.asConstant else { return false }
    let bounds = guards.flatMap { [$0.expression, $0.lower, $0.upper] }
    let used = extents.indices.filter { axis in
      (bounds + [index]).contains { $0.contains(.variable(axis)) }
    }
    guard let count = Graph.elementCount(used.map { extents[$0] }), count <= Self.largestTrial
    else { return false }
    var place = [Int](repeating: 0, count: extents.count)
    func value(_ expression: IndexExpression) -> Int? {
      expression.evaluate { atom in
        guard case .variable(let axis) = atom else { return nil }
        return place[axis]
      }
    }
    for _ in 0..<count {
      guard let found = value(index) else { return false }
      let isRead = guards.allSatisfy { condition in
        guard let e = value(condition.expression), let low = value(condition.lower),
          let high = value(condition.upper)
        else { return false }
        return low <= e && e < high
      }
      if isRead, found < 0 || found >= bound { return true }
      for axis in used.reversed() {
        place[axis] += 1
        if place[axis] < extents[axis] { break }
        place[axis] = 0
      }
    }
    return false
  }
}
