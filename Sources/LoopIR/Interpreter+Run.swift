// The walk over a kernel's code: registers, memory, control flow.

import IRCore

/// State of one run.
struct KernelMachine {
  var memory: [[UInt8]] = []
  /// The first failed check so far.
  private(set) var status: Int?
  /// Who touches what, where that is asked for.
  var watch: IterationWatch?

  private let code: KernelCode
  private let isFused: Bool
  private let options: KernelInterpreter.Options
  private var registers: [UInt64]
  private var arguments: [UInt64] = []
  private var scratch: [UInt64] = []
  private var stepCount = 0

  init(_ code: KernelCode, row: TargetRow, options: KernelInterpreter.Options) {
    self.code = code
    self.options = options
    isFused = row.hasFMA
    registers = code.registers
  }

  /// Runs statements in order; blocks nest at most `Kernel.maximumDepth` deep.
  mutating func run(_ steps: [CodeStep]) throws(InterpreterError) {
    for step in steps {
      try countStep()
      switch step {
      case .row(let program, let operands, let target, let lanes):
        for lane in 0..<lanes {
          registers[target + lane] = apply(program, operands, lane: lane)
        }
      case .load(let place, let type, let mask, let otherwise, let target, let lanes):
        for lane in 0..<lanes {
          registers[target + lane] =
            holds(mask, lane: lane) ? try read(place, type, lane: lane) : otherwise
        }
      case .index(let index, let target, let lanes):
        for lane in 0..<lanes {
          registers[target + lane] = UInt64(bitPattern: Int64(value(index, lane: lane)))
        }
      case .reduce(let program, let source, let target, let lanes):
        registers[target] = reduce(program, source, lanes: lanes)
      case .move(let move): run(move)
      case .store(let value, let place, let mask, let lanes):
        for lane in 0..<lanes where holds(mask, lane: lane) {
          try write(bits(value, lane: lane), to: place, lane: lane)
        }
      case .accumulate(let program, let value, let type, let place, let mask, let lanes):
        for lane in 0..<lanes where holds(mask, lane: lane) {
          let old = try read(place, type, lane: lane)
          let new = combine(program, old, bits(value, lane: lane))
          try write(new, to: place, lane: lane)
        }
      case .check(let condition, let site):
        if bits(condition, lane: 0) == 0 { status = min(status ?? site, site) }
      case .loop(let loop): try run(loop)
      case .whileLoop(let loop): try run(loop)
      case .branch(let condition, let then, let otherwise):
        try run(bits(condition, lane: 0) != 0 ? then : otherwise)
      }
    }
  }

  private mutating func countStep() throws(InterpreterError) {
    stepCount += 1
    if stepCount > options.stepLimit {
      throw .stepLimit(kernel: code.name, limit: options.stepLimit)
    }
  }
}

// Values.
extension KernelMachine {
  private func bits(_ place: RegisterPlace, lane: Int) -> UInt64 {
    registers[place.start + lane * place.stride]
  }

  private func holds(_ mask: RegisterPlace?, lane: Int) -> Bool {
    guard let mask else { return true }
    return bits(mask, lane: lane) != 0
  }

  private mutating func apply(
    _ program: Int, _ operands: [RegisterPlace], lane: Int
  ) -> UInt64 {
    arguments.removeAll(keepingCapacity: true)
    for operand in operands { arguments.append(bits(operand, lane: lane)) }
    return code.programs[program].evaluate(arguments, fused: isFused, scratch: &scratch)
  }

  private mutating func combine(_ program: Int, _ a: UInt64, _ b: UInt64) -> UInt64 {
    arguments.removeAll(keepingCapacity: true)
    arguments.append(a)
    arguments.append(b)
    return code.programs[program].evaluate(arguments, fused: isFused, scratch: &scratch)
  }

  /// Lane l with lane l + n/2, then halves again.
  private mutating func reduce(_ program: Int, _ source: RegisterPlace, lanes: Int) -> UInt64 {
    var values = (0..<lanes).map { bits(source, lane: $0) }
    while values.count > 1 {
      let half = values.count / 2
      for lane in 0..<half { values[lane] = combine(program, values[lane], values[lane + half]) }
      values.removeLast(half)
    }
    return values[0]
  }

  private mutating func run(_ move: MoveCode) {
    if move.from.count == 1 {
      registers[move.to[0]] = registers[move.from[0]]
      return
    }
    let values = move.from.map { registers[$0] }
    for (target, value) in zip(move.to, values) { registers[target] = value }
  }

  private func value(_ index: IndexCode, lane: Int) -> Int {
    var sum = index.constant &+ index.laneFactor &* lane
    for term in index.terms {
      sum = sum &+ term.factor &* term.value.value(registers, lane: lane)
    }
    if let rest = index.rest { sum = sum &+ value(rest, lane: lane) }
    return sum
  }

  private func value(_ expression: IndexExpression, lane: Int) -> Int {
    let result = expression.evaluate { atom in
      switch atom {
      case .variable(let id): code.integers[id].value(registers, lane: lane)
      case .lane: lane
      case .symbol, .floorDiv, .mod, .min, .max: nil
      }
    }
    guard let result else { fatalError("the verifier let an unknown symbol through") }
    return result
  }
}

