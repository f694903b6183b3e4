// Loops as an author writes them, planned: the same bits as interpreted, on every row and team.

import Driver
import IRCore
import LoopIR
import LoopPasses
import TensorIR
import TestSupport
import Testing

@Suite struct PlannedLoops {
  struct Example: Sendable, CustomTestStringConvertible {
    let name: String
    /// A step that the plan must hold.
    let step: String
    let text: String
    var testDescription: String { name }
  }

  @Test(arguments: examples) func keepBits(_ example: Example) throws {
    let kernel = try Kernel(parsing: example.text)
    let run = KernelCase(kernel, symbols: [], seed: 11)
    for row in TargetRow.runnable {
      let ordered = try Pass.reassociateRecurrences.run(kernel)
      let plan = try Pass.plan(for: row).run(ordered)
      let text = plan.schedule.map(\.description).joined(separator: ", ") + ordered.description
      #expect(text.contains(example.step), "\(text)")
      let scheduled = try Pass.applySchedule.run(plan)
      let expected = try run.interpreted(ordered, row: row)
      #expect(run.difference(try run.interpreted(scheduled, row: row), expected) == nil)
      #expect(run.difference(try run.compiled(scheduled, row: row), expected) == nil)
      for threads in [1, 2, 3, 8] {
        let found = try compiled(ordered, run.memory, row, threads)
        #expect(run.difference(found, expected) == nil, "\(row.name), \(threads) threads")
      }
    }
  }

  /// What the driver makes of the kernel: the parameters' bytes after a call.
  private func compiled(
    _ kernel: Kernel, _ memory: [[UInt8]], _ row: TargetRow, _ threads: Int
  ) throws -> [[UInt8]] {
    let parameters = kernel.buffers.filter(\.role.isParameter)
    var graph = Graph(name: "main")
    var operands: [TensorOperand] = []
    var inputs: [Storage] = []
    for (buffer, bytes) in zip(parameters, memory) where buffer.role == .input {
      let type = TensorType(buffer.type, buffer.shape)
      operands.append(
        .value(ValueID(graph.append(Node(.parameter(buffer.name), [], type)))))
      inputs.append(try Storage(bytes))
    }
    let results = parameters.filter { $0.role == .output }
    let types = results.map { TensorType($0.type, $0.shape) }
    let call = graph.append(Node(.kernel(kernel), operands, types))
    graph.results = results.indices.map { ValueID(call, $0) }
    let options = CompilerOptions(row: row, threads: threads)
    let outputs = try Compiler(options).compile(Module(graphs: [graph]))(inputs)
    var next = outputs.map { storage in storage.withUnsafeBytes { Array($0) } }[...]
    return zip(parameters, memory).map { buffer, bytes in
      buffer.role == .input ? bytes : next.removeFirst()
    }
  }
}

