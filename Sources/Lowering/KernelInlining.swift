// Pointwise regions inside of a user's kernel.

import IRCore
import LoopIR
import TensorIR

/// Price of computing elements inside of another kernel.
private enum InliningCost {
  /// So many operations are repeated for each element without much thought.
  static let cheapOperations = 32
  /// Statements of a kernel that still compile quickly.
  static let kernelLimit = 512

  static func isCheap(executions: Int?, elements: Int?, operations: Int) -> Bool {
    guard let executions, let elements else { return false }
    if executions <= elements + elements / 4 { return true }
    let (work, overflow) = executions.multipliedReportingOverflow(by: max(1, operations))
    return !overflow && work / cheapOperations <= elements
  }
}

extension Kernel {
  /// How often the statements that `isWanted` names run; `nil` where that is not known.
  fileprivate func executions(of isWanted: (Statement) -> Bool) -> Int? {
    var facts = IndexFacts()
    return Self.executions(body, 1, &facts, isWanted)
  }

  private static func executions(
    _ block: [Statement], _ times: Int, _ facts: inout IndexFacts,
    _ isWanted: (Statement) -> Bool
  ) -> Int? {
    var sum = 0
    for statement in block {
      var inner = times
      if isWanted(statement) { sum += times }
      guard statement.blocks.contains(where: { $0.holds(isWanted) }) else { continue }
      switch statement {
      case .loop(let loop):
        guard let low = facts.range(of: loop.lower), let high = facts.range(of: loop.upper),
          let extent = facts.range(of: loop.upper - loop.lower)
        else { return nil }
        let last = max(low.lowerBound, high.upperBound - 1)
        facts.state(.variable(loop.variable.index), in: low.lowerBound...last)
        inner = times * max(0, (extent.upperBound + loop.step - 1) / loop.step)
      case .whileLoop: return nil
      case .branch, .define, .store, .accumulate, .check: break
      }
      for nested in statement.blocks {
        guard let count = executions(nested, inner, &facts, isWanted) else { return nil }
        sum += count
      }
    }
    return sum
  }

  /// Number of statements.
  fileprivate var statementCount: Int {
    var count = 0
    forEachStatement { _ in count += 1 }
    return count
  }

  /// A name like `name` that no buffer has.
  fileprivate func freshBufferName(_ name: String) -> String {
    var candidate = name
    var count = 0
    while buffers.contains(where: { $0.name == candidate }) {
      count += 1
      candidate = "\(name)_\(count)"
    }
    return candidate
  }

  /// Adds a parameter for each of the region's that `isNew` names.
  fileprivate mutating func addParameters(
    of region: PointwiseRegion, _ isNew: (Int) -> Bool
  ) -> [Int: BufferID] {
    var result: [Int: BufferID] = [:]
    let graph = region.program.graph
    for (number, id) in graph.parameters.enumerated() where isNew(number) {
      let type = graph[id].types[0]
      result[number] = BufferID(buffers.count)
      buffers.append(
        Buffer(
          name: freshBufferName("x\(number)"), role: .input, type: type.dtype, shape: type.shape))
    }
    return result
  }
}

extension [Statement] {
  fileprivate func holds(_ isWanted: (Statement) -> Bool) -> Bool {
    contains { isWanted($0) || $0.blocks.contains { $0.holds(isWanted) } }
  }
}

/// Computes a region where a kernel reads its result.
struct ProducerInlining {
  private var kernel: Kernel
  private let region: PointwiseRegion
  /// The kernel's buffers that are the region's result.
  private let read: Set<Int>
  private var map: [VariableID: Operand] = [:]

  init(_ kernel: Kernel, _ region: PointwiseRegion, _ read: Set<Int>) {
    self.kernel = kernel
    self.region = region
    self.read = read
  }

  /// Whether computing at every read costs little, or no more than once per element.
  var isCheap: Bool {
    let elements = region.shape.reduce(1 as Int?) { product, extent in
      product.flatMap { a in extent.asConstant.map { a * $0 } }
    }
    let executions = kernel.executions { reads($0) }
    return InliningCost.isCheap(
      executions: executions, elements: elements, operations: region.operationCount)
      && kernel.statementCount + 2 * region.statementCount < InliningCost.kernelLimit
  }

  private func reads(_ statement: Statement) -> Bool {
    guard case .define(_, .load(let access, _, _)) = statement else { return false }
    return read.contains(access.buffer.index)
  }

  /// The kernel without the buffers, whose last inputs are the region's parameters; and the inputs
  /// that it keeps.
  mutating func joined() -> (kernel: Kernel, kept: [Int]) {
    let kept = kernel.buffers.indices.filter {
      kernel.buffers[$0].role == .input && !read.contains($0)
    }
    let buffers = kernel.addParameters(of: region) { _ in true }
    kernel.body = inline(kernel.body, buffers)
    let others = kernel.buffers.indices.filter { !read.contains($0) && !kept.contains($0) }
    let added = others.filter { kernel.buffers[$0].role == .input }
    let rest = others.filter { kernel.buffers[$0].role != .input }
    return (kernel.withBuffers(kept + added + rest).normalized(), kept)
  }

