// Printing and parsing: round trips, normal form, errors with their place.
import IRCore
import LoopIR
import Testing

@Suite struct TextTests {
  static let good = (KernelFile.all(in: "parse") + KernelFile.all(in: "run"))
    .filter { !$0.hasExpectedError }
  static let bad = KernelFile.all(in: "parse")
    .filter(\.hasExpectedError)

  @Test(arguments: good) func readsBackWhatItPrints(file: KernelFile) throws {
    let kernel = try file.kernel()
    #expect(kernel == kernel.normalized())
    #expect(try Kernel(parsing: kernel.description) == kernel)
  }

  /// A file's text without comments is what the printer prints.
  @Test(arguments: good) func printsTheCanonicalText(file: KernelFile) throws {
    let lines = try file.text().split(separator: "\n").filter { !$0.hasPrefix("//") }
    let printed = try file.kernel().description
    #expect(printed == lines.joined(separator: "\n") + "\n", "printed: \(printed)")
  }

  @Test(arguments: bad) func namesTheErrorAndItsLine(file: KernelFile) throws {
    let expected = try #require(try file.expectedError())
    let error = #expect(throws: TextError.self) { try file.kernel() }
    #expect(error?.message == expected.message)
    #expect(error?.line == expected.line)
  }
}
