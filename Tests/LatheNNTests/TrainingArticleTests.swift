// The code of the article "Training", compiled and run.

import Foundation
import Lathe
import LatheNN
import TestSupport
import Testing

@Suite struct TrainingArticleTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static func training(_ print: (Any...) -> Void) throws {
    // article: training
    struct Classifier: Layer {
      var hidden = Dense(64, 128, initializer: .heNormal, key: RandomKey(1))
      var norm = BatchNorm(128)
      var output = Dense(128, 10, key: RandomKey(2))
      let dropout = Dropout(0.1)

      func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
        let h = norm.forward(hidden.forward(x.reshaped(-1, 64), &context), &context).relu()
        return output.forward(dropout.forward(h, &context), &context)
      }
    }

    struct Training: Sendable {
      var model = Classifier()
      var optimizer = Adam(for: Classifier())
      var key = RandomKey(3)
    }

    let step = compile { (state: inout Training, batch: ImageBatch) in
      let (mine, next) = state.key.split()
      state.key = next
      let (loss, slope) = lossAndGradient(of: &state.model, key: mine) { model, context in
        softmaxCrossEntropy(model.forward(batch.images, &context), batch.labels, smoothing: 0.05)
      }
      state.optimizer.update(&state.model, along: clipped(slope, norm: 1))
      return loss
    }

    let digits = Dataset.digits()
    let schedule = Schedule.cosine(over: 8 * 22).warmedUp(over: 20)
    let batches = try Batches(ImageSource(digits.training), size: 64, key: HostKey(0), epochs: 8)
    var state = Training()
    var count = 0
    while let next = try batches.next() {
      state.optimizer.learningRate = Tensor(Float(0.005 * schedule(count)))
      step(&state, next.batch)
      count += 1
    }

    let (images, labels) = digits.test.tensors(of: 0..<digits.test.count)
    var accuracy = Accuracy()
    accuracy.add(
      logits: state.model(images).scalars(as: Float.self), labels: labels.scalars(as: Int32.self))
    print(count, accuracy.value > 0.95)
    print(summary(of: state.model))
    // article: end
  }

  @Test func theArticleShowsThisProgramAndItsOutput() throws {
    let article = try text("Sources/LatheNN/LatheNN.docc/Training.md")
    let source = try text("Tests/LatheNNTests/TrainingArticleTests.swift")
    let program = try #require(articleProgram(named: "training", in: source))
    var output = ""
    try Self.training { values in
      output += values.map { "\($0)" }.joined(separator: " ") + "\n"
    }
    let shown = output.trimmingCharacters(in: .newlines)
    #expect(article.contains("```swift\n\(program)\n```"), "\(program)")
    #expect(article.contains("```\n\(shown)\n```"), "\(shown)")
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
  }
}
