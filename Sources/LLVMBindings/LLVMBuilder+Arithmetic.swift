// Arithmetic, comparison and selection, on scalars and lane by lane on vectors.
import CLLVM

/// How two integers compare; `u` is unsigned, `s` signed. The codes are LLVM's.
public enum LLVMIntegerPredicate: UInt32, Sendable, CaseIterable {
  case eq = 32
  case ne, ugt, uge, ult, ule, sgt, sge, slt, sle
}

/// How two floating-point values compare; `o` is false on NaN, `u` true. The codes are LLVM's.
public enum LLVMFloatPredicate: UInt32, Sendable, CaseIterable {
  case oeq = 1
  case ogt, oge, olt, ole, one, ord, uno, ueq, ugt, uge, ult, ule, une
}

// Integers.
extension LLVMBuilder {
  /// `a + b`, wrapping.
  public func add(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildAdd(ref, a.ref, b.ref, name))
  }

  /// `a - b`, wrapping.
  public func sub(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildSub(ref, a.ref, b.ref, name))
  }

  /// `a * b`, wrapping.
  public func mul(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildMul(ref, a.ref, b.ref, name))
  }

  /// `a + b`, which the caller knows not to overflow as signed.
  public func addNSW(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildNSWAdd(ref, a.ref, b.ref, name))
  }

  /// `a - b`, which the caller knows not to overflow as signed.
  public func subNSW(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildNSWSub(ref, a.ref, b.ref, name))
  }

  /// `a * b`, which the caller knows not to overflow as signed.
  public func mulNSW(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildNSWMul(ref, a.ref, b.ref, name))
  }

  /// `a / b`, unsigned; undefined for b = 0.
  public func udiv(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildUDiv(ref, a.ref, b.ref, name))
  }

  /// `a / b`, signed, toward zero; undefined for b = 0 and MIN / -1.
  public func sdiv(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildSDiv(ref, a.ref, b.ref, name))
  }

  /// `a % b`, unsigned; undefined for b = 0.
  public func urem(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildURem(ref, a.ref, b.ref, name))
  }

  /// `a % b`, signed, with the sign of a; undefined for b = 0 and MIN % -1.
  public func srem(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildSRem(ref, a.ref, b.ref, name))
  }

  /// `a << b`; poison from the width on.
  public func shl(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildShl(ref, a.ref, b.ref, name))
  }

  /// `a >> b`, shifting in zeros; poison from the width on.
  public func lshr(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildLShr(ref, a.ref, b.ref, name))
  }

  /// `a >> b`, shifting in the sign; poison from the width on.
  public func ashr(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildAShr(ref, a.ref, b.ref, name))
  }

  /// `a & b`.
  public func and(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildAnd(ref, a.ref, b.ref, name))
  }

  /// `a | b`.
  public func or(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildOr(ref, a.ref, b.ref, name))
  }

  /// `a ^ b`.
  public func xor(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildXor(ref, a.ref, b.ref, name))
  }

  /// `-a`, wrapping.
  public func neg(_ a: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildNeg(ref, a.ref, name))
  }

  /// `~a`.
  public func not(_ a: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildNot(ref, a.ref, name))
  }

  /// Compares integers or pointers to an `i1`, or lanes to `<n x i1>`.
  public func icmp(
    _ predicate: LLVMIntegerPredicate, _ a: LLVMValue, _ b: LLVMValue, _ name: String = ""
  ) -> LLVMValue {
    LLVMValue(ref: LLVMBuildICmp(ref, LLVMIntPredicate(predicate.rawValue), a.ref, b.ref, name))
  }
}

// Floating point, always without fast-math flags.
extension LLVMBuilder {
  /// `a + b`, rounded once.
  public func fadd(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildFAdd(ref, a.ref, b.ref, name))
  }

  /// `a - b`, rounded once.
  public func fsub(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildFSub(ref, a.ref, b.ref, name))
  }

  /// `a * b`, rounded once.
  public func fmul(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildFMul(ref, a.ref, b.ref, name))
  }

  /// `a / b`, rounded once.
  public func fdiv(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildFDiv(ref, a.ref, b.ref, name))
  }

  /// The remainder of a / b, exact; LLVM calls fmod for it.
  public func frem(_ a: LLVMValue, _ b: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildFRem(ref, a.ref, b.ref, name))
  }

  /// `-a`: flips the sign bit, of NaN too.
  public func fneg(_ a: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildFNeg(ref, a.ref, name))
  }

  /// Compares floating-point values to an `i1`, or lanes to `<n x i1>`.
  public func fcmp(
    _ predicate: LLVMFloatPredicate, _ a: LLVMValue, _ b: LLVMValue, _ name: String = ""
  ) -> LLVMValue {
    LLVMValue(ref: LLVMBuildFCmp(ref, LLVMRealPredicate(predicate.rawValue), a.ref, b.ref, name))
  }
}

// Any type.
extension LLVMBuilder {
  /// `then` where the condition is 1, `otherwise` where it is 0; both are evaluated.
  public func select(
    _ condition: LLVMValue, _ then: LLVMValue, _ otherwise: LLVMValue, _ name: String = ""
  ) -> LLVMValue {
    LLVMValue(ref: LLVMBuildSelect(ref, condition.ref, then.ref, otherwise.ref, name))
  }

  /// The value, with poison replaced by some arbitrary one.
  public func freeze(_ a: LLVMValue, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildFreeze(ref, a.ref, name))
  }
}
