// Mistakes in passes on graphs, in fusion and in lowering.

import IRCore
import LoopIR
import TensorIR

extension SeededBug {
  static let inModules: [SeededBug] = [
    .module("canonicalize", "operands of sub are put in order, as if it commuted") { module in
      module.mappingNodes { node in
        guard node.kind == .elementwise(.sub), let a = node.operands[0].value,
          let b = node.operands[1].value, b.node.index < a.node.index
        else { return }
        node.operands.swapAt(0, 1)
      }
    },
    .module("fold-constants", "the last bit of a folded number is lost") { module in
      module.mappingNodes { node in
        guard case .constant(let data) = node.kind, data.type == .f32, data.count > 1 else {
          return
        }
        node.kind = .constant(
          TensorData(
            .f32, (0..<data.count).map { Literal(.f32, bits: data[$0].bits & ~1) }))
      }
    },
    .module("simplify-algebra", "0 - x stands for -x, whatever the sign of zero") { module in
      module.mappingNodes { node in
        guard node.kind == .elementwise(.neg), node.types[0].dtype == .f32 else { return }
        node.kind = .elementwise(.sub)
        node.operands.insert(.literal(.zero(.f32)), at: 0)
      }
    },
    .module("drop-unit-axes", "the wrong axis is reduced") { module in
      module.mappingNodes { node in
        guard case .reduce(var reduction) = node.kind, reduction.monoid == .sum,
          reduction.axes == [1], node.types[0].rank == 1
        else { return }
        reduction.axes = [0]
        node.kind = .reduce(reduction)
      }
    },
    .module("shape-contractions", "the factors change places without their indices") { module in
      module.mappingNodes { node in
        guard case .contract(var contraction) = node.kind else { return }
        contraction.operands.swapAt(0, 1)
        node.kind = .contract(contraction)
      }
    },
    .module("cse", "nodes that differ in a number alone are one") { module in
      var numbers: [NodeKind: [TensorOperand: TensorOperand]] = [:]
      return module.mappingNodes { node in
        guard case .elementwise = node.kind, node.operands.count == 2,
          node.operands[1].literal != nil
        else { return }
        let known = numbers[node.kind]?[node.operands[0]] ?? node.operands[1]
        numbers[node.kind, default: [:]][node.operands[0]] = known
        node.operands[1] = known
      }
    },
    .module("remove-dead-nodes", "results of one type change places") { module in
      var result = module
      let graph = module.graphs[0]
      if graph.results.count == 2,
        graph[type: graph.results[0]] == graph[type: graph.results[1]]
      {
        result.graphs[0].results.reverse()
      }
      return result
    },
    .module("split-reductions", "the last element of the last chunk is left out") { module in
      module.mappingNodes { node in
        guard case .view(var view) = node.kind, node.types[0].rank == 2 else { return }
        for index in view.guards.indices { view.guards[index].upper = view.guards[index].upper - 1 }
        node.kind = .view(view)
      }
    },
    .module("fuse", "operands of a region change places") { module in
      var result = module
      result.graphs[0] = module.graphs[0].mappingNodes { node in
        guard case .call = node.kind, node.operands.count >= 2 else { return }
        node.operands.swapAt(0, 1)
      }
      return result
    },
    .kernels("lower", "the outermost loop ends one early") { kernel in
      var kernel = kernel
      if case .loop(var loop)? = kernel.body.last, let upper = loop.upper.asConstant, upper > 1 {
        loop.upper = loop.upper - 1
        kernel.body[kernel.body.count - 1] = .loop(loop)
      }
      return kernel
    },
    .kernels("lower", "a maximum starts from 0") { kernel in
      let lowest = Literal(.f32, -Double.infinity)
      return kernel.mappingStatements { statement in
        switch statement {
        case .define(let id, .splat(.literal(lowest))): .define(id, .splat(.literal(.zero(.f32))))
        case .store(.literal(lowest), let access, let mask):
          .store(.literal(.zero(.f32)), access, mask: mask)
        default: statement
        }
      }
    },
    .kernels("lower", "what is outside a padded tensor is read") { kernel in
      kernel.mappingStatements { statement in
        guard case .define(let id, .load(let access, _?, _)) = statement else { return statement }
        return .define(id, .load(access, mask: nil, otherwise: nil))
      }
    },
  ]
}
