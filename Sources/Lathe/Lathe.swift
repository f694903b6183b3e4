// What `import Lathe` brings: tensors, the vocabulary of element types, and the compiler in use.

public import Driver
@_exported public import IRCore

/// Owner of the caches and the JIT session that programs are compiled by.
public typealias Compiler = Driver.Compiler

/// Options of a `Compiler`: target row and number of threads.
public typealias CompilerOptions = Driver.CompilerOptions

extension Compiler {
  /// The compiler that tensors read in this task are evaluated by; `Compiler.shared` unless
  /// `withCompiler` set another.
  @TaskLocal public static var current: Compiler = .shared
}

/// Evaluates what `body` reads by `compiler`.
///
/// ```swift
/// let portable = Compiler(CompilerOptions(row: .sse2, threads: 1))
/// let y = withCompiler(portable) { x.exp().scalars(as: Float.self) }
/// ```
public func withCompiler<Result>(
  _ compiler: Compiler, _ body: () throws -> Result
) rethrows -> Result {
  try Compiler.$current.withValue(compiler, operation: body)
}
