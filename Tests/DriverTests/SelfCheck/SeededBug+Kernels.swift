// Mistakes in plans, in steps of schedules, in code generation and in updates in place.

import Driver
import IRCore
import LoopIR
import TensorIR

extension SeededBug {
  static let inSchedules: [SeededBug] = [
    .plan("sums of floats are added up in parts") { kernel in
      guard kernel.name.hasPrefix("histogram"),
        let buffer = kernel.buffers.first(where: { $0.role == .output })
      else { return kernel }
      var kernel = kernel
      kernel.schedule = [
        .split("i", by: 16, outer: "i_block", inner: "i_in"),
        .privatize(buffer.name, at: "i_block", into: "parts", reassociates: true),
      ]
      return kernel
    },
    .step("vectorize", "the tail is read and written without a mask") { kernel in
      kernel.mappingStatements { statement in
        switch statement {
        case .store(let value, let access, .variable(let mask)?) where kernel[mask].type.lanes > 1:
          .store(value, access, mask: nil)
        case .define(let id, .load(let access, .variable(let mask)?, _))
        where kernel[mask].type.lanes > 1:
          .define(id, .load(access, mask: nil, otherwise: nil))
        default: statement
        }
      }
    },
    .step("split", "the last block is as long as the others") { kernel in
      kernel.mappingStatements { statement in
        guard case .loop(var loop) = statement,
          case .min(let a, let b)? = loop.upper.terms.last?.factors.first
        else { return statement }
        loop.upper = [a, b].first { ($0 - loop.lower).asConstant != nil } ?? loop.upper
        return .loop(loop)
      }
    },
    .step("parallelize", "the last iteration is left out") { kernel in
      kernel.changingFirstLoop(where: { $0.kind == .parallel }) { loop in
        loop.upper = loop.upper - IndexExpression(loop.step)
      }
    },
    .step("stage", "the copy is read from its end") { kernel in
      let copy = BufferID(kernel.buffers.count - 1)
      return kernel.mappingStatements { statement in
        guard case .define(let id, .load(var access, let mask, let otherwise)) = statement,
          access.buffer == copy, let extent = kernel[copy].shape.last
        else { return statement }
        let last = access.indices.count - 1
        access.indices[last] = extent - 1 - access.indices[last]
        return .define(id, .load(access, mask: mask, otherwise: otherwise))
      }
    },
    .step("unroll", "the rest of the iterations is left out") { kernel in
      var loops = 0
      return kernel.mappingStatements { statement in
        guard case .loop(var loop) = statement, loop.carried.isEmpty, loop.step > 1,
          let count = (loop.upper - loop.lower).asConstant, count > loop.step
        else { return statement }
        loops += 1
        loop.upper = loop.upper - IndexExpression(loop.step)
        return .loop(loop)
      }
    },
  ]

  static let inCode: [SeededBug] = [
    .llvm("codegen", "operands of a subtraction change places") { text in
      text.replacing(#/fsub (<[^>]*>|float) ([^,\n]+), ([^,\n]+)/#) { match in
        "fsub \(match.1) \(match.3), \(match.2)"
      }
    },
    .llvm("codegen", "unsigned numbers are shifted as signed ones") { text in
      text.replacing(" lshr ", with: " ashr ")
    },
    .llvm("codegen", "products may be contracted with sums") { text in
      text.replacing(" = fmul ", with: " = fmul contract ")
        .replacing(" = fadd ", with: " = fadd contract ")
    },
    .llvm("simplifycfg", "0 - x stands for -x") { text in
      text.replacing(#/fneg (<[^>]*>) /#) { "fsub \($0.1) zeroinitializer, " }
    },
    .llvm("early-cse", "a comparison takes NaN for a match") { text in
      text.replacing("fcmp ogt", with: "fcmp ugt").replacing("fcmp olt", with: "fcmp ult")
    },
    SeededBug(name: "readers of the parameter are not asked", guilty: "update in place") { passes in
      passes.updates = { graph, wanted in
        var updates: [Int: Int] = [:]
        for (result, parameter) in wanted.enumerated() { updates[result] = parameter }
        return updates
      }
    },
  ]

  static let all = inModules + inSchedules + inCode
}
