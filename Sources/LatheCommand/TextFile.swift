// Files of the command.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Reads a whole file, or standard input for `-`.
func readFile(_ path: String) throws(CommandFailure) -> [UInt8] {
  let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY)
  guard descriptor >= 0 else { throw CommandFailure("\(path): \(reason())") }
  defer { if descriptor != STDIN_FILENO { close(descriptor) } }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 1 << 20)
  while true {
    let count = read(descriptor, &block, block.count)
    guard count >= 0 else { throw CommandFailure("\(path): \(reason())") }
    if count == 0 { return bytes }
    bytes += block[..<count]
  }
}

/// Writes a whole file.
func writeFile(_ path: String, _ bytes: [UInt8]) throws(CommandFailure) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
  guard descriptor >= 0 else { throw CommandFailure("\(path): \(reason())") }
  defer { close(descriptor) }
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard count > 0 else { throw CommandFailure("\(path): \(reason())") }
    rest = rest.dropFirst(count)
  }
}

private func reason() -> String { String(cString: strerror(errno)) }
