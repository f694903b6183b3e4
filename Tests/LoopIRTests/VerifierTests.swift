// The verifier: what text can break, and what only code can.
import IRCore
import LoopIR
import Testing

@Suite struct VerifierTests {
  @Test(arguments: KernelFile.all(in: "verify")) func namesTheBrokenRule(file: KernelFile) throws {
    let expected = try #require(try file.expectedError())
    let kernel = try file.kernel()
    let error = #expect(throws: VerifierError.self) { try kernel.verify() }
    #expect(error?.message == expected.message)
  }

  @Test(arguments: TextTests.good) func acceptsGoodKernels(file: KernelFile) throws {
    try file.kernel().verify()
  }

  /// A kernel with an output and `n` variables of type f32.
  private func kernel(_ count: Int, _ body: [Statement]) -> Kernel {
    Kernel(
      name: "k", buffers: [Buffer(name: "y", role: .output, type: .f32, shape: [4])],
      variables: (0..<count).map { _ in Variable(type: ValueType(.f32)) }, body: body)
  }

  private func message(_ kernel: Kernel) -> String? {
    do { try kernel.verify() } catch { return error.message }
    return nil
  }

  private let zero = Operation.splat(.literal(.f32(0)))

  @Test func definitions() {
    let (a, b, far) = (VariableID(0), VariableID(1), VariableID(9))
    #expect(message(kernel(1, [.define(a, zero)])) == nil)
    #expect(message(kernel(1, [.define(a, zero), .define(a, zero)])) == "%0 is defined twice")
    #expect(
      message(kernel(1, [.define(far, zero)]))
        == "%?9 is used, but the kernel has no such variable")
    let negate = Operation.elementwise(.neg, [.variable(b)])
    #expect(
      message(kernel(2, [.define(a, negate), .define(b, zero)]))
        == "%1 is used before its definition")
    let choice = Branch(condition: .literal(.bool(true)), then: [.define(b, zero)])
    #expect(
      message(kernel(2, [.branch(choice), .define(a, negate)]))
        == "%0 is used outside the block that defines it")
  }

  @Test func names() {
    var two = kernel(2, [.define(VariableID(0), zero), .define(VariableID(1), zero)])
    two.variables[0].name = "y"
    #expect(message(two) == "%y names two things")
    two.variables[0].name = "1"
    #expect(message(two) == "a word expected as a name, found '1'")
    two.variables[0].name = nil
    two.name = "two words"
    #expect(message(two) == "a word expected as the kernel's name, found 'two words'")
    two.name = "k"
    two.symbols = ["n", "n"]
    #expect(message(two) == "n names two symbols")
  }

  @Test func buffers() {
    var kernel = kernel(0, [])
    kernel.buffers.insert(Buffer(name: "t", role: .stack, type: .f32, shape: [4]), at: 0)
    #expect(message(kernel) == "parameters before locals expected, found %y after one")
    kernel.buffers = [Buffer(name: "y", role: .input, type: .f32, shape: [.symbol("n") + 1])]
    #expect(message(kernel) == "%y: an extent over the kernel's symbols expected, found n")
    kernel.buffers = []
    kernel.body = [.store(.literal(.f32(0)), Access(BufferID(3), []), mask: nil)]
    #expect(message(kernel) == "store: the kernel has no buffer number 3")
  }

  @Test func arityAndTypes() {
    let a = VariableID(0)
    let lone = Operation.elementwise(.add, [.literal(.f32(0))])
    #expect(message(kernel(1, [.define(a, lone)])) == "%0 = add: 2 operands expected, found 1")
    let mixed = Operation.elementwise(.add, [.literal(.f32(0)), .literal(.f64(0))])
    #expect(
      message(kernel(1, [.define(a, mixed)]))
        == "%0 = add: operands of one type expected, found f32 and f64")
    let loop = Loop(.serial, a, 0, 4)
    #expect(
      message(kernel(1, [.loop(loop)]))
        == "for %0: an induction variable of type i64 expected, found f32")
    var sum = kernel(3, [])
    sum.variables[0].type = ValueType(.i64)
    sum.variables[2].type = ValueType(.f64)
    let carried = Carried(
      inside: VariableID(1), initial: .literal(.f32(0)), result: VariableID(2))
    sum.body = [
      .loop(Loop(.serial, a, 0, 4, carried: [carried], yields: [.variable(VariableID(1))]))
    ]
    #expect(message(sum) == "for %1: result %0 of type f32 expected, found f64")
    sum.variables[2].type = ValueType(.f32)
    sum.body = [.loop(Loop(.serial, a, 0, .symbol("n")))]
    #expect(message(sum) == "for %0: unknown symbol n")
  }

  @Test func yieldsAndDepth() {
    let a = VariableID(0)
    let choice = Branch(condition: .literal(.bool(true)), then: [], results: [a])
    #expect(
      message(kernel(1, [.branch(choice)])) == "if: yield of 1 values expected, found 0")
    var nested = Statement.branch(Branch(condition: .literal(.bool(true)), then: []))
    for _ in 0..<Kernel.maximumDepth {
      nested = .branch(Branch(condition: .literal(.bool(true)), then: [nested]))
    }
    #expect(message(kernel(0, [nested])) == "at most 64 nested blocks expected")
  }
}
