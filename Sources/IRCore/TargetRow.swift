// Target rows: what planning, interpretation and code generation know of a CPU family.

/// Row of the target table: one instruction set with its vector width, registers and typical
/// caches. Rounding depends on the row only through `hasFMA`.
public struct TargetRow: Hashable, Sendable {
  /// Instruction-set family.
  public enum Architecture: Hashable, Sendable { case x86_64, arm64 }

  /// The spelling on the command line: `avx512`, `avx2`, `sse2`, `neon`.
  public let name: String
  /// Instruction-set family.
  public let architecture: Architecture
  /// LLVM's CPU name: an ISA level, never a model.
  public let cpu: String
  /// LLVM's feature list, only what changes the ISA.
  public let features: String
  /// Bytes of one vector register.
  public let vectorBytes: Int
  /// Number of vector registers.
  public let vectorRegisters: Int
  /// Whether `mulAdd` rounds once.
  public let hasFMA: Bool
  /// Whether `scale2` is one instruction.
  public let hasScale: Bool
  /// Whether rounding to an integer-valued float is one instruction.
  public let hasRounding: Bool
  /// Whether f16 converts to f32 and back by an instruction.
  public let hasHalf: Bool
  /// Bytes of the first-level data cache of one core.
  public let l1Bytes: Int
  /// Bytes of the second-level cache of one core.
  public let l2Bytes: Int

  /// Lanes of one vector register of `type`.
  public func lanes(_ type: DType) -> Int { vectorBytes / type.byteSize }

  /// AVX-512 F, BW, DQ, VL and CD: x86-64-v4 with whole 512-bit registers.
  public static let avx512 = TargetRow(
    name: "avx512", architecture: .x86_64, cpu: "x86-64-v4", features: "-prefer-256-bit",
    vectorBytes: 64, vectorRegisters: 32, hasFMA: true, hasScale: true, hasRounding: true,
    hasHalf: true, l1Bytes: 32 << 10, l2Bytes: 1 << 20)
  /// AVX2 with FMA: x86-64-v3.
  public static let avx2 = TargetRow(
    name: "avx2", architecture: .x86_64, cpu: "x86-64-v3", features: "", vectorBytes: 32,
    vectorRegisters: 16, hasFMA: true, hasScale: false, hasRounding: true, hasHalf: true,
    l1Bytes: 32 << 10, l2Bytes: 512 << 10)
  /// Plain x86-64.
  public static let sse2 = TargetRow(
    name: "sse2", architecture: .x86_64, cpu: "x86-64", features: "", vectorBytes: 16,
    vectorRegisters: 16, hasFMA: false, hasScale: false, hasRounding: false, hasHalf: false,
    l1Bytes: 32 << 10, l2Bytes: 256 << 10)
  /// 128-bit NEON of every 64-bit Arm.
  public static let neon = TargetRow(
    name: "neon", architecture: .arm64, cpu: "generic", features: "+neon", vectorBytes: 16,
    vectorRegisters: 32, hasFMA: true, hasScale: false, hasRounding: true, hasHalf: true,
    l1Bytes: 64 << 10, l2Bytes: 512 << 10)

  /// Every row, widest first within a family.
  public static let all = [avx512, avx2, sse2, neon]

  /// Finds the row spelled `name`; `nil` when there is none.
  public init?(name: some StringProtocol) {
    guard let row = Self.all.first(where: { $0.name == name }) else { return nil }
    self = row
  }

  private init(
    name: String, architecture: Architecture, cpu: String, features: String, vectorBytes: Int,
    vectorRegisters: Int, hasFMA: Bool, hasScale: Bool, hasRounding: Bool, hasHalf: Bool,
    l1Bytes: Int, l2Bytes: Int
  ) {
    self.name = name
    self.architecture = architecture
    self.cpu = cpu
    self.features = features
    self.vectorBytes = vectorBytes
    self.vectorRegisters = vectorRegisters
    self.hasFMA = hasFMA
    self.hasScale = hasScale
    self.hasRounding = hasRounding
    self.hasHalf = hasHalf
    self.l1Bytes = l1Bytes
    self.l2Bytes = l2Bytes
  }
}
