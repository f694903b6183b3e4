// Where a node was made.

/// Place in a user's source that made a node. Locations are no part of a program's equality.
public enum SourceLocation: Hashable, Sendable {
  /// Made by a pass, or read from text without locations.
  case unknown
  /// A file (`Module/File.swift`) and its line.
  case line(file: String, line: Int)
  /// A return address, resolved to a line only when printed.
  case address(UInt)
}
