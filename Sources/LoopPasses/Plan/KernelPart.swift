// What a kernel's nests are.

import IRCore
import LoopIR

/// One of the things that a kernel does one after the other.
enum KernelPart {
  /// A contraction with the nests that start and finish it.
  case contraction(Contraction)
  /// Another nest.
  case nest(Loop)

  /// The parts of a kernel in order; `nil` where something but loops stands beside them.
  static func parts(of kernel: Kernel, _ row: TargetRow) -> [KernelPart]? {
    let nests = kernel.body.compactMap { statement -> Loop? in
      if case .loop(let loop) = statement { return loop }
      return nil
    }
    guard nests.count == kernel.body.count else { return nil }
    var parts: [KernelPart] = []
    var isFinished = false
    for (place, nest) in nests.enumerated() {
      if isFinished {
        isFinished = false
        continue
      }
      var before: Loop?
      if case .nest(let loop)? = parts.last { before = loop }
      let after = place + 1 < nests.count ? nests[place + 1] : nil
      guard let found = Contraction(nest, before: before, after: after, kernel, row) else {
        parts.append(.nest(nest))
        continue
      }
      if found.startNest != nil { parts.removeLast() }
      isFinished = found.finishNest != nil
      parts.append(.contraction(found))
    }
    return parts
  }

  /// The contraction, where the part is one.
  var contraction: Contraction? {
    if case .contraction(let contraction) = self { return contraction }
    return nil
  }
}
