// Calls of LLVM's intrinsics, and masked memory whose form differs between LLVM versions.
import CLLVM

extension LLVMBuilder {
  /// Calls an intrinsic by its name without type suffixes.
  ///
  /// `types` are the overloaded ones, in the order of the suffixes: `llvm.fma` takes `[type]`,
  /// `llvm.fptosi.sat` takes `[result, operand]`, `llvm.x86.avx512.mask.scalef.ps.512` takes `[]`.
  /// A name that this LLVM does not know stops the process; `hasIntrinsic` asks first.
  @discardableResult
  public func intrinsic(
    _ intrinsic: String, _ types: [LLVMType], _ arguments: [LLVMValue], _ name: String = ""
  ) -> LLVMValue {
    let id = LLVMLookupIntrinsicID(intrinsic, intrinsic.utf8.count)
    if id == 0 { fatalError("LLVM \(LLVMLibrary.headerVersion) has no intrinsic \(intrinsic)") }
    let function = withRefs(types.map(\.ref)) { refs, count in
      LLVMFunction(ref: LLVMGetIntrinsicDeclaration(module, id, refs, Int(count)))
    }
    return call(function, arguments, name)
  }

  /// Whether this LLVM knows an intrinsic of that name.
  public func hasIntrinsic(_ name: String) -> Bool {
    LLVMLookupIntrinsicID(name, name.utf8.count) != 0
  }

  /// Loads the lanes whose mask is 1, and takes the others from `otherwise`.
  public func maskedLoad(
    _ type: LLVMType, _ pointer: LLVMValue, mask: LLVMValue, otherwise: LLVMValue,
    alignment: Int, _ name: String = ""
  ) -> LLVMValue {
    masked(
      "llvm.masked.load", [type, pointer.type], [pointer, mask, otherwise], address: 0, alignment,
      name)
  }

  /// Stores the lanes whose mask is 1.
  @discardableResult
  public func maskedStore(
    _ value: LLVMValue, to pointer: LLVMValue, mask: LLVMValue, alignment: Int
  ) -> LLVMValue {
    masked(
      "llvm.masked.store", [value.type, pointer.type], [value, pointer, mask], address: 1,
      alignment, "")
  }

  /// Loads each lane whose mask is 1 from its own address, and takes the others from `otherwise`.
  public func maskedGather(
    _ type: LLVMType, _ pointers: LLVMValue, mask: LLVMValue, otherwise: LLVMValue,
    alignment: Int, _ name: String = ""
  ) -> LLVMValue {
    masked(
      "llvm.masked.gather", [type, pointers.type], [pointers, mask, otherwise], address: 0,
      alignment, name)
  }

  /// Stores each lane whose mask is 1 to its own address, in the order of the lanes.
  @discardableResult
  public func maskedScatter(
    _ value: LLVMValue, to pointers: LLVMValue, mask: LLVMValue, alignment: Int
  ) -> LLVMValue {
    masked(
      "llvm.masked.scatter", [value.type, pointers.type], [value, pointers, mask], address: 1,
      alignment, "")
  }

  /// LLVM 22 takes the alignment as an attribute of the address; before, it was the argument after.
  private func masked(
    _ intrinsic: String, _ types: [LLVMType], _ arguments: [LLVMValue], address: Int,
    _ alignment: Int, _ name: String
  ) -> LLVMValue {
    if LLVMLibrary.headerVersion < 22 {
      var all = arguments
      all.insert(self.types.i32.constant(alignment), at: address + 1)
      return self.intrinsic(intrinsic, types, all, name)
    }
    let call = self.intrinsic(intrinsic, types, arguments, name)
    let attribute = LLVMAttribute.align(alignment).make(in: context)
    LLVMAddCallSiteAttribute(call.ref, UInt32(address) + 1, attribute)
    return call
  }
}
