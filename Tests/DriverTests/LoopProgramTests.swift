// Loops whose steps all threads share, and loops that one thread walks: bits, memory, steps.

import CLatheRuntime
import Driver
import IRCore
import LoopIR
import TensorIR
import TestSupport
import Testing

@Suite struct LoopProgramTests {
  /// Large steps, which are shared out, with a short loop and a choice inside.
  private static let shared = """
    graph @f(%x: f32[6,40000], %h: f32[40000], %p: bool) -> f32[40000], f32[6], f32[40000] {
      %0, %1 = loop %t in 0..<6 carry (%s: f32[40000] = %h) each (%r: f32[40000] = %x[-t + 5]) with (%q: bool = %p) {
        %0 = mul %s, %r : f32[40000]
        %1 = tanh %0 : f32[40000]
        %2 = reduce sum %1 axes (0) order(lanes 64, chunk 4096) : f32
        %3 = loop %i in 0..<3 carry (%v: f32 = %2) {
          %0 = mul %v, 0.5 : f32
          return %0
        } : f32
        %4 = view %3[] -> [i] : f32[40000]
        %5 = lt %t, 3 : bool
        %6 = xor %5, %q : bool
        %7 = conditional %6 with (%a: f32[40000] = %1, %b: f32[40000] = %4) {
          %0 = add %a, %b : f32[40000]
          return %0
        } else {
          %0 = exp %a : f32[40000]
          return %0
        } : f32[40000]
        return %7 stack %3 -> [t]
      } : f32[40000], f32[6]
      %2 = add %0, %h : f32[40000]
      return %0, %1, %2
    }
    """

  /// An LSTM, whose steps are a product and what follows.
  private static let cell = """
    graph @f(%x: f32[5,8,512], %w: f32[128,512], %h: f32[8,128], %c: f32[8,128]) -> f32[5,8,128] {
      %0, %1, %2 = loop %t in 0..<5 carry (%h: f32[8,128] = %h, %c: f32[8,128] = %c) each (%x: f32[8,512] = %x[t]) with (%w: f32[128,512] = %w) {
        %0 = contract %h[i,k], %w[k,j] -> [i,j] : f32[8,512]
        %1 = add %0, %x : f32[8,512]
        %2 = view %1[i, j] -> [i,j] : f32[8,128]
        %3 = view %1[i, j + 128] -> [i,j] : f32[8,128]
        %4 = view %1[i, j + 256] -> [i,j] : f32[8,128]
        %5 = view %1[i, j + 384] -> [i,j] : f32[8,128]
        %6 = tanh %3 : f32[8,128]
        %7 = mul %6, %c : f32[8,128]
        %8 = tanh %2 : f32[8,128]
        %9 = mul %8, %4 : f32[8,128]
        %10 = add %7, %9 : f32[8,128]
        %11 = tanh %10 : f32[8,128]
        %12 = mul %11, %5 : f32[8,128]
        return %12, %10 stack %12 -> [t]
      } : f32[8,128], f32[8,128], f32[5,8,128]
      return %2
    }
    """

  private func inputs(_ module: Module) -> [TensorValue] {
    var random = SplitMix64(seed: 7)
    return module.graphs[0].parameters.map { id in
      let type = module.graphs[0][id].types[0]
      let extents = type.extents ?? []
      if type.dtype == .bool { return TensorValue(.bool, [], [.bool(true)]) }
      let values = (0..<extents.reduce(1, *)).map { _ in
        Float(random.integer(-1000...1000)) / 1000
      }
      return TensorValue(f32: values, extents)
    }
  }

  @Test(arguments: [shared, cell], TargetRow.runnable)
  func bitsAreThoseOfTheInterpreter(text: String, row: TargetRow) throws {
    let module = try Module(parsing: text)
    let inputs = inputs(module)
    let expected = try module.interpreted(inputs, row: row)
    for threads in [1, 2, 3, 8] {
      let compiler = Compiler(CompilerOptions(row: row, threads: threads))
      let function = try compiler.compile(module)
      for _ in 0..<3 { #expect(difference(try function.run(inputs), expected) == nil) }
    }
  }

  /// The program of a loop does not grow with its number of steps, and neither does its memory.
  @Test func programsAreOfOneSize() throws {
    func memory(_ count: Int) throws -> (ProgramMemory, Int) {
      let function = try Compiler(CompilerOptions(threads: 1)).compile(
        Module(
          parsing: """
            graph @f(%h: f32[1000], %w: f32[1000]) -> f32[1000] {
              %0 = loop %t in 0..<\(count) carry (%s: f32[1000] = %h) with (%w: f32[1000] = %w) {
                %0 = mul %s, %w : f32[1000]
                return %0
              } : f32[1000]
              return %0
            }
            """))
      return (function.memory, function.kernelCount)
    }
    let (short, kernels) = try memory(10)
    let (long, same) = try memory(100_000)
    #expect(short == long && kernels == same && kernels == 1)
    // A ring of two places of 4,032 bytes.
    #expect(short.intermediates == 8064)
  }

  /// Loops in loops, as deep as programs can go and one deeper.
  @Test func deepLoopsAreRefused() throws {
    func nested(_ depth: Int) -> String {
      var text = "return %s"
      for _ in 0..<depth {
        text = """
          %0 = loop %t in 0..<2 carry (%s: i64 = %s) {
          %0 = add %s, %t : i64
          return %0
          } : i64
          %1 = loop %t in 0..<1 carry (%s: i64 = %0) {
          \(text)
          } : i64
          return %1
          """
      }
      return "graph @f(%s: i64) -> i64 {\n\(text)\n}"
    }
    let module = try Module(parsing: nested(16))
    let function = try Compiler(CompilerOptions(threads: 1)).compile(module)
    let inputs = [TensorValue(.i64, integers: [1], [])]
    #expect(
      difference(try function.run(inputs), try module.interpreted(inputs, row: .host)) == nil)
    let error = #expect(throws: CompileFailure.self) {
      try Compiler(CompilerOptions(threads: 1)).compile(Module(parsing: nested(17)))
    }
    #expect(error?.description.contains("16 loops in each other are the most") == true)
  }

  /// A state that a loop replaces is written over, and may be read by the loop.
  @Test func loopsUpdateStates() throws {
    let module = try Module(
      parsing: """
        graph @f(%s: f32[100], %ys: f32[4,100]) -> f32[100], f32[4,100] {
          %0, %1 = loop %t in 0..<2 carry (%h: f32[100] = %s) with (%old: f32[100] = %s) {
            %0 = add %h, %old : f32[100]
            return %0 stack %0 -> %ys[2*t]
          } : f32[100], f32[4,100]
          return %0, %1
        }
        """)
    let inputs = inputs(module)
    let function = try Compiler(CompilerOptions(threads: 2)).compile(module, updates: [0, 1])
    #expect(function.updates == [0: 0, 1: 1])
    let expected = try module.interpreted(inputs, row: .host)
    #expect(difference(try function.run(inputs, owned: true), expected) == nil)
    #expect(difference(try function.run(inputs, owned: false), expected) == nil)
  }
}
