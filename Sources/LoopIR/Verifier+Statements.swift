// The verifier's checks of statements.

import IRCore

extension KernelVerifier {
  mutating func check(_ statement: Statement) throws(VerifierError) {
    switch statement {
    case .define(let id, let operation):
      try check(operation, defining: id)
      try define(id)
    case .store(let value, let access, let mask):
      try checkWrite("store", value, access, mask)
    case .accumulate(let row, let value, let access, let mask):
      try checkCombining(row, try check(value).dtype, "accumulate")
      try checkWrite("accumulate", value, access, mask)
    case .check(let condition, let message):
      try check(condition, is: ValueType(.bool), "check \"\(message)\"")
    case .loop(let loop): try check(loop)
    case .whileLoop(let loop): try check(loop)
    case .branch(let branch): try check(branch)
    }
  }

  private mutating func check(_ loop: Loop) throws(VerifierError) {
    let name = "\(loop.kind.rawValue) \(spelled(loop.variable))"
    try checkInduction(loop.variable, name)
    try checkStep(loop.step, name)
    try checkIndex(loop.lower, lanes: 1, name)
    try checkIndex(loop.upper, lanes: 1, name)
    try checkInitials(loop.carried, name)
    try withScope { verifier throws(VerifierError) in
      try verifier.define(loop.variable)
      for item in loop.carried { try verifier.define(item.inside) }
      try verifier.checkBlock(loop.body)
      try verifier.checkYields(loop.yields, loop.carried.map(\.inside), name)
    }
    for item in loop.carried { try define(item.result) }
  }

  private mutating func check(_ loop: While) throws(VerifierError) {
    try checkInitials(loop.carried, "while")
    try withScope { verifier throws(VerifierError) in
      for item in loop.carried { try verifier.define(item.inside) }
      try verifier.checkBlock(loop.condition)
      try verifier.check(loop.test, is: ValueType(.bool), "test")
      try verifier.checkBlock(loop.body)
      try verifier.checkYields(loop.yields, loop.carried.map(\.inside), "while")
    }
    for item in loop.carried { try define(item.result) }
  }

  private mutating func check(_ branch: Branch) throws(VerifierError) {
    try check(branch.condition, is: ValueType(.bool), "if")
    try withScope { verifier throws(VerifierError) in
      try verifier.checkBlock(branch.then)
      try verifier.checkYields(branch.thenYields, branch.results, "if")
    }
    try withScope { verifier throws(VerifierError) in
      try verifier.checkBlock(branch.otherwise)
      try verifier.checkYields(branch.otherwiseYields, branch.results, "else")
    }
    for id in branch.results { try define(id) }
  }

  private func checkInduction(_ id: VariableID, _ name: String) throws(VerifierError) {
    let type = try type(of: id)
    guard type == ValueType(.i64) else {
      throw error("\(name): an induction variable of type i64 expected, found \(type)")
    }
  }

  private func checkStep(_ step: Int, _ name: String) throws(VerifierError) {
    guard step >= 1 else { throw error("\(name): a step of at least 1 expected, found \(step)") }
  }

  private func checkInitials(_ carried: [Carried], _ name: String) throws(VerifierError) {
    for item in carried {
      let inside = try type(of: item.inside)
      try check(
        item.initial, is: inside, "\(name): initial value of \(spelled(item.inside))")
      let result = try type(of: item.result)
      guard result == inside else {
        throw error(
          "\(name): result \(spelled(item.result)) of type \(inside) expected, found \(result)")
      }
    }
  }

  private func checkYields(
    _ yields: [Operand], _ targets: [VariableID], _ name: String
  ) throws(VerifierError) {
    guard yields.count == targets.count else {
      throw error("\(name): yield of \(targets.count) values expected, found \(yields.count)")
    }
    for (operand, target) in zip(yields, targets) {
      try check(operand, is: try type(of: target), "\(name): yield for \(spelled(target))")
    }
  }
}

// Memory.
extension KernelVerifier {
  private func checkWrite(
    _ name: String, _ value: Operand, _ access: Access, _ mask: Operand?
  ) throws(VerifierError) {
    let found = try check(value)
    if let mask { _ = try check(mask) }
    let lanes = kernel.lanes(storing: value, mask: mask)
    let buffer = try checkAccess(access, lanes: lanes, name)
    guard buffer.role != .input else {
      throw error("\(name): a buffer that may be written expected, found in %\(buffer.name)")
    }
    if let mask {
      let expected = ValueType(.bool, lanes: lanes)
      try check(mask, is: expected, "\(name) of \(found.dtype) to %\(buffer.name): mask")
    }
  }

  /// Checks a place for values of `lanes` lanes and finds its buffer.
  func checkAccess(
    _ access: Access, lanes: Int, _ name: String
  ) throws(VerifierError) -> Buffer {
    guard kernel.buffers.indices.contains(access.buffer.index) else {
      throw error("\(name): the kernel has no buffer number \(access.buffer.index)")
    }
    let buffer = kernel[access.buffer]
    try checkRank(access, buffer, name)
    try checkAlignment(access, buffer, name)
    for index in access.indices { try checkIndex(index, lanes: lanes, "%\(buffer.name)") }
    return buffer
  }

  private func checkRank(
    _ access: Access, _ buffer: Buffer, _ name: String
  ) throws(VerifierError) {
    guard access.indices.count == buffer.shape.count else {
      throw error(
        "\(name): \(buffer.shape.count) indices of %\(buffer.name) expected, "
          + "found \(access.indices.count)")
    }
  }

  private func checkAlignment(
    _ access: Access, _ buffer: Buffer, _ name: String
  ) throws(VerifierError) {
    guard let alignment = access.alignment else { return }
    guard alignment >= 1, alignment & (alignment - 1) == 0 else {
      throw error(
        "\(name): a power of two as alignment of %\(buffer.name) expected, found \(alignment)")
    }
  }

  /// Checks an expression whose values have `lanes` lanes.
  func checkIndex(
    _ expression: IndexExpression, lanes: Int, _ name: String
  ) throws(VerifierError) {
    var leaves: [IndexExpression.Atom] = []
    expression.forEachLeaf { leaves.append($0) }
    for leaf in leaves { try checkLeaf(leaf, lanes: lanes, name) }
  }

  private func checkLeaf(
    _ leaf: IndexExpression.Atom, lanes: Int, _ name: String
  ) throws(VerifierError) {
    switch leaf {
    case .symbol(let symbol):
      guard kernel.symbols.contains(symbol) else {
        throw error("\(name): unknown symbol \(symbol)")
      }
    case .lane:
      guard lanes > 1 else { throw error("\(name): no lane expected where there is only one") }
    case .variable(let index):
      let id = VariableID(index)
      let type = try check(.variable(id))
      guard type.dtype.isInteger, type.lanes == 1 || type.lanes == lanes else {
        let vector = lanes == 1 ? "" : " of 1 or \(lanes) lanes"
        throw error("\(name): an integer\(vector) expected, found \(spelled(id)) of type \(type)")
      }
    case .floorDiv, .mod, .min, .max: return
    }
  }
}
