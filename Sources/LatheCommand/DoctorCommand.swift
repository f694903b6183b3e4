// `lathe doctor`: what this machine offers.

import ArgumentParser
import CLatheRuntime
import DiskCaching
import Driver
import IRCore
import LLVMBindings

/// Tells what the machine offers, with advice where something is missing.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Show what this machine offers, with advice.",
    discussion: """
      Exit code 1 when programs cannot be compiled here.

      Example:
        lathe doctor
      """)

  func run() throws {
    let cpu = lathe_cpu_features()
    show("CPU", String(cString: lathe_cpu_brand()))
    show("features", features(cpu))
    show("target row", "\(TargetRow.host.name) (\(TargetRow.host.vectorBytes * 8)-bit vectors)")
    let others = TargetRow.all.filter { $0 != .host && $0.isRunnable }.map(\.name)
    if !others.isEmpty { show("", "also runs \(others.joined(separator: ", "))") }
    show("threads", "\(cpu.available_cpus)")
    show("caches", caches(cpu))
    let isReady = showLLVM()
    showOpenBLAS()
    showKernels()
    if !isReady { throw CommandFailure("LLVM is missing: nothing can be compiled") }
  }

  private func features(_ cpu: lathe_cpu) -> String {
    let names: [(Bool, String)] = [
      (cpu.sse41, "SSE4.1"), (cpu.avx2, "AVX2"), (cpu.fma, "FMA"), (cpu.f16c, "F16C"),
      (cpu.avx512f, "AVX-512 F"), (cpu.avx512bw, "BW"), (cpu.avx512dq, "DQ"),
      (cpu.avx512vl, "VL"), (cpu.avx512cd, "CD"), (cpu.avx512_vnni, "VNNI"),
      (cpu.avx512_bf16, "BF16"), (cpu.neon, "NEON"),
    ]
    return names.filter(\.0).map(\.1).joined(separator: " ")
  }

  private func caches(_ cpu: lathe_cpu) -> String {
    let levels = [("L1", cpu.l1d_bytes), ("L2", cpu.l2_bytes), ("L3", cpu.l3_bytes)]
    return levels.filter { $0.1 > 0 }.map { "\($0) \($1 >> 10) KiB" }.joined(separator: ", ")
  }

  private func showLLVM() -> Bool {
    do {
      let version = try LLVMLibrary.version()
      let milliseconds = Double(LLVMLibrary.loadNanoseconds) / 1e6
      show("LLVM", "\(version), opened in \(fixed(milliseconds, 1)) ms")
      return true
    } catch {
      show("LLVM", error.message)
      show("", "install it: apt-get install libllvm\(LLVMLibrary.headerVersion)")
      return false
    }
  }

  private func showOpenBLAS() {
    guard MatrixProduct.isLibraryPresent else {
      return show("OpenBLAS", "absent; eager matrix products use generated kernels (libopenblas0)")
    }
    let kernels = MatrixProduct.libraryKernels.map { ", kernels for \($0)" } ?? ""
    show("OpenBLAS", "present" + kernels)
  }

  private func showKernels() {
    guard let folder = CacheOption.standard else { return show("kernels", "not kept: LATHE_CACHE") }
    do throws(FileFailure) {
      let found = try DiskCache(folder: folder) { _ in }.summary()
      show("kernels", "\(found.entries) of \(found.bytes >> 10) KiB kept in \(folder)")
    } catch {
      show("kernels", "\(error)")
    }
  }

  private func show(_ name: String, _ value: String) {
    let padding = String(repeating: " ", count: max(0, 12 - name.count))
    print(Terminal.bold(name) + padding + value)
  }
}