  private mutating func inline(
    _ block: [Statement], _ buffers: [Int: BufferID]
  ) -> [Statement] {
    var result: [Statement] = []
    for statement in block {
      let rename = substitution
      guard case .define(let id, .load(let access, let mask, let otherwise)) = statement,
        read.contains(access.buffer.index)
      else {
        // Blocks first: yields may use what they compute.
        let inner = statement.mappingBlocks { inline($0, buffers) }
        result.append(substitution(inner))
        continue
      }
      let place = rename(access).indices
      let guarding = mask.map { rename($0) }
      let (body, values) = region.inlined(into: &kernel, at: place, mask: guarding) { parameter in
        buffers[parameter].map { .buffer($0) } ?? .value(.literal(.zero(.f32)))
      }
      result += body
      if let guarding, let otherwise {
        result.append(
          .define(id, .elementwise(.select, [guarding, values[0], .literal(otherwise)])))
      } else {
        map[id] = values[0]
      }
    }
    return result
  }

  private var substitution: Substitution { Substitution(replacing: map) }
}

/// Computes a region where a kernel stores what the region reads.
struct ConsumerInlining {
  private var kernel: Kernel
  private let region: PointwiseRegion
  private let output: Int
  /// The region's parameters that are the output.
  private let parameters: Set<Int>

  init(_ kernel: Kernel, _ region: PointwiseRegion, _ output: Int, _ parameters: Set<Int>) {
    self.kernel = kernel
    self.region = region
    self.output = output
    self.parameters = parameters
  }

  /// Whether the output is only stored to, and not much more often than once per element.
  var isCheap: Bool {
    var isStoredOnly = true
    kernel.forEachStatement { statement in
      switch statement {
      case .define(_, .load(let access, _, _)), .accumulate(_, _, let access, _):
        if access.buffer.index == output { isStoredOnly = false }
      case .define, .store, .check, .loop, .whileLoop, .branch: break
      }
    }
    let elements = region.shape.reduce(1 as Int?) { product, extent in
      product.flatMap { a in extent.asConstant.map { a * $0 } }
    }
    let executions = kernel.executions { stores($0) }
    return isStoredOnly
      && InliningCost.isCheap(
        executions: executions, elements: elements, operations: region.operationCount)
      && kernel.statementCount + 2 * region.statementCount < InliningCost.kernelLimit
  }

  private func stores(_ statement: Statement) -> Bool {
    guard case .store(_, let access, _) = statement else { return false }
    return access.buffer.index == output
  }

  /// The kernel whose last inputs are the region's other parameters and whose last outputs its
  /// results.
  mutating func joined(keepsOutput: Bool) -> Kernel {
    let inputs = kernel.buffers.indices.filter { kernel.buffers[$0].role == .input }
    let outputs = kernel.buffers.indices.filter { kernel.buffers[$0].role == .output }
    let parameters = parameters
    let added = kernel.addParameters(of: region) { !parameters.contains($0) }
    let graph = region.program.graph
    let results = graph.results.enumerated().map { number, value in
      let type = graph[type: value]
      kernel.buffers.append(
        Buffer(
          name: kernel.freshBufferName("y\(number)"), role: .output, type: type.dtype,
          shape: type.shape))
      return kernel.buffers.count - 1
    }
    kernel.body = inline(kernel.body, added, results, keepsOutput)
    let locals = kernel.buffers.indices.filter { !kernel.buffers[$0].role.isParameter }
    return kernel.withBuffers(
      inputs + added.values.map(\.index).sorted()
        + outputs.filter { keepsOutput || $0 != output } + results + locals
    ).normalized()
  }

  private mutating func inline(
    _ block: [Statement], _ buffers: [Int: BufferID], _ results: [Int], _ keepsOutput: Bool
  ) -> [Statement] {
    var statements: [Statement] = []
    for statement in block {
      guard case .store(let value, let access, let mask) = statement,
        access.buffer.index == output
      else {
        statements.append(
          statement.mappingBlocks { inline($0, buffers, results, keepsOutput) })
        continue
      }
      if keepsOutput { statements.append(statement) }
      let (body, values) = region.inlined(into: &kernel, at: access.indices, mask: mask) {
        parameter in
        buffers[parameter].map { .buffer($0) } ?? .value(value)
      }
      statements += body
      for (result, value) in zip(results, values) {
        statements.append(.store(value, Access(BufferID(result), access.indices), mask: mask))
      }
    }
    return statements
  }
}
