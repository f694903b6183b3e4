// What the builder makes of each call, in both LLVM versions.
import LLVMBindings
import TestSupport
import Testing

@Suite struct BuilderTests {
  /// Builds the body of one function over `parameters`, verifies the module, and returns its text.
  func body(
    _ parameters: (LLVMTypes) -> [LLVMType], _ build: (LLVMBuilder, [LLVMValue]) -> Void
  ) throws -> String {
    let machine = try LLVMTargetMachine(.linux("x86-64-v4"))
    let module = try LLVMModule("body", for: machine)
    let type = module.types.function(parameters(module.types), returning: module.types.void)
    let function = module.addFunction("f", type)
    let builder = module.builder
    builder.position(atEndOf: function.appendBlock("entry"))
    build(builder, function.parameters)
    builder.ret()
    try module.verify()
    _ = try module.emitObject(for: machine)
    return module.text
  }

  @Test func constantsKeepTheirBits() throws {
    let text = try body({ [$0.pointer] }) { builder, parameters in
      let types = builder.types
      let values = [
        types.float.constant(bitPattern: 0x7fc1_2345), types.half.constant(bitPattern: 0x3c01),
        types.bfloat.constant(1.5), types.double.constant(0.1),
        types.i64.constant(low: 0x8000_0000_0000_0001, high: 0), types.i128.constant(-2),
        types.i8.constant(200), types.i1.constant(1), types.float.vector(2).constant(0.5),
        types.i32.vector(3).constant(-7), types.float.vector(4).zero,
      ]
      #expect(values.map(\.type.scalarBits) == [32, 16, 16, 64, 64, 128, 8, 1, 32, 32, 32])
      for value in values { builder.store(value, to: parameters[0], alignment: 1) }
    }
    for part in [
      "float 0x7FF82468A0000000", "half 0xH3C01", "bfloat 0xR3FC0", "double 1.000000e-01",
      "i64 -9223372036854775807", "i128 -2", "i8 -56", "i1 true", "<4 x float> zeroinitializer",
    ] { #expect(text.contains(part)) }
  }

  @Test func masksMemoryInThisVersionsForm() throws {
    let text = try body({
      [$0.pointer, $0.pointer.vector(8), $0.i1.vector(8), $0.float.vector(8)]
    }) { builder, p in
      let type = p[3].type
      let a = builder.maskedLoad(type, p[0], mask: p[2], otherwise: p[3], alignment: 4, "a")
      let b = builder.maskedGather(type, p[1], mask: p[2], otherwise: a, alignment: 4, "b")
      builder.maskedStore(b, to: p[0], mask: p[2], alignment: 4)
      builder.maskedScatter(b, to: p[1], mask: p[2], alignment: 4)
    }
    for call in [
      "call <8 x float> @llvm.masked.load", "call <8 x float> @llvm.masked.gather",
      "call void @llvm.masked.store", "call void @llvm.masked.scatter",
    ] { #expect(text.contains(call)) }
  }

  @Test func callsIntrinsics() throws {
    let text = try body({ [$0.float.vector(16), $0.i32.vector(16)] }) { builder, p in
      let types = builder.types
      let fused = builder.intrinsic("llvm.fma", [p[0].type], [p[0], p[0], p[0]], "fused")
      _ = builder.intrinsic("llvm.sqrt", [p[0].type], [fused])
      _ = builder.intrinsic("llvm.ctpop", [p[1].type], [p[1]])
      _ = builder.intrinsic("llvm.ctlz", [p[1].type], [p[1], types.i1.constant(0)])
      _ = builder.intrinsic("llvm.vector.reduce.add", [p[1].type], [p[1]])
      _ = builder.intrinsic(
        "llvm.vector.reduce.fadd", [p[0].type], [types.float.constant(-0.0), p[0]])
      _ = builder.intrinsic("llvm.fptosi.sat", [p[1].type, p[0].type], [p[0]])
      _ = builder.intrinsic(
        "llvm.x86.avx512.mask.scalef.ps.512", [],
        [p[0], p[0], p[0], types.i16.constant(-1), types.i32.constant(4)])
      #expect(!builder.hasIntrinsic("llvm.no.such.thing"))
    }
    for part in [
      "llvm.fma.v16f32", "llvm.sqrt.v16f32", "llvm.ctpop.v16i32", "llvm.ctlz.v16i32",
      "llvm.vector.reduce.add.v16i32", "llvm.vector.reduce.fadd.v16f32",
      "llvm.fptosi.sat.v16i32.v16f32", "llvm.x86.avx512.mask.scalef.ps.512",
    ] { #expect(text.contains(part)) }
  }

  @Test func setsFactsOfLoadsAndStores() throws {
    let text = try body({ [$0.pointer, $0.pointer] }) { builder, p in
      let types = builder.types
      let domain = types.aliasDomain("kernel")
      let a = types.aliasScope("a", in: domain)
      let b = types.aliasScope("b", in: domain)
      let value = builder.load(types.float.vector(16), p[0], alignment: 64, "v")
      value.setAliasScopes([a])
      value.setNoAlias([b])
      value.setInvariantLoad()
      let store = builder.store(value, to: p[1], alignment: 64)
      store.setAliasScopes([b])
      store.setNoAlias([a])
      store.setNontemporal()
    }
    for part in ["!alias.scope", "!noalias", "!invariant.load", "!nontemporal", "align 64"] {
      #expect(text.contains(part))
    }
  }

  @Test func movesLanesAndMembers() throws {
    let text = try body({ [$0.float, $0.float.vector(4)] }) { builder, p in
      let wide = builder.splat(p[0], 4, "wide")
      let mixed = builder.shuffle(wide, p[1], [0, 5, -1, 7], "mixed")
      let lane = builder.extractElement(mixed, 1, "lane")
      let pair = builder.types.structure([lane.type, lane.type]).poison
      let filled = builder.insertValue(pair, lane, 1, "filled")
      _ = builder.extractValue(filled, 1, "member")
      #expect(builder.splat(p[0].type.constant(2.0), 4).isConstant)
      #expect(builder.splat(p[0], 1) == p[0])
    }
    #expect(text.contains("<i32 0, i32 5, i32 poison, i32 7>"))
  }

  @Test func comparesConvertsAndBranches() throws {
    let text = try body({ [$0.float, $0.i32, $0.pointer] }) { builder, p in
      let types = builder.types
      let entry = builder.block!
      let less = builder.fcmp(.olt, p[0], builder.sitofp(p[1], to: types.float), "less")
      let function = entry.function
      let (then, join) = (function.appendBlock("then"), function.appendBlock("join"))
      builder.condBr(less, then, join).setBranchWeights(1, 2000)
      #expect(entry.hasTerminator && !then.hasTerminator)
      builder.position(atEndOf: then)
      let old = builder.atomicRMW(.add, p[2], p[1], ordering: .acquireRelease)
      let swap = builder.cmpxchg(
        p[2], expected: old, new: p[1], success: .sequentiallyConsistent, failure: .monotonic)
      let stored = builder.extractValue(swap, 1, "stored")
      let choice = builder.switchOn(builder.zext(stored, to: types.i32), else: join)
      choice.addCase(types.i32.constant(1), to: join)
      builder.position(atEndOf: join)
      let phi = builder.phi(types.i32, "x")
      phi.addIncoming(p[1], from: entry)
      phi.addIncoming(old, from: then)
      phi.addIncoming(old, from: then)
      let slot = builder.alloca(types.i32.array(4), alignment: 32, "slot")
      builder.store(
        phi, to: builder.gep(types.i32.array(4), slot, [types.i64.constant(0), p[1]]))
      for predicate in LLVMIntegerPredicate.allCases { _ = builder.icmp(predicate, phi, p[1]) }
      for predicate in LLVMFloatPredicate.allCases { _ = builder.fcmp(predicate, p[0], p[0]) }
    }
    for part in ["fcmp olt", "!prof", "cmpxchg", "atomicrmw add", "alloca [4 x i32], align 32"] {
      #expect(text.contains(part))
    }
  }

  @Test func keepsTablesToItself() throws {
    let machine = try LLVMTargetMachine(.linux("x86-64"))
    let module = try LLVMModule("table", for: machine)
    let types = module.types
    let elements = (0..<4).map { types.float.constant(Double($0)) }
    let table = module.addConstant("table", types.float.constantArray(elements), alignment: 16)
    let function = module.addFunction(
      "at", types.function([types.i64], returning: types.float))
    module.builder.position(atEndOf: function.appendBlock("entry"))
    let address = module.builder.gep(types.float, table, [function.parameters[0]])
    module.builder.ret(module.builder.load(types.float, address))
    try module.verify()
    #expect(module.function("at") == function)
    #expect(module.text.contains("private unnamed_addr constant [4 x float]"))
    let missing = try undefinedSymbols(of: module.emitObject(for: machine))
    #expect(missing == [])
  }
}
