// Normal form and the text that names play no part in.
import IRCore
import LoopIR
import Testing

@Suite struct NormalizationTests {
  @Test func renumbersAndDropsAndRenames() throws {
    var kernel = Kernel(name: "k", symbols: ["n"])
    kernel.buffers = [Buffer(name: "y", role: .output, type: .i64, shape: [.symbol("n")])]
    let unused = kernel.makeVariable(ValueType(.f64), name: "unused")
    let second = kernel.makeVariable(ValueType(.i64), name: "i")
    let first = kernel.makeVariable(ValueType(.i64), name: "i")
    let named = kernel.makeVariable(ValueType(.i64), name: "y")
    func loop(_ variable: VariableID, _ body: [Statement]) -> Statement {
      .loop(Loop(.serial, variable, 0, .symbol("n"), body: body))
    }
    let place = Access(BufferID(0), [first.expression])
    let sum = second.expression * 2 + first.expression
    kernel.body = [
      loop(
        first,
        [
          loop(
            second,
            [
              .define(named, .index(sum)), .store(.variable(named), place, mask: nil),
            ])
        ])
    ]
    #expect(throws: VerifierError.self) { try kernel.verify() }
    _ = unused
    let normal = kernel.normalized()
    #expect(normal.variables.map(\.name) == ["i", "i_1", "y_1"])
    #expect(normal.normalized() == normal)
    #expect(try Kernel(parsing: kernel.description) == normal)
    #expect(kernel.description.contains("%y_1 = index %i + 2*%i_1 : i64"))
  }

  @Test func namesPlayNoPartInStructuralText() throws {
    let text = try KernelFile(path: "run/gemm_naive").text()
    let renamed = try Kernel(
      parsing: text.replacing("%i", with: "%0").replacing("%aik", with: "%z")
        .replacing("@gemm_naive", with: "@other").replacing("%b", with: "%weights")
        .replacing("symbols(m, n, p)", with: "symbols(z, y, x)").replacing("[m,p]", with: "[z,x]")
        .replacing("[p,n]", with: "[x,y]").replacing("[m,n]", with: "[z,y]")
        .replacing("<m", with: "<z").replacing("<n", with: "<y").replacing("<p", with: "<x"))
    let kernel = try Kernel(parsing: text)
    #expect(renamed.structuralText == kernel.structuralText)
    #expect(!kernel.structuralText.contains("gemm"))
    var other = kernel
    other.buffers[0].type = .f64
    #expect(other.structuralText != kernel.structuralText)
  }

  @Test func scheduleNamesAreNumbersInStructuralText() throws {
    func kernel(_ i: String, _ o: String) throws -> Kernel {
      try Kernel(
        parsing: """
          kernel @k(in %x: f32[n]) symbols(n) schedule [split %\(i) by 4 into %\(o) %q, unroll %q by 4] {
            for %j in 0..<n {
              for %\(i) in 0..<n {
              }
            }
          }
          """)
    }
    #expect(try kernel("i", "o").structuralText == kernel("a", "b").structuralText)
    #expect(
      try kernel("i", "o").structuralText.contains("split %1 by 4 into %2 %3, unroll %3 by 4"))
  }

  /// Broken kernels print too: the verifier's messages stand beside their dump.
  @Test func printsBrokenKernels() {
    let place = Access(BufferID(2), [.variable(7)])
    let kernel = Kernel(
      name: "k", body: [.store(.variable(VariableID(3)), place, mask: nil)])
    #expect(kernel.description == "kernel @k() {\n  store %?3, %?2[%?7]\n}\n")
  }
}
