// Factors that lie in panels.

package import IRCore
import LoopIR

extension LoopPasses {
  /// Sums and columns together from which packing a factor ahead is worth a kernel of its own.
  private static let fewestPackedElements = 1 << 14

  /// The columns of the panels in which the plan of a product of matrices likes to find its second
  /// factor; `nil` where it reads it as it lies, and where panels would not come out even.
  package static func panelColumns(
    rows: Int, columns: Int, depth: Int, _ type: DType, _ row: TargetRow
  ) -> Int? {
    let panel = 2 * row.lanes(type)
    guard rows > ContractionPlan.fewRows, columns >= 2 * panel, columns % panel == 0,
      columns * depth >= fewestPackedElements
    else { return nil }
    return panel
  }
}

extension Contraction {
  /// Whether the factor along lanes lies as panels of a tile's columns, one sum after the other.
  func varyingLiesInPanels(_ kernel: Kernel, _ row: TargetRow) -> Bool {
    let columns = 2 * row.lanes(type)
    guard summedLoops.count == 1, lanes.constantTripCount == columns,
      let buffer = kernel.buffers.first(where: { $0.name == varying.buffer }),
      buffer.type == type, buffer.shape.last == IndexExpression(columns)
    else { return false }
    let indices = varying.indices
    let inner = [summedLoops[0].variable.expression, lanes.variable.expression]
    let isInner = indices.count >= 2 && Array(indices.suffix(2)) == inner
    return isInner
      && !indices.dropLast(2).contains { index in
        inner.contains { $0.asVariable.map { index.contains(.variable($0)) } ?? false }
      }
  }
}
