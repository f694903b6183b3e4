// The command as users run it.

import Testing

@Suite struct CommandTests {
  @Test func helpNamesTheCommands() throws {
    let help = try run("--help")
    #expect(help.code == 0)
    for name in ["ir", "opt", "run", "bench", "doctor"] {
      #expect(help.output.contains("\n  \(name) "), "\(help.output)")
      let detail = try run(name, "--help")
      #expect(detail.code == 0 && detail.output.contains("Example:"), "\(detail.output)")
    }
  }

  @Test(arguments: [
    ["nosuch"], ["ir"], ["ir", "ew_chain", "--stage", "nosuch"],
    ["ir", "ew_chain", "--cpu", "nosuch"], ["bench", "--mode", "nosuch"],
    ["bench", "--threads", "-1"], ["bench", "--serve"],
  ])
  func wrongUsageExitsWith2(arguments: [String]) throws {
    let result = try run(arguments)
    #expect(result.code == 2, "\(result)")
    #expect(result.output.isEmpty && !result.errors.isEmpty, "\(result)")
  }

  @Test(arguments: [
    (["ir", "nosuch"], "nosuch: neither a workload (ew_chain, softmax,"),
    (["ir", "nosuch.lathe"], "nosuch.lathe: No such file or directory"),
    (["opt", "ew_chain", "--passes", "nosuch"], "no pass nosuch; there are inline-calls"),
    (["bench", "nosuch"], "no workload nosuch; there are ew_chain, softmax,"),
    (["ir", "-"], "-: "),
  ])
  func failuresExitWith1AndOneLine(arguments: [String], message: String) throws {
    let result = try run(arguments, input: "graph @f(%x: f32[2]) -> f32[2] {\n  return %y\n}\n")
    #expect(result.code == 1, "\(result)")
    #expect(result.errors.hasPrefix("lathe: \(message)"), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
  }

  @Test(arguments: ["graph", "fused", "kernel", "scheduled", "llvm", "asm"])
  func everyLevelPrints(stage: String) throws {
    for row in ["avx512", "avx2", "sse2", "neon"] {
      let result = try run("ir", "ew_chain", "--stage", stage, "--cpu", row)
      #expect(result.code == 0 && result.output.utf8.count > 100, "\(result.errors)")
      if stage == "kernel" || stage == "scheduled" {
        #expect(result.output.hasPrefix("kernel @"))
      }
    }
  }

  @Test func canonicalTextIsAFixedPoint() throws {
    let text = try run("ir", "overhead").output
    let again = try run(["opt", "-", "--passes", ""], input: text)
    #expect(again.code == 0 && again.output == text, "\(again)")
    let located = try run("ir", "overhead", "--locations").output
    #expect(located.contains("Workload.swift:"), "\(located)")
  }

  @Test func passesRunInOrder() throws {
    let result = try run("opt", "overhead", "--passes", "fuse,lower,plan", "--dump-after", "all")
    #expect(result.code == 0)
    for pass in ["fuse", "lower", "plan"] {
      #expect(result.output.contains("// after \(pass)\n"), "\(result.output)")
    }
    #expect(result.output.contains("schedule ["), "\(result.output)")
  }

  @Test func runComparesWithTheInterpreter() throws {
    let text =
      "graph @f(%x: f32[5], %y: i64[5]) -> f32[5], i64[5] {\n"
      + "  %0 = exp %x : f32[5]\n  %1 = mul %y, 3 : i64[5]\n  return %0, %1\n}\n"
    let result = try run(["run", "-"], input: text)
    #expect(result.code == 0, "\(result)")
    #expect(result.output.contains("agree bit for bit"), "\(result.output)")
  }
}
