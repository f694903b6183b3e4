// The loop level: loop nests over buffers with scalar SSA.

public import IRCore

/// One kernel: a loop nest over buffers that becomes one machine-code function.
///
/// State has two forms. `accumulate` combines into memory, which loop transforms may reorder
/// within the order that its region states; carried values of `for`, `while` and `if` are SSA, for
/// recurrences and data-dependent loops. Vectors are explicit in types: an operation on 16 lanes
/// has type `16xf32`, index expressions name the `lane`, masks are values.
///
/// Each `parallel` loop is a statement of the body and a phase, and so is what stands between two of
/// them: phases run one after the other, the iterations of a parallel loop in any order, on any
/// thread; they are independent. What a phase computes, others see through memory alone.
public struct Kernel: Hashable, Sendable {
  /// Spelling in text without the mark.
  public var name: String
  /// Extents known at run time, in the order in which callers pass them.
  public var symbols: [String]
  /// Parameters in call order, then locals.
  public var buffers: [Buffer]
  /// Every SSA value and induction variable.
  public var variables: [Variable]
  /// The program.
  public var body: [Statement]
  /// Steps that the planner or a user chose and that are not applied yet.
  public var schedule: [ScheduleStep]

  /// Assembles a kernel; `verify` tells whether it is well formed.
  public init(
    name: String, symbols: [String] = [], buffers: [Buffer] = [], variables: [Variable] = [],
    body: [Statement] = [], schedule: [ScheduleStep] = []
  ) {
    self.name = name
    self.symbols = symbols
    self.buffers = buffers
    self.variables = variables
    self.body = body
    self.schedule = schedule
  }

  /// The buffer named by `id`.
  public subscript(id: BufferID) -> Buffer {
    get { buffers[id.index] }
    set { buffers[id.index] = newValue }
  }

  /// The variable named by `id`.
  public subscript(id: VariableID) -> Variable {
    get { variables[id.index] }
    set { variables[id.index] = newValue }
  }

  /// Adds a variable.
  public mutating func makeVariable(_ type: ValueType, name: String? = nil) -> VariableID {
    variables.append(Variable(name: name, type: type))
    return VariableID(variables.count - 1)
  }

  /// Type of an operand; a literal is scalar.
  public func type(of operand: Operand) -> ValueType {
    switch operand {
    case .variable(let id): self[id].type
    case .literal(let literal): ValueType(literal.type)
    }
  }
}

/// Place in a buffer.
public struct Access: Hashable, Sendable {
  /// The memory.
  public var buffer: BufferID
  /// One per axis of the buffer's shape, over induction variables, scalar or vector integer
  /// values, symbols and the lane.
  public var indices: [IndexExpression]
  /// Bytes that divide every accessed address; `nil` is the accessed element's own size.
  public var alignment: Int?

  /// Names an element, or one per lane.
  public init(_ buffer: BufferID, _ indices: [IndexExpression], alignment: Int? = nil) {
    self.buffer = buffer
    self.indices = indices
    self.alignment = alignment
  }
}

/// Computation of one value without side effects; the variable that it defines has its type.
public enum Operation: Hashable, Sendable {
  /// A row on operands, all of the result's lanes or literals.
  case elementwise(Elementwise, [Operand])
  /// Reads memory. Lanes (or the scalar) whose mask is false read `otherwise` and touch nothing;
  /// without a mask every lane reads.
  case load(Access, mask: Operand?, otherwise: Literal?)
  /// Value of an index expression, per lane where it names the lane or a vector value; i64.
  case index(IndexExpression)
  /// A scalar in every lane.
  case splat(Operand)
  /// Lanes combined by an associative row: lane l with lane l + n/2, then halves again.
  case reduceLanes(Elementwise, Operand)
  /// Lane l takes lane l - `by`; the first `by` lanes take `fill` (a scalar).
  case shiftLanes(Operand, by: Int, fill: Operand)
  /// Lanes of two vectors of equal type, picked by number: those of the second count on from the
  /// first one's last.
  case shuffleLanes(Operand, Operand, [Int])
  /// One lane as a scalar.
  case extractLane(Operand, Int)
}

