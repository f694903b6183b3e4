// Which target rows this machine can run.

import CLatheRuntime
public import IRCore

extension TargetRow {
  /// Holds when this machine has the row's instructions.
  public var runsHere: Bool {
    let cpu = lathe_cpu_features()
    #if arch(x86_64)
      switch name {
      case "avx512":
        return cpu.avx512f && cpu.avx512bw && cpu.avx512dq && cpu.avx512vl && cpu.avx512cd
      case "avx2": return cpu.avx2 && cpu.fma
      default: return architecture == .x86_64
      }
    #else
      return architecture == .arm64 && cpu.neon
    #endif
  }

  /// The rows that tests run here; the others are compiled and checked only.
  public static let runnable = all.filter(\.runsHere)
}
