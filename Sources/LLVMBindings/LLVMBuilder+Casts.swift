// Conversions, on scalars and lane by lane on vectors.
import CLLVM

extension LLVMBuilder {
  /// Drops the upper bits of an integer.
  public func trunc(_ value: LLVMValue, to type: LLVMType, _ name: String = "") -> LLVMValue {
    cast(LLVMTrunc, value, type, name)
  }

  /// Widens an integer with zeros.
  public func zext(_ value: LLVMValue, to type: LLVMType, _ name: String = "") -> LLVMValue {
    cast(LLVMZExt, value, type, name)
  }

  /// Widens an integer with its sign.
  public func sext(_ value: LLVMValue, to type: LLVMType, _ name: String = "") -> LLVMValue {
    cast(LLVMSExt, value, type, name)
  }

  /// Rounds to a narrower floating-point type, ties to even.
  public func fptrunc(_ value: LLVMValue, to type: LLVMType, _ name: String = "") -> LLVMValue {
    cast(LLVMFPTrunc, value, type, name)
  }

  /// Widens a floating-point value, exactly.
  public func fpext(_ value: LLVMValue, to type: LLVMType, _ name: String = "") -> LLVMValue {
    cast(LLVMFPExt, value, type, name)
  }

  /// Converts a signed integer, rounding to nearest.
  public func sitofp(_ value: LLVMValue, to type: LLVMType, _ name: String = "") -> LLVMValue {
    cast(LLVMSIToFP, value, type, name)
  }

  /// Converts an unsigned integer, rounding to nearest.
  public func uitofp(_ value: LLVMValue, to type: LLVMType, _ name: String = "") -> LLVMValue {
    cast(LLVMUIToFP, value, type, name)
  }

  /// Converts toward zero to a signed integer; poison out of range (see `llvm.fptosi.sat`).
  public func fptosi(_ value: LLVMValue, to type: LLVMType, _ name: String = "") -> LLVMValue {
    cast(LLVMFPToSI, value, type, name)
  }

  /// Converts toward zero to an unsigned integer; poison out of range (see `llvm.fptoui.sat`).
  public func fptoui(_ value: LLVMValue, to type: LLVMType, _ name: String = "") -> LLVMValue {
    cast(LLVMFPToUI, value, type, name)
  }

  /// The same bits as another type of the same size.
  public func bitcast(_ value: LLVMValue, to type: LLVMType, _ name: String = "") -> LLVMValue {
    cast(LLVMBitCast, value, type, name)
  }

  /// The address as an integer.
  public func ptrtoint(_ value: LLVMValue, to type: LLVMType, _ name: String = "") -> LLVMValue {
    cast(LLVMPtrToInt, value, type, name)
  }

  /// An integer as an address.
  public func inttoptr(_ value: LLVMValue, to type: LLVMType, _ name: String = "") -> LLVMValue {
    cast(LLVMIntToPtr, value, type, name)
  }

  private func cast(
    _ opcode: LLVMOpcode, _ value: LLVMValue, _ type: LLVMType, _ name: String
  ) -> LLVMValue {
    LLVMValue(ref: LLVMBuildCast(ref, opcode, value.ref, type.ref, name))
  }
}