// Memory.
extension KernelMachine {
  /// The first byte of an element, all indices checked.
  private func offset(_ place: PlaceCode, lane: Int) throws(InterpreterError) -> Int {
    var element = 0
    for axis in place.indices.indices {
      let position = value(place.indices[axis], lane: lane)
      let extent = code.buffers[place.buffer].extents[axis]
      guard position >= 0, position < extent else {
        throw .outOfRange(
          kernel: code.name, buffer: code.buffers[place.buffer].name, axis: axis,
          index: position, extent: extent)
      }
      element = element * extent + position
    }
    let offset = element * code.buffers[place.buffer].elementSize
    try check(offset, place, lane: lane)
    return offset
  }

  private mutating func note(_ place: PlaceCode, _ offset: Int, writes: Bool) {
    guard watch != nil else { return }
    let buffer = code.buffers[place.buffer]
    watch?.note(offset / buffer.elementSize, of: buffer, place.buffer, writes: writes)
  }

  /// Checks that the whole value is in the buffer, and its alignment: a vector's is that of its
  /// first lane, and each lane has that of its own size at most.
  private func check(
    _ offset: Int, _ place: PlaceCode, lane: Int
  ) throws(InterpreterError) {
    let size = code.buffers[place.buffer].byteCount ?? 0
    guard offset + place.width <= size else {
      throw .pastEnd(
        kernel: code.name, buffer: code.buffers[place.buffer].name, offset: offset,
        byteCount: size)
    }
    let alignment = lane == 0 ? place.alignment : min(place.alignment, place.width)
    guard offset & (alignment - 1) == 0 else {
      throw .misaligned(
        kernel: code.name, buffer: code.buffers[place.buffer].name, offset: offset,
        alignment: alignment)
    }
  }

  private mutating func read(
    _ place: PlaceCode, _ type: DType, lane: Int
  ) throws(InterpreterError) -> UInt64 {
    let offset = try offset(place, lane: lane)
    note(place, offset, writes: false)
    var bits: UInt64 = 0
    for byte in 0..<place.width {
      bits |= UInt64(memory[place.buffer][offset + byte]) << UInt64(8 * byte)
    }
    return bits & type.mask
  }

  private mutating func write(
    _ bits: UInt64, to place: PlaceCode, lane: Int
  ) throws(InterpreterError) {
    let offset = try offset(place, lane: lane)
    note(place, offset, writes: true)
    for byte in 0..<place.width {
      memory[place.buffer][offset + byte] = UInt8(truncatingIfNeeded: bits >> UInt64(8 * byte))
    }
  }
}

// Loops.
extension KernelMachine {
  private mutating func run(_ loop: LoopCode) throws(InterpreterError) {
    let lower = value(loop.lower, lane: 0)
    let upper = value(loop.upper, lane: 0)
    run(loop.enter)
    let isWatched = watch.map { code.start(of: $0.loop) == loop.variable } ?? false
    if isWatched { watch?.begin() }
    defer { if isWatched { watch?.end() } }
    if loop.isParallel {
      for number in try iterations(lower, upper, loop.step) {
        poisonPrivateMemory()
        try runIteration(loop, lower + number * loop.step)
      }
    } else {
      var position = lower
      while position < upper {
        try runIteration(loop, position)
        let (next, overflow) = position.addingReportingOverflow(loop.step)
        if overflow { break }
        position = next
      }
    }
    run(loop.exit)
  }

  private mutating func runIteration(
    _ loop: LoopCode, _ position: Int
  ) throws(InterpreterError) {
    try countStep()
    registers[loop.variable] = UInt64(bitPattern: Int64(position))
    if let watched = watch?.loop, code.start(of: watched) == loop.variable {
      watch?.enter(position)
    }
    try run(loop.body)
    run(loop.next)
  }

  private mutating func run(_ loop: WhileCode) throws(InterpreterError) {
    run(loop.enter)
    while true {
      try countStep()
      try run(loop.condition)
      if bits(loop.test, lane: 0) == 0 { break }
      try run(loop.body)
      run(loop.next)
    }
    run(loop.exit)
  }

  /// The numbers of a parallel loop's iterations in the order to run them.
  private func iterations(
    _ lower: Int, _ upper: Int, _ step: Int
  ) throws(InterpreterError) -> [Int] {
    if lower >= upper { return [] }
    let (extent, overflow) = upper.subtractingReportingOverflow(lower)
    let count = overflow ? Int.max : (extent - 1) / step + 1
    guard count <= min(options.stepLimit, 1 << 28) else {
      throw .stepLimit(kernel: code.name, limit: options.stepLimit)
    }
    switch options.order {
    case .forward: return Array(0..<count)
    case .reverse: return (0..<count).reversed()
    case .shuffled(let seed): return Self.shuffled(count, seed)
    }
  }

  /// A Fisher-Yates shuffle driven by splitmix64.
  private static func shuffled(_ count: Int, _ seed: UInt64) -> [Int] {
    var state = seed
    var result = Array(0..<count)
    for last in (0..<count).reversed() {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      result.swapAt(last, Int((z ^ (z >> 31)) % UInt64(last + 1)))
    }
    return result
  }

  private mutating func poisonPrivateMemory() {
    for (index, buffer) in code.buffers.enumerated() where buffer.isPrivate {
      memory[index] = [UInt8](repeating: KernelInterpreter.poison, count: memory[index].count)
    }
  }
}
