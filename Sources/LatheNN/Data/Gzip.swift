// Reads gzip data through the system's zlib.
import CZlib

/// Why gzip data could not be read on; offsets count bytes of the compressed data.
enum GzipError: Error, Equatable {
  /// Data that zlib refuses: a bad header, code, or checksum, or bytes after the end.
  case corrupt(offset: Int)
  /// The data ends before its last member does.
  case incomplete(offset: Int)

  /// Where it was noticed.
  var offset: Int {
    switch self {
    case .corrupt(let offset), .incomplete(let offset): offset
    }
  }
}

/// Decompresses gzip data (RFC 1952, any number of members) piece by piece.
///
/// Memory grows with what is really decompressed, never with what some header promises.
struct GzipReader: ~Copyable {
  private let input: [UInt8]
  private var position = 0
  private var memberEnded = false
  /// On the heap, because zlib refuses a stream that has moved.
  private let stream: UnsafeMutablePointer<z_stream>

  /// Whether data begins as gzip data does.
  static func recognizes(_ data: [UInt8]) -> Bool {
    data.starts(with: [0x1f, 0x8b])
  }

  /// Decompresses the whole of data that begins as gzip data does; other data stays as it is. Data
  /// of more than 4 GiB ends there.
  static func decompressedIfCompressed(_ data: [UInt8]) throws(GzipError) -> [UInt8] {
    guard recognizes(data) else { return data }
    var reader = GzipReader(data)
    return try reader.read(1 << 32)
  }

  /// Makes a reader of gzip data, at its beginning.
  init(_ input: [UInt8]) {
    self.input = input
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let gzipOnly: Int32 = 16 + MAX_WBITS
    let size = Int32(MemoryLayout<z_stream>.size)
    // Fails only where there is no memory, or zlib is not the one of its header.
    precondition(inflateInit2_(stream, gzipOnly, ZLIB_VERSION, size) == Z_OK)
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Decompresses the next `count` bytes; fewer only where the data properly ends before.
  mutating func read(_ count: Int) throws(GzipError) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(min(count, 4 * input.count))
    var piece = [UInt8](repeating: 0, count: min(count, 1 << 18))
    while output.count < count, try startMember() {
      let filled = try inflate(into: &piece, atMost: count - output.count)
      output.append(contentsOf: piece[..<filled])
    }
    return output
  }

  /// Goes on to the next member where one has ended; false at the end of the data.
  private mutating func startMember() throws(GzipError) -> Bool {
    guard memberEnded else { return true }
    guard position < input.count else { return false }
    guard inflateReset(stream) == Z_OK else { throw .corrupt(offset: position) }
    memberEnded = false
    return true
  }

  /// Decompresses into a buffer until it is full or the member ends; returns the bytes filled.
  private mutating func inflate(
    into piece: inout [UInt8], atMost limit: Int
  ) throws(GzipError) -> Int {
    let room = min(piece.count, limit)
    let offered = min(input.count - position, 1 << 30)
    let status = input.withUnsafeBufferPointer { source in
      piece.withUnsafeMutableBufferPointer { target in
        // zlib reads from `next_in` only, though its type does not say so.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress! + position)
        stream.pointee.avail_in = UInt32(offered)
        stream.pointee.next_out = target.baseAddress!
        stream.pointee.avail_out = UInt32(room)
        return CZlib.inflate(stream, Z_NO_FLUSH)
      }
    }
    position += offered - Int(stream.pointee.avail_in)
    let filled = room - Int(stream.pointee.avail_out)
    switch status {
    case Z_STREAM_END: memberEnded = true
    case Z_OK where filled > 0 || position < input.count: break
    case Z_OK, Z_BUF_ERROR: throw .incomplete(offset: position)
    default: throw .corrupt(offset: position)
    }
    return filled
  }
}
