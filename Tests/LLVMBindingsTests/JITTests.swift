// Linking objects into the process and running them.
import LLVMBindings
import Testing

@Suite struct JITTests {
  static let session = Result { try JITSession() }

  typealias Sum =
    @convention(c) (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int64
    ) -> Void

  func compile(
    _ build: (borrowing LLVMModule) throws -> Void
  ) throws -> [UInt8] {
    let machine = try LLVMTargetMachine(.host())
    let module = try LLVMModule("test", for: machine)
    try build(module)
    try module.verify()
    try module.optimize(lightPasses, for: machine)
    return try module.emitObject(for: machine)
  }

  @Test func runsWhatItLinked() throws {
    let object = try Self.session.get().add(compile { $0.addVectorSum("sum", lanes: 16) })
    let sum = unsafeBitCast(try object.address(of: "sum"), to: Sum.self)
    let a = (0..<64).map(Float.init)
    let b = a.map { $0 * 0.5 }
    var out = [Float](repeating: 0, count: 64)
    sum(a, b, &out, 64)
    #expect(out == zip(a, b).map(+))
    withExtendedLifetime(object) {}
  }

  @Test(arguments: ["malloc", "memcpy", "no_such_symbol"])
  func refusesASymbolThatNobodyDefined(symbol: String) throws {
    let object = try Self.session.get().add(
      compile { $0.addCaller("calls_\(symbol)", of: symbol) })
    let failure = #expect(throws: LLVMFailure.self) {
      try object.address(of: "calls_\(symbol)")
    }
    let message = try #require(failure).message
    #expect(message.contains(symbol))
    #expect(message.contains("not found"))
  }

  @Test func callsWhatWasDefined() throws {
    let session = try Self.session.get()
    let answer: @convention(c) () -> Int32 = { 42 }
    try session.define([("the_answer", unsafeBitCast(answer, to: UnsafeRawPointer.self))])
    let object = try session.add(compile { $0.addCaller("asks", of: "the_answer") })
    let asks = unsafeBitCast(
      try object.address(of: "asks"), to: (@convention(c) () -> Int32).self)
    #expect(asks() == 42)
    withExtendedLifetime(object) {}
  }

  @Test func forgetsAnObjectThatNobodyHolds() throws {
    let bytes = try compile { $0.addVectorSum("again", lanes: 4) }
    for _ in 0..<3 {
      let object = try Self.session.get().add(bytes)
      _ = try object.address(of: "again")
    }
  }

  @Test func refusesBytesThatAreNoObject() throws {
    #expect(throws: LLVMFailure.self) { try Self.session.get().add([1, 2, 3]) }
  }

  @Test func linksFromManyThreads() async throws {
    try await withThrowingTaskGroup { group in
      for index in 0..<16 {
        group.addTask {
          let name = "sum_\(index)"
          let object = try Self.session.get().add(compile { $0.addVectorSum(name, lanes: 8) })
          let sum = unsafeBitCast(try object.address(of: name), to: Sum.self)
          var out = [Float](repeating: 0, count: 8)
          sum([Float](repeating: 1, count: 8), [Float](repeating: Float(index), count: 8), &out, 8)
          withExtendedLifetime(object) {}
          #expect(out == [Float](repeating: Float(index + 1), count: 8))
        }
      }
      try await group.waitForAll()
    }
  }
}
