// The numbers of a run, line by line in a file.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What is logged of a step or an epoch.
public struct LogRecord: Sendable {
  /// Optimizer steps done.
  public var step: Int
  /// Named values, such as `loss`; one that is not finite is empty in CSV and null in JSON.
  public var values: [(name: String, value: Double)]

  /// The values after a step.
  public init(step: Int, values: [(name: String, value: Double)]) {
    self.step = step
    self.values = values
  }
}

/// Why a log was not opened or written.
public enum LogError: Error, Equatable, Sendable {
  /// The system refused the file.
  case file(FileError)
  /// The file has other columns than the run.
  case columns(file: String, found: String, expected: String)
}

extension LogError: CustomStringConvertible {
  /// One line: the file, what was found, and what was expected.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .columns(let file, let found, let expected):
      "\(file): columns \(found), expected \(expected)"
    }
  }
}

/// A log that grows by whole lines: CSV, or JSON objects one to a line.
///
/// Each line is one write at the end of the file, so that a killed process leaves at most one broken
/// line, which the next run removes.
public final class TrainingLog {
  /// How lines are written.
  public enum Format: Sendable {
    /// A header, then rows; `step` is the first column.
    case csv
    /// `{"step":1,"loss":0.5}`.
    case jsonLines

    /// CSV for a path that ends in `.csv`, else JSON lines.
    public init(path: String) {
      self = path.lowercased().hasSuffix(".csv") ? .csv : .jsonLines
    }
  }

  private let path: String
  private let format: Format
  private let columns: [String]
  private let descriptor: Int32

  /// Opens or makes a file.
  ///
  /// - Parameters:
  ///   - columns: The names of all values that records may have, beside `step`.
  ///   - step: The step that a resumed run goes on from: lines of later steps are removed, as they
  ///     will be written again. Nil begins the file anew.
  public init(
    path: String, columns: [String], format: Format? = nil, resumingAfter step: Int?
  ) throws(LogError) {
    self.path = path
    self.columns = columns
    self.format = format ?? Format(path: path)
    var kept: [UInt8]?
    if let step { kept = try Self.kept(path, self.format, columns, upTo: step) }
    let head = self.format == .csv ? Self.header(columns) + "\n" : ""
    do throws(FileError) {
      let file = try AtomicFile(replacing: path)
      try file.append(kept ?? Array(head.utf8))
      try file.commit()
    } catch {
      throw .file(error)
    }
    descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw .file(FileError(path: path, code: errno)) }
  }

  deinit { close(descriptor) }

  /// Adds a line.
  public func append(_ record: LogRecord) throws(LogError) {
    let code = writeAll(Array((line(record) + "\n").utf8), to: descriptor)
    guard code == 0 else { throw .file(FileError(path: path, code: code)) }
  }

  private func line(_ record: LogRecord) -> String {
    switch format {
    case .csv:
      let fields = columns.map { column in
        let value = record.values.first { $0.name == column }?.value
        return value.map { $0.isFinite ? "\($0)" : "" } ?? ""
      }
      return (["\(record.step)"] + fields).joined(separator: ",")
    case .jsonLines:
      let members = record.values.filter { columns.contains($0.name) }.map {
        "\(JSONValue.quoted($0.name)):\($0.value.isFinite ? "\($0.value)" : "null")"
      }
      return "{" + (["\"step\":\(record.step)"] + members).joined(separator: ",") + "}"
    }
  }

  private static func header(_ columns: [String]) -> String {
    (["step"] + columns).joined(separator: ",")
  }

  /// The whole lines of a file up to a step; nil where there is no file or nothing in it.
  private static func kept(
    _ path: String, _ format: Format, _ columns: [String], upTo step: Int
  ) throws(LogError) -> [UInt8]? {
    let contents: [UInt8]
    do throws(FileError) {
      contents = try readFile(path)
    } catch {
      if error.code == ENOENT { return nil }
      throw .file(error)
    }
    // What stands behind the last line end is a line that was not finished.
    var lines = contents.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast()[...]
    var kept: [UInt8] = []
    if format == .csv {
      guard let first = lines.popFirst() else { return nil }
      let found = String(decoding: first, as: UTF8.self)
      guard found == header(columns) else {
        throw .columns(file: path, found: found, expected: header(columns))
      }
      kept += first + [0x0a]
    }
    for line in lines where Self.step(of: line, format).map({ $0 <= step }) ?? false {
      kept += line + [0x0a]
    }
    return kept
  }

  /// The step of a line; nil where it is none of a log.
  private static func step(of line: ArraySlice<UInt8>, _ format: Format) -> Int? {
    let start = format == .csv ? "" : "{\"step\":"
    guard line.starts(with: start.utf8) else { return nil }
    let digits = line.dropFirst(start.utf8.count).prefix { (0x30...0x39).contains($0) }
    return Int(String(decoding: digits, as: UTF8.self))
  }
}
