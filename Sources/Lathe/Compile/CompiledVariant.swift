// What a compiled function became: its programs, their text, and why.

public import Driver
import IRCore
import LoopIR
import TensorIR
import TensorPasses

/// One program of a compiled function.
public struct CompiledVariant: Sendable {
  /// Types of the tensors and the other values that it was compiled for, by name.
  public let signature: [String]
  /// What differed from the program before it; `nil` for the first.
  public let reason: String?
  /// Concrete tensors that the function captured, hidden inputs of the program, and which of them
  /// are packed once for its products.
  public let captured: [String]
  /// Number of kernel calls.
  public let kernelCount: Int
  /// What a call takes, known before it runs.
  public let memory: ProgramMemory
  /// How it was compiled.
  public let statistics: CompileStatistics
  /// Bytes that the cache counts for it.
  public let byteCount: Int

  init(_ variant: CompiledProgram) {
    signature = variant.parts.map(\.description)
    reason = variant.reason?.text
    let packed = variant.function?.packedPlaces ?? []
    captured = variant.graph.leaves.enumerated().map { place, leaf in
      "\(leaf.node.tensorType) of \(leaf.node.location.text)"
        + (packed.contains(place) ? ", packed into panels once" : "")
    }
    kernelCount = variant.function?.kernelCount ?? 0
    memory = variant.function?.memory ?? ProgramMemory()
    statistics = variant.function?.statistics ?? CompileStatistics()
    byteCount = variant.byteCount
  }
}

extension NamedPart: CustomStringConvertible {
  /// `argument 1: f32[2,3]`, `Model.layerCount 3`.
  var description: String {
    switch content {
    case .tensor(let type): "\(path): \(type)"
    case .value(let value): "\(path) \(value)"
    }
  }
}

extension Compiled {
  /// The programs compiled so far and still kept, the most recently used first.
  public var variants: [CompiledVariant] { cache.programs.known.map { CompiledVariant($0) } }

  /// Number of programs compiled so far and still kept, one for each signature.
  public var variantCount: Int { cache.programs.known.count }

  /// What the function became at one level, for the most recently used signature.
  public func ir(
    _ stage: IRStage, file: String = #fileID, line: Int = #line
  ) -> String {
    let location = SourceLocation.line(file: file, line: line)
    guard let variant = cache.programs.known.first else {
      misuse("ir: call the function first: its signature decides what it becomes", at: location)
    }
    return stage.text(of: variant.module, kept: variant.kept, variant.compiler, at: location)
  }

  /// What the function became and why, as text: each program with its signature, what made it
  /// needed, what it captured, its memory, its kernels, and why operations share a kernel or not.
  public func explain(file: String = #fileID, line: Int = #line) -> String {
    let variants = cache.programs.known
    let count = variants.count == 1 ? "1 program" : "\(variants.count) programs"
    var lines = ["function at \(cache.function.location.text): \(count)"]
    for (index, variant) in variants.enumerated() {
      lines += ["", "program \(index + 1)" + (index == 0 ? ", the latest used" : "")]
      lines += Explanation(variant).lines(at: .line(file: file, line: line)).map { "  \($0)" }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// Text about one program.
private struct Explanation {
  let summary: CompiledVariant
  let module: Module
  let kept: Range<Int>
  let compiler: Compiler

  init(_ variant: CompiledProgram) {
    summary = CompiledVariant(variant)
    module = variant.module
    kept = variant.kept
    compiler = variant.compiler
  }

  func lines(at location: SourceLocation) -> [String] {
    var lines = ["compiled for \(summary.signature.joined(separator: ", "))"]
    if let reason = summary.reason { lines.append("compiled again because \(reason)") }
    lines += summary.captured.map { "captured: \($0)" }
    let memory = summary.memory
    lines.append(
      "memory: inputs \(memory.inputs), results \(memory.results), updated in place "
        + "\(memory.updated), constants \(memory.constants), intermediates "
        + "\(memory.intermediates), scratch \(memory.scratch) bytes; peak of a call \(memory.peak)")
    guard !module.graphs[0].results.isEmpty else { return lines + ["computes no tensor"] }
    let stages: CompilationStages
    do { stages = try compiler.stages(of: module, kept: kept) } catch {
      misuse("explain: \(error)", at: location)
    }
    lines += stages.planned.map { kernel in
      let schedule = kernel.schedule.map(\.description).joined(separator: ", ")
      return "kernel @\(kernel.name): " + (schedule.isEmpty ? "no schedule" : schedule)
    }
    return lines + stages.decisions.map(\.description)
  }
}
