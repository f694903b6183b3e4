// What a program takes in memory, known before it runs, and failures that name their operation.

import CLatheRuntime
import Driver
import Foundation
import IRCore
import LoopIR
import TensorIR
import Testing

@Suite struct ProgramMemoryTests {
  private func compiled(_ text: String, updates: [Int?] = []) throws -> CompiledFunction {
    try Compiler(CompilerOptions(threads: 1)).compile(
      Module(parsing: text, file: "test"), updates: updates)
  }

  /// Sums of long columns stay in the arena until all of them are divided.
  private static let sums = """
    graph @f(%x: f32[100000], %y: f32[100000]) -> f32[100000] {
      %0 = reduce sum %x axes(0) order(lanes 64, chunk 4096) : f32
      %1 = view %0[] -> [i] : f32[100000]
      %2 = div %y, %1 : f32[100000]
      return %2
    }
    """

  @Test func memoryIsPredicted() throws {
    let function = try compiled(Self.sums)
    let memory = function.memory
    #expect(memory.inputs == 800_000 && memory.results == 400_000 && memory.updated == 0)
    #expect(memory.intermediates > 0 && memory.intermediates < 4096)
    #expect(memory.peak == memory.results + memory.intermediates + memory.scratch)
  }

  /// In a process of its own, whose pool nothing else uses: the prediction is what a call takes, each
  /// block rounded as the pool rounds it.
  @Test func theArenaIsPredictedExactly() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let compiler = Compiler(CompilerOptions(threads: 1))
      let function = try compiler.compile(Module(parsing: Self.sums, file: "test"))
      let inputs = try [Storage(byteCount: 400_000), Storage(byteCount: 400_000)]
      for input in inputs {
        input.withUnsafeMutableBytes { _ = $0.initializeMemory(as: UInt8.self, repeating: 0) }
      }
      let memory = function.memory
      func taken(_ bytes: Int) -> Int {
        let before = lathe_pool_stats().live
        let block = lathe_alloc(bytes)
        defer { lathe_free(block, bytes) }
        return bytes == 0 ? 0 : lathe_pool_stats().live - before
      }
      let expected =
        taken(memory.results) + taken(memory.intermediates) + taken(memory.scratch)
      let before = lathe_pool_stats().live
      let outputs = try function(inputs)
      let statistics = lathe_pool_stats()
      let found = [statistics.live - before, statistics.peak - before]
      if found != [taken(memory.results), expected] {
        let text = "found \(found), predicted \(taken(memory.results)), \(expected): \(memory)"
        FileHandle.standardError.write(Data(text.utf8))
        exit(1)
      }
      withExtendedLifetime((inputs, outputs)) {}
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.isEmpty, "\(text)")
  }

  private static let step = """
    graph @f(%w: f32[1000], %g: f32[1000]) -> f32[1000], f32[1000] {
      %0 = mul %g, 0.5 : f32[1000]
      %1 = sub %w, %0 : f32[1000]
      %2 = mul %1, %1 : f32[1000]
      return %1, %2
    }
    """

  @Test func resultsTakeOverWhatTheyReplace() throws {
    let function = try compiled(Self.step, updates: [0, nil])
    #expect(function.updates == [0: 0])
    #expect(function.memory.results == 4000 && function.memory.updated == 4000)
    let bytes = [UInt8](repeating: 0, count: 4000)
    let inputs = [try Storage(bytes), try Storage(bytes)]
    let owned = try function(inputs, owned: [true, false])
    #expect(owned[0] === inputs[0] && owned[1] !== inputs[1])
    let kept = try function(inputs, owned: [false, false])
    #expect(kept[0] !== inputs[0])
  }

  @Test(arguments: [3, 64, 1000]) func aSumBesideDoesNotHinder(count: Int) throws {
    let function = try compiled(
      """
      graph @f(%w: f32[\(count)], %x: f32[\(count)]) -> f32[\(count)], f32 {
        %0 = mul %x, 0.5 : f32[\(count)]
        %1 = add %w, %0 : f32[\(count)]
        %2 = reduce sum %w axes(0) order(lanes 4, chunk 4096) : f32
        return %1, %2
      }
      """, updates: [0, nil])
    #expect(function.updates == [0: 0])
    let inputs = [try Storage(byteCount: count * 4), try Storage(byteCount: count * 4)]
    for input in inputs {
      input.withUnsafeMutableBytes { bytes in
        for index in 0..<count {
          bytes.storeBytes(of: Float(1), toByteOffset: 4 * index, as: Float.self)
        }
      }
    }
    let outputs = try function(inputs, owned: [true, true])
    #expect(outputs[0] === inputs[0])
    #expect(outputs[1].withUnsafeBytes { $0.load(as: Float.self) } == Float(count))
    #expect(
      outputs[0].withUnsafeBytes { $0.load(fromByteOffset: 4 * count - 4, as: Float.self) } == 1.5)
  }

  @Test func aKernelThatReadsElsewhereCopies() throws {
    let flip = """
      graph @f(%w: f32[1000]) -> f32[1000] {
        %0 = view %w[-i + 999] -> [i] : f32[1000]
        %1 = add %w, %0 : f32[1000]
        return %1
      }
      """
    #expect(try compiled(flip, updates: [0]).updates.isEmpty)
    let twice = """
      graph @f(%w: f32[1000]) -> f32[1000], f32[1000] {
        %0 = add %w, 1.0 : f32[1000]
        return %0, %0
      }
      """
    #expect(try compiled(twice, updates: [0, nil]).updates.isEmpty)
    let kept = """
      graph @f(%w: f32[1000]) -> f32[1000], f32[1000] {
        %0 = add %w, 1.0 : f32[1000]
        return %0, %w
      }
      """
    #expect(try compiled(kept, updates: [0, nil]).updates.isEmpty)
    // A contraction starts from zeros in its result before it reads its operands.
    let product = """
      graph @f(%w: f32[3,2], %s: f32) -> f32[3,2] {
        %0 = contract %w[i,j], %s[] -> [i,j] : f32[3,2]
        return %0
      }
      """
    #expect(try compiled(product, updates: [0]).updates.isEmpty)
  }

  /// A kernel that checks its input, as a node of a graph that knows where it was made.
  private func checked() throws -> Module {
    let kernel = try Kernel(
      parsing: """
        kernel @small(in %x: f32[4], out %y: f32[4]) {
          for %i in 0..<4 {
            %0 = load %x[%i] : f32
            %1 = lt %0, 3.0 : bool
            check %1 "an element of 3 or more"
            store %0, %y[%i]
          }
        }
        """)
    var graph = Graph(name: "main")
    let type = TensorType(.f32, extents: [4])
    let x = graph.append(Node(.parameter("x"), [], type))
    let y = graph.append(
      Node(.kernel(kernel), [.value(ValueID(x))], type), at: .line(file: "A/Net.swift", line: 12))
    graph.results = [ValueID(y)]
    return Module(graphs: [graph])
  }

  @Test func aFailedCheckNamesTheOperationsPlace() throws {
    let module = try checked()
    let function = try Compiler().compile(module, updates: [0])
    // On failure the input must be what it was, so nothing is written over it.
    #expect(function.updates.isEmpty)
    let x = try Storage(byteCount: 16)
    let values: [Float] = [1, 2, 3, 4]
    x.withUnsafeMutableBytes { target in
      values.withUnsafeBytes { target.copyMemory(from: $0) }
    }
    #expect(
      throws: RunFailure.check(
        kernel: "small", message: "an element of 3 or more",
        location: .line(file: "A/Net.swift", line: 12))
    ) { try function([x]) }
  }
}
