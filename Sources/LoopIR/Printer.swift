// The text of kernels.
//
//   kernel    ::= "kernel" @name "(" (role %name ":" shaped),* ")" ["symbols" "(" name,* ")"]
//                 ["schedule" "[" step,* "]"] "{" ("local" %name ":" shaped "in" role)* statement* "}"
//   shaped    ::= dtype ["[" index,* "]"]           role ::= "in" | "out" | "inout" | "register" | …
//   step      ::= "split" %i "by" n "into" %outer %inner | "reorder" %i+ | "fuse" %i %j "into" %k
//               | "unroll" %i "by" n | "vectorize" %i "by" n | "parallelize" %i | "pad" %i ["to" n]
//               | "specialize" %i | "computeAt" %i %j | "promote" %buffer
//               | "localize" %buffer "at" %i "into" %local ["[" n+ "]"] "in" role
//               | "stage" %buffer ["at" %i] "into" %local "[" %i+ "]" ["pad" n] "in" role
//               | "scan" %i "by" n ["reassociating"]
//               | "privatize" %buffer "at" %i "into" %copies ["reassociating"]
//               | "foldStorage" %buffer "at" %i "by" n | "shrink" %buffer "at" %i "in" role
//               | "merge" %i %j
//   statement ::= %name "=" operation ":" type | [%name,* "="] (loop | while | if)
//               | "store" operand "," access [mask] | "check" operand string
//               | "accumulate" access row "=" operand [mask]
//   operation ::= row operand,* | "load" access [mask "else" literal] | "index" index
//               | "splat" operand | "reduceLanes" row operand | "extractLane" operand "[" n "]"
//               | "shiftLanes" operand "by" n "fill" operand
//               | "shuffleLanes" operand "," operand "[" n,* "]"
//   loop      ::= ("for" | "parallel" | "vector") %i "in" index "..<" index ["step" n] [carried] block
//   while     ::= "while" [carried] "{" statement* "test" operand "}" "do" block
//   if        ::= "if" operand [":" type,*] block ["else" block]
//   carried   ::= "(" (%name "=" operand ":" type),* ")"
//   block     ::= "{" statement* ["yield" operand,*] "}"
//   access    ::= %buffer "[" index,* "]" ["align" n]         mask ::= "mask" operand
//   type      ::= dtype | n "x" dtype                      operand ::= %name | literal [":" dtype]

import IRCore

extension Kernel: CustomStringConvertible {
  /// The text of the normalized kernel, with a line feed at its end.
  public var description: String { normalized().text }

  /// The text as the kernel stands.
  var text: String {
    var printer = KernelPrinter(kernel: self)
    printer.printKernel()
    return printer.text
  }
}

private struct KernelPrinter {
  let kernel: Kernel
  let spellings: [String]
  var text = ""
  private var depth = 0

  init(kernel: Kernel) {
    self.kernel = kernel
    spellings = kernel.spellings
  }

  private func spelling(_ id: VariableID) -> String {
    "%" + (spellings.indices.contains(id.index) ? spellings[id.index] : "?\(id.index)")
  }

  private func text(_ expression: IndexExpression) -> String {
    expression.text { spelling(VariableID($0)) }
  }

  private mutating func line(_ content: String) {
    text += String(repeating: "  ", count: depth) + content + "\n"
  }

  mutating func printKernel() {
    let parameters = kernel.buffers.filter(\.role.isParameter)
      .map { "\($0.role.rawValue) %\($0.name): \(shaped($0))" }
    var head = "kernel @\(kernel.name)(\(parameters.joined(separator: ", ")))"
    if !kernel.symbols.isEmpty { head += " symbols(\(kernel.symbols.joined(separator: ", ")))" }
    if !kernel.schedule.isEmpty {
      head += " schedule [\(kernel.schedule.map(\.description).joined(separator: ", "))]"
    }
    line(head + " {")
    depth += 1
    for buffer in kernel.buffers where !buffer.role.isParameter {
      line("local %\(buffer.name): \(shaped(buffer)) in \(buffer.role.rawValue)")
    }
    print(kernel.body)
    depth -= 1
    line("}")
  }

  private func shaped(_ buffer: Buffer) -> String {
    if buffer.shape.isEmpty { return buffer.type.name }
    return "\(buffer.type)[\(buffer.shape.map(text).joined(separator: ","))]"
  }

  private mutating func print(_ statements: [Statement]) {
    for statement in statements { print(statement) }
  }

  private mutating func print(_ statement: Statement) {
    switch statement {
    case .define(let id, let operation):
      let type = knownType(id)
      line("\(spelling(id)) = \(text(operation, type)) : \(type)")
    case .store(let value, let place, let mask):
      let value = text(value, implied: elementType(place))
      line("store \(value), \(text(place))\(text(mask: mask))")
    case .accumulate(let row, let value, let place, let mask):
      let value = text(value, implied: elementType(place))
      line("accumulate \(text(place)) \(row.name)= \(value)\(text(mask: mask))")
    case .check(let condition, let message):
      line("check \(text(condition, implied: .bool)) \(quoted(message))")
    case .loop(let loop): print(loop)
    case .whileLoop(let loop): print(loop)
    case .branch(let branch): print(branch)
    }
  }

