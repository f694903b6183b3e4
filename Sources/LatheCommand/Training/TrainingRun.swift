// One run of training, from the first batch to the last line.

import Lathe
import LatheNN

/// How good a model is on data that it did not learn from.
struct Judgement {
  /// Share of the labels that are found.
  var accuracy: Double
  /// Mean cross-entropy in nats.
  var loss: Double
  /// Labels.
  var count: Int
}

/// Trains a model as a plan says.
struct TrainingRun<Model: Layer, Source: BatchSource> where Source.Batch: LabeledBatch {
  private let plan: TrainingPlan
  /// What checkpoints say beside their tensors.
  private let metadata: [String: String]
  private var trainer: Trainer<Model, Source.Batch>
  private let source: Source
  private let test: Source
  private let order: BatchOrder
  private let schedule: Schedule
  private var step: Int
  private var position: BatchPosition
  private var progress = ProgressLine()
  private var log: TrainingLog?
  private var history = TrainingHistory()
  private var compileSeconds = 0.0
  private var trainingSeconds = 0.0
  private var examples = 0

  /// Begins, or goes on from the plan's checkpoint; checkpoints say `notes` of the data.
  init(
    _ plan: TrainingPlan, _ model: Model, training: Source, test: Source,
    notes: [String: String] = [:]
  ) throws {
    self.plan = plan
    metadata = plan.metadata.merging(notes) { $1 }
    source = training
    self.test = test
    trainer = Trainer(model, mode: plan.mode, seed: plan.seed, clipping: plan.clipping)
    order = BatchOrder(
      count: training.count, size: plan.batch, key: HostKey(plan.seed), remainder: .dropped)
    let total = max(1, plan.epochs * order.batchCount)
    schedule = .cosine(over: total, to: 0.01).warmedUp(over: min(100, total / 10))
    step = plan.checkpoint?.step ?? 0
    position = plan.checkpoint?.position ?? .start
    if let checkpoint = plan.checkpoint { try trainer.restore(checkpoint) }
    log = try plan.logFile.map { path throws(LogError) in
      try TrainingLog(
        path: path, columns: ["loss", "test_loss", "test_accuracy"],
        resumingAfter: plan.checkpoint.map(\.step))
    }
  }

  /// Trains to the end; the examples per second.
  mutating func run() throws -> Double {
    var early = plan.patience.map { EarlyStopping(patience: $0, better: .higher) }
    let batches = try Batches(
      source, size: plan.batch, key: HostKey(plan.seed), epochs: plan.epochs, from: position)
    var losses = Mean()
    var judgement: Judgement?
    var isDone = plan.steps == 0
    while !isDone, let next = try batches.next() {
      if losses.count == 0 { startEpoch(next.epoch) }
      let loss = take(next)
      losses.add(loss, count: next.count)
      history.losses.append((Double(step), loss))
      progress.advance(examples: next.count, values: [("loss", losses.value)])
      position = next.next
      isDone = plan.steps.map { step >= $0 } ?? false
      if next.endsEpoch || isDone {
        judgement = try finishEpoch(next.epoch, losses)
        losses = Mean()
        if let judgement, early?.observe(judgement.accuracy) != nil {
          isDone = isDone || early?.shouldStop ?? false
        }
      } else if let every = plan.saveEvery, step.isMultiple(of: every) {
        try save()
      }
    }
    try finish(try judgement ?? trainer.judgement(on: test))
    return rate
  }

  private mutating func startEpoch(_ epoch: Int) {
    progress.start(
      "epoch \(epoch + 1)/\(plan.epochs)", steps: order.batchCount,
      at: position.example / plan.batch)
  }

  /// One step; its loss.
  private mutating func take(_ next: NumberedBatch<Source.Batch>) -> Double {
    if examples == 0 {
      let trainer = trainer
      compileSeconds = timed { trainer.prepare(for: next.batch) }.milliseconds / 1e3
    }
    let rate = plan.learningRate * schedule(step)
    var loss = 0.0
    trainingSeconds +=
      timed { loss = trainer.step(next.batch, learningRate: rate).item() }.milliseconds / 1e3
    step += 1
    examples += next.count
    return loss
  }

