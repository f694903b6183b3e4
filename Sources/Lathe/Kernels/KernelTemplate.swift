// Kernels before their extents are known.

import Driver
import IRCore
import LoopIR
import LoopPasses
import TensorIR

/// Recorded kernel over symbolic extents, with its forms for the shapes it was called with.
final class KernelTemplate: Sendable {
  private let kernel: Kernel
  private let sites: [AccessSite]
  private let regroupsSums: Bool
  let changes: KernelChanges
  /// By shapes: the kernel as it is called, and in order, without schedule and assumptions.
  private let known = Locked<[[[Int]]: (called: Kernel, plain: Kernel)]>([:])

  var name: String { kernel.name }
  var outputCount: Int { kernel.buffers.count { $0.role == .output } }

  /// Finishes a recorded kernel.
  init(_ draft: KernelDraft, fusesProducts: Bool, regroupsSums: Bool) {
    for (buffer, facts) in zip(draft.kernel.buffers, draft.grids)
    where buffer.role == .output && !facts.isWritten {
      misuse("kernel \(draft.kernel.name): nothing writes %\(buffer.name)", at: facts.location)
    }
    guard draft.kernel.buffers.contains(where: { $0.role == .output }) else {
      misuse("kernel \(draft.kernel.name): it has no output", at: draft.location)
    }
    var kernel = VariableResolution.kernel(of: draft).withParametersFirst()
    sites = draft.sites
    if fusesProducts { kernel = Self.run(.fuseProducts, kernel) }
    kernel = Self.run(.combineCommonValues, kernel)
    self.kernel = Self.run(.formAccumulations, kernel)
    self.regroupsSums = regroupsSums
    changes = KernelChanges()
  }

  /// The same kernel with other changes.
  init(_ other: KernelTemplate, _ changes: KernelChanges) {
    kernel = other.kernel
    sites = other.sites
    regroupsSums = other.regroupsSums
    self.changes = changes
  }

  private static func run(_ pass: Pass<Kernel, Kernel>, _ kernel: Kernel) -> Kernel {
    do { return try pass.body(kernel) } catch {
      preconditionFailure("\(error)")
    }
  }

  /// The outputs for arguments.
  func apply(_ arguments: [Tensor], at location: SourceLocation) -> [Tensor] {
    let inputs = kernel.buffers.filter { $0.role == .input }
    guard arguments.count == inputs.count else {
      misuse(
        "kernel \(name): \(inputs.count) arguments expected, found \(arguments.count)",
        at: location)
    }
    let operands = zip(arguments, inputs).enumerated().map { place, pair in
      operand(pair.0, pair.1, place, at: location)
    }
    let (called, plain) = specialized(for: operands.map(\.shape), at: location)
    if changes.assumptions.contains(where: \.isChecked) {
      let inputs = operands.map { operand in
        if operand.isTraced {
          misuse("kernel \(name): no values to check inside compile { … }", at: location)
        }
        return Tensor(node: operand).storage(at: location).withUnsafeBytes { Array($0) }
      }
      changes.check(plain, inputs, at: location)
    }
    return Tensor.kernel(called, operands, at: location)
  }

  /// The node of an argument; a number takes the type of its parameter.
  private func operand(
    _ argument: Tensor, _ buffer: Buffer, _ place: Int, at location: SourceLocation
  ) -> TraceNode {
    let argument = argument.taking(buffer.type)
    guard let argument, argument.dtype == buffer.type, argument.rank == buffer.shape.count else {
      let expected = TensorType(buffer.type, buffer.shape)
      misuse(
        "kernel \(name): argument \(place) (%\(buffer.name)): \(expected) expected, found "
          + "\(argument?.typeText ?? "a number of another type")", at: location)
    }
    return argument.node
  }

  // MARK: Extents

  /// The kernel for arguments of given shapes.
  private func specialized(
    for shapes: [[Int]], at location: SourceLocation
  ) -> (called: Kernel, plain: Kernel) {
    if let found = known.withLock({ $0[shapes] }) { return found }
    let symbols = symbols(of: shapes, at: location)
    let plain = finish(kernel.binding(symbols), symbols, at: location)
    // A schedule by hand names the loops as they were written.
    let called =
      regroupsSums && changes.isEmpty
      ? Self.run(.reassociateRecurrences, plain) : changes.applied(to: plain)
    let result = (called: called, plain: plain)
    known.withLock { $0[shapes] = result }
    return result
  }

  private func symbols(of shapes: [[Int]], at location: SourceLocation) -> [String: Int] {
    let inputs = kernel.buffers.filter { $0.role == .input }
    var symbols: [String: Int] = [:]
    for (buffer, shape) in zip(inputs, shapes) {
      for (extent, number) in zip(buffer.shape, shape) {
        if let name = extent.asSymbol, symbols[name] == nil { symbols[name] = number }
      }
    }
    if let missing = kernel.symbols.first(where: { symbols[$0] == nil }) {
      misuse("kernel \(name): no argument's shape gives the extent \(missing)", at: location)
    }
    for (place, (buffer, shape)) in zip(inputs, shapes).enumerated() {
      let expected = buffer.shape.map { $0.value(symbols) }
      guard expected == shape else {
        misuse(
          "kernel \(name): argument \(place) (%\(buffer.name)): "
            + "\(TensorType(buffer.type, extents: expected)) expected, found "
            + "\(TensorType(buffer.type, extents: shape))", at: location)
      }
    }
    return symbols
  }

  /// States the messages of checks, drops those that hold, and what nothing needs.
  private func finish(
    _ bound: Kernel, _ symbols: [String: Int], at location: SourceLocation
  ) -> Kernel {
    for buffer in bound.buffers {
      let extents = buffer.shape.compactMap(\.asConstant)
      guard extents.allSatisfy({ $0 >= (buffer.role.isParameter ? 0 : 1) }),
        let count = Graph.elementCount(extents), count <= Self.largestGrid
      else {
        misuse(
          "kernel \(name): %\(buffer.name) would be \(TensorType(buffer.type, extents: extents))",
          at: location)
      }
    }
    var kernel = bound
    kernel.body = kernel.body.mappingChecks { number in
      Int(number).map { message(self.sites[$0], symbols) } ?? number
    }
    do {
      for pass in Self.simplifications { kernel = try pass.body(kernel) }
      try kernel.verify()
    } catch {
      preconditionFailure("\(error)")
    }
    return kernel
  }

  private static let simplifications: [Pass<Kernel, Kernel>] = [
    .proveConditions, .removeOverwrittenWrites, .removeDeadValues,
  ]
  private static let largestGrid = 1 << 40

  private func message(_ site: AccessSite, _ symbols: [String: Int]) -> String {
    let index = site.index.map { "index \($0)" } ?? "index"
    return "\(site.location.text): kernel \(name): \(index) of %\(site.grid), axis \(site.axis), "
      + "is not in 0..<\(site.extent.value(symbols))"
  }
}
