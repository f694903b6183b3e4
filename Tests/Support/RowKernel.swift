// Kernels of one elementwise row, and the typings that a row has.

public import IRCore
public import LoopIR

/// One way to apply a row: its operands' types and its result's.
public struct RowTyping: Hashable, Sendable, CustomStringConvertible {
  /// The row.
  public let row: Elementwise
  /// One per operand.
  public let operands: [DType]
  /// The result's type.
  public let result: DType

  /// States types that fit the row.
  public init(row: Elementwise, operands: [DType], result: DType) {
    self.row = row
    self.operands = operands
    self.result = result
  }

  /// `cast(f32) -> i32`.
  public var description: String {
    "\(row.name)(\(operands.map(\.name).joined(separator: ","))) -> \(result)"
  }

  /// Every typing of `row`.
  public static func all(of row: Elementwise) -> [RowTyping] {
    let types = DType.allCases
    return types.filter(row.typing.accepts).flatMap { type in
      let operands = (0..<row.arity).map { row.typing == .select && $0 == 0 ? .bool : type }
      let needsStated = row.typing == .cast || row.typing == .bitcast
      let stated: [DType?] = needsStated ? types.map { $0 } : [nil]
      return stated.compactMap { target -> RowTyping? in
        guard case .success(let result) = row.typing.result(of: operands, stated: target) else {
          return nil
        }
        return RowTyping(row: row, operands: operands, result: result)
      }
    }
  }

  /// Every typing of every row.
  public static let all = Elementwise.all.flatMap { all(of: $0) }

  /// A kernel that applies the row to `n` elements, a multiple of `lanes`.
  public func kernel(lanes: Int) -> Kernel {
    var kernel = Kernel(name: row.name, symbols: ["n"])
    let n = IndexExpression.symbol("n")
    kernel.buffers = operands.enumerated().map {
      Buffer(name: "x\($0.offset)", role: .input, type: $0.element, shape: [n])
    }
    kernel.buffers.append(Buffer(name: "y", role: .output, type: result, shape: [n]))
    let i = kernel.makeVariable(ValueType(.i64), name: "i")
    let index = lanes == 1 ? i.expression : i.expression + .lane
    var body: [Statement] = []
    let loaded = operands.indices.map { place -> Operand in
      let value = kernel.makeVariable(ValueType(operands[place], lanes: lanes))
      let access = Access(BufferID(place), [index])
      body.append(.define(value, .load(access, mask: nil, otherwise: nil)))
      return .variable(value)
    }
    let value = kernel.makeVariable(ValueType(result, lanes: lanes))
    body.append(.define(value, .elementwise(row, loaded)))
    body.append(.store(.variable(value), Access(BufferID(operands.count), [index]), mask: nil))
    kernel.body = [
      .loop(Loop(lanes == 1 ? .serial : .vector, i, 0, n, step: lanes, body: body))
    ]
    return kernel
  }

  /// Lanes of one register of the widest type that the row computes in.
  public func nativeLanes(_ target: TargetRow) -> Int {
    target.vectorBytes / (operands + [result]).map(\.arithmeticType.byteSize).reduce(1, max)
  }
}
