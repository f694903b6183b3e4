// Contractions whose derivatives are checked.

import TestSupport

extension DerivativeCase {
  static let contractions: [DerivativeCase] = [
    DerivativeCase("matrix product") { random in
      let (n, m, k) = (random.integer(1...4), random.integer(1...4), random.integer(1...4))
      return two(
        "[\(n),\(k)]", "[\(k),\(m)]", "contract %x[i,l], %y[l,j] -> [i,j]", "[\(n),\(m)]")
    },
    DerivativeCase("product of transposes") { random in
      let (n, m, k) = (random.integer(1...4), random.integer(1...4), random.integer(1...4))
      return two(
        "[\(k),\(n)]", "[\(m),\(k)]", "contract %x[l,i], %y[j,l] -> [i,j]", "[\(n),\(m)]")
    },
    DerivativeCase("batches") { random in
      let (b, n, k) = (random.integer(1...3), random.integer(1...4), random.integer(1...4))
      return two(
        "[\(b),\(n),\(k)]", "[\(b),\(k),2]", "contract %x[b,i,l], %y[b,l,j] -> [b,i,j]",
        "[\(b),\(n),2]")
    },
    DerivativeCase("batches of one operand") { random in
      let (b, n, k) = (random.integer(1...3), random.integer(1...4), random.integer(1...4))
      return two(
        "[\(b),\(n),\(k)]", "[\(k),2]", "contract %x[b,i,l], %y[l,j] -> [j,b,i]",
        "[2,\(b),\(n)]")
    },
    DerivativeCase("repeated operand") { random in
      let (n, k) = (random.integer(1...4), random.integer(1...4))
      return two("[1,\(k)]", "[\(k)]", "contract %x[0,l], %y[l] -> [i]", "[\(n)]")
    },
    DerivativeCase("inner product") { random in
      let k = random.integer(1...5)
      return two("[\(k)]", "[\(k)]", "contract %x[l], %y[l] -> []", "")
    },
    DerivativeCase("outer product") { random in
      let (n, m) = (random.integer(1...4), random.integer(1...4))
      return two("[\(n)]", "[\(m)]", "contract %x[i], %y[j] -> [i,j]", "[\(n),\(m)]")
    },
    DerivativeCase("squared matrix") { random in
      let n = random.integer(1...4)
      return one("[\(n),\(n)]", "contract %x[i,l], %x[l,j] -> [i,j]", "[\(n),\(n)]")
    },
    DerivativeCase("diagonals") { random in
      let n = random.integer(1...4)
      return two("[\(n),\(n)]", "[\(n)]", "contract %x[i,i], %y[i] -> []", "")
    },
    DerivativeCase("sum of one operand") { random in
      let (n, k) = (random.integer(1...3), random.integer(1...3))
      return two(
        "[\(n),\(k)]", "[\(n)]", "contract %x[i,l], %y[i] -> [i]", "[\(n)]")
    },
    DerivativeCase("reversed product") { random in
      let (n, k) = (random.integer(1...4), random.integer(1...4))
      return two(
        "[\(n + k - 1)]", "[\(n + k - 1)]",
        "contract %x[i + j], %y[-i - j + \(n + k - 2)] -> [i] over [j = \(k)]", "[\(n)]")
    },
    DerivativeCase("convolution") { random in
      let (size, step, gap) = (random.integer(1...3), random.integer(1...3), random.integer(1...2))
      let (count, channels) = (random.integer(1...4), random.integer(1...3))
      let extent = (count - 1) * step + (size - 1) * gap + 1 + random.integer(0...1)
      return two(
        "[2,\(channels),\(extent)]", "[3,\(channels),\(size)]",
        "contract %x[n,c,\(step) * y + \(gap) * k], %y[o,c,k] -> [n,o,y]", "[2,3,\(count)]")
    },
    DerivativeCase("convolution of planes") { random in
      let (a, b) = (random.integer(1...3), random.integer(1...3))
      return two(
        "[1,2,\(3 + a),\(2 + b)]", "[2,2,\(a),\(b)]",
        "contract %x[n,c,y + k,z + l], %y[o,c,k,l] -> [n,o,y,z]", "[1,2,4,3]")
    },
    DerivativeCase("strided convolution of planes") { random in
      let (a, b) = (random.integer(2...3), random.integer(2...3))
      return two(
        "[1,2,\(4 + a),\(2 + b)]", "[2,2,\(a),\(b)]",
        "contract %x[n,c,2 * y + k,2 * z + l], %y[o,c,k,l] -> [n,o,y,z]", "[1,2,3,2]")
    },
    DerivativeCase("grouped convolution") { random in
      let (groups, taken, made) = (random.integer(2...3), random.integer(1...2), 2)
      return two(
        "[2,\(groups * taken),5]", "[\(groups * made),\(taken),3]",
        "contract %x[n,\(taken) * (o floordiv \(made)) + c,y + k], %y[o,c,k] -> [n,o,y]",
        "[2,\(groups * made),3]")
    },
    DerivativeCase("depthwise convolution") { random in
      let channels = random.integer(1...3)
      return two(
        "[2,\(channels),6]", "[\(channels),3]",
        "contract %x[n,c,2 * y + k], %y[c,k] -> [n,c,y]", "[2,\(channels),2]")
    },
  ]

  /// Graphs of several nodes.
  static let programs: [DerivativeCase] = [
    DerivativeCase("softmax") { random in
      let (n, m) = (random.integer(1...3), random.integer(1...4))
      return """
        graph @f(%x: f64[\(n),\(m)]) -> f64[\(n),\(m)] {
          %0 = reduce max %x axes(1) order(sequential) : f64[\(n)]
          %1 = view %0[i] -> [i,j] : f64[\(n),\(m)]
          %2 = sub %x, %1 : f64[\(n),\(m)]
          %3 = exp %2 : f64[\(n),\(m)]
          %4 = reduce sum %3 axes(1) order(sequential) : f64[\(n)]
          %5 = view %4[i] -> [i,j] : f64[\(n),\(m)]
          %6 = div %3, %5 : f64[\(n),\(m)]
          return %6
        }
        """
    },
    DerivativeCase("values used again") { random in
      let n = random.integer(1...4)
      return """
        graph @f(%x: f64[\(n)], %y: f64[\(n)]) -> f64[\(n)], f64 {
          %0 = mul %x, %y : f64[\(n)]
          %1 = tanh %0 : f64[\(n)]
          %2 = mul %0, %1 : f64[\(n)]
          %3 = add %2, %x : f64[\(n)]
          %4 = reduce sum %2 axes(0) order(sequential) : f64
          return %3, %4
        }
        """
    },
    DerivativeCase("values that are no floats") { random in
      let n = random.integer(1...4)
      return """
        graph @f(%x: f64[\(n)], %k: i32[\(n)]) -> f64[\(n)], i32[\(n)] {
          %0 = cast %k : f64[\(n)]
          %1 = mul %x, %0 : f64[\(n)]
          %2 = gt %x, 0.0 : bool[\(n)]
          %3 = select %2, %1, %x : f64[\(n)]
          %4 = add %k, 1 : i32[\(n)]
          return %3, %4
        }
        """
    },
    DerivativeCase("result without parameters") { _ in
      """
      graph @f(%x: f64[2]) -> f64[3], f64[2] {
        %0 = iota 0 : f64[3]
        return %0, %x
      }
      """
    },
  ]
}