  private mutating func finishEpoch(_ epoch: Int, _ losses: Mean) throws -> Judgement {
    let judgement = try trainer.judgement(on: test)
    progress.finish(values: [("loss", losses.value), ("accuracy", judgement.accuracy)])
    history.accuracies.append((Double(step), judgement.accuracy))
    history.testLosses.append((Double(step), judgement.loss))
    try log?.append(
      LogRecord(
        step: step,
        values: [
          ("loss", losses.value), ("test_loss", judgement.loss),
          ("test_accuracy", judgement.accuracy),
        ]))
    try save()
    if plan.isJSON {
      Terminal.writeLine(
        "{\"event\":\"epoch\",\"epoch\":\(epoch + 1),\"step\":\(step),"
          + "\"loss\":\(significant(losses.value, 6)),"
          + "\"test_loss\":\(significant(judgement.loss, 6)),"
          + "\"test_accuracy\":\(significant(judgement.accuracy, 6))}")
    } else {
      Terminal.writeLine(
        "epoch \(epoch + 1)/\(plan.epochs)  loss \(significant(losses.value))  test loss "
          + "\(significant(judgement.loss))  test accuracy \(fixed(judgement.accuracy, 4))  "
          + "\(significant(rate, 4)) examples/s")
    }
    return judgement
  }

  /// Examples per second of the steps alone.
  private var rate: Double { trainingSeconds > 0 ? Double(examples) / trainingSeconds : 0 }

  private func save() throws {
    guard let file = plan.saveFile else { return }
    let checkpoint = Checkpoint(
      tensors: trainer.tensors, step: step, position: position, metadata: metadata)
    try checkpoint.save(to: file)
  }

  private func finish(_ judgement: Judgement) throws {
    if let file = plan.curveFile { try history.chart(plan).write(to: file) }
    let loss = history.losses.last?.y ?? .nan
    if plan.isJSON {
      let fields = [
        "\"event\":\"done\"", "\"test_accuracy\":\(significant(judgement.accuracy, 6))",
        "\"test_loss\":\(significant(judgement.loss, 6))",
        "\"loss\":\(loss.isNaN ? "null" : significant(loss, 6))",
        "\"examples_per_second\":\(significant(rate, 6))",
        "\"compile_ms\":\(significant(compileSeconds * 1e3, 5))",
        "\"seconds\":\(significant(trainingSeconds, 5))", "\"steps\":\(step)",
      ]
      return Terminal.writeLine("{\(fields.joined(separator: ","))}")
    }
    var line = "test accuracy \(Terminal.bold(fixed(judgement.accuracy, 4))), test loss "
    line += "\(significant(judgement.loss)) on \(judgement.count) \(plan.model.whatIsLabeled)"
    line += " after \(step) steps; \(significant(rate, 4)) examples/s, \(plan.mode.rawValue)"
    if plan.mode == .jit { line += ", compiled in \(significant(compileSeconds * 1e3, 3)) ms" }
    Terminal.writeLine(line)
    for (what, file) in [("checkpoint", plan.saveFile), ("curves", plan.curveFile)] {
      if let file { Terminal.writeLine("\(what): \(file)") }
    }
  }
}

extension Trainer {
  /// How a model labels data.
  func judgement<Source: BatchSource>(on data: Source) throws -> Judgement
  where Source.Batch == Batch {
    var (accuracy, loss) = (Accuracy(), Mean())
    try evaluate(on: data) { logits, labels, value in
      accuracy.add(logits: logits, labels: labels)
      loss.add(value, count: labels.count)
    }
    return Judgement(accuracy: accuracy.value, loss: loss.value, count: accuracy.count)
  }

  /// Calls `body` with logits, labels and loss of each batch.
  func evaluate<Source: BatchSource>(
    on data: Source, _ body: ([Float], [Int32], Double) -> Void
  ) throws where Source.Batch == Batch {
    let batches = try Batches(data, size: 100, key: nil, remainder: .kept, epochs: 1, ahead: 1)
    while let next = try batches.next() {
      let (loss, logits) = evaluate(next.batch)
      body(
        logits.scalars(as: Float.self), next.batch.labels.scalars(as: Int32.self), loss.item())
    }
  }
}

/// What a run's curves show.
struct TrainingHistory {
  var losses: [(x: Double, y: Double)] = []
  var testLosses: [(x: Double, y: Double)] = []
  var accuracies: [(x: Double, y: Double)] = []

  /// The losses in means of so many steps that at most 200 points are drawn, and the accuracies.
  func chart(_ plan: TrainingPlan) -> CurveChart {
    let group = max(1, losses.count / 200)
    let means = stride(from: 0, to: losses.count, by: group).map { start in
      let part = losses[start..<min(losses.count, start + group)]
      let count = Double(part.count)
      return (
        x: part.reduce(0) { $0 + $1.x } / count, y: part.reduce(0) { $0 + $1.y } / count
      )
    }
    return CurveChart(
      title: "\(plan.model.rawValue) on \(plan.dataName)", xLabel: "step",
      panels: [
        .init(
          label: "loss",
          curves: [
            .init(name: "training", points: means), .init(name: "test", points: testLosses),
          ]),
        .init(label: "accuracy", curves: [.init(name: "test", points: accuracies)]),
      ])
  }
}
