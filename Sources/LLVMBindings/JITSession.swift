// Linking objects into this process.
import CLLVM

/// Links object files into this process through ORC, and finds their symbols.
///
/// One per process is enough; any thread may use it at any time. Objects see each other's symbols
/// and those given to `define`, and nothing else of the process, `memcpy` included: any other symbol
/// is an error that names it.
public final class JITSession: @unchecked Sendable {
  // Unchecked: LLJIT locks its own state, and `lock` guards `reports` and pairs them with a lookup.
  private let jit: LLVMOrcLLJITRef
  private let session: LLVMOrcExecutionSessionRef
  private let library: LLVMOrcJITDylibRef
  private let lock = SessionLock()
  private var reports: [String] = []

  /// Makes a session for the host.
  public init() throws(LLVMFailure) {
    try LLVMLibrary.load()
    var made: LLVMOrcLLJITRef?
    try LLVMFailure.check(LLVMOrcCreateLLJIT(&made, LLVMOrcCreateLLJITBuilder()))
    guard let made else { throw LLVMFailure(message: "LLVM made no JIT session") }
    jit = made
    session = LLVMOrcLLJITGetExecutionSession(made)
    // The JIT's main library also searches the process; a bare one searches only itself.
    library = LLVMOrcExecutionSessionCreateBareJITDylib(session, "lathe")
    // ORC tells a lookup's caller only which symbol failed; the reason goes to the reporter, on the
    // thread of the lookup.
    LLVMOrcExecutionSessionSetErrorReporter(
      session,
      { session, error in
        guard let session, let error else { return }
        let message = LLVMFailure(consuming: error).message
        Unmanaged<JITSession>.fromOpaque(session).takeUnretainedValue().reports.append(message)
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  /// Gives objects the addresses of symbols outside them; a name may be given once.
  public func define(_ symbols: [(name: String, address: UnsafeRawPointer)]) throws(LLVMFailure) {
    var pairs = symbols.map { symbol in
      let flags =
        LLVMJITSymbolGenericFlagsExported.rawValue
        | LLVMJITSymbolGenericFlagsCallable.rawValue
      return LLVMOrcCSymbolMapPair(
        Name: LLVMOrcLLJITMangleAndIntern(jit, symbol.name),
        Sym: LLVMJITEvaluatedSymbol(
          Address: UInt64(UInt(bitPattern: symbol.address)),
          Flags: LLVMJITSymbolFlags(GenericFlags: UInt8(flags), TargetFlags: 0)))
    }
    let unit = LLVMOrcAbsoluteSymbols(&pairs, pairs.count)
    let error = LLVMOrcJITDylibDefine(library, unit)
    if error != nil { LLVMOrcDisposeMaterializationUnit(unit) }
    try LLVMFailure.check(error)
  }

  /// Adds the bytes of an object file. Its symbols must be new to the session; it is linked when
  /// the first of them is looked up.
  public func add(_ object: [UInt8], name: String = "object") throws(LLVMFailure) -> JITObject {
    let tracker = LLVMOrcJITDylibCreateResourceTracker(library)!
    let added = JITObject(session: self, tracker: tracker)
    let buffer = object.withUnsafeBytes {
      LLVMCreateMemoryBufferWithMemoryRangeCopy(
        $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, name)
    }
    // The session owns the buffer from here on, even if it refuses it.
    try LLVMFailure.check(LLVMOrcLLJITAddObjectFileWithRT(jit, tracker, buffer))
    return added
  }

  /// Finds a symbol, linking the object that defines it and those that it needs.
  fileprivate func address(of name: String) throws(LLVMFailure) -> UnsafeRawPointer {
    lock.lock()
    defer { lock.unlock() }
    reports = []
    let lookup = Lookup()
    lookup.run(LLVMOrcLLJITMangleAndIntern(jit, name), in: library, of: session)
    switch lookup.result {
    case .success(let address): return address
    case .failure(let failure):
      throw LLVMFailure(message: ([failure.message] + reports).joined(separator: "\n"))
    }
  }

  deinit {
    // Every object keeps its session, so none is left; an error here could only be reported.
    if let error = LLVMOrcDisposeLLJIT(jit) { _ = LLVMFailure(consuming: error) }
  }
}

/// An object linked into this process; its code is unmapped when the last reference goes.
public final class JITObject: @unchecked Sendable {
  // Unchecked: immutable, and its session locks.
  private let session: JITSession
  private let tracker: LLVMOrcResourceTrackerRef

  fileprivate init(session: JITSession, tracker: LLVMOrcResourceTrackerRef) {
    self.session = session
    self.tracker = tracker
  }

  /// The address of one of the object's symbols, valid while the object is referred to.
  ///
  /// The first call links the object. A symbol that it needs and nobody defined is an error that
  /// names it.
  public func address(of name: String) throws(LLVMFailure) -> UnsafeRawPointer {
    try session.address(of: name)
  }

  deinit {
    if let error = LLVMOrcResourceTrackerRemove(tracker) { _ = LLVMFailure(consuming: error) }
    LLVMOrcReleaseResourceTracker(tracker)
  }
}

/// One search for a symbol, and what came of it.
private final class Lookup {
  var result: Result<UnsafeRawPointer, LLVMFailure> = .failure(
    LLVMFailure(message: "the search for a symbol did not end"))

  /// Searches `library`; links on this thread, so that the result is there on return.
  func run(
    _ symbol: LLVMOrcSymbolStringPoolEntryRef, in library: LLVMOrcJITDylibRef,
    of session: LLVMOrcExecutionSessionRef
  ) {
    var libraries = [
      LLVMOrcCJITDylibSearchOrderElement(
        JD: library, JDLookupFlags: LLVMOrcJITDylibLookupFlagsMatchAllSymbols)
    ]
    var symbols = [
      LLVMOrcCLookupSetElement(
        Name: symbol, LookupFlags: LLVMOrcSymbolLookupFlagsRequiredSymbol)
    ]
    LLVMOrcExecutionSessionLookup(
      session, LLVMOrcLookupKindStatic, &libraries, 1, &symbols, 1,
      { error, found, count, context in
        guard let context else { return }
        let lookup = Unmanaged<Lookup>.fromOpaque(context).takeRetainedValue()
        if let error {
          lookup.result = .failure(LLVMFailure(consuming: error))
        } else if count == 1, let found,
          let address = UnsafeRawPointer(bitPattern: UInt(found[0].Sym.Address))
        {
          lookup.result = .success(address)
        }
      }, Unmanaged.passRetained(self).toOpaque())
  }
}
