// From a module to optimized IR, assembly and objects.
import CLLVM

extension LLVMModule {
  /// Runs a pipeline in the syntax of `opt -passes`, such as `function(sroa,early-cse)`.
  ///
  /// Neither loops nor straight-line code are vectorized: vectors are the caller's.
  public func optimize(
    _ passes: String, for machine: borrowing LLVMTargetMachine
  ) throws(LLVMFailure) {
    let options = LLVMCreatePassBuilderOptions()
    defer { LLVMDisposePassBuilderOptions(options) }
    LLVMPassBuilderOptionsSetSLPVectorization(options, 0)
    LLVMPassBuilderOptionsSetLoopVectorization(options, 0)
    try LLVMFailure.check(LLVMRunPasses(ref, passes, machine.ref, options))
    try diagnostics.check()
  }

  /// Generates the bytes of an object file. Once per module, and last: code generation rewrites
  /// the IR.
  public func emitObject(for machine: borrowing LLVMTargetMachine) throws(LLVMFailure) -> [UInt8] {
    let buffer = try emit(ref, LLVMObjectFile, machine)
    defer { LLVMDisposeMemoryBuffer(buffer) }
    let size = LLVMGetBufferSize(buffer)
    return [UInt8](UnsafeRawBufferPointer(start: LLVMGetBufferStart(buffer), count: size))
  }

  /// Generates assembly from a copy, so that the module stays as it is.
  public func emitAssembly(for machine: borrowing LLVMTargetMachine) throws(LLVMFailure) -> String {
    let copy = LLVMCloneModule(ref)!
    defer { LLVMDisposeModule(copy) }
    let buffer = try emit(copy, LLVMAssemblyFile, machine)
    defer { LLVMDisposeMemoryBuffer(buffer) }
    let size = LLVMGetBufferSize(buffer)
    return String(
      decoding: UnsafeRawBufferPointer(start: LLVMGetBufferStart(buffer), count: size),
      as: UTF8.self)
  }

  private func emit(
    _ module: LLVMModuleRef, _ kind: LLVMCodeGenFileType, _ machine: borrowing LLVMTargetMachine
  ) throws(LLVMFailure) -> LLVMMemoryBufferRef {
    var message: UnsafeMutablePointer<CChar>?
    var buffer: LLVMMemoryBufferRef?
    let failed =
      LLVMTargetMachineEmitToMemoryBuffer(machine.ref, module, kind, &message, &buffer) != 0
    guard !failed, let buffer else { throw LLVMFailure(message: takeMessage(message)) }
    do { try diagnostics.check() } catch {
      LLVMDisposeMemoryBuffer(buffer)
      throw error
    }
    return buffer
  }
}

/// Collects the errors that passes and code generation report to a context, on which LLVM would
/// otherwise end the process.
final class Diagnostics {
  private var errors: [String] = []

  /// Installs itself; the context must not outlive it.
  init(of context: LLVMContextRef) {
    LLVMContextSetDiagnosticHandler(
      context,
      { info, handler in
        guard let info, let handler, LLVMGetDiagInfoSeverity(info) == LLVMDSError else { return }
        let diagnostics = Unmanaged<Diagnostics>.fromOpaque(handler).takeUnretainedValue()
        diagnostics.errors.append(takeMessage(LLVMGetDiagInfoDescription(info)))
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  /// Throws the errors reported since the last check.
  func check() throws(LLVMFailure) {
    guard !errors.isEmpty else { return }
    defer { errors = [] }
    throw LLVMFailure(message: errors.joined(separator: "\n"))
  }
}