/// One step of a kernel's program.
public indirect enum Statement: Hashable, Sendable {
  /// Computes a value.
  case define(VariableID, Operation)
  /// Writes a value where the mask holds (everywhere without one).
  case store(Operand, Access, mask: Operand?)
  /// `buffer[indices] = row(buffer[indices], value)`, lane by lane in ascending order, where the
  /// mask holds.
  case accumulate(Elementwise, Operand, Access, mask: Operand?)
  /// Reports the message's site in the status word unless the condition (a scalar bool) holds;
  /// the kernel goes on.
  case check(Operand, message: String)
  /// Counted loop.
  case loop(Loop)
  /// Loop until a condition fails.
  case whileLoop(While)
  /// Two-way choice.
  case branch(Branch)
}

/// Carried value of a loop.
public struct Carried: Hashable, Sendable {
  /// The value inside, at the start of an iteration.
  public var inside: VariableID
  /// The value before the first iteration.
  public var initial: Operand
  /// The value after the loop.
  public var result: VariableID

  /// Describes a carried value; all three have one type.
  public init(inside: VariableID, initial: Operand, result: VariableID) {
    self.inside = inside
    self.initial = initial
    self.result = result
  }
}

/// Counted loop: `variable` runs from `lower` below `upper` in steps of `step`.
public struct Loop: Hashable, Sendable {
  /// How iterations relate.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// In order.
    case serial = "for"
    /// Independent; shared out to the team.
    case parallel
    /// In order; an iteration handles `step` consecutive ones in lanes.
    case vector
  }

  /// How iterations relate.
  public var kind: Kind
  /// Induction variable.
  public var variable: VariableID
  /// First value.
  public var lower: IndexExpression
  /// Bound that is not reached.
  public var upper: IndexExpression
  /// At least 1.
  public var step: Int
  /// Values that go from one iteration to the next; none in a parallel loop.
  public var carried: [Carried]
  /// One iteration.
  public var body: [Statement]
  /// The carried values of the next iteration.
  public var yields: [Operand]

  /// Describes a loop.
  public init(
    _ kind: Kind = .serial, _ variable: VariableID, _ lower: IndexExpression,
    _ upper: IndexExpression, step: Int = 1, carried: [Carried] = [], body: [Statement] = [],
    yields: [Operand] = []
  ) {
    self.kind = kind
    self.variable = variable
    self.lower = lower
    self.upper = upper
    self.step = step
    self.carried = carried
    self.body = body
    self.yields = yields
  }
}

/// Loop that runs `condition`, leaves when `test` is false, else runs `body`, which sees what
/// `condition` computed.
public struct While: Hashable, Sendable {
  /// Values that go from one iteration to the next; the results are those at the exit.
  public var carried: [Carried]
  /// Computes the test.
  public var condition: [Statement]
  /// Scalar bool: go on.
  public var test: Operand
  /// One iteration.
  public var body: [Statement]
  /// The carried values of the next iteration.
  public var yields: [Operand]

  /// Describes a while loop.
  public init(
    carried: [Carried], condition: [Statement], test: Operand, body: [Statement],
    yields: [Operand]
  ) {
    self.carried = carried
    self.condition = condition
    self.test = test
    self.body = body
    self.yields = yields
  }
}

/// Two-way choice with results.
public struct Branch: Hashable, Sendable {
  /// Scalar bool.
  public var condition: Operand
  /// Runs where it holds.
  public var then: [Statement]
  /// The results then.
  public var thenYields: [Operand]
  /// Runs where it does not.
  public var otherwise: [Statement]
  /// The results otherwise.
  public var otherwiseYields: [Operand]
  /// What the choice defines.
  public var results: [VariableID]

  /// Describes a choice.
  public init(
    condition: Operand, then: [Statement], thenYields: [Operand] = [],
    otherwise: [Statement] = [], otherwiseYields: [Operand] = [], results: [VariableID] = []
  ) {
    self.condition = condition
    self.then = then
    self.thenYields = thenYields
    self.otherwise = otherwise
    self.otherwiseYields = otherwiseYields
    self.results = results
  }
}
