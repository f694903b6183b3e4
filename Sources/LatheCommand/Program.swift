// What a command's TARGET names.

import ArgumentParser
import Driver
import IRCore
import Lathe
import TensorIR

/// Module named on the command line: a built-in workload or a file of IR text.
enum Program {
  /// The module of `target`: a workload's trace, or the text of a file (`-` is standard input).
  static func module(_ target: String) throws(CommandFailure) -> Module {
    if let workload = try Workload.known(target) {
      return compile(workload.body).tracedModule(
        workload.inputs.map { Tensor.zeros($0.shape, $0.dtype) })
    }
    guard target == "-" || target.contains(".") || target.contains("/") else {
      throw CommandFailure("\(target): neither a workload (\(Workload.names)) nor an IR file")
    }
    let text = String(decoding: try readFile(target), as: UTF8.self)
    return try CommandFailure.wrapping(target) { try Module(parsing: text, file: target) }
  }
}

/// Option that chooses the instruction set.
struct CPUOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Instruction set: \(TargetRow.all.map(\.name).joined(separator: ", ")). Default: the host's.",
      valueName: "name"))
  var cpu: String?

  func validate() throws {
    if let cpu, TargetRow(name: cpu) == nil {
      let known = TargetRow.all.map(\.name).joined(separator: ", ")
      throw ValidationError("no instruction set \(cpu); there are \(known)")
    }
  }

  var row: TargetRow { cpu.flatMap { TargetRow(name: $0) } ?? .host }
}
