// Building, verifying, optimizing and emitting modules.
import LLVMBindings
import TestSupport
import Testing

@Suite struct ModuleTests {
  @Test func printsTheVectorsItWasGiven() throws {
    let machine = try LLVMTargetMachine(.linux("x86-64-v4"))
    let module = try LLVMModule("sum", for: machine)
    module.addVectorSum("sum", lanes: 16)
    try module.verify()
    let text = module.text
    #expect(text.contains("<16 x float>"))
    #expect(text.contains("x86_64-unknown-linux-gnu"))
    #expect(text.contains("noalias"))
    #expect(!text.contains("fast"))
    try module.optimize(lightPasses, for: machine)
    #expect(module.text.contains("fadd <16 x float>"))
  }

  @Test(arguments: Row.all) func emitsTheInstructionsOfTheRow(row: Row) throws {
    let machine = try LLVMTargetMachine(row.target)
    let module = try LLVMModule("sum", for: machine)
    module.addVectorSum("sum", lanes: row.lanes)
    try module.verify()
    try module.optimize(lightPasses, for: machine)
    let assembly = try module.emitAssembly(for: machine)
    #expect(assembly.contains(row.instruction))
    let object = try module.emitObject(for: machine)
    let missing = try undefinedSymbols(of: object)
    #expect(missing == [])
  }

  @Test func keepsTheRoundingOfAProduct() throws {
    let machine = try LLVMTargetMachine(.linux("x86-64-v4"), level: .aggressive)
    let module = try LLVMModule("rounding", for: machine)
    let type = module.types.float
    let function = module.addFunction(
      "f", module.types.function([type, type, type], returning: type))
    let (builder, p) = (module.builder, function.parameters)
    builder.position(atEndOf: function.appendBlock("entry"))
    builder.ret(builder.fadd(builder.fmul(p[0], p[1]), p[2]))
    try module.verify()
    try module.optimize("default<O3>", for: machine)
    let assembly = try module.emitAssembly(for: machine)
    #expect(assembly.contains("vmulss") && assembly.contains("vaddss"))
    #expect(!assembly.contains("vfm"))
  }

  @Test func objectsNameWhatTheyMiss() throws {
    let machine = try LLVMTargetMachine(.linux("x86-64"))
    let module = try LLVMModule("caller", for: machine)
    module.addCaller("caller", of: "somewhere_else")
    let object = try module.emitObject(for: machine)
    let missing = try undefinedSymbols(of: object)
    #expect(missing == ["somewhere_else"])
  }

  @Test func refusesAModuleThatIsWrong() throws {
    let machine = try LLVMTargetMachine(.linux("x86-64"))
    let module = try LLVMModule("wrong", for: machine)
    let types = module.types
    let function = module.addFunction("f", types.function([], returning: types.i32))
    let builder = module.builder
    builder.position(atEndOf: function.appendBlock("entry"))
    builder.ret(types.i64.constant(1))
    let failure = #expect(throws: LLVMFailure.self) { try module.verify() }
    #expect(failure?.message.contains("return type does not match") == true)
  }

  @Test func refusesAPipelineThatDoesNotExist() throws {
    let machine = try LLVMTargetMachine(.linux("x86-64"))
    let module = try LLVMModule("empty", for: machine)
    let failure = #expect(throws: LLVMFailure.self) {
      try module.optimize("no-such-pass", for: machine)
    }
    #expect(failure?.message.contains("no-such-pass") == true)
  }

  @Test func refusesATripleThatDoesNotExist() {
    let failure = #expect(throws: LLVMFailure.self) {
      _ = try LLVMTargetMachine(.init(triple: "nowhere-none", cpu: ""))
    }
    #expect(failure?.message.contains("nowhere") == true)
  }
}

@Suite struct LibraryTests {
  @Test func opensOnlyWhenItIsNeeded() async {
    await #expect(processExitsWith: .success) {
      let before = try text(of: "/proc/self/maps").contains("libLLVM")
      #expect(!before)
      #expect(LLVMLibrary.loadNanoseconds == 0)
      _ = try LLVMTargetMachine(.host())
      let after = try text(of: "/proc/self/maps").contains("libLLVM")
      #expect(after)
      #expect(LLVMLibrary.isLoaded && LLVMLibrary.loadNanoseconds > 0)
    }
  }

  @Test func knowsItsVersion() throws {
    #expect(try LLVMLibrary.version().hasPrefix("\(LLVMLibrary.headerVersion)."))
  }
}
