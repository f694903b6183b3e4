// Batches: their order, their positions, and the thread that makes them.

import Dispatch
import Lathe
import LatheNN
import Testing

/// A source whose batches are the examples' numbers.
private struct NumberSource: BatchSource {
  struct Failure: Error, Equatable {
    let example: Int
  }

  let count: Int
  var failing: Int?
  /// Signalled for each batch that is made.
  var made: DispatchSemaphore?
  /// Goes when the last copy of the source does.
  var life: Life?

  final class Life: Sendable {}

  func batch(_ examples: ArraySlice<Int>, epoch: Int) throws -> [Int] {
    defer { made?.signal() }
    if let failing, examples.contains(failing) { throw Failure(example: failing) }
    return Array(examples)
  }
}

@Suite struct BatchesTests {
  private func all(_ batches: Batches<NumberSource>) throws -> [[Int]] {
    var result: [[Int]] = []
    while let step = try batches.next() { result.append(step.batch) }
    return result
  }

  @Test(arguments: [0, 1, 3, 100]) func inOrder(ahead: Int) throws {
    let source = NumberSource(count: 5)
    let dropped = try Batches(source, size: 2, key: nil, epochs: 2, ahead: ahead)
    #expect(try all(dropped) == [[0, 1], [2, 3], [0, 1], [2, 3]])
    #expect(try dropped.next() == nil)
    let kept = try Batches(source, size: 2, key: nil, remainder: .kept, epochs: 1, ahead: ahead)
    #expect(try all(kept) == [[0, 1], [2, 3], [4]])
    #expect(kept.position == BatchPosition(epoch: 1, example: 0))
  }

  @Test func shuffledByKey() throws {
    func order(_ seed: Int, ahead: Int) throws -> [[Int]] {
      try all(
        Batches(NumberSource(count: 10), size: 3, key: HostKey(seed), epochs: 3, ahead: ahead))
    }
    let batches = try order(1, ahead: 0)
    #expect(try batches == order(1, ahead: 2) && batches == order(1, ahead: 50))
    #expect(try batches != order(2, ahead: 0))
    let epochs = (0..<3).map { Array(batches[3 * $0..<3 * $0 + 3].joined()) }
    #expect(epochs.allSatisfy { Set($0).count == 9 } && Set(epochs).count == 3)
  }

  /// From every position the rest is the rest.
  @Test(arguments: [0, 2]) func resumes(ahead: Int) throws {
    func batches(from position: BatchPosition) throws -> Batches<NumberSource> {
      try Batches(
        NumberSource(count: 7), size: 2, key: HostKey(4), remainder: .kept, epochs: 3,
        from: position, ahead: ahead)
    }
    let whole = try all(batches(from: .start))
    #expect(whole.count == 12)
    let run = try batches(from: .start)
    for index in 0..<12 {
      let saved = try #require(BatchPosition(run.position.description))
      #expect(try all(batches(from: saved)) == Array(whole[index...]))
      let step = try #require(try run.next())
      #expect(step.epoch == index / 4 && step.endsEpoch == (index % 4 == 3))
      #expect(step.count == step.batch.count && step.next == run.position)
    }
  }

  @Test(arguments: [0, 1, 4]) func errorsArriveBehindWhatWasMade(ahead: Int) throws {
    let batches = try Batches(
      NumberSource(count: 10, failing: 5), size: 2, key: nil, ahead: ahead)
    #expect(try batches.next()?.batch == [0, 1])
    #expect(try batches.next()?.batch == [2, 3])
    for _ in 0..<3 {
      #expect(throws: NumberSource.Failure(example: 5)) { try batches.next() }
    }
    #expect(batches.position == BatchPosition(epoch: 0, example: 4))
  }

