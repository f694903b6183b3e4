// A module with the context it lives in.
import CLLVM

/// Owns one module, its context and its builder.
///
/// A compile job makes its own and stays on one thread: types, values, blocks and builders of the
/// module are valid while it lives, and only there.
public struct LLVMModule: ~Copyable {
  let ref: LLVMModuleRef
  let context: LLVMContextRef
  let diagnostics: Diagnostics

  /// Appends instructions; the module's only builder.
  public let builder: LLVMBuilder

  /// Makes an empty module with the triple and data layout of `machine`.
  public init(_ name: String, for machine: borrowing LLVMTargetMachine) throws(LLVMFailure) {
    let made = try Self.make { context throws(LLVMFailure) in
      guard let module = LLVMModuleCreateWithNameInContext(name, context) else {
        throw LLVMFailure(message: "LLVM made no module")
      }
      return module
    }
    self.init(made.context, made.module, for: machine)
  }

  /// Reads a module from its text; `name` stands in messages.
  public init(
    parsing text: String, _ name: String, for machine: borrowing LLVMTargetMachine
  ) throws(LLVMFailure) {
    let made = try Self.make { context throws(LLVMFailure) in
      let buffer = text.withCString {
        LLVMCreateMemoryBufferWithMemoryRangeCopy($0, text.utf8.count, name)
      }
      var module: LLVMModuleRef?
      var message: UnsafeMutablePointer<CChar>?
      // The buffer is the parser's from here on.
      guard LLVMParseIRInContext(context, buffer, &module, &message) == 0, let module else {
        throw LLVMFailure(message: takeMessage(message))
      }
      return module
    }
    self.init(made.context, made.module, for: machine)
  }

  /// A context with a module in it.
  private static func make(
    _ make: (LLVMContextRef) throws(LLVMFailure) -> LLVMModuleRef
  ) throws(LLVMFailure) -> (context: LLVMContextRef, module: LLVMModuleRef) {
    try LLVMLibrary.load()
    guard let context = LLVMContextCreate() else {
      throw LLVMFailure(message: "LLVM made no context")
    }
    do { return (context, try make(context)) } catch {
      LLVMContextDispose(context)
      throw error
    }
  }

  private init(
    _ context: LLVMContextRef, _ module: LLVMModuleRef, for machine: borrowing LLVMTargetMachine
  ) {
    LLVMSetTarget(module, machine.triple)
    LLVMSetModuleDataLayout(module, machine.layout)
    self.context = context
    ref = module
    builder = LLVMBuilder(
      ref: LLVMCreateBuilderInContext(context)!, context: context, module: module)
    diagnostics = Diagnostics(of: context)
  }

  /// Makes the module's types.
  public var types: LLVMTypes { LLVMTypes(context: context) }

  /// Declares a function; blocks make it a definition.
  public func addFunction(_ name: String, _ type: LLVMType) -> LLVMFunction {
    LLVMFunction(ref: LLVMAddFunction(ref, name, type.ref))
  }

  /// The function of that name, if the module has one.
  public func function(_ name: String) -> LLVMFunction? {
    LLVMGetNamedFunction(ref, name).map(LLVMFunction.init(ref:))
  }

  /// Adds a constant table that only this module sees, and returns its address.
  public func addConstant(_ name: String, _ value: LLVMValue, alignment: Int) -> LLVMValue {
    let global = LLVMAddGlobal(ref, value.type.ref, name)!
    LLVMSetInitializer(global, value.ref)
    LLVMSetGlobalConstant(global, 1)
    LLVMSetLinkage(global, LLVMPrivateLinkage)
    LLVMSetUnnamedAddress(global, LLVMGlobalUnnamedAddr)
    LLVMSetAlignment(global, UInt32(alignment))
    return LLVMValue(ref: global)
  }

  /// Throws what the verifier finds wrong; an unverified module may crash LLVM.
  public func verify() throws(LLVMFailure) {
    var message: UnsafeMutablePointer<CChar>?
    let broken = LLVMVerifyModule(ref, LLVMReturnStatusAction, &message) != 0
    let text = takeMessage(message)
    if broken { throw LLVMFailure(message: text) }
  }

  /// The module's textual IR.
  public var text: String { takeMessage(LLVMPrintModuleToString(ref)) }

  deinit {
    LLVMDisposeBuilder(builder.ref)
    LLVMDisposeModule(ref)
    LLVMContextDispose(context)
  }
}
