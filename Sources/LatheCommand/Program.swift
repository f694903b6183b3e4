// What a command's TARGET names.

import ArgumentParser
import Driver
import IRCore
import Lathe
import TensorIR

/// Module named on the command line: a built-in workload or a file of IR text.
struct Program {
  let module: Module
  /// Places of the first graph's parameters that are captured tensors.
  var kept = 0..<0

  /// The program of `target`: a workload's trace, or the text of a file (`-` is standard input).
  init(_ target: String) throws(CommandFailure) {
    if let workload = try Workload.known(target) {
      // Zeros in memory: known ones would be folded.
      let inputs = workload.inputs.map { input in
        Tensor(
          scalars: [Float](repeating: 0, count: input.shape.reduce(1, *)), shape: input.shape
        ).cast(to: input.dtype)
      }
      if let session = workload.session?(inputs) {
        module = session.module
        return
      }
      let (function, arguments) = workload.function(inputs)
      module = function.tracedModule(arguments)
      kept = arguments.count..<(module.graphs.first?.parameters.count ?? arguments.count)
      return
    }
    guard target == "-" || target.contains(".") || target.contains("/") else {
      throw CommandFailure("\(target): neither a workload (\(Workload.names)) nor an IR file")
    }
    let text = String(decoding: try readFile(target), as: UTF8.self)
    module = try CommandFailure.wrapping(target) { try Module(parsing: text, file: target) }
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
