// What tells one program of a compiled function from another.

import Driver
import IRCore
import TensorIR

/// Element type and shape of an argument or result.
struct TensorSignature: Equatable, Sendable, CustomStringConvertible {
  let dtype: DType
  let shape: [Int]

  init(_ dtype: DType, _ shape: [Int]) {
    self.dtype = dtype
    self.shape = shape
  }

  init(_ tensor: Tensor) { self.init(tensor.dtype, tensor.shape) }

  func fits(_ tensor: Tensor) -> Bool {
    switch tensor.representation {
    case .handle(let handle): dtype == handle.node.dtype && shape == handle.node.shape
    case .scalar(let value): dtype == value.defaultType && shape.isEmpty
    }
  }

  var byteCount: Int { shape.reduce(dtype.byteSize, *) }

  var description: String { TensorType(dtype, extents: shape).description }
}

/// The tensors' types and the other values by which a call finds its program.
struct CallSignature: Sendable {
  let types: [TensorSignature]
  let values: [StructureValue]

  init(_ parts: CallParts) {
    types = parts.tensors.map { TensorSignature($0) }
    values = parts.values
  }

  /// Whether a call with such parts runs the same program.
  func fits(_ parts: CallParts) -> Bool {
    guard types.count == parts.tensors.count, values == parts.values else { return false }
    for index in types.indices where !types[index].fits(parts.tensors[index]) { return false }
    return true
  }
}

/// The parts of a call's state and arguments, in order.
struct CallParts {
  private(set) var tensors: [Tensor] = []
  private(set) var values: [StructureValue] = []
  /// Whether every part may be passed.
  private(set) var isSupported = true
  /// Whether a tensor is a value of a function that is being traced.
  private(set) var isTraced = false

  /// Appends the parts of a value.
  mutating func append<Value>(_ value: Value, _ structure: Structure) {
    withUnsafePointer(to: value) { append(UnsafeRawPointer($0), structure) }
  }

  private mutating func append(_ base: UnsafeRawPointer, _ structure: Structure) {
    structure.visit(base) { leaf, _ in
      switch leaf {
      case .tensor(let tensor):
        if tensor.isTraced { isTraced = true }
        tensors.append(tensor)
      case .value(let value): values.append(value)
      case .unsupported: isSupported = false
      }
    }
  }

  /// The memory of every tensor; pending ones are evaluated together.
  func storages() -> Result<[Storage], EvaluationFailure> {
    var storages: [Storage] = []
    storages.reserveCapacity(tensors.count)
    for tensor in tensors {
      guard let storage = tensor.readyStorage else { return evaluated() }
      storages.append(storage)
    }
    return .success(storages)
  }

  private func evaluated() -> Result<[Storage], EvaluationFailure> {
    // Nodes made here for literals must live until they are read.
    let nodes = tensors.map(\.node)
    return Result { () throws(EvaluationFailure) in
      try Evaluation.evaluate(nodes)
      return nodes.compactMap(\.storage)
    }
  }
}

/// One part of a call with its name, for messages.
struct NamedPart: Sendable {
  enum Content: Sendable {
    case tensor(TensorSignature)
    case value(StructureValue)
  }

  let path: String
  let content: Content

  /// The parts of a value; ends with a message where one cannot be passed.
  static func all<Value>(
    of value: Value, _ structure: Structure, at location: SourceLocation
  ) -> [NamedPart] {
    var parts: [NamedPart] = []
    withUnsafePointer(to: value) { value in
      structure.visit(UnsafeRawPointer(value), path: "") { leaf, path in
        let path = path ?? ""
        switch leaf {
        case .tensor(let tensor):
          parts.append(NamedPart(path: path, content: .tensor(TensorSignature(tensor))))
        case .value(let value): parts.append(NamedPart(path: path, content: .value(value)))
        case .unsupported(let reason): misuse("compile: \(path): \(reason)", at: location)
        }
      }
    }
    return parts
  }
}