extension PlannedLoops {
  static let examples = [
    Example(
      name: "sweeps over large arrays", step: "overlap %k %l by ",
      text: """
        kernel @sweeps(in %x: f32[1041,565], out %a: f32[1041,565]) {
          local %b: f32[1041,565] in scratch
          for %f in 0..<1041 {
            for %g in 0..<565 {
              %0 = load %x[%f, %g] : f32
              store %0, %a[%f, %g]
              store %0, %b[%f, %g]
            }
          }
          for %t in 0..<2 {
            for %i in 1..<1040 {
              for %j in 1..<564 {
                %1 = load %a[%i - 1, %j] : f32
                %2 = load %a[%i + 1, %j] : f32
                %3 = add %1, %2 : f32
                store %3, %b[%i, %j]
              }
            }
            for %k in 1..<1040 {
              for %l in 1..<564 {
                %4 = load %b[%k, %l - 1] : f32
                %5 = load %b[%k, %l + 1] : f32
                %6 = mulAdd %4, 0.25, %5 : f32
                store %6, %a[%k, %l]
              }
            }
          }
        }
        """),
    Example(
      name: "time warping", step: "skew %i %j into %i_j, skewStorage %d",
      text: """
        kernel @dtw(in %a: f32[150], in %b: f32[131], out %cost: f32[131]) {
          local %d: f32[151,132] in scratch
          store 0.0, %d[0, 0]
          for %j0 in 1..<132 {
            store 1000.0, %d[0, %j0]
          }
          for %i0 in 1..<151 {
            store 1000.0, %d[%i0, 0]
          }
          for %i in 1..<151 {
            for %j in 1..<132 {
              %ai = load %a[%i - 1] : f32
              %bj = load %b[%j - 1] : f32
              %difference = sub %ai, %bj : f32
              %distance = abs %difference : f32
              %up = load %d[%i - 1, %j] : f32
              %left = load %d[%i, %j - 1] : f32
              %least = min %up, %left : f32
              %diagonal = load %d[%i - 1, %j - 1] : f32
              %best = min %least, %diagonal : f32
              %here = add %distance, %best : f32
              store %here, %d[%i, %j]
            }
          }
          for %e in 0..<131 {
            %total = load %d[150, %e + 1] : f32
            store %total, %cost[%e]
          }
        }
        """),
    Example(
      name: "histogram", step: "privatize %h at %i_block into %h_own",
      text: """
        kernel @histogram(in %x: u8[200000], out %h: i32[16]) {
          for %b in 0..<16 {
            store 7, %h[%b]
          }
          for %i in 0..<200000 {
            %0 = load %x[%i] : u8
            %1 = cast %0 : i64
            accumulate %h[%1] add= 1
          }
        }
        """),
    Example(
      name: "sweeps over what is filled in part", step: "unroll %k by 3",
      text: """
        kernel @jacobi(in %u: f32[600,700], out %a: f32[600,700]) {
          local %b: f32[600,700] in scratch
          for %i0 in 0..<600 {
            for %j0 in 0..<700 {
              %v = load %u[%i0, %j0] : f32
              store %v, %a[%i0, %j0]
            }
          }
          for %i3 in 0..<599 {
            for %j3 in 0..<700 {
              %w = load %u[%i3, %j3] : f32
              store %w, %b[%i3, %j3]
            }
          }
          for %k in 0..<3 {
            for %i1 in 1..<599 {
              for %j1 in 1..<699 {
                %a0 = load %a[%i1 - 1, %j1] : f32
                %a1 = load %a[%i1 + 1, %j1] : f32
                %a2 = add %a0, %a1 : f32
                %a3 = load %a[%i1, %j1 - 1] : f32
                %a4 = add %a2, %a3 : f32
                store %a4, %b[%i1, %j1]
              }
            }
            for %i2 in 1..<599 {
              for %j2 in 1..<699 {
                %b0 = load %b[%i2 - 1, %j2] : f32
                %b1 = load %b[%i2, %j2 + 1] : f32
                %b2 = sub %b0, %b1 : f32
                store %b2, %a[%i2, %j2]
              }
            }
          }
        }
        """),
    Example(
      name: "running integers", step: "splitScan %i by 16384",
      text: """
        kernel @totals(in %x: i32[400001], out %y: i32[400001], out %s: i32) {
          %total = for %i in 0..<400001 (%sum = 3 : i32) {
            %0 = load %x[%i] : i32
            %next = add %sum, %0 : i32
            store %next, %y[%i]
            yield %next
          }
          store %total, %s[]
        }
        """),
    Example(
      name: "bodies", step: "vectorize %i",
      text: """
        kernel @nbody(in %p: f32[200,2], in %m: f32[200], out %a: f32[200,2]) {
          for %i in 0..<200 {
            %x = load %p[%i, 0] : f32
            %y = load %p[%i, 1] : f32
            %sx, %sy = for %j in 0..<200 (%ax = 0.0 : f32, %ay = 0.0 : f32) {
              %px = load %p[%j, 0] : f32
              %dx = sub %px, %x : f32
              %py = load %p[%j, 1] : f32
              %dy = sub %py, %y : f32
              %t0 = mul %dx, %dx : f32
              %t1 = mulAdd %dy, %dy, %t0 : f32
              %r2 = add %t1, 0.001 : f32
              %root = sqrt %r2 : f32
              %mj = load %m[%j] : f32
              %s = div %mj, %root : f32
              %nx = mulAdd %s, %dx, %ax : f32
              %ny = mulAdd %s, %dy, %ay : f32
              yield %nx, %ny
            }
            store %sx, %a[%i, 0]
            store %sy, %a[%i, 1]
          }
        }
        """),
    Example(
      name: "running floats", step: "%i_totals",
      text: """
        kernel @prefix(in %x: f32[70001], out %y: f32[70001], out %s: f32) {
          %total, %most = for %i in 0..<70001 (%sum = 0.0 : f32, %top = -1.0 : f32) {
            %0 = load %x[%i] : f32
            %1 = mul %0, 0.1 : f32
            %next = add %sum, %1 : f32
            %higher = max %top, %1 : f32
            store %next, %y[%i]
            yield %next, %higher
          }
          store %most, %s[]
        }
        """),
  ]
}
