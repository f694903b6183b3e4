// Gathers, scatters, concatenations and sorts whose derivatives are checked.

import TestSupport

extension DerivativeCase {
  /// A constant of indices below `extent`, as many as asked for.
  private static func indices(
    _ count: Int, below extent: Int, _ random: inout SplitMix64
  ) -> String {
    let list = (0..<count).map { _ in "\(random.integer(0...extent - 1))" }
    return "constant [\(list.joined(separator: ", "))] : i32[\(count)]"
  }

  /// A graph of two f64 parameters, indices and one operation on them.
  private static func indexed(
    _ x: String, _ y: String, _ indices: String, _ operation: String, _ result: String
  ) -> String {
    """
    graph @f(%x: f64\(x), %y: f64\(y)) -> f64\(result) {
      %0 = \(indices)
      %1 = \(operation) : f64\(result)
      return %1
    }
    """
  }

  static let indexing: [DerivativeCase] = [
    DerivativeCase("gather of rows") { random in
      let (n, m, k) = (random.integer(1...4), random.integer(1...4), random.integer(1...6))
      return indexed(
        "[\(n),\(m)]", "[1]", indices(k, below: n, &random), "gather %x[%0[i], j] -> [i,j]",
        "[\(k),\(m)]")
    },
    DerivativeCase("gather of diagonal elements") { random in
      let (n, k) = (random.integer(1...4), random.integer(1...4))
      let m = n + random.integer(0...2)
      return indexed(
        "[\(n),\(m)]", "[1]", indices(n, below: m, &random), "gather %x[i, %0[i]] -> [i,j]",
        "[\(n),\(k)]")
    },
    DerivativeCase("gather with a fill") { random in
      let (n, k) = (random.integer(2...4), random.integer(1...6))
      return indexed(
        "[\(n)]", "[1]", indices(k, below: n + 2, &random), "gather %x[%0[i]] else 0.5 -> [i]",
        "[\(k)]")
    },
    DerivativeCase("clamped gather") { random in
      let (n, k) = (random.integer(2...4), random.integer(1...6))
      return indexed(
        "[\(n)]", "[1]", indices(k, below: n + 2, &random), "gather %x[%0[i]] clamped -> [i]",
        "[\(k)]")
    },
    DerivativeCase("scatter by add") { random in
      let (n, m, k) = (random.integer(1...4), random.integer(1...3), random.integer(1...6))
      return indexed(
        "[\(n),\(m)]", "[\(k),\(m)]", indices(k, below: n, &random),
        "scatter %y[i,j] -> %x[%0[i], j] by add", "[\(n),\(m)]")
    },
    DerivativeCase("scatter that replaces") { random in
      let (n, k) = (random.integer(1...5), random.integer(1...6))
      return indexed(
        "[\(n)]", "[\(k)]", indices(k, below: n, &random), "scatter %y[i] -> %x[%0[i]]", "[\(n)]")
    },
    DerivativeCase("scatter by max") { random in
      let (n, k) = (random.integer(1...5), random.integer(1...6))
      return indexed(
        "[\(n)]", "[\(k)]", indices(k, below: n, &random), "scatter %y[i] -> %x[%0[i]] by max",
        "[\(n)]")
    },
    DerivativeCase("scatter by min that skips") { random in
      let (n, k) = (random.integer(1...5), random.integer(1...6))
      return indexed(
        "[\(n)]", "[\(k)]", indices(k, below: n + 2, &random),
        "scatter %y[i] -> %x[%0[i]] by min skipped", "[\(n)]")
    },
    DerivativeCase("scatter that replaces and skips") { random in
      let (n, k) = (random.integer(1...5), random.integer(1...6))
      return indexed(
        "[\(n)]", "[\(k)]", indices(k, below: n + 2, &random),
        "scatter %y[i] -> %x[%0[i]] skipped", "[\(n)]")
    },
    DerivativeCase("concat") { random in
      let (n, m, k) = (random.integer(1...3), random.integer(1...3), random.integer(1...3))
      return two(
        "[\(k),\(n)]", "[\(k),\(m)]", "concat %x, %y, %x axis 1", "[\(k),\(n + m + n)]")
    },
    DerivativeCase("sort") { random in
      let (n, m) = (random.integer(1...6), random.integer(1...3))
      return one("[\(m),\(n)]", "sort %x axis 1 descending", "[\(m),\(n)]")
    },
    DerivativeCase("first of a sort with a companion") { random in
      let (n, m) = (random.integer(2...6), random.integer(1...3))
      return """
        graph @f(%x: f64[\(n),\(m)], %y: f64[\(n),\(m)]) -> f64[2,\(m)] {
          %0, %1 = sort %x, %y axis 0 first 2 : f64[2,\(m)], f64[2,\(m)]
          %2 = mul %0, %1 : f64[2,\(m)]
          return %2
        }
        """
    },
  ]
}
