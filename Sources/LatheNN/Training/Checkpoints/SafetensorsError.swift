// What can be wrong with a safetensors file.

public import Lathe

/// Why a safetensors file was not read or written. Every case names the file; nothing is returned of
/// a bad file.
public enum SafetensorsError: Error, Equatable, Sendable {
  /// The system refused the file; where it was to be written, the old one is as it was.
  case file(FileError)
  /// Fewer bytes than the header, or the tensors, take.
  case truncated(file: String, found: Int, expected: Int)
  /// Bytes behind the last tensor.
  case trailingBytes(file: String, expected: Int)
  /// A header of more than `Safetensors.largestHeader` bytes: another kind of file.
  case headerTooLarge(file: String, found: UInt64)
  /// The header is no JSON, from this byte of the file on.
  case badJSON(file: String, offset: Int, expected: String)
  /// The header is no object, or `__metadata__` is no object of texts.
  case badHeader(file: String, name: String)
  /// A tensor's entry that is not an object of `dtype`, `shape` and `data_offsets`.
  case badEntry(file: String, tensor: String, field: String)
  /// A type of elements that Lathe does not have.
  case unknownType(file: String, tensor: String, found: String)
  /// Not as many bytes as the type and the shape take.
  case wrongSize(file: String, tensor: String, found: Int, dtype: DType, shape: [Int])
  /// A tensor that does not begin where the one before ends.
  case gap(file: String, tensor: String, found: Int, expected: Int)
  /// A truth value that is neither 0 nor 1.
  case badBool(file: String, tensor: String, index: Int, found: UInt8)
  /// Contents that are not those that were written.
  case checksum(file: String, found: String, expected: String)
  /// A name that two tensors have, or that the format keeps for itself.
  case badName(file: String, found: String)
}

extension SafetensorsError: CustomStringConvertible {
  /// One line: the file, the tensor, what was found, and what was expected.
  public var description: String {
    switch self {
    case .file(let error):
      return error.description
    case .truncated(let file, let found, let expected):
      return "\(file): \(found) bytes, expected \(expected)"
    case .trailingBytes(let file, let expected):
      return "\(file): goes on after the \(expected) bytes that its header asks for"
    case .headerTooLarge(let file, let found):
      return "\(file): a header of \(found) bytes, expected at most \(Safetensors.largestHeader);"
        + " no safetensors file"
    case .badJSON(let file, let offset, let expected):
      return "\(file): header: no JSON at byte \(offset), expected \(expected)"
    case .badHeader(let file, let name):
      return "\(file): header: \(name), expected an object"
    case .badEntry(let file, let tensor, let field):
      return "\(file): \(tensor): \(field) missing or of another kind"
    case .unknownType(let file, let tensor, let found):
      return "\(file): \(tensor): dtype \(found), expected one of "
        + DType.allCases.map(\.safetensorsName).joined(separator: ", ")
    case .wrongSize(let file, let tensor, let found, let dtype, let shape):
      return "\(file): \(tensor): \(found) bytes, expected those of \(dtype)\(shape)"
    case .gap(let file, let tensor, let found, let expected):
      return "\(file): \(tensor): begins at byte \(found) of the data, expected \(expected)"
    case .badBool(let file, let tensor, let index, let found):
      return "\(file): \(tensor): \(found) at index \(index), expected a bool, 0 or 1"
    case .checksum(let file, let found, let expected):
      return "\(file): checksum \(found), expected \(expected): the file is damaged"
    case .badName(let file, let found):
      return "\(file): two tensors named '\(found)', or a name that the format keeps for itself"
    }
  }
}
