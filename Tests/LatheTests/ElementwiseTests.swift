// Elementwise operations against plain Swift.

import Lathe
import TensorIR
import Testing

@Suite struct ElementwiseTests {
  /// Beside the tensor's operators, literals alone stay what Swift makes of them.
  @Test func operatorsOnLiteralsAreNumbers() {
    let shifts = (1 << 4, 256 >> 4)
    let sums = (1 + 2, 7 % 4, 2 * 3, 8 / 2, 5 - 2, -4)
    let bits = (3 & 5, 3 | 5, 3 ^ 5, ~0)
    #expect(type(of: shifts) == (Int, Int).self)
    #expect(type(of: sums) == (Int, Int, Int, Int, Int, Int).self)
    #expect(type(of: bits) == (Int, Int, Int, Int).self)
    let floats = [0.5 + 1.5, 1.0 / 3, 2 * 0.5]
    let truths = (1 < 2, 1 == 1, 1.0 <= 2.0, true && false)
    #expect(type(of: floats[0]) == Double.self)
    #expect(type(of: truths) == (Bool, Bool, Bool, Bool).self)
  }

  private let x = Tensor([-1.5, 0, 0.25, 3])
  private let values: [Float] = [-1.5, 0, 0.25, 3]

  @Test func operatorsTakeLiteralsAndNumbers() {
    let half: Float = 0.5
    let count = 3
    #expect((x * 2 + 1).scalars(as: Float.self) == values.map { $0 * 2 + 1 })
    #expect((1 / (x + 2)).scalars(as: Float.self) == values.map { 1 / ($0 + 2) })
    #expect((x * half).scalars(as: Float.self) == values.map { $0 * half })
    #expect((count - x).scalars(as: Float.self) == values.map { 3 - $0 })
    #expect(
      (-x % 2).scalars(as: Float.self) == values.map { (-$0).truncatingRemainder(dividingBy: 2) })
    var y = x
    y += 1
    y *= x
    #expect(y.scalars(as: Float.self) == values.map { ($0 + 1) * $0 })
    #expect(x.scalars(as: Float.self) == values, "copies are values")
  }

  @Test func literalsAloneHaveTheirDefaultType() {
    let two: Tensor = 2
    let half: Tensor = 0.5
    #expect(two.dtype == .i64 && half.dtype == .f32)
    #expect((two + two).scalar(as: Int.self) == 4)
    #expect((two * half).scalar(as: Float.self) == 1)
  }

  @Test func integersFollowTheirRules() {
    let a = Tensor([7, -7, .init(integerLiteral: .min), 5])
    let b = Tensor([2, 2, -1, 0])
    #expect((a / b).scalars(as: Int.self) == [3, -3, .min, 0])
    #expect((a % b).scalars(as: Int.self) == [1, -1, 0, 5])
    #expect(a.floorDiv(b).scalars(as: Int.self) == [3, -4, .min, 0])
    #expect((a & 3).scalars(as: Int.self) == [3, 1, 0, 1])
    #expect((b << 1 | 1).scalars(as: Int.self) == [5, 5, -1, 1])
    #expect((~b ^ a).scalars(as: Int.self) == [~2 ^ 7, ~2 ^ -7, ~(-1) ^ .min, ~0 ^ 5])
    #expect((a >> 1).scalars(as: Int.self) == [3, -4, .min >> 1, 2])
  }

  @Test func comparisonsGiveBools() {
    #expect((x .< 0.25).scalars(as: Bool.self) == [true, true, false, false])
    #expect(((x .>= 0) & (x .<= 1)).scalars(as: Bool.self) == [false, true, true, false])
    #expect((x .== x).scalars(as: Bool.self) == [true, true, true, true])
    #expect((x .!= 3).scalars(as: Bool.self) == [true, true, true, false])
    #expect((0 .> x).scalars(as: Bool.self) == [true, false, false, false])
    #expect((x .> 0).select(x, -1).scalars(as: Float.self) == [-1, -1, 0.25, 3])
    #expect(select(x .> 0, 1, 0).scalars(as: Int.self) == [0, 0, 1, 1])
  }

  @Test func castsSaturateAndBitcastsKeepBits() {
    #expect(
      Tensor([1e10, .init(floatLiteral: .nan), -2.9]).cast(to: .i32).scalars(as: Int32.self)
        == [.max, 0, -2])
    #expect(x.cast(to: .bool).scalars(as: Bool.self) == [true, false, true, true])
    #expect(
      x.bitcast(to: .i32).scalars(as: Int32.self)
        == values.map { Int32(bitPattern: $0.bitPattern) })
  }

  @Test func activationsAreComposed() {
    let y = x.relu().scalars(as: Float.self)
    #expect(y == [0, 0, 0.25, 3])
    #expect(leakyRelu(x, slope: 0.5).scalars(as: Float.self) == [-0.75, 0, 0.25, 3])
    #expect(sigmoid(Tensor([0.0])).item() == 0.5)
    #expect(abs(softplus(Tensor([0.0], .f64)).item() - 0.6931471805599453) < 1e-15)
    #expect(softplus(Tensor([1000.0])).item() == 1000)
    #expect(silu(Tensor([0.0])).item() == 0)
    #expect(abs(gelu(Tensor([1.0], .f64)).item() - 0.8411919906082768) < 1e-12)
  }

  /// Every row by the name that users call.
  private static let reachable: [String: @Sendable (Tensor, Tensor) -> Tensor] = {
    var table = floats
    for (name, function) in integers { table[name] = function }
    return table
  }()

  private static let floats: [String: @Sendable (Tensor, Tensor) -> Tensor] = [
    "add": { $0 + $1 }, "sub": { $0 - $1 }, "mul": { $0 * $1 }, "div": { $0 / $1 },
    "rem": { $0 % $1 }, "floorDiv": { $0.floorDiv($1) }, "mulAdd": { mulAdd($0, $1, 1) },
    "min": { minimum($0, $1) }, "max": { maximum($0, $1) },
    "relu": { x, _ in relu(x) }, "stopGradient": { x, _ in stopGradient(x) },
    "clamp": { $0.clamp(0, $1) },
    "neg": { x, _ in -x }, "abs": { x, _ in abs(x) }, "sign": { x, _ in x.sign() },
    "sqrt": { x, _ in sqrt(x) }, "copySign": { $0.copySign($1) }, "scale2": { $0.scale2($1) },
    "lt": { $0 .< $1 }, "le": { $0 .<= $1 }, "gt": { $0 .> $1 }, "ge": { $0 .>= $1 },
    "eq": { $0 .== $1 }, "ne": { $0 .!= $1 }, "select": { select($0 .> 0, $0, $1) },
    "selectRarely": { ($0 .> 0).selectRarely($0, $1) }, "isNaN": { x, _ in x.isNaN() },
    "isFinite": { x, _ in x.isFinite() }, "floor": { x, _ in floor(x) },
    "ceil": { x, _ in ceil(x) }, "trunc": { x, _ in trunc(x) }, "round": { x, _ in round(x) },
    "cast": { x, _ in x.cast(to: .i32) }, "bitcast": { x, _ in x.bitcast(to: .i32) },
    "exp": { x, _ in exp(x) }, "exp2": { x, _ in exp2(x) }, "expm1": { x, _ in expm1(x) },
    "log": { x, _ in log(x) }, "log2": { x, _ in log2(x) }, "log10": { x, _ in log10(x) },
    "log1p": { x, _ in log1p(x) }, "pow": { pow($0, $1) }, "sinh": { x, _ in sinh(x) },
    "cosh": { x, _ in cosh(x) }, "tanh": { x, _ in tanh(x) }, "sin": { x, _ in sin(x) },
    "cos": { x, _ in cos(x) }, "tan": { x, _ in tan(x) }, "asin": { x, _ in asin(x) },
    "acos": { x, _ in acos(x) }, "atan": { x, _ in atan(x) }, "atan2": { atan2($0, $1) },
    "asinh": { x, _ in asinh(x) }, "acosh": { x, _ in acosh(x) }, "atanh": { x, _ in atanh(x) },
    "erf": { x, _ in erf(x) }, "erfc": { x, _ in erfc(x) }, "cbrt": { x, _ in cbrt(x) },
    "hypot": { hypot($0, $1) }, "rsqrt": { x, _ in rsqrt(x) }, "sigmoid": { x, _ in sigmoid(x) },
  ]

  private static let integers: [String: @Sendable (Tensor, Tensor) -> Tensor] = [
    "and": { $0 & $1 }, "or": { $0 | $1 }, "xor": { $0 ^ $1 }, "not": { x, _ in ~x },
    "shiftLeft": { $0 << $1 }, "shiftRight": { $0 >> $1 }, "mulHigh": { $0.mulHigh($1) },
    "popCount": { x, _ in x.popCount() }, "leadingZeros": { x, _ in x.leadingZeros() },
  ]

  @Test(arguments: Elementwise.all) func everyRowIsReachable(row: Elementwise) throws {
    let function = try #require(Self.reachable[row.name], "no public function for \(row)")
    let type: DType = Self.integers[row.name] == nil ? .f32 : .i32
    let a = Tensor([0.5, 1], .f32).cast(to: type)
    let b = Tensor([1, 2], .f32).cast(to: type)
    let result = function(a, b)
    let text = result.pendingGraph.description
    #expect(text.contains(" \(row.name) "), "\(text)")
    #expect(result.shape == [2])
  }
}
