// Grids: the memory that kernels read and write.

public import IRCore
import LoopIR

/// Index of a grid: a `KernelValue` of any integer type, or an `Int`.
public protocol KernelIndex: Sendable {
  /// The index as a value.
  var kernelValue: KernelValue { get }
}

extension KernelValue: KernelIndex {
  /// Itself.
  public var kernelValue: KernelValue { self }
}

extension Int: KernelIndex {
  /// The number, which takes the type of the value beside it.
  public var kernelValue: KernelValue { KernelValue(scalar: .integer(self)) }
}

/// Array of any rank inside a kernel: an input, an output, or a local one.
///
/// `grid[i, j]` reads or writes one element; a grid of rank 0 is `grid[]`. Indices start at 0. An
/// access that is not proven to be in range is checked: the call then ends with a message that
/// names the line, the index and the extent, and memory outside is never touched.
public struct Grid: Sendable {
  let kernel: Int
  let buffer: BufferID
  let scope: Int
  /// Element type.
  public let dtype: DType
  /// Extents, outermost axis first.
  public let shape: [KernelValue]

  /// Number of axes.
  public var rank: Int { shape.count }

  /// One element.
  public subscript(
    _ indices: any KernelIndex..., file file: String = #fileID, line line: Int = #line
  ) -> KernelValue {
    get {
      let location = SourceLocation.line(file: file, line: line)
      return KernelTrace.record(at: location) { draft in
        draft.load(self, indices.map(\.kernelValue), at: location)
      }
    }
    nonmutating set {
      let location = SourceLocation.line(file: file, line: line)
      KernelTrace.record(at: location) { draft in
        draft.store(newValue, self, indices.map(\.kernelValue), at: location)
      }
    }
  }
}

extension KernelDraft {
  mutating func load(
    _ grid: Grid, _ indices: [KernelValue], at location: SourceLocation
  ) -> KernelValue {
    let access = access(grid, indices, at: location)
    let mask = guarding(access, at: location)
    let otherwise = mask.map { _ in Literal.zero(grid.dtype) }
    return defineHere(.load(access, mask: mask, otherwise: otherwise), grid.dtype)
  }

  mutating func store(
    _ value: KernelValue, _ grid: Grid, _ indices: [KernelValue], at location: SourceLocation
  ) {
    let name = kernel.buffers[grid.buffer.index].name
    let access = access(grid, indices, at: location)
    guard kernel[grid.buffer].role != .input else {
      misuse("kernel \(kernel.name): %\(name) is an input; only outputs are written", at: location)
    }
    let operand = operand(value, as: grid.dtype, "store to %\(name)", at: location)
    let mask = guarding(access, at: location)
    grids[grid.buffer.index].isWritten = true
    append(.plain(.store(operand, access, mask: mask)))
  }

  private func access(
    _ grid: Grid, _ indices: [KernelValue], at location: SourceLocation
  ) -> Access {
    guard grid.kernel == id else {
      misuse("kernel \(kernel.name): a grid of another kernel is used", at: location)
    }
    let buffer = kernel[grid.buffer]
    guard isOpen(grid.scope) else {
      misuse(
        "kernel \(kernel.name): %\(buffer.name) is used outside of the block that declares it",
        at: location)
    }
    guard indices.count == buffer.shape.count else {
      misuse(
        "kernel \(kernel.name): %\(buffer.name) has \(buffer.shape.count) axes, "
          + "found \(indices.count) indices", at: location)
    }
    return Access(
      grid.buffer, indices.map { index($0, "index of %\(buffer.name)", at: location) })
  }
}
