// `lathe cache`, and commands that keep what they compile.

import Foundation
import Testing

@Suite struct CacheCommandTests {
  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func info(_ folder: String, _ command: String = "info") throws -> [String: Any] {
    let result = try run("cache", command, "--json", "--cache", folder)
    #expect(result.code == 0 && result.errors.isEmpty, "\(result)")
    return try object(result.output)
  }

  @Test func keepsWhatItCompiles() throws {
    let folder = try Folder()
    let (cache, first, second, third) = (
      folder.path(of: "cache"), folder.path(of: "a"), folder.path(of: "b"), folder.path(of: "c")
    )
    #expect(try info(cache)["entries"] as? Int == 0)
    let common = ["train", "--epochs", "1", "--seed", "5"]
    #expect(try run(common + ["--save", first, "--no-cache"]).code == 0)
    #expect(try info(cache)["entries"] as? Int == 0)
    #expect(try run(common + ["--save", second, "--cache", cache]).code == 0)
    let kept = try info(cache)
    let count = try #require(kept["entries"] as? Int)
    #expect(count > 3 && kept["bytes"] as? Int ?? 0 > 1000 * count)
    #expect(kept["folder"] as? String == cache && kept["limit"] as? Int == 1 << 30)
    #expect(
      try run(common + ["--save", third, "--cache", cache]).errors.contains("cache:") == false)
    #expect(try info(cache)["entries"] as? Int == count)
    let files = [first, second, third].map { FileManager.default.contents(atPath: $0) }
    #expect(files[0] != nil && files[0] == files[1] && files[1] == files[2])

    let name = try FileManager.default.contentsOfDirectory(atPath: cache)[0]
    try Data("x".utf8).write(to: URL(filePath: cache).appending(path: name))
    #expect(try info(cache, "verify")["damaged"] as? Int == 1)
    #expect(try info(cache, "verify")["damaged"] as? Int == 0)
    #expect(try info(cache, "clear")["entries"] as? Int == count - 1)
    let text = try run("cache", "info", "--cache", cache).output
    #expect(text == "\(cache): 0 entries, 0 bytes\n")
  }

  /// A cache that cannot be used is one line, and the work is done.
  @Test func cacheOutOfReach() throws {
    let folder = try Folder()
    let file = try folder.write(Data(), as: "file")
    let result = try run("train", "--epochs", "1", "--cache", file + "/cache")
    let lines = result.errors.split(separator: "\n").filter { $0.contains("cache: ") }
    #expect(result.code == 0 && lines.count == 1, "\(result)")
    #expect(lines.first?.contains(file + "/cache") == true)
    #expect(try run("cache", "info", "--no-cache").code == 1)
  }
}
