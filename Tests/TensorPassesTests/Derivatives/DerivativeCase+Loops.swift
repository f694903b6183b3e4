// Loops, choices and scans whose derivatives are checked.

import TestSupport

extension DerivativeCase {
  static let loops: [DerivativeCase] = [
    DerivativeCase("recurrence") { random in
      let n = random.integer(0...4)
      return """
        graph @f(%x: f64[\(n),2], %h: f64[2], %w: f64[2]) -> f64[2], f64[\(n),2] {
          %0, %1 = loop %t in 0..<\(n) carry (%s: f64[2] = %h) each (%r: f64[2] = %x[t]) with (%v: f64[2] = %w) {
            %0 = mul %s, %v : f64[2]
            %1 = add %0, %r : f64[2]
            %2 = tanh %1 : f64[2]
            return %2 stack %2 -> [t]
          } : f64[2], f64[\(n),2]
          return %0, %1
        }
        """
    },
    DerivativeCase("recurrent matrix") { random in
      let n = random.integer(1...4)
      return """
        graph @f(%x: f64[\(n),2], %h: f64[2], %w: f64[2,2]) -> f64[2] {
          %0 = loop %t in 0..<\(n) carry (%s: f64[2] = %h) each (%r: f64[2] = %x[t]) with (%v: f64[2,2] = %w) {
            %0 = contract %s[k], %v[k,j] -> [j] : f64[2]
            %1 = add %0, %r : f64[2]
            %2 = tanh %1 : f64[2]
            return %2
          } : f64[2]
          return %0
        }
        """
    },
    DerivativeCase("rows written into a tensor, read by strides") { random in
      let n = random.integer(1...3)
      return """
        graph @f(%x: f64[\(2 * n + 1)], %y: f64[\(n + 2)]) -> f64[\(n + 2)] {
          %0 = loop %t in 0..<\(n) each (%a: f64 = %x[2*t + 1], %b: f64 = %x[t], %c: f64 = %x[0]) {
            %0 = mul %a, %b : f64
            %1 = mul %0, %c : f64
            return stack %1 -> %y[t + 1]
          } : f64[\(n + 2)]
          return %0
        }
        """
    },
    DerivativeCase("values that change places") { random in
      let n = random.integer(1...4)
      return """
        graph @f(%a: f64[2], %b: f64[2]) -> f64[2], f64[2], i64 {
          %k = constant [3] : i64
          %0, %1, %2 = loop %t in 0..<\(n) carry (%p: f64[2] = %a, %q: f64[2] = %b, %c: i64 = %k) {
            %0 = sin %p : f64[2]
            %1 = add %0, %q : f64[2]
            %2 = add %c, %t : i64
            %3 = cast %2 : f64
            %4 = view %3[] -> [i] : f64[2]
            %5 = mul %1, %4 : f64[2]
            return %q, %5, %2
          } : f64[2], f64[2], i64
          return %0, %1, %2
        }
        """
    },
    DerivativeCase("loop in a loop") { random in
      let (n, m) = (random.integer(1...3), random.integer(1...3))
      return """
        graph @f(%x: f64[\(n)], %h: f64) -> f64 {
          %0 = loop %t in 0..<\(n) carry (%s: f64 = %h) each (%r: f64 = %x[t]) {
            %0 = loop %u in 0..<\(m) carry (%q: f64 = %s) with (%p: f64 = %r) {
              %0 = mul %q, %p : f64
              %1 = sin %0 : f64
              return %1
            } : f64
            return %0
          } : f64
          return %0
        }
        """
    },
    DerivativeCase("choice") { random in
      """
      graph @f(%c: bool, %x: f64[3], %y: f64[3]) -> f64[3], f64 {
        %0, %1 = conditional %c with (%a: f64[3] = %x, %b: f64[3] = %y) {
          %0 = mul %a, %b : f64[3]
          %1 = reduce sum %a axes(0) order(sequential) : f64
          return %0, %1
        } else {
          %0 = exp %a : f64[3]
          %1 = constant [2.0] : f64
          return %0, %1
        } : f64[3], f64
        return %0, %1
      }
      """
    },
  ]

  /// Functions with derivatives of their own, which are those of what they compute.
  static let custom: [DerivativeCase] = [
    DerivativeCase("both rules") { random in
      let n = random.integer(1...4)
      return """
        graph @f(%x: f64[\(n)], %y: f64[\(n)]) -> f64[\(n)] {
          %0, %1 = custom of (%a: f64[\(n)] = %x, %b: f64[\(n)] = %y) {
            %0 = mul %a, %b : f64[\(n)]
            %1 = sin %0 : f64[\(n)]
            %2 = cast %1 : i64[\(n)]
            return %2, %1
          } pullback (%y0: i64[\(n)], %y1: f64[\(n)], %dy1: f64[\(n)]) {
            %0 = mul %a, %b : f64[\(n)]
            %1 = cos %0 : f64[\(n)]
            %2 = mul %dy1, %1 : f64[\(n)]
            %3 = mul %2, %b : f64[\(n)]
            %4 = mul %2, %a : f64[\(n)]
            return %3, %4
          } pushforward (%y0: i64[\(n)], %y1: f64[\(n)], %da: f64[\(n)], %db: f64[\(n)]) {
            %0 = mul %a, %b : f64[\(n)]
            %1 = cos %0 : f64[\(n)]
            %2 = mul %da, %b : f64[\(n)]
            %3 = mul %db, %a : f64[\(n)]
            %4 = add %2, %3 : f64[\(n)]
            %5 = mul %1, %4 : f64[\(n)]
            return %5
          } : i64[\(n)], f64[\(n)]
          return %1
        }
        """
    },
    DerivativeCase("a pushforward in a loop, through its result") { random in
      let n = random.integer(0...3)
      return """
        graph @f(%x: f64[2], %w: f64[2]) -> f64[2] {
          %0 = loop %t in 0..<\(n) carry (%s: f64[2] = %x) with (%v: f64[2] = %w) {
            %0 = custom of (%a: f64[2] = %s) {
              %0 = tanh %a : f64[2]
              return %0
            } pushforward (%y0: f64[2], %da: f64[2]) {
              %0 = mul %y0, %y0 : f64[2]
              %1 = sub 1.0, %0 : f64[2]
              %2 = mul %da, %1 : f64[2]
              return %2
            } : f64[2]
            %1 = add %0, %v : f64[2]
            return %1
          } : f64[2]
          return %0
        }
        """
    },
  ]

  /// Scans of products, maxima and minima.
  static let recurrences: [DerivativeCase] = ["product", "max", "min"].flatMap { monoid in
    ["", "exclusive ", "reverse ", "exclusive reverse "].map { flags in
      DerivativeCase("scan \(monoid) \(flags)") { random in
        let (n, m, axis) = (random.integer(1...4), random.integer(1...4), random.integer(0...1))
        // An exclusive maximum begins with an infinity, which has no differences.
        let scan = "scan \(monoid) %x axis \(axis) \(flags)order(sequential)"
        return """
          graph @f(%x: f64[\(n),\(m)]) -> f64[\(n),\(m)] {
            %0 = \(scan) : f64[\(n),\(m)]
            %1 = isFinite %0 : bool[\(n),\(m)]
            %2 = select %1, %0, 0.0 : f64[\(n),\(m)]
            return %2
          }
          """
      }
    }
  }
}
