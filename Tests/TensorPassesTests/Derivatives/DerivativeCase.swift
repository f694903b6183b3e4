// The table of graphs whose derivatives are checked.

import TestSupport
import Testing

/// Graph of random shapes, as text, with `%x`, `%y`, … in f64.
struct DerivativeCase: Sendable, CustomTestStringConvertible {
  let name: String
  let values: ClosedRange<Double>
  let text: @Sendable (inout SplitMix64) -> String

  var testDescription: String { name }

  init(
    _ name: String, values: ClosedRange<Double> = -1.5...1.5,
    _ text: @escaping @Sendable (inout SplitMix64) -> String
  ) {
    self.name = name
    self.values = values
    self.text = text
  }

  /// One operation on `%x` of a type; `TYPE` stands for its result's.
  static func one(
    _ parameter: String, _ operation: String, _ result: String
  ) -> String {
    """
    graph @f(%x: f64\(parameter)) -> f64\(result) {
      %0 = \(operation) : f64\(result)
      return %0
    }
    """
  }

  static func two(
    _ x: String, _ y: String, _ operation: String, _ result: String
  ) -> String {
    """
    graph @f(%x: f64\(x), %y: f64\(y)) -> f64\(result) {
      %0 = \(operation) : f64\(result)
      return %0
    }
    """
  }
}

