// `lathe train`, `evaluate` and `generate` as their users run them.

import Foundation
import Testing

@Suite struct TrainCommandTests {
  @Test func digitsWithDenseLayers() throws {
    let folder = try Folder()
    let (file, curves) = (folder.path(of: "mlp.safetensors"), folder.path(of: "mlp.svg"))
    let result = try run(
      "train", "--epochs", "15", "--save", file, "--curves", curves, "--json")
    let lines = result.output.split(separator: "\n")
    #expect(result.code == 0 && lines.count == 16, "\(result)")
    let done = try JSONSerialization.jsonObject(with: Data(lines[15].utf8)) as? [String: Any]
    #expect(done?["event"] as? String == "done")
    #expect(done?["test_accuracy"] as? Double ?? 0 >= 0.97, "\(lines[15])")
    for key in ["loss", "examples_per_second", "compile_ms", "seconds", "steps"] {
      #expect(done?[key] is Double, "\(key) in \(lines[15])")
    }
    #expect(try String(contentsOfFile: curves, encoding: .utf8).contains("mlp on digits"))
    let evaluated = try run("evaluate", file)
    #expect(evaluated.output.contains("accuracy 0.97"), "\(evaluated)")
  }

  @Test(arguments: ["cnn", "resnet"]) func goesOnBitForBit(_ model: String) throws {
    let folder = try Folder()
    let (whole, parts) = (folder.path(of: "whole"), folder.path(of: "parts"))
    let common = ["train", "--model", model, "--epochs", "2", "--augment"]
    #expect(try run(common + ["--save", whole, "--threads", "2"]).code == 0)
    #expect(try run(common + ["--save", parts, "--steps", "25", "--threads", "1"]).code == 0)
    #expect(try run("train", "--resume", parts, "--threads", "3").code == 0)
    let (a, b) = (
      FileManager.default.contents(atPath: whole), FileManager.default.contents(atPath: parts)
    )
    #expect(a != nil && a == b)
  }

  @Test func textModelsLearnAndGoOn() throws {
    let folder = try Folder()
    let text = folder.path(of: "text.txt")
    let words = (0..<900).map { ["red", "green", "blue"][$0 % 3] }.joined(separator: " ")
    try words.write(toFile: text, atomically: true, encoding: .utf8)
    for (model, steps) in [("gpt", "120"), ("lstm", "80")] {
      let file = folder.path(of: model)
      let trained = try run(
        "train", "--model", model, "--data", text, "--length", "16", "--batch", "8", "--epochs",
        "20", "--steps", steps, "--save", file, "--json", "--learning-rate", "0.005")
      #expect(trained.code == 0, "\(trained)")
      let generated = try run(
        "generate", file, "--prompt", "red g", "--count", "8", "--temperature", "0")
      #expect(generated.output == "red green blu\n", "\(generated)")
      #expect(try run("evaluate", file).output.contains("nats a character"))
    }
  }

  @Test(arguments: [
    (["--data", "nothing.csv"], "nothing.csv"),
    (["--resume", "nothing"], "nothing: No such file"),
    (["--model", "gpt", "--data", "/etc/hostname"], "tokens, expected at least"),
  ]) func badInputIsOneLine(_ arguments: [String], _ words: String) throws {
    let result = try run(["train"] + arguments)
    #expect(result.code == 1 && result.output.isEmpty, "\(result)")
    #expect(result.errors.contains(words), "\(result)")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result)")
  }

  @Test(arguments: [["--epochs", "0"], ["--model", "vgg"], ["--resume", "a", "--model", "cnn"]])
  func wrongUsage(_ arguments: [String]) throws {
    #expect(try run(["train"] + arguments).code == 2)
  }
}
