// What is done once to inputs that every call shares.

/// Brings kept inputs of a program to the layout in which its calls read them.
struct Preparation: Sendable {
  /// From inputs as the caller has them to those that calls take.
  let packing: CompiledFunction
  /// Which of the kept inputs it packs, in order.
  let places: [Int]
}

extension CompiledFunction {
  /// The kept inputs as calls take them, made of those that the caller has: packed ones are new
  /// memory, others are the same. Meant to be called once.
  public func prepared(_ kept: [Storage]) throws(RunFailure) -> [Storage] {
    guard let preparation else { return kept }
    var result = kept
    let packed = try preparation.packing(preparation.places.map { kept[$0] })
    for (place, storage) in zip(preparation.places, packed) { result[place] = storage }
    return result
  }

  /// Which of the kept inputs `prepared` packs.
  public var packedPlaces: [Int] { preparation?.places ?? [] }
}
