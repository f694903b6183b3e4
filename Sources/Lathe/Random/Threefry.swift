// The generator: Threefry-2x32 with 20 rounds.

import IRCore
import TensorIR

/// Threefry-2x32-20 of John Salmon, Mark Moraes, Ron Dror and David Shaw, "Parallel Random Numbers:
/// As Easy as 1, 2, 3", 2011: a cipher whose encrypted counters are the random numbers.
///
/// It is composed of integer operations on tensors, so that it fuses with what reads the numbers.
/// Every element encrypts its own index; so numbers do not depend on how work is shared out.
struct Threefry {
  /// High counter words of uses that must not meet: drawing counts elements below these.
  static let second = 0x4000_0000
  static let splitting = 0x8000_0000
  static let folding = 0xc000_0000

  private static let rotations = [[13, 15, 26, 6], [17, 29, 16, 24]]
  private static let parity = 0x1bd1_1bda
  private static let rounds = 20

  private let key: [Tensor]
  private let location: SourceLocation

  /// The cipher of a key.
  init(_ key: RandomKey, at location: SourceLocation) {
    func word(_ index: Int) -> Tensor {
      key.words.view([IndexExpression(index)], [], at: location)
    }
    self.init(word(0), word(1), at: location)
  }

  /// The cipher of a key per element.
  init(_ first: Tensor, _ second: Tensor, at location: SourceLocation) {
    self.location = location
    let both = Tensor.apply(.xor, [first, second], at: location)
    let third = Tensor.apply(
      .xor, [both, Tensor(scalar: .integer(Self.parity))], at: location)
    key = [first, second, third]
  }

  /// The two words of the counter (`high`, `low`) for each element of `low`.
  func encrypt(high: Int, low: Tensor) -> (Tensor, Tensor) {
    encrypt(Tensor(scalar: .integer(high)), low)
  }

  /// The two words of each counter.
  func encrypt(_ high: Tensor, _ low: Tensor) -> (Tensor, Tensor) {
    var x = add(key[0], high)
    var y = add(low, key[1])
    for round in 0..<Self.rounds {
      x = add(x, y)
      y = Tensor.apply(
        .xor, [rotated(y, by: Self.rotations[round / 4 % 2][round % 4]), x], at: location)
      guard round % 4 == 3 else { continue }
      let injection = round / 4 + 1
      x = add(x, key[injection % 3])
      y = add(y, add(key[(injection + 1) % 3], Tensor(scalar: .integer(injection))))
    }
    return (x, y)
  }

  /// The words side by side: along an axis of extent 2, the last, both have the same pairs.
  func pairs(_ words: (Tensor, Tensor)) -> Tensor {
    let place = Tensor.iota(words.1.shape, axis: -1)
    let isFirst = Tensor.apply(.eq, [place, 0], at: location)
    return Tensor.apply(.select, [isFirst, words.0, words.1], at: location)
  }

  private func add(_ a: Tensor, _ b: Tensor) -> Tensor { Tensor.apply(.add, [a, b], at: location) }

  private func rotated(_ x: Tensor, by count: Int) -> Tensor {
    let left = Tensor.apply(.shiftLeft, [x, Tensor(scalar: .integer(count))], at: location)
    let right = Tensor.apply(.shiftRight, [x, Tensor(scalar: .integer(32 - count))], at: location)
    return Tensor.apply(.or, [left, right], at: location)
  }
}

extension Tensor {
  /// The encrypted words of a counter of two words, for checks against published ones.
  package static func threefry(key: Tensor, counter: Tensor) -> Tensor {
    let cipher = Threefry(RandomKey(words: key), at: .unknown)
    return cipher.pairs(
      cipher.encrypt(
        counter[0].broadcast(to: [2]), counter[1].broadcast(to: [2])))
  }
}
