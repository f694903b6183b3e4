// Rows of a program's table before they have addresses.

import CLatheRuntime
import Codegen
import IRCore
import LoopIR
import TensorIR

/// The rows of a program with their costs. A kernel of several phases is a row per phase.
struct ProgramRows {
  /// One row without its arguments' addresses and the other end of its block.
  struct Row {
    var step: lathe_step
    var arguments: [ProgramLayout.Place] = []
    var origin: (kernel: LoadedKernel, location: SourceLocation)?

    init(_ kind: lathe_step_kind, _ arguments: [ProgramLayout.Place] = []) {
      step = lathe_step()
      step.kind = kind
      self.arguments = arguments
    }
  }

  private(set) var list: [Row] = []
  /// Bytes of the arena, shared locals included.
  private(set) var arenaBytes: Int
  private let layoutBytes: Int
  /// Steps between two barriers may overlap: each has shared memory of its own.
  private var sharedStart: Int

  init(_ layout: ProgramLayout, _ kernels: [LoadedKernel]) {
    layoutBytes = layout.arenaBytes
    arenaBytes = layoutBytes
    sharedStart = layoutBytes
    var kernels = kernels[...]
    for step in layout.steps {
      switch step {
      case .call(let call, let isBarrier):
        if let kernel = kernels.popFirst() { append(call, kernel, isBarrier) }
      case .copy(let source, let target, let bytes, let isBarrier):
        list.append(Self.copy(source, target, bytes, isBarrier))
      case .loop(let count, let told):
        var row = Row(LATHE_STEP_LOOP_BEGIN, told.map { [$0] } ?? [])
        row.step.count.constant = count.map { Int64($0) } ?? LATHE_UNBOUNDED
        list.append(row)
      case .test(let place): list.append(Row(LATHE_STEP_LOOP_TEST, [place]))
      case .endLoop: list.append(Row(LATHE_STEP_LOOP_END))
      case .branch(let place): list.append(Row(LATHE_STEP_IF, [place]))
      case .otherwise: list.append(Row(LATHE_STEP_ELSE))
      case .endBranch: list.append(Row(LATHE_STEP_END_IF))
      case .section:
        var row = Row(LATHE_STEP_SECTION_BEGIN)
        row.step.flags = LATHE_STEP_BARRIER
        list.append(row)
      case .endSection: list.append(Row(LATHE_STEP_SECTION_END))
      }
    }
  }

  // MARK: Calls

  private mutating func append(
    _ call: ProgramLayout.Call, _ kernel: LoadedKernel, _ isBarrier: Bool
  ) {
    var arguments = call.arguments
    if isBarrier { sharedStart = layoutBytes }
    if kernel.code.sharedBytes > 0 {
      arguments.append(ProgramLayout.Place(base: .block(-1), offset: sharedStart))
      sharedStart += kernel.code.sharedBytes
      arenaBytes = max(arenaBytes, sharedStart)
    }
    for (index, phase) in kernel.phases.enumerated() {
      var row = Row(LATHE_STEP_CALL, arguments)
      row.origin = (kernel, call.location)
      row.step.flags = isBarrier || index > 0 ? LATHE_STEP_BARRIER : 0
      row.step.kernel = phase.function
      row.setIterations(phase.iterations, cost: phase.cost, least: 1)
      list.append(row)
    }
  }

  private static func copy(
    _ source: ProgramLayout.Place, _ target: ProgramLayout.Place, _ bytes: Int, _ isBarrier: Bool
  ) -> Row {
    var row = Row(LATHE_STEP_CALL, [source, target])
    row.step.flags = isBarrier ? LATHE_STEP_BARRIER : 0
    row.step.kernel = lathe_copy
    row.setIterations(bytes, cost: copyNanosecondsPerByte, least: copyNanosecondsPerByte)
    return row
  }

  /// A byte that is read and one that is written.
  private static let copyNanosecondsPerByte = 0.04

  // MARK: Blocks

