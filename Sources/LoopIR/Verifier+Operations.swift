// The verifier's checks of operations.

import IRCore

extension KernelVerifier {
  func check(_ operation: Operation, defining id: VariableID) throws(VerifierError) {
    let type = try type(of: id)
    switch operation {
    case .elementwise(let row, let operands): try checkElementwise(row, operands, id, type)
    case .load(let access, let mask, let otherwise):
      try checkLoad(access, mask, otherwise, id, type)
    case .index(let expression):
      try checkIndex(expression, lanes: type.lanes, "\(spelled(id)) = index")
      try checkElement(.i64, type, "\(spelled(id)) = index")
    case .splat(let operand):
      try check(operand, is: ValueType(type.dtype), "\(spelled(id)) = splat")
    case .reduceLanes(let row, let operand): try checkReduction(row, operand, id, type)
    case .shiftLanes(let operand, let distance, let fill):
      try checkShift(operand, distance, fill, id, type)
    case .shuffleLanes(let a, let b, let lanes): try checkShuffle([a, b], lanes, id, type)
    case .extractLane(let operand, let lane): try checkExtraction(operand, lane, id, type)
    }
  }

  private func checkElementwise(
    _ row: Elementwise, _ operands: [Operand], _ id: VariableID, _ type: ValueType
  ) throws(VerifierError) {
    let name = "\(spelled(id)) = \(row.name)"
    guard operands.count == row.arity else {
      throw error("\(name): \(row.arity) operands expected, found \(operands.count)")
    }
    var types: [DType] = []
    for operand in operands {
      types.append(try check(operand).dtype)
      try checkLanes(operand, type.lanes, name)
    }
    if case .failure(let failure) = row.typing.result(of: types, stated: type.dtype) {
      throw error("\(name): \(failure)")
    }
  }

  private func checkLanes(
    _ operand: Operand, _ lanes: Int, _ name: String
  ) throws(VerifierError) {
    guard case .variable = operand else { return }
    let found = try check(operand).lanes
    guard found == lanes else {
      throw error("\(name): \(lanes) lanes expected, found \(spelled(operand)) of \(found)")
    }
  }

  private func checkLoad(
    _ access: Access, _ mask: Operand?, _ otherwise: Literal?, _ id: VariableID,
    _ type: ValueType
  ) throws(VerifierError) {
    let name = "\(spelled(id)) = load"
    _ = try checkAccess(access, lanes: type.lanes, name)
    if let mask { try check(mask, is: ValueType(.bool, lanes: type.lanes), "\(name): mask") }
    guard (mask == nil) == (otherwise == nil) else {
      throw error(
        mask == nil
          ? "\(name): no else expected without a mask" : "\(name): an else expected after the mask")
    }
    if let otherwise { try checkElement(otherwise.type, type, "\(name): else") }
  }

  private func checkElement(
    _ found: DType, _ type: ValueType, _ name: String
  ) throws(VerifierError) {
    guard found == type.dtype else {
      throw error("\(name): a value of type \(type.dtype) expected, found \(found)")
    }
  }

  /// Checks a row that combines values of one type.
  func checkCombining(
    _ row: Elementwise, _ type: DType, _ name: String
  ) throws(VerifierError) {
    guard row.isCombining else {
      throw error("\(name): add, mul, min, max, and, or or xor expected, found \(row.name)")
    }
    if case .failure(let failure) = row.typing.result(of: [type, type], stated: type) {
      throw error("\(name): \(row.name): \(failure)")
    }
  }

  private func checkReduction(
    _ row: Elementwise, _ operand: Operand, _ id: VariableID, _ type: ValueType
  ) throws(VerifierError) {
    let name = "\(spelled(id)) = reduceLanes"
    try checkElement(try check(operand).dtype, type, name)
    try checkCombining(row, type.dtype, name)
    try checkScalar(type, name)
  }

  private func checkScalar(_ type: ValueType, _ name: String) throws(VerifierError) {
    guard type.lanes == 1 else {
      throw error("\(name): a scalar result expected, found \(type)")
    }
  }

  private func checkShift(
    _ operand: Operand, _ distance: Int, _ fill: Operand, _ id: VariableID, _ type: ValueType
  ) throws(VerifierError) {
    let name = "\(spelled(id)) = shiftLanes"
    try check(operand, is: type, name)
    try check(fill, is: ValueType(type.dtype), "\(name): fill")
    guard (0...type.lanes).contains(distance) else {
      throw error("\(name): a distance in 0...\(type.lanes) expected, found \(distance)")
    }
  }

  private func checkShuffle(
    _ operands: [Operand], _ lanes: [Int], _ id: VariableID, _ type: ValueType
  ) throws(VerifierError) {
    let name = "\(spelled(id)) = shuffleLanes"
    var count = 0
    for operand in operands { count = max(count, try check(operand).lanes) }
    guard count > 1 else { throw error("\(name): a vector expected, found scalars") }
    for operand in operands { try check(operand, is: ValueType(type.dtype, lanes: count), name) }
    guard lanes.count == type.lanes else {
      throw error("\(name): \(type.lanes) lanes expected, found \(lanes.count)")
    }
    if let lane = lanes.first(where: { !(0..<2 * count).contains($0) }) {
      throw error("\(name): lanes in 0..<\(2 * count) expected, found \(lane)")
    }
  }

  private func checkExtraction(
    _ operand: Operand, _ lane: Int, _ id: VariableID, _ type: ValueType
  ) throws(VerifierError) {
    let name = "\(spelled(id)) = extractLane"
    let found = try check(operand)
    try checkElement(found.dtype, type, name)
    try checkScalar(type, name)
    guard (0..<found.lanes).contains(lane) else {
      throw error("\(name): a lane in 0..<\(found.lanes) expected, found \(lane)")
    }
  }
}