extension DerivativeCase {
  static let views: [DerivativeCase] = [
    DerivativeCase("broadcast") { random in
      let (n, m) = (random.integer(1...4), random.integer(1...4))
      return one("[\(m)]", "view %x[j] -> [i,j]", "[\(n),\(m)]")
    },
    DerivativeCase("broadcast of extent 1") { random in
      let (n, m) = (random.integer(1...4), random.integer(1...4))
      return one("[\(m),1]", "view %x[i,0] -> [i,j]", "[\(m),\(n)]")
    },
    DerivativeCase("transpose") { random in
      let (n, m, k) = (random.integer(1...4), random.integer(1...4), random.integer(1...4))
      return one("[\(n),\(m),\(k)]", "view %x[k,i,j] -> [i,j,k]", "[\(m),\(k),\(n)]")
    },
    DerivativeCase("slice") { random in
      let (start, step, count) = (
        random.integer(0...3), random.integer(1...3), random.integer(1...4)
      )
      let extent = start + step * (count - 1) + 1 + random.integer(0...2)
      return one("[\(extent),2]", "view %x[\(step) * i + \(start),j] -> [i,j]", "[\(count),2]")
    },
    DerivativeCase("flip") { random in
      let n = random.integer(1...5)
      return one("[\(n)]", "view %x[-i + \(n - 1)] -> [i]", "[\(n)]")
    },
    DerivativeCase("flipped slice") { random in
      let (step, count) = (random.integer(1...3), random.integer(1...4))
      let last = step * (count - 1)
      return one("[\(last + 2)]", "view %x[-\(step) * i + \(last)] -> [i]", "[\(count)]")
    },
    DerivativeCase("pad") { random in
      let (n, low, high) = (random.integer(1...4), random.integer(1...2), random.integer(0...2))
      return one(
        "[\(n)]", "view %x[i - \(low)] where 0 <= i - \(low) < \(n) else 0.5 -> [i]",
        "[\(low + n + high)]")
    },
    DerivativeCase("crop by a guard") { random in
      let n = random.integer(3...6)
      return one("[\(n)]", "view %x[i] where 1 <= i < \(n - 1) else 2.0 -> [i]", "[\(n)]")
    },
    DerivativeCase("windows") { random in
      let (size, step, gap) = (random.integer(1...4), random.integer(1...3), random.integer(1...3))
      let count = random.integer(1...5)
      let extent = (count - 1) * step + (size - 1) * gap + 1 + random.integer(0...2)
      return one(
        "[\(extent)]", "view %x[\(step) * i + \(gap) * k] -> [i,k]", "[\(count),\(size)]")
    },
    DerivativeCase("padded windows") { random in
      let (n, size, step) = (random.integer(4...7), random.integer(2...4), random.integer(1...3))
      let count = (n + 2 - size) / step + 1
      let index = "\(step) * i + k - 1"
      return one(
        "[2,\(n)]", "view %x[c,\(index)] where 0 <= \(index) < \(n) else 0.0 -> [c,i,k]",
        "[2,\(count),\(size)]")
    },
    DerivativeCase("windows of a plane") { random in
      let (a, b) = (random.integer(2...3), random.integer(1...3))
      return one(
        "[\(3 + a),\(4 + b)]", "view %x[i + k,2 * j + l] -> [i,j,k,l]",
        "[4,\((4 + b - 2) / 2 + 1),\(a),2]")
    },
    DerivativeCase("merge") { random in
      let (n, m) = (random.integer(1...4), random.integer(2...4))
      return one(
        "[\(n),\(m)]", "view %x[i floordiv \(m),i mod \(m)] -> [i]", "[\(n * m)]")
    },
    DerivativeCase("split") { random in
      let (n, m) = (random.integer(1...4), random.integer(2...4))
      return one("[\(n * m)]", "view %x[\(m) * i + j] -> [i,j]", "[\(n),\(m)]")
    },
    DerivativeCase("reshape across") { _ in
      one("[4,6]", "view %x[i floordiv 2,3 * (i mod 2) + j] -> [i,j]", "[8,3]")
    },
    DerivativeCase("reshape across uneven") { _ in
      one("[6,4]", "view %x[(6 * i + j) floordiv 4,(6 * i + j) mod 4] -> [i,j]", "[4,6]")
    },
    DerivativeCase("merged columns, moved") { random in
      let (n, m) = (random.integer(2...3), random.integer(2...4))
      return one(
        "[\(n),\(m),2]", "view %x[j mod \(n),i,j floordiv \(n)] -> [i,j]", "[\(m),\(2 * n)]")
    },
    DerivativeCase("upsample") { random in
      let (n, m) = (random.integer(1...4), random.integer(2...3))
      return one("[\(n)]", "view %x[i floordiv \(m)] -> [i]", "[\(n * m)]")
    },
    DerivativeCase("tile") { random in
      let (n, m) = (random.integer(2...4), random.integer(1...3))
      return one("[\(n)]", "view %x[i mod \(n)] -> [i]", "[\(n * m)]")
    },
    DerivativeCase("diagonal") { random in
      let n = random.integer(1...4)
      return one("[\(n),\(n)]", "view %x[i,i] -> [i]", "[\(n)]")
    },
    DerivativeCase("bands") { random in
      let (n, m) = (random.integer(1...4), random.integer(1...3))
      return one("[\(n + m - 1),\(n)]", "view %x[i + k,i] -> [i,k]", "[\(n),\(m)]")
    },
    DerivativeCase("empty") { _ in one("[0,3]", "view %x[i,j] -> [j,i]", "[3,0]") },
  ]

  static let reductions: [DerivativeCase] = ["sum", "product", "max", "min"].flatMap { monoid in
    ["0", "1", "2", "0, 2", "0, 1", "0, 1, 2"].map { axes in
      DerivativeCase("reduce \(monoid) over \(axes)") { random in
        let shape = (0..<3).map { _ in random.integer(1...4) }
        let reduced = axes.split(separator: ", ").compactMap { Int($0) }
        let kept = (0..<3).filter { !reduced.contains($0) }.map { "\(shape[$0])" }
        return one(
          "[\(shape.map(String.init).joined(separator: ","))]",
          "reduce \(monoid) %x axes(\(axes)) order(sequential)",
          kept.isEmpty ? "" : "[\(kept.joined(separator: ","))]")
      }
    }
  }

  static let scans: [DerivativeCase] = ["", "exclusive ", "reverse ", "exclusive reverse "].map {
    flags in
    DerivativeCase("scan sum \(flags)") { random in
      let (n, m, axis) = (random.integer(1...4), random.integer(1...4), random.integer(0...1))
      return one(
        "[\(n),\(m)]", "scan sum %x axis \(axis) \(flags)order(sequential)", "[\(n),\(m)]")
    }
  }
}
