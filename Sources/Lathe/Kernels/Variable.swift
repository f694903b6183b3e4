// Mutable scalars of kernels.

public import CLatheRuntime
public import IRCore
import LoopIR

/// Mutable scalar inside a kernel's body, declared and used like a Swift variable.
///
/// ```swift
/// @Variable var sum = 0.0
/// for i in k.range(0..<n) { sum += a[i] }
/// out[] = sum
/// ```
///
/// A plain Swift `var` is changed while the kernel is built, a `@Variable` while it runs: loops,
/// choices and `k.while` carry its value. Its element type is that of its first value, f32 or i64
/// where that is a plain number; `@Variable(.i32) var count = 0` states another.
@propertyWrapper
public struct Variable: Sendable {
  private let slot: Int
  private let kernel: Int
  private let scope: Int
  /// Element type.
  public let dtype: DType

  /// A variable that starts with a value, of its type or of one that a number takes.
  public init(
    wrappedValue: KernelValue, _ dtype: DType? = nil, file: String = #fileID, line: Int = #line
  ) {
    let location = SourceLocation.line(file: file, line: line)
    let type = dtype ?? wrappedValue.dtype
    self.dtype = type
    (slot, kernel, scope) = KernelTrace.record(at: location) { draft in
      let initial = draft.operand(wrappedValue, as: type, "@Variable", at: location)
      let made = draft.makeSlot(type, initial)
      return (made.slot, draft.id, made.scope)
    }
  }

  /// The value at this point of the program.
  @_transparent
  public var wrappedValue: KernelValue {
    get { read(address: lathe_here()) }
    nonmutating set { write(newValue, address: lathe_here()) }
  }

  /// The variable itself, `$x` of a variable `x`: what functions take that assign to it.
  public var projectedValue: Variable { self }

  @usableFromInline
  func read(address: UnsafeMutableRawPointer?) -> KernelValue {
    let location = SourceLocation.address(UInt(bitPattern: address))
    return KernelTrace.record(at: location) { draft in
      require(in: draft, at: location)
      return draft.readHere(slot)
    }
  }

  @usableFromInline
  func write(_ value: KernelValue, address: UnsafeMutableRawPointer?) {
    let location = SourceLocation.address(UInt(bitPattern: address))
    KernelTrace.record(at: location) { draft in
      require(in: draft, at: location)
      let operand = draft.operand(value, as: dtype, "assignment to a @Variable", at: location)
      draft.append(.write(slot: slot, operand))
    }
  }

  private func require(in draft: KernelDraft, at location: SourceLocation) {
    guard kernel == draft.id else {
      misuse(
        "kernel \(draft.kernel.name): a @Variable of another kernel is used", at: location)
    }
    guard draft.isOpen(scope) else {
      misuse(
        "kernel \(draft.kernel.name): a @Variable is used outside of the block that declares it",
        at: location)
    }
  }
}
