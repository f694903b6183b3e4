import LLVMBindings
// The kernels and targets that the tests of this target share.
import Testing

/// A kind of processor with what its assembly must show.
struct Row: Sendable, CustomTestStringConvertible {
  let name: String
  let target: LLVMTargetMachine.Description
  let lanes: Int
  /// A part of the vector add instruction and its operands.
  let instruction: String

  var testDescription: String { name }

  static let all = [
    Row(name: "avx512", target: .linux("x86-64-v4"), lanes: 16, instruction: "zmm"),
    Row(name: "avx2", target: .linux("x86-64-v3"), lanes: 8, instruction: "ymm"),
    Row(name: "sse2", target: .linux("x86-64"), lanes: 4, instruction: "addps"),
    Row(
      name: "neon",
      target: .init(triple: "aarch64-unknown-linux-gnu", cpu: "generic", features: "+neon"),
      lanes: 4, instruction: ".4s"),
  ]
}

extension LLVMTargetMachine.Description {
  static func linux(_ cpu: String) -> Self { .init(triple: "x86_64-unknown-linux-gnu", cpu: cpu) }
}

extension LLVMModule {
  /// Defines `name(a, b, out, n)`: `out = a + b` in f32, for n a multiple of `lanes` above 0.
  func addVectorSum(_ name: String, lanes: Int) {
    let type = types.function(
      [types.pointer, types.pointer, types.pointer, types.i64], returning: types.void)
    let function = addFunction(name, type)
    function.addAttribute(.nounwind)
    function.setTargetVectors(bits: lanes * 32)
    for index in 0..<3 {
      function.addAttribute(.noalias, toParameter: index)
      function.addAttribute(.nocapture, toParameter: index)
      function.addAttribute(index < 2 ? .readonly : .writeonly, toParameter: index)
    }
    let entry = function.appendBlock("entry")
    let loop = function.appendBlock("loop")
    let exit = function.appendBlock("exit")
    let parameters = function.parameters
    let vector = types.float.vector(lanes)

    builder.position(atEndOf: entry)
    builder.br(loop)
    builder.position(atEndOf: loop)
    let i = builder.phi(types.i64, "i")
    i.addIncoming(types.i64.constant(0), from: entry)
    let operands = (0..<2).map { index in
      let address = builder.gep(types.float, parameters[index], [i])
      return builder.load(vector, address, alignment: 4, "x\(index)")
    }
    let sum = builder.fadd(operands[0], operands[1], "sum")
    builder.store(sum, to: builder.gep(types.float, parameters[2], [i]), alignment: 4)
    let next = builder.addNSW(i, types.i64.constant(lanes), "next")
    i.addIncoming(next, from: loop)
    builder.condBr(builder.icmp(.slt, next, parameters[3]), loop, exit).setBranchWeights(1000, 1)
    builder.position(atEndOf: exit)
    builder.ret()
  }

  /// Defines `name() -> i32`, which calls the undefined `callee() -> i32`.
  func addCaller(_ name: String, of callee: String) {
    let type = types.function([], returning: types.i32)
    let declared = addFunction(callee, type)
    let function = addFunction(name, type)
    function.addAttribute(.nounwind)
    builder.position(atEndOf: function.appendBlock("entry"))
    builder.ret(builder.call(declared, [], "result"))
  }
}

extension LLVMFunction {
  /// Lets LLVM use vectors of this many bits on any CPU that has them.
  func setTargetVectors(bits: Int) {
    addAttribute(.string("prefer-vector-width", "\(bits)"))
    addAttribute(.string("min-legal-vector-width", "\(bits)"))
  }
}

/// The passes that the tests run.
let lightPasses = "function(sroa,early-cse)"
