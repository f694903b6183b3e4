// The programs of a compiled function, one per signature.

import Driver
import IRCore
import TensorIR

/// Programs of one function by the signature of its calls, and the calls themselves.
final class FunctionCache<
  State: Sendable, Arguments: Sendable, Results: Sendable, Failure: Error
>: Sendable {
  typealias Variant = FunctionVariant<State, Arguments, Results>

  let function: TracedFunction<State, Arguments, Results, Failure>
  /// The most recently used first.
  private let variants = Locked<[Variant]>([])
  private let compilations = Locked(0)

  init(_ function: TracedFunction<State, Arguments, Results, Failure>) {
    self.function = function
  }

  /// The programs, the most recently used first.
  var known: [Variant] { variants.withLock { $0 } }

  /// Runs the program for the call's signature, compiling it at its first occurrence.
  func call(
    _ state: inout State, _ arguments: Arguments, at location: SourceLocation
  ) throws(Failure) -> Result<Results, EvaluationFailure> {
    var parts = function.parts(state, arguments)
    // Inside another trace the function becomes part of that.
    if parts.isTraced { return .success(try function.body(&state, arguments)) }
    let variant: Variant
    var inputs: [Storage]
    switch try prepare(parts, state, arguments, at: location) {
    case .success(let prepared): (variant, inputs) = prepared
    case .failure(let failure): return .failure(failure)
    }
    var owned: [Bool] = []
    if variant.function?.updates.isEmpty == false {
      // Nothing of the call may refer to the state's memory while its other owners are counted.
      parts = CallParts()
      owned = function.structures.state.ownership(of: &state, &inputs)
    }
    do {
      let outputs = try variant.function?(inputs, owned: owned) ?? []
      return .success(variant.rebuild(outputs, &state, function.structures, at: location))
    } catch {
      return .failure(.notRun("\(error)"))
    }
  }

  /// The program for a call and the memory that it reads.
  func prepare(
    _ parts: CallParts, _ state: State, _ arguments: Arguments, at location: SourceLocation
  ) throws(Failure) -> Result<(Variant, [Storage]), EvaluationFailure> {
    if !parts.isSupported { _ = function.namedParts(state, arguments, at: location) }
    var inputs: [Storage]
    switch parts.storages(at: location) {
    case .success(let storages): inputs = storages
    case .failure(let failure): return .failure(failure)
    }
    let variant: Variant
    switch try self.variant(parts, state, arguments, at: location) {
    case .success(let found): variant = found
    case .failure(let failure): return .failure(failure)
    }
    if !variant.captured.isEmpty { inputs += variant.captured }
    return .success((variant, inputs))
  }

  private func variant(
    _ parts: CallParts, _ state: State, _ arguments: Arguments, at location: SourceLocation
  ) throws(Failure) -> Result<Variant, EvaluationFailure> {
    let compiler = Compiler.current
    guard let known = find(parts, compiler) else {
      return try add(parts, state, arguments, compiler, at: location)
    }
    if compiler.options.comparesTraces, known.takesComparison() {
      requireSame(
        try function.trace(state, arguments), as: known.trace, at: function.location)
    }
    return .success(known)
  }

  private func find(_ parts: CallParts, _ compiler: Compiler) -> Variant? {
    let list = known
    guard let index = list.firstIndex(where: { $0.fits(parts, compiler) }) else { return nil }
    let found = list[index]
    if index > 0 {
      variants.withLock { variants in
        guard let place = variants.firstIndex(where: { $0 === found }) else { return }
        variants.remove(at: place)
        variants.insert(found, at: 0)
      }
    }
    return found
  }

  /// Traces and compiles without a lock: of two tasks that do so at once, the first to finish wins.
  private func add(
    _ parts: CallParts, _ state: State, _ arguments: Arguments, _ compiler: Compiler,
    at location: SourceLocation
  ) throws(Failure) -> Result<Variant, EvaluationFailure> {
    let named = function.namedParts(state, arguments, at: location)
    let trace = try function.trace(state, arguments)
    let compiled: CompiledFunction?
    let graph = trace.graph.graph
    do {
      compiled =
        graph.results.isEmpty
        ? nil : try compiler.compile(Module(graphs: [graph]), updates: trace.updates)
    } catch {
      return .failure(.notCompiled("\(error)"))
    }
    let reason = known.first.map { RecompileReason(from: $0.parts, to: named) }
    let variant = Variant(
      compiler, CallSignature(parts), named, trace, compiled, reason: reason)
    let kept = variants.withLock { variants -> Variant in
      if let other = variants.first(where: { $0.fits(parts, compiler) }) { return other }
      variants.insert(variant, at: 0)
      FunctionCacheLimit.trim(&variants, \.byteCount)
      return variant
    }
    if kept === variant { warn(about: variant) }
    return .success(kept)
  }

  private func warn(about variant: Variant) {
    let count = compilations.withLock { count in
      count += 1
      return count
    }
    guard let reason = variant.reason else { return }
    let isMany = count == FunctionCacheLimit.warningCount
    let isFloat = reason.namesFloat && count == FunctionCacheLimit.floatWarningCount
    guard isMany || isFloat else { return }
    writeLine(
      "\(function.location.text): warning: \(ordinal(count)) compile: \(reason.text)"
        + (isMany ? "; are all needed?" : ""))
  }
}

/// How many programs a compiled function keeps, and when it warns.
enum FunctionCacheLimit {
  /// Programs of more bytes than this in sum lose the least recently used ones.
  static let bytes: Int = 256 << 20
  /// At so many compilations a warning says that the signature keeps changing.
  static let warningCount = 8
  /// At so many, when a floating-point number is what changed.
  static let floatWarningCount = 3

  /// Drops what is beyond the limit from a list with the most recently used first.
  static func trim<Element>(_ list: inout [Element], _ size: (Element) -> Int) {
    var total = 0
    let kept = list.prefix { element in
      total += size(element)
      return total <= bytes
    }
    list = Array(list.prefix(max(1, kept.count)))
  }
}

/// `1st`, `2nd`, `3rd`, `11th`.
func ordinal(_ number: Int) -> String {
  let isTeen = (11...13).contains(number % 100)
  return switch number % 10 {
  case 1 where !isTeen: "\(number)st"
  case 2 where !isTeen: "\(number)nd"
  case 3 where !isTeen: "\(number)rd"
  default: "\(number)th"
  }
}

extension Tensor {
  /// Whether the value exists only inside a compiled function that is being traced.
  var isTraced: Bool {
    if case .handle(let handle) = representation { handle.node.isTraced } else { false }
  }
}

extension Structure {
  /// Whether nothing but the value at hand refers to the memory of each of its tensors, which
  /// `storages` begins with.
  fileprivate func ownership<Value>(
    of value: inout Value, _ storages: inout [Storage]
  ) -> [Bool] {
    var known: [Storage?] = storages
    storages = []
    var owned: [Bool] = []
    update(&value) { tensor in
      let index = owned.count
      if tensor.readyStorage != nil { known[index] = nil }
      let unique = tensor.uniqueStorage()
      owned.append(unique != nil)
      known[index] = unique ?? tensor.readyStorage ?? known[index]
    }
    storages = known.compactMap(\.self)
    return owned
  }
}
