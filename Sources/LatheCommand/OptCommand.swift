// `lathe opt`: runs passes over IR text.

import ArgumentParser
import Driver
import IRCore
import LoopIR
import TensorIR

/// Runs named passes over a file and prints the result.
struct OptCommand: ParsableCommand {
  /// After which passes the module is printed.
  enum Dump: String, CaseIterable, ExpressibleByArgument {
    case all
  }

  static let configuration = CommandConfiguration(
    commandName: "opt", abstract: "Run passes over IR text.",
    discussion: """
      Without passes (--passes "") prints the canonical text, which is what `lathe ir` prints.

      Passes:
      \(passTable)

      Example:
        lathe ir ew_chain | lathe opt - --passes canonicalize,cse,fuse,lower
      """)

  @Argument(help: "A file of IR text, a workload, or - for standard input.") var file: String
  @Option(help: ArgumentHelp("Passes in order, with commas between.", valueName: "a,b,c"))
  var passes: String
  @Option(help: "Print the module after every pass.") var dumpAfter: Dump?
  @OptionGroup var cpu: CPUOption

  private static var passTable: String {
    PassList.all(for: .host).map { item in
      let padding = String(repeating: " ", count: max(1, 22 - item.name.count))
      return "  \(item.name)\(padding)\(item.summary)"
    }.joined(separator: "\n")
  }

  func run() throws {
    let items = try passes.split(separator: ",").map { try pass($0) }
    var module = try Program(file).module
    try CommandFailure.wrapping(file) { try module.verify() }
    for item in items {
      let before = module
      module = try CommandFailure.wrapping(file) { try item.run(module) }
      if dumpAfter == .all {
        print("// after \(item.name)" + (module == before ? " (unchanged)" : ""))
        if module != before { print(module.normalized()) }
      }
    }
    if dumpAfter == nil { print(module.normalized(), terminator: "") }
  }

  private func pass(_ text: Substring) throws(CommandFailure) -> PassList.Item {
    let name = text.filter { $0 != " " }
    guard let item = PassList.named(name, for: cpu.row) else {
      let known = PassList.all(for: cpu.row).map(\.name).joined(separator: ", ")
      throw CommandFailure("no pass \(name); there are \(known)")
    }
    return item
  }
}

extension PassList.Item {
  /// Runs the pass; a kernel pass on every kernel, those in graphs included.
  fileprivate func run(_ module: Module) throws(PassFailure) -> Module {
    switch self {
    case .module(let pass): return try pass.run(module)
    case .kernel(let pass):
      var result = module
      for index in module.kernels.indices {
        result.kernels[index] = try pass.run(module.kernels[index])
      }
      for index in module.graphs.indices {
        result.graphs[index] = try Self.run(pass, on: module.graphs[index])
      }
      return result
    }
  }

  private static func run(
    _ pass: Pass<Kernel, Kernel>, on graph: Graph
  ) throws(PassFailure) -> Graph {
    var result = Graph(name: graph.name)
    for id in graph.ids {
      var node = graph[id]
      if case .kernel(let kernel) = node.kind { node.kind = .kernel(try pass.run(kernel)) }
      result.append(node, at: graph.locations[id.index])
    }
    result.results = graph.results
    return result
  }
}
