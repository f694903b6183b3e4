// Comparing a value with a signature and collecting its memory, in one walk.

import Driver

/// Cursor over a signature that is compared with the parts of values, one after the other.
///
/// The quick way of a call whose program is known: no copies of tensors, no list of parts.
struct StructureReader {
  private let signature: CallSignature
  private var nextType = 0
  private var nextValue = 0
  /// Whether everything read so far is as the signature says, and its tensors stand in memory.
  private(set) var fits = true
  /// The memory of the tensors read while `collects`.
  private(set) var storages: [Storage] = []
  /// Whether the memory of tensors is collected.
  var collects = true

  init(_ signature: CallSignature) {
    self.signature = signature
    storages.reserveCapacity(signature.types.count)
  }

  /// Whether all of the signature was read, and fits.
  var isComplete: Bool {
    fits && nextType == signature.types.count && nextValue == signature.values.count
  }

  /// Reads the parts of the value at `base`, up to the first that does not fit.
  mutating func read(_ base: UnsafeRawPointer, _ structure: Structure) {
    for member in structure.members {
      let place = base + member.offset
      switch member.part {
      case .tensor: read(place.assumingMemoryBound(to: Tensor.self))
      case .tensors: readTensors(place.assumingMemoryBound(to: [Tensor].self))
      case .integer: read(.integer(place.load(as: Int.self)))
      case .truth: read(.truth(place.load(as: Bool.self)))
      case .float: read(.float(place.load(as: Float.self)))
      case .double: read(.double(place.load(as: Double.self)))
      case .function, .value, .container, .existential, .unsupported: readOther(place, member)
      }
      if !fits { return }
    }
  }

  private mutating func read(_ tensor: UnsafePointer<Tensor>) {
    guard nextType < signature.types.count,
      case .handle(let handle) = tensor.pointee.representation
    else { return fits = false }
    let type = signature.types[nextType]
    let node = handle.node
    guard node.dtype == type.dtype, node.shape == type.shape, let storage = node.storage else {
      return fits = false
    }
    nextType += 1
    if collects { storages.append(storage) }
  }

  private mutating func readTensors(_ array: UnsafePointer<[Tensor]>) {
    read(.count(array.pointee.count))
    array.pointee.withUnsafeBufferPointer { tensors in
      guard let base = tensors.baseAddress else { return }
      for index in tensors.indices where fits { read(base + index) }
    }
  }

  private mutating func read(_ value: StructureValue) {
    guard nextValue < signature.values.count, signature.values[nextValue] == value else {
      return fits = false
    }
    nextValue += 1
  }

  private mutating func readOther(_ place: UnsafeRawPointer, _ member: Structure.Member) {
    Structure(members: [Structure.Member(path: "", offset: 0, part: member.part)])
      .visit(place) { leaf, _ in
        guard fits else { return }
        switch leaf {
        case .tensor(let tensor): withUnsafePointer(to: tensor) { read($0) }
        case .value(let value): read(value)
        case .unsupported: fits = false
        }
      }
  }
}
