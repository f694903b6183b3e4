// `lathe cache`, and the options of commands that use the cache.

import ArgumentParser
import DiskCaching
import Driver
import LatheNN

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Options that say where compiled kernels are kept.
struct CacheOption: ParsableArguments {
  @Option(
    name: .customLong("cache"),
    help: ArgumentHelp(
      "Folder of compiled kernels. Default: LATHE_CACHE, else ~/.cache/lathe.",
      valueName: "folder"))
  var folder: String?

  @Flag(name: .customLong("no-cache"), help: "Compile everything anew, and keep nothing.")
  var isOff = false

  /// The folder; `nil` where nothing is kept.
  var chosen: String? { isOff ? nil : folder.map(Self.absolute) ?? Self.standard }

  /// `LATHE_CACHE` (`off` for none), else the user's.
  static var standard: String? {
    guard let value = getenv("LATHE_CACHE").map({ String(cString: $0) }), !value.isEmpty else {
      return CompilerOptions.userCacheFolder
    }
    return value == "off" ? nil : absolute(value)
  }

  static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let current = getcwd(nil, 0) else { return path }
    defer { free(current) }
    return "\(String(cString: current))/\(path)"
  }
}

/// Looks after the folder of compiled kernels.
struct CacheCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache", abstract: "Look after the compiled kernels on disk.",
    discussion: """
      Commands that compile keep what they compiled, and take it where it is
      there: LLVM is then not even opened. Entries are checked when they are
      read, and the least recently used ones go at 1 GiB.

      Example:
        lathe cache info --json
        lathe cache clear
      """,
    subcommands: [Info.self, Clear.self, Verify.self])

  /// Options of all of them.
  struct Options: ParsableArguments {
    @OptionGroup var cache: CacheOption

    @Flag(help: "Print one JSON object.")
    var json = false

    /// Does something to the cache, and prints what was there.
    func run(
      _ body: (DiskCache) throws(FileFailure) -> DiskCache.Summary, word: String,
      showsDamage: Bool = false
    ) throws {
      guard let folder = cache.chosen else { throw CommandFailure("no cache: it is off") }
      let disk = DiskCache(folder: folder) { Terminal.writeError("lathe: \($0)") }
      let found = try CommandFailure.wrapping { try body(disk) }
      if json {
        let damaged = showsDamage ? ",\"damaged\":\(found.damaged)" : ""
        print(
          "{\"folder\":\(JSONValue.quoted(folder)),\"entries\":\(found.entries),\"bytes\":\(found.bytes)"
            + ",\"limit\":\(disk.byteLimit)\(damaged)}")
        return
      }
      let damaged = showsDamage ? ", \(found.damaged) of them damaged and removed" : ""
      print("\(folder): \(word)\(found.entries) entries, \(found.bytes) bytes\(damaged)")
    }
  }

  /// `lathe cache info`.
  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Count what is there.")
    @OptionGroup var options: Options

    func run() throws {
      try options.run({ (cache) throws(FileFailure) in try cache.summary() }, word: "")
    }
  }

  /// `lathe cache clear`.
  struct Clear: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Remove all of it.")
    @OptionGroup var options: Options

    func run() throws {
      try options.run({ (cache) throws(FileFailure) in try cache.clear() }, word: "removed ")
    }
  }

  /// `lathe cache verify`.
  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Read all of it, and remove what is damaged.")
    @OptionGroup var options: Options

    func run() throws {
      try options.run(
        { (cache) throws(FileFailure) in try cache.verify() }, word: "", showsDamage: true)
    }
  }
}
