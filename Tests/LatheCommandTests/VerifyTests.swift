// `lathe run --verify`, and inputs that a file lists.

import Foundation
import Testing

@Suite struct VerifyTests {
  private let text = """
    // eval: @f([1.0, 2.0, -3.0]) == [2.0, 3.0, -2.0]
    graph @f(%x: f32[3]) -> f32[3] {
      %0 = add %x, 1.0 : f32[3]
      return %0
    }
    """

  @Test func verifiesAndTakesListedInputs() throws {
    let folder = try Folder()
    let file = try folder.write(Data(text.utf8), as: "a.lathe")
    let result = try run(["run", file, "--verify"])
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("2.0, 3.0, -2.0"), "\(result.output)")
    let drawn = try run(["run", file, "--seed", "1"])
    #expect(!drawn.output.contains("2.0, 3.0, -2.0") && drawn.code == 0)
    let wrong = text.replacing("[1.0, 2.0, -3.0]", with: "[1.0]")
    let bad = try folder.write(Data(wrong.utf8), as: "b.lathe")
    let refused = try run(["run", bad])
    #expect(refused.code == 1)
    #expect(refused.errors.contains("3 elements expected, found 1"), "\(refused.errors)")
    #expect(try run(["run", file, "--verify", "--time"]).code == 2)
  }
}
