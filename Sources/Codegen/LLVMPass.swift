// The passes that LLVM runs over a kernel's module.

import LLVMBindings

/// A step from LLVM module to LLVM module.
public struct LLVMPass: Sendable {
  fileprivate enum Body: Sendable {
    /// A function pass in the syntax of `opt -passes`.
    case pipeline(String)
    /// A function from the module's text to another text.
    case rewriting(@Sendable (String) -> String)
  }

  /// What reports call it.
  public let name: String
  fileprivate let body: Body

  /// A function pass of LLVM's, in the syntax of `opt -passes`.
  public init(_ pipeline: String) {
    name = pipeline
    body = .pipeline(pipeline)
  }

  /// A pass that rewrites the module's text, for studies of what code generation does.
  public init(_ name: String, rewriting: @escaping @Sendable (String) -> String) {
    self.name = name
    body = .rewriting(rewriting)
  }

  /// Promotes tiles to registers, removes repeated address arithmetic, hoists.
  public static let standard = [
    "sroa", "early-cse<memssa>", "simplifycfg", "loop-mssa(licm)", "early-cse",
  ].map { LLVMPass($0) }
}

extension [LLVMPass] {
  /// The module after the passes; neighbours of LLVM's run as one pipeline.
  func run(
    on module: consuming LLVMModule, _ name: String, for machine: borrowing LLVMTargetMachine
  ) throws(LLVMFailure) -> LLVMModule {
    var module = module
    var pending: [String] = []
    for pass in self {
      switch pass.body {
      case .pipeline(let text): pending.append(text)
      case .rewriting(let rewrite):
        try Self.optimize(module, &pending, machine)
        module = try LLVMModule(parsing: rewrite(module.text), name, for: machine)
        try module.verify()
      }
    }
    try Self.optimize(module, &pending, machine)
    return module
  }

  private static func optimize(
    _ module: borrowing LLVMModule, _ pending: inout [String],
    _ machine: borrowing LLVMTargetMachine
  ) throws(LLVMFailure) {
    guard !pending.isEmpty else { return }
    try module.optimize("function(\(pending.joined(separator: ",")))", for: machine)
    pending = []
  }
}
