// The code of the articles on training, compiled and run.

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

  private static func own(_ print: (Any...) -> Void) throws {
    // article: own
    /// Two products of the input, one of which decides how much of the other passes.
    struct Gated: Layer {
      var weight: Tensor
      var gate: Tensor
      var strength = Tensor(Float(1))
      @Statistic var openness = Tensor(Float(0.5))

      init(_ inputs: Int, _ outputs: Int, key: RandomKey) {
        let (first, second) = key.split()
        weight = Initializer.heNormal([inputs, outputs], fan: (inputs, outputs), key: first)
        gate = Initializer.glorotNormal([inputs, outputs], fan: (inputs, outputs), key: second)
      }

      func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
        let open = sigmoid(x.matmul(gate) * strength)
        context.update(openness, to: openness * 0.9 + open.mean() * 0.1)
        return x.matmul(weight) * open
      }
    }

    struct Net: Layer {
      var hidden = Gated(64, 96, key: RandomKey(1))
      var output = Dense(96, 10, key: RandomKey(2))

      func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
        output.forward(hidden.forward(x.reshaped(-1, 64), &context), &context)
      }
    }

    /// Cross-entropy that cares less for what is right already (Tsung-Yi Lin and others, 2017).
    @Sendable func focalLoss(_ logits: Tensor, _ labels: Tensor) -> Tensor {
      let logs = logits.logSoftmax()
      let classes = Tensor.arange(10).cast(to: labels.dtype)
      let isLabel = classes .== labels.expandedDimensions(at: -1)
      let surprise = -select(isLabel, logs, Tensor.zeros(logs.shape)).sum(axis: -1)
      let doubt = 1 - exp(-surprise)
      return (doubt * doubt * surprise).mean()
    }

    struct Training: Sendable {
      var net = Net()
      var optimizer = Adam(for: Net(), learningRate: 0.005)
    }

    let step = compile { (state: inout Training, batch: ImageBatch) in
      let (loss, slope) = lossAndGradient(of: &state.net) { net, context in
        focalLoss(net.forward(batch.images, &context), batch.labels)
      }
      state.optimizer.update(&state.net, along: slope)
      return loss
    }

    let digits = Dataset.digits()
    var state = Training()
    let batches = try Batches(ImageSource(digits.training), size: 64, key: HostKey(0), epochs: 8)
    while let next = try batches.next() { step(&state, next.batch) }

    let (images, labels) = digits.test.tensors(of: 0..<digits.test.count)
    let right = state.net(images).argMax(axis: -1).cast(to: labels.dtype) .== labels
    print(right.cast(to: .f32).mean() .> 0.95)
    print(parameterCount(of: state.net), state.net.hidden.strength .!= 1)
    // article: end
  }

  private typealias Program = @Sendable ((Any...) -> Void) throws -> Void
  private static let articles: [(name: String, page: String, run: Program)] = [
    ("training", "Training", training), ("own", "OwnLayerAndLoss", own),
  ]

  @Test(arguments: articles.indices) func theArticleShowsThisProgramAndItsOutput(
    number: Int
  ) throws {
    let (name, page, run) = Self.articles[number]
    let article = try text("Sources/LatheNN/LatheNN.docc/\(page).md")
    let source = try text("Tests/LatheNNTests/TrainingArticleTests.swift")
    let program = try #require(articleProgram(named: name, in: source))
    var output = ""
    try run { values in
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