  private mutating func print(_ loop: Loop) {
    var head = "\(results(loop.carried.map(\.result)))\(loop.kind.rawValue) "
    head += "\(spelling(loop.variable)) in "
    head += "\(text(loop.lower))..<\(text(loop.upper))"
    if loop.step != 1 { head += " step \(loop.step)" }
    line(head + carried(loop.carried) + " {")
    block(loop.body, yields: loop.yields, types: loop.carried.map { knownType($0.inside).dtype })
    line("}")
  }

  private mutating func print(_ loop: While) {
    line("\(results(loop.carried.map(\.result)))while\(carried(loop.carried)) {")
    depth += 1
    print(loop.condition)
    line("test \(text(loop.test, implied: .bool))")
    depth -= 1
    line("} do {")
    block(loop.body, yields: loop.yields, types: loop.carried.map { knownType($0.inside).dtype })
    line("}")
  }

  private mutating func print(_ branch: Branch) {
    let types = branch.results.map(knownType)
    var head = "\(results(branch.results))if \(text(branch.condition, implied: .bool))"
    if !types.isEmpty { head += " : \(types.map(\.description).joined(separator: ", "))" }
    line(head + " {")
    block(branch.then, yields: branch.thenYields, types: types.map(\.dtype))
    if !(branch.otherwise.isEmpty && branch.otherwiseYields.isEmpty) {
      line("} else {")
      block(branch.otherwise, yields: branch.otherwiseYields, types: types.map(\.dtype))
    }
    line("}")
  }

  private mutating func block(_ statements: [Statement], yields: [Operand], types: [DType]) {
    depth += 1
    print(statements)
    if !yields.isEmpty {
      let operands = yields.enumerated().map { index, operand in
        text(operand, implied: types.indices.contains(index) ? types[index] : nil)
      }
      line("yield \(operands.joined(separator: ", "))")
    }
    depth -= 1
  }

  private func results(_ ids: [VariableID]) -> String {
    ids.isEmpty ? "" : ids.map(spelling).joined(separator: ", ") + " = "
  }

  private func carried(_ carried: [Carried]) -> String {
    if carried.isEmpty { return "" }
    let items = carried.map { item in
      let type = knownType(item.inside)
      let initial = text(item.initial, implied: type.dtype)
      return "\(spelling(item.inside)) = \(initial) : \(type)"
    }
    return " (\(items.joined(separator: ", ")))"
  }

  private func text(_ operation: Operation, _ type: ValueType) -> String {
    switch operation {
    case .elementwise(let row, let operands): return text(row, operands, type)
    case .load(let place, let mask, let otherwise):
      let fill = otherwise.map { " else \(text(.literal($0), implied: type.dtype))" } ?? ""
      return "load \(text(place))\(text(mask: mask))\(fill)"
    case .index(let expression): return "index \(text(expression))"
    case .splat(let operand): return "splat \(text(operand, implied: type.dtype))"
    case .reduceLanes(let row, let operand):
      return "reduceLanes \(row.name) \(text(operand, implied: type.dtype))"
    case .shiftLanes(let operand, let distance, let fill):
      let operands = [operand, fill].map { text($0, implied: type.dtype) }
      return "shiftLanes \(operands[0]) by \(distance) fill \(operands[1])"
    case .shuffleLanes(let a, let b, let lanes):
      let operands = [a, b].map { text($0, implied: type.dtype) }.joined(separator: ", ")
      return "shuffleLanes \(operands) [\(lanes.map(String.init).joined(separator: ", "))]"
    case .extractLane(let operand, let lane):
      return "extractLane \(text(operand, implied: type.dtype))[\(lane)]"
    }
  }

  private func text(_ row: Elementwise, _ operands: [Operand], _ type: ValueType) -> String {
    let types = operands.map { operand -> DType? in
      guard case .variable(let id) = operand else { return nil }
      return knownType(id).dtype
    }
    let texts = operands.enumerated().map { index, operand in
      let implied = row.typing.impliedLiteralType(at: index, others: types, result: type.dtype)
      return text(operand, implied: implied)
    }
    return "\(row.name) \(texts.joined(separator: ", "))"
  }

  private func text(_ operand: Operand, implied: DType?) -> String {
    switch operand {
    case .variable(let id): spelling(id)
    case .literal(let literal):
      literal.type == implied ? "\(literal)" : "\(literal):\(literal.type)"
    }
  }

  private func text(mask: Operand?) -> String {
    mask.map { " mask \(text($0, implied: .bool))" } ?? ""
  }

  private func text(_ access: Access) -> String {
    let name =
      kernel.buffers.indices.contains(access.buffer.index)
      ? kernel[access.buffer].name : "?\(access.buffer.index)"
    let indices = access.indices.map(text).joined(separator: ", ")
    return "%\(name)[\(indices)]" + (access.alignment.map { " align \($0)" } ?? "")
  }

  private func elementType(_ access: Access) -> DType? {
    kernel.buffers.indices.contains(access.buffer.index) ? kernel[access.buffer].type : nil
  }

  /// The type of a variable; something harmless in a broken kernel, which must print too.
  private func knownType(_ id: VariableID) -> ValueType {
    kernel.variables.indices.contains(id.index) ? kernel[id].type : ValueType(.bool)
  }

  private func quoted(_ message: String) -> String {
    var result = "\""
    for character in message.unicodeScalars {
      switch character {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(character)
      }
    }
    return result + "\""
  }
}
