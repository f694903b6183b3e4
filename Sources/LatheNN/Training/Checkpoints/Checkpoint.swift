// The whole state of a training run in one file.

public import Lathe

/// Why a checkpoint was not loaded, saved, or used. Where saving failed the old file is as it was.
public enum CheckpointError: Error, Equatable, Sendable {
  /// The file was not read or written.
  case safetensors(SafetensorsError)
  /// A safetensors file without the checksum that every checkpoint has.
  case noChecksum(file: String)
  /// A text that every checkpoint has is missing, or is none of its kind.
  case badMetadata(file: String, key: String, found: String?)
  /// No tensor of this name.
  case noTensor(file: String, tensor: String)
  /// A tensor of another type or shape than the model has.
  case otherTensor(
    file: String, tensor: String, found: DType, shape: [Int], expected: DType, expectedShape: [Int])
  /// Tensors that the model does not have.
  case unusedTensors(file: String, tensors: [String])
}

extension CheckpointError: CustomStringConvertible {
  /// One line: the file, what was found, and what was expected.
  public var description: String {
    switch self {
    case .safetensors(let error):
      return error.description
    case .noChecksum(let file):
      return "\(file): no checksum; no checkpoint, or one that another program wrote again"
    case .badMetadata(let file, let key, let found):
      return "\(file): \(key): \(found.map { "'\($0)'" } ?? "missing"); no checkpoint of a run"
    case .noTensor(let file, let tensor):
      return "\(file): no tensor \(tensor)"
    case .otherTensor(let file, let tensor, let found, let shape, let expected, let expectedShape):
      return "\(file): \(tensor): \(found)\(shape), expected \(expected)\(expectedShape)"
    case .unusedTensors(let file, let tensors):
      return "\(file): the model has no tensor \(tensors.joined(separator: ", "))"
    }
  }
}

/// A training run at rest: named tensors (parameters, optimizer state, keys), the step, the place in
/// the data, and texts. A safetensors file that other programs read too.
///
/// ```swift
/// try Checkpoint(tensors: state, step: step, position: batches.position).save(to: path)
/// let checkpoint = try Checkpoint.load(from: path)
/// let weight = try checkpoint.tensor("dense.weight", like: model.dense.weight)
/// ```
public struct Checkpoint: Sendable {
  /// Names and values.
  public typealias Tensors = [(name: String, value: Tensor)]

  /// Optimizer steps done.
  public var step: Int
  /// Where the next batch begins.
  public var position: BatchPosition
  /// What else is to be known: the model's name and sizes, the vocabulary.
  public var metadata: [String: String]
  /// The tensors as bytes.
  private let contents: Safetensors
  /// The file that errors name.
  private let file: String

  private static let stepKey = "lathe.step"
  private static let positionKey = "lathe.position"

  /// A run's state; tensors are computed where they are pending.
  public init(
    tensors: Tensors, step: Int, position: BatchPosition = .start, metadata: [String: String] = [:],
    file: String = #fileID, line: Int = #line
  ) {
    self.step = step
    self.position = position
    self.metadata = metadata
    self.file = "checkpoint"
    contents = Safetensors(
      entries: tensors.map { .init(name: $0.name, $0.value, file: file, line: line) })
  }

  private init(_ contents: Safetensors, file: String) throws(CheckpointError) {
    guard contents.hasChecksum else { throw .noChecksum(file: file) }
    var metadata = contents.metadata
    func take<Value>(_ key: String, _ read: (String) -> Value?) throws(CheckpointError) -> Value {
      let text = metadata.removeValue(forKey: key)
      guard let value = text.flatMap(read) else {
        throw .badMetadata(file: file, key: key, found: text)
      }
      return value
    }
    step = try take(Self.stepKey) { Int($0) }
    position = try take(Self.positionKey) { BatchPosition($0) }
    self.metadata = metadata
    self.contents = contents
    self.file = file
  }

  /// The epoch under way, from 0.
  public var epoch: Int { position.epoch }

  /// The names of the tensors.
  public var names: [String] { contents.entries.map(\.name) }

  /// Writes the checkpoint in place of any other of that path. Whatever ends the process, and
  /// whenever, the path has the old checkpoint or this one, whole.
  public func save(to path: String) throws(CheckpointError) {
    var texts = metadata
    texts[Self.stepKey] = "\(step)"
    texts[Self.positionKey] = position.description
    do throws(SafetensorsError) {
      try Safetensors(entries: contents.entries, metadata: texts).write(to: path)
    } catch {
      throw .safetensors(error)
    }
  }

  /// Reads a checkpoint; a damaged one is refused.
  public static func load(from path: String) throws(CheckpointError) -> Checkpoint {
    let contents: Safetensors
    do throws(SafetensorsError) {
      contents = try Safetensors(path: path)
    } catch {
      throw .safetensors(error)
    }
    return try Checkpoint(contents, file: path)
  }

  /// The tensor of a name.
  public func tensor(_ name: String) throws(CheckpointError) -> Tensor {
    guard let entry = contents[name] else { throw .noTensor(file: file, tensor: name) }
    return entry.tensor()
  }

  /// The tensor of a name, once it has the type and shape of another.
  public func tensor(_ name: String, like other: Tensor) throws(CheckpointError) -> Tensor {
    let tensor = try tensor(name)
    guard tensor.dtype == other.dtype, tensor.shape == other.shape else {
      throw .otherTensor(
        file: file, tensor: name, found: tensor.dtype, shape: tensor.shape, expected: other.dtype,
        expectedShape: other.shape)
    }
    return tensor
  }

  /// The tensors named in `others`, each like the one there; an error where the checkpoint has more.
  public func tensors(like others: Tensors) throws(CheckpointError) -> [Tensor] {
    var result: [Tensor] = []
    for other in others { result.append(try tensor(other.name, like: other.value)) }
    let unused = Set(names).subtracting(others.map(\.name))
    guard unused.isEmpty else { throw .unusedTensors(file: file, tensors: unused.sorted()) }
    return result
  }
}
