// The article "The array API's functions": every expression that it lists is compiled and run.

import Foundation
import Lathe
import Testing

@Suite struct ArrayStandardTests {
  private let x = Tensor([[1.0, 2], [3, 4]])
  private let y = Tensor([[0.5, 0.25], [2, 1]])
  private let p = Tensor([[2.0, 1], [1, 2]])
  private let v = Tensor([1.0, 2])
  private let c = Tensor([1.0, 2, 3])
  private let z = Tensor.ones([2, 4, 2])
  private let i = Tensor([1, 0])
  private let b = Tensor([true, false])

  private func creation(_ row: (String, Any?) -> Void) {
    row("arange", Tensor.arange(0, 10, step: 2))
    row("asarray", Tensor([1.5, 2]))
    row("empty", Tensor.zeros([2, 3]))
    row("empty_like", Tensor.zeros(like: x))
    row("eye", Tensor.eye(3, offset: 1))
    row("full", Tensor.full([2, 3], 0.5))
    row("full_like", Tensor.full(like: x, 0.5))
    row("linspace", Tensor.linspace(0, 1, count: 5))
    row("meshgrid", Tensor.meshGrid([v, v]))
    row("ones", Tensor.ones([2, 3]))
    row("ones_like", Tensor.ones(like: x))
    row("tril", x.lowerTriangle())
    row("triu", x.upperTriangle(offset: 1))
    row("zeros", Tensor.zeros([2, 3]))
    row("zeros_like", Tensor.zeros(like: x))
  }

  private func types(_ row: (String, Any?) -> Void) {
    row("astype", x.cast(to: .f64))
    row("can_cast", DType.i8.canCast(to: .i32))
    row("finfo", DType.f32.floatInfo)
    row("iinfo", DType.i32.integerInfo)
    row("isdtype", x.dtype.isFloat)
    row("result_type", DType.u8.joined(with: .i8))
  }

  private func elementwise(_ row: (String, Any?) -> Void) {
    row("abs", abs(x))
    row("acos", acos(x))
    row("acosh", acosh(x))
    row("add", x + y)
    row("asin", asin(x))
    row("asinh", asinh(x))
    row("atan", atan(x))
    row("atan2", atan2(y, x))
    row("atanh", atanh(x))
    row("bitwise_and", i & i)
    row("bitwise_invert", ~i)
    row("bitwise_left_shift", i << i)
    row("bitwise_or", i | i)
    row("bitwise_right_shift", i >> i)
    row("bitwise_xor", i ^ i)
    row("ceil", ceil(x))
    row("clip", x.clamp(0, 1))
    row("copysign", x.copySign(y))
    row("cos", cos(x))
    row("cosh", cosh(x))
    row("divide", x / y)
    row("equal", x .== y)
    row("exp", exp(x))
    row("expm1", expm1(x))
    row("floor", floor(x))
    row("floor_divide", x.floorDiv(y))
    row("greater", x .> y)
    row("greater_equal", x .>= y)
    row("hypot", hypot(x, y))
    row("isfinite", x.isFinite())
    row("isinf", x.isInfinite())
    row("isnan", x.isNaN())
    row("less", x .< y)
    row("less_equal", x .<= y)
    row("log", log(x))
    row("log10", log10(x))
    row("log1p", log1p(x))
    row("log2", log2(x))
    row("logaddexp", x.logAddExp(y))
    row("logical_and", b & b)
    row("logical_not", ~b)
    row("logical_or", b | b)
    row("logical_xor", b ^ b)
    row("maximum", maximum(x, y))
    row("minimum", minimum(x, y))
    row("multiply", x * y)
    row("negative", -x)
    row("nextafter", x.nextAfter(y))
    row("not_equal", x .!= y)
    row("pow", pow(x, y))
    row("reciprocal", x.reciprocal())
    row("remainder", x.remainder(y))
    row("round", round(x))
    row("sign", x.sign())
    row("signbit", x.signBit())
    row("sin", sin(x))
    row("sinh", sinh(x))
    row("sqrt", sqrt(x))
    row("square", x.squared())
    row("subtract", x - y)
    row("tan", tan(x))
    row("tanh", tanh(x))
    row("trunc", trunc(x))
  }

  private func places(_ row: (String, Any?) -> Void) {
    row("argmax", x.argMax(axis: 0))
    row("argmin", x.argMin(axis: 0))
    row("argsort", x.argSorted(descending: true))
    row("count_nonzero", x.countNonZero(axes: [0]))
    row("nonzero", x.nonZero())
    row("searchsorted", v.searchSorted(x, side: .right))
    row("sort", x.sorted())
    row("take", x.take(i, axis: 0))
    row("take_along_axis", x.takeAlong(Tensor([[0], [1]])))
    row("unique_all", x.distinctElements())
    row("unique_counts", x.distinctElements().counts)
    row("unique_inverse", x.distinctElements().inverse)
    row("unique_values", x.unique())
    row("where", select(b, x, y))
  }