  /// States the other end of every block.
  mutating func matchBlocks() {
    var open: [Int] = []
    for index in list.indices {
      switch list[index].step.kind {
      case LATHE_STEP_LOOP_BEGIN, LATHE_STEP_IF, LATHE_STEP_SECTION_BEGIN: open.append(index)
      case LATHE_STEP_LOOP_END, LATHE_STEP_SECTION_END, LATHE_STEP_END_IF, LATHE_STEP_ELSE:
        guard let begin = open.popLast() else { continue }
        list[begin].step.match = UInt32(index)
        if list[index].step.kind == LATHE_STEP_ELSE {
          open.append(index)
        } else if list[index].step.kind != LATHE_STEP_END_IF {
          list[index].step.match = UInt32(begin)
        }
      default: break
      }
    }
    // A test stands in the loop that it may leave.
    for index in list.indices where list[index].step.kind == LATHE_STEP_LOOP_BEGIN {
      let end = Int(list[index].step.match)
      var depth = 0
      for inner in index + 1..<end {
        switch list[inner].step.kind {
        case LATHE_STEP_LOOP_BEGIN: depth += 1
        case LATHE_STEP_LOOP_END: depth -= 1
        case LATHE_STEP_LOOP_TEST where depth == 0: list[inner].step.match = UInt32(end)
        default: break
        }
      }
    }
  }

  // MARK: Sections

  /// Keeps the outermost sections that one thread walks sooner than all together, which wait for
  /// each other at every step.
  mutating func chooseSections(threads: Int) {
    var kept: [Row] = []
    var sectionEnds: [Int?] = []
    var isInside = false
    for (index, row) in list.enumerated() {
      switch row.step.kind {
      case LATHE_STEP_SECTION_BEGIN:
        let end = endOfSection(index)
        let cost = cost(of: list[index + 1..<end], threads: threads)
        guard !isInside, threads > 1, cost.alone <= cost.shared * Self.worthSharing else {
          sectionEnds.append(nil)
          continue
        }
        isInside = true
        sectionEnds.append(end)
        var begin = row
        begin.step.chunk_cost = UInt32(min(cost.alone, 1e9))
        kept.append(begin)
      case LATHE_STEP_SECTION_END:
        guard let last = sectionEnds.popLast(), last != nil else { continue }
        isInside = false
        kept.append(row)
      default: kept.append(row)
      }
    }
    list = kept
  }

  /// So much longer than shared work may work of one thread be before it is shared.
  private static let worthSharing = 1.15

  private func endOfSection(_ begin: Int) -> Int {
    var depth = 0
    for index in begin..<list.count {
      if list[index].step.kind == LATHE_STEP_SECTION_BEGIN { depth += 1 }
      if list[index].step.kind == LATHE_STEP_SECTION_END { depth -= 1 }
      if depth == 0 { return index }
    }
    return list.count
  }

  /// Nanoseconds of rows, by one thread and by all.
  func cost(of rows: ArraySlice<Row>, threads: Int) -> (alone: Double, shared: Double) {
    var alone = 0.0
    var shared = 0.0
    var trips = [1.0]
    for row in rows {
      let repeated = trips[trips.count - 1]
      switch row.step.kind {
      case LATHE_STEP_CALL:
        let chunks = max(0, Double(row.step.count.constant) / Double(row.step.chunk)).rounded(.up)
        let cost = Double(row.step.chunk_cost)
        let waits = row.step.flags & LATHE_STEP_BARRIER != 0
        alone += repeated * (chunks * cost + Self.callNanoseconds)
        shared +=
          repeated
          * ((chunks / Double(threads)).rounded(.up) * cost
            + (waits ? Self.barrierNanoseconds : Self.callNanoseconds))
      case LATHE_STEP_LOOP_BEGIN:
        let isKnown = row.arguments.isEmpty && row.step.count.constant != LATHE_UNBOUNDED
        let most = Double(row.step.count.constant)
        trips.append(repeated * (isKnown ? most : min(most, Self.unknownTrips)))
      case LATHE_STEP_LOOP_END: trips.removeLast()
      case LATHE_STEP_LOOP_TEST, LATHE_STEP_IF: shared += repeated * Self.barrierNanoseconds
      default: break
      }
    }
    return (alone, shared)
  }

  /// A call beside its work.
  private static let callNanoseconds = 15.0
  /// A thread waiting for the others.
  private static let barrierNanoseconds = 1_000.0
  /// Steps that a loop counts as where only the run tells them.
  private static let unknownTrips = 64.0
}

extension ProgramRows.Row {
  /// Nanoseconds of a chunk that many short iterations share.
  private static let chunkNanoseconds = 20_000.0

  /// Groups short iterations into chunks by their cost, which depends on shapes only.
  /// One counts as `least` at the least.
  fileprivate mutating func setIterations(_ iterations: Int, cost: Double, least: Double) {
    let wanted = (Self.chunkNanoseconds / max(cost, least)).rounded(.down)
    let chunk = max(1, min(Int(min(wanted, 1e12)), max(1, iterations)))
    step.chunk_cost = UInt32(min(cost * Double(chunk), 1e9))
    step.count.constant = Int64(iterations)
    step.chunk = Int64(chunk)
  }
}