  /// Without a taker no more batches are made than are asked for ahead and the one in hand.
  @Test func theQueueIsBounded() throws {
    let made = DispatchSemaphore(value: 0)
    let batches = try Batches(
      NumberSource(count: 10, made: made), size: 2, key: nil, ahead: 3)
    for _ in 0..<4 { #expect(made.wait(timeout: .now() + 10) == .success) }
    #expect(made.wait(timeout: .now() + 0.05) == .timedOut)
    _ = try batches.next()
    #expect(made.wait(timeout: .now() + 10) == .success)
  }

  /// The thread lets go of its source soon after the batches are let go of.
  @Test(arguments: [0, 1, 5]) func theThreadEnds(taken: Int) throws {
    weak var life: NumberSource.Life?
    do {
      let source = NumberSource(count: 10, life: NumberSource.Life())
      life = source.life
      let batches = try Batches(source, size: 2, key: nil, ahead: 2)
      for _ in 0..<taken { _ = try batches.next() }
    }
    for _ in 0..<1000 where life != nil {
      _ = DispatchSemaphore(value: 0).wait(timeout: .now() + 0.01)
    }
    #expect(life == nil)
  }

  @Test func wrongRequestsAreRefused() {
    func message(_ count: Int, _ size: Int, _ position: BatchPosition = .start) -> String {
      do throws(BatchError) {
        _ = try Batches(NumberSource(count: count), size: size, key: nil, from: position)
        return "nothing"
      } catch {
        return "\(error)"
      }
    }
    #expect(message(3, 4) == "batches: 3 examples, expected at least one batch of 4")
    #expect(message(0, 4) == "batches: 0 examples, expected at least one batch of 4")
    #expect(
      message(9, 4, BatchPosition(epoch: 0, example: 8))
        == "batches: position 0:8, expected an example of 0..<8")
    #expect(
      message(9, 4, BatchPosition(epoch: -1, example: 0))
        == "batches: position -1:0, expected an example of 0..<8")
    for text in ["", "1", "1:", "a:2", "1:2:3", "-1:2", "1:-2"] {
      #expect(BatchPosition(text) == nil)
    }
  }

  @Test func imagesAreAugmentedByKey() throws {
    let set = Dataset.digits().training.subset(0..<64)
    func images(_ augmentation: Augmentation, seed: Int, ahead: Int) throws -> [[Float]] {
      let source = ImageSource(set, augmentation: augmentation, key: HostKey(seed))
      let batches = try Batches(source, size: 32, key: HostKey(9), epochs: 2, ahead: ahead)
      var result: [[Float]] = []
      while let step = try batches.next() {
        #expect(step.batch.images.shape == [32, 1, 8, 8] && step.batch.labels.shape == [32])
        result.append(step.batch.images.scalars(as: Float.self))
      }
      return result
    }
    let augmentation = Augmentation(flipsHorizontally: true, largestShift: 2)
    let changed = try images(augmentation, seed: 1, ahead: 0)
    #expect(try changed == images(augmentation, seed: 1, ahead: 3))
    #expect(try changed != images(augmentation, seed: 2, ahead: 0))
    #expect(try changed != images(.none, seed: 1, ahead: 0))
  }
}

@Suite struct AugmentationTests {
  private let image: [Float] = [1, 2, 3, 4, 5, 6, 7, 8, 9]

  /// Each example's image is that of its choice, moved pixel by pixel.
  @Test(arguments: 0..<40) func movesAndMirrors(example: Int) {
    let augmentation = Augmentation(flipsHorizontally: true, largestShift: 1)
    let key = HostKey(2)
    let choice = augmentation.choice(example: example, key: key)
    var pixels: [Float] = [-1] + image + image.map { 10 * $0 }
    augmentation.apply(to: &pixels, from: 1, shape: [2, 3, 3], example: example, key: key)
    #expect(pixels[0] == -1)
    let rows = [Array(image[0..<3]), Array(image[3..<6]), Array(image[6..<9])].map {
      choice.isFlipped ? Array($0.reversed()) : $0
    }
    let border: [[Float]] =
      [[0, 0, 0, 0, 0]] + rows.map { [0] + $0 + [0] } + [[0, 0, 0, 0, 0]]
    let expected = (0..<3).flatMap { y in
      (0..<3).map { x in border[y + 1 - choice.down][x + 1 - choice.right] }
    }
    #expect(Array(pixels[1..<10]) == expected)
    #expect(Array(pixels[10...]) == expected.map { 10 * $0 })
  }

  @Test func everyChoiceOccurs() {
    let augmentation = Augmentation(flipsHorizontally: true, largestShift: 1)
    let choices = (0..<500).map { augmentation.choice(example: $0, key: HostKey(1)) }
    #expect(Set(choices.map { "\($0.isFlipped) \($0.down) \($0.right)" }).count == 18)
    let still = (0..<50).map { Augmentation.none.choice(example: $0, key: HostKey(1)) }
    #expect(still.allSatisfy { !$0.isFlipped && $0.down == 0 && $0.right == 0 })
  }
}
