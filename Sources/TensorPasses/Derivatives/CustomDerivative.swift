// Functions with derivatives of their own: a rule in the place of the body's derivative.

import IRCore
import TensorIR

extension DerivativeBuilder {
  /// The cotangents of the operands at `places`.
  mutating func cotangents(
    of custom: CustomNode, _ operands: [ValueID], results: [ValueID], _ given: [ValueID?],
    _ places: [Int]
  ) throws(TransformError) -> [(place: Int, value: ValueID)] {
    try requireConstantCaptures(custom, places)
    var seeds: [ValueID] = []
    for place in custom.floatResults {
      seeds.append(try orZeros(given[place], self[type: results[place]]))
    }
    let found = try pulled(custom, operands, results, seeds)
    return zip(custom.floatArguments, found).filter { places.contains($0.0) }
      .map { (place: $0, value: $1) }
  }

  /// The cotangents of all float arguments: by the pullback, or by that of the pushforward, which
  /// is linear in the tangents, at any of these.
  private mutating func pulled(
    _ custom: CustomNode, _ operands: [ValueID], _ results: [ValueID], _ seeds: [ValueID]
  ) throws(TransformError) -> [ValueID] {
    let arguments = operands[..<custom.argumentCount] + results
    let captures = operands[custom.argumentCount...]
    if let pullback = custom.pullback {
      return inline(pullback, Array(arguments + seeds + captures))
    }
    guard let pushforward = custom.pushforward else { return [] }
    let places = custom.layout(of: .pushforward)
    let transposed = try pushforward.pullback(by: Array(places.seeds), row: row)
    var tangents: [ValueID] = []
    for type in custom.seedTypes(of: .pushforward) { tangents.append(try splat(0, type)) }
    let found = inline(transposed, Array(arguments + tangents + captures + seeds))
    return Array(found.dropFirst(pushforward.results.count))
  }

  /// The tangents of the results.
  mutating func tangents(
    of custom: CustomNode, _ operands: [ValueID], results: [ValueID], _ given: [ValueID?]
  ) throws(TransformError) -> [ValueID?] {
    try requireConstantCaptures(custom, given.indices.filter { given[$0] != nil })
    guard let pushforward = custom.pushforward else {
      throw .noCustomRule(
        reason: "states a pullback alone; derivatives forward need a pushforward", at: location)
    }
    var seeds: [ValueID] = []
    for place in custom.floatArguments {
      seeds.append(try orZeros(given[place], self[type: operands[place]]))
    }
    let known = operands[..<custom.argumentCount] + results + seeds
    let found = inline(pushforward, Array(known + operands[custom.argumentCount...]))
    var slopes = [ValueID?](repeating: nil, count: results.count)
    for (place, slope) in zip(custom.floatResults, found) { slopes[place] = slope }
    return slopes
  }

  /// A rule says nothing of what its function captured, so what that depends on must not matter.
  private func requireConstantCaptures(
    _ custom: CustomNode, _ places: [Int]
  ) throws(TransformError) {
    let read = Set(custom.body.nodes.flatMap(\.operands).compactMap(\.value) + custom.body.results)
    let parameters = custom.body.parameters
    for place in places where place >= custom.argumentCount {
      guard read.contains(ValueID(parameters[place])) else { continue }
      throw .noCustomRule(
        reason: "captures \(custom.operandTypes[place]) that is differentiated by; "
          + "make it an argument", at: location)
    }
  }
}