  private func manipulation(_ row: (String, Any?) -> Void) {
    row("broadcast_arrays", Tensor.broadcast([x, v]))
    row("broadcast_to", x.broadcast(to: [3, 2, 2]))
    row("concat", Tensor.concatenated([x, y], axis: 1))
    row("expand_dims", x.expandedDimensions(at: 0))
    row("flip", x.flipped([0]))
    row("moveaxis", x.movedAxis(from: 0, to: -1))
    row("permute_dims", x.permuted([1, 0]))
    row("repeat", x.repeated(2, axis: 0))
    row("reshape", x.reshaped(4, -1))
    row("roll", x.rolled(by: 1, axis: 0))
    row("squeeze", x[.newAxis].squeezed(at: 0))
    row("stack", Tensor.stacked([x, y]))
    row("tile", x.tiled([2, 3]))
    row("unstack", x.unstacked(axis: 1))
  }

  private func statistics(_ row: (String, Any?) -> Void) {
    row("all", b.all())
    row("any", b.any(axis: 0))
    row("cumulative_prod", x.cumulativeProduct(axis: 0))
    row("cumulative_sum", x.cumulativeSum(axis: 0))
    row("diff", x.differences(order: 2))
    row("max", x.max(axis: 0))
    row("mean", x.mean(axis: 0))
    row("min", x.min(axis: 0))
    row("prod", x.product(axis: 0))
    row("std", x.standardDeviation(axis: 0))
    row("sum", x.sum(axis: 0, keepDims: true))
    row("var", x.variance(axis: 0, correction: 1))
  }

  private func linear(_ row: (String, Any?) -> Void) {
    row("cholesky", p.cholesky())
    row("cross", c.cross(c))
    row("det", x.determinant())
    row("diagonal", x.diagonal(offset: 1))
    row("inv", x.inverse())
    row("matmul", matmul(x, y))
    row("matrix_norm", x.norm(axes: [-2, -1]))
    row("matrix_power", x.matrixPower(3))
    row("matrix_transpose", x.transposed(-2, -1))
    row("outer", outer(v, v))
    row("qr", x.qr())
    row("slogdet", x.logDeterminant())
    row("solve", x.solve(y))
    row("tensordot", tensordot(x, y, axes: 1))
    row("trace", x.trace())
    row("vecdot", (x * y).sum(axis: -1))
    row("vector_norm", x.norm(axis: -1))
  }

  private func fourier(_ row: (String, Any?) -> Void) {
    row("fft", x.fft())
    row("fftfreq", Tensor.fftFrequencies(8))
    row("fftn", z.fft(axes: [0, 1]))
    row("fftshift", x.rolled(by: 1, axis: 0))
    row("ifft", x.inverseFFT())
    row("ifftn", z.inverseFFT(axes: [0, 1]))
    row("ifftshift", x.rolled(by: -1, axis: 0))
    row("irfft", x.inverseRealFFT(count: 3))
    row("rfft", v.realFFT())
    row("rfftfreq", Tensor.realFFTFrequencies(8))
  }

  private func objects(_ row: (String, Any?) -> Void) {
    row("T", x.transposed())
    row("dtype", x.dtype)
    row("e", exp(Tensor(1.0)))
    row("inf", Double.infinity)
    row("mT", x.transposed(-2, -1))
    row("nan", Double.nan)
    row("ndim", x.rank)
    row("newaxis", x[.newAxis])
    row("pi", Double.pi)
    row("shape", x.shape)
    row("size", x.count)
  }

  private var sections: [((String, Any?) -> Void) -> Void] {
    [creation, types, elementwise, places, manipulation, statistics, linear, fourier, objects]
  }

  /// Every value can be computed.
  @Test func expressionsHaveValues() {
    for section in sections {
      section { name, value in
        guard let tensor = value as? Tensor else { return }
        #expect(tensor.cast(to: .f64).scalars(as: Double.self).count == tensor.count, "\(name)")
      }
    }
  }

  private static let here = URL(filePath: #filePath)

  private static func lines(_ file: URL) throws -> [String] {
    try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
  }

  private static func article() throws -> [String] {
    let root = (0..<4).reduce(here) { folder, _ in folder.deletingLastPathComponent() }
    return try lines(root.appending(path: "Sources/Lathe/Lathe.docc/ArrayStandard.md"))
  }

  /// The article's rows with an expression are those of this file, in the same order.
  @Test func theArticleListsTheseExpressions() throws {
    let compiled = try Self.lines(Self.here).compactMap { line in
      line.wholeMatch(of: #/    row\("(\w+)", (.*)\)/#).map { "\($0.1): \($0.2)" }
    }
    let shown = try Self.article().compactMap { line in
      line.wholeMatch(of: /\| `(\w+)` \| `(.*?)` \|.*\|/).map {
        "\($0.1): \($0.2.replacing("\\|", with: "|"))"
      }
    }
    #expect(compiled.count > 150)
    #expect(shown == compiled)
  }

  /// A row without an expression says why.
  @Test func absencesHaveReasons() throws {
    let absent = try Self.article().filter { $0.contains("| — |") }
    #expect(absent.count > 10)
    #expect(absent.allSatisfy { $0.wholeMatch(of: /\| `\w+` \| — \| \S.* \|/) != nil })
  }
}
