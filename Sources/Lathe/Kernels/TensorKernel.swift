// Kernels as functions of tensors.

import Driver
import IRCore
import LoopIR
import TensorIR

/// Makes a function of tensors from loops over elements; see the article <doc:WritingLoops>.
///
/// The body runs now and records its loops, which become machine code like the rest of a program when
/// the kernel is called.
///
/// ```swift
/// let blur = kernel { k in
///   let a = k.input(.f32, [n, m]), out = k.output(.f32, [n, m])
///   for i in k.range(1..<n - 1) {
///     for j in k.range(1..<m - 1) {
///       out[i, j] = (a[i - 1, j] + a[i + 1, j] + a[i, j - 1] + a[i, j + 1]) * 0.25
///     }
///   }
/// }
/// let y = blur(x)
/// ```
///
/// - Parameters:
///   - name: what messages and printed IR call it; the file and line if not given.
///   - fusesProducts: whether a product that is used once, by a sum, is added without rounding it
///     first, where the CPU has such an instruction. `false` gives the bits of ordinary Swift.
///   - regroupsSums: whether outermost loops of at least 65,536 iterations that carry sums or products
///     of floats combine them in chunks and lanes, as `sum` and `cumulativeSum` of a tensor do; as a
///     rule that is also the more exact order. `false` keeps the order that is written.
public func kernel(
  _ name: String? = nil, fusesProducts: Bool = true, regroupsSums: Bool = true,
  file: String = #fileID, line: Int = #line, _ body: (KernelBuilder) -> Void
) -> TensorKernel {
  let location = SourceLocation.line(file: file, line: line)
  let name = name ?? TensorKernel.name(file, line)
  guard Kernel.isWord(name) else {
    misuse("kernel: a name is a word of letters, digits and _, found \(name)", at: location)
  }
  let draft = KernelTrace(name: name, at: location).record { body(KernelBuilder()) }
  return TensorKernel(
    KernelTemplate(draft, fusesProducts: fusesProducts, regroupsSums: regroupsSums))
}

/// Function of tensors made from loops over elements by `kernel`.
///
/// Its arguments are the kernel's inputs in their order, its results the outputs. It is part of the
/// program that calls it, like an operation: nothing runs until a value is read.
public struct TensorKernel: Sendable {
  let template: KernelTemplate

  init(_ template: KernelTemplate) { self.template = template }

  /// The one output.
  public func callAsFunction(
    _ arguments: Tensor..., file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    guard template.outputCount == 1 else {
      misuse(
        "kernel \(template.name): it has \(template.outputCount) outputs; outputs(of:) returns "
          + "them", at: location)
    }
    return template.apply(arguments, at: location)[0]
  }

  /// The outputs, in their order.
  public func outputs(
    of arguments: Tensor..., file: String = #fileID, line: Int = #line
  ) -> [Tensor] {
    template.apply(arguments, at: .line(file: file, line: line))
  }

  /// The outputs, in their order.
  public func outputs(
    of arguments: [Tensor], file: String = #fileID, line: Int = #line
  ) -> [Tensor] {
    template.apply(arguments, at: .line(file: file, line: line))
  }

  /// `File_41`.
  static func name(_ file: String, _ line: Int) -> String {
    let stem = file.lastPathComponent.prefix { $0 != "." }
    let word = String(stem.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    return "\(Kernel.isWord(word) ? word : "kernel")_\(line)"
  }
}
