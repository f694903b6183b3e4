// Kernels that the tests transform.

import LoopIR
import Testing

/// Kernel as text with extents to run it at.
struct Program: Sendable, CustomTestStringConvertible {
  var text: String
  var sizes: [[Int]]

  var testDescription: String { String(text.prefix { $0 != "(" }) }

  var kernel: Kernel { get throws { try Kernel(parsing: text) } }

  /// Extents around 8 and 16 lanes.
  static let lengths = [0, 1, 2, 7, 8, 9, 15, 16, 17, 40].map { [$0] }
}

extension Program {
  /// One value per element, with a row that needs a rounding.
  static let chain = Program(
    text: """
      kernel @chain(in %x: f32[n], in %b: f32, out %y: f32[n]) symbols(n) {
        for %i in 0..<n {
          %0 = load %x[%i] : f32
          %1 = load %b[] : f32
          %2 = mulAdd %0, %1, 0.1 : f32
          %3 = mul %2, %2 : f32
          %4 = cast %i : f32
          %5 = add %3, %4 : f32
          store %5, %y[%i]
        }
      }
      """, sizes: lengths)

  /// A sum in order, and its running values.
  static let recurrence = Program(
    text: """
      kernel @recurrence(in %x: f32[n], out %y: f32[n], out %s: f32) symbols(n) {
        %last = for %i in 0..<n (%a = 0.5 : f32) {
          %0 = load %x[%i] : f32
          %1 = mulAdd %a, 0.9, %0 : f32
          store %1, %y[%i]
          yield %1
        }
        store %last, %s[]
      }
      """, sizes: lengths)

  /// A recurrence of known length that swaps two values.
  static let fibonacci = Program(
    text: """
      kernel @fibonacci(out %y: i64) {
        %p, %q = for %i in 0..<11 (%a = 0 : i64, %b = 1 : i64) {
          %0 = add %a, %b : i64
          yield %b, %0
        }
        store %p, %y[]
      }
      """, sizes: [[]])

  /// Escape times, one `while` per element.
  static let mandelbrot = Program(
    text: """
      kernel @mandelbrot(out %y: i32[h,w]) symbols(h, w) {
        for %r in 0..<h {
          for %c in 0..<w {
            %cf = cast %c : f32
            %rf = cast %r : f32
            %x0 = mulAdd %cf, 0.04, -2.0 : f32
            %y0 = mulAdd %rf, 0.3, -1.25 : f32
            %zx, %zy, %count = while (%a = 0.0 : f32, %b = 0.0 : f32, %n = 0 : i32) {
              %aa = mul %a, %a : f32
              %bb = mul %b, %b : f32
              %norm = add %aa, %bb : f32
              %in = le %norm, 4.0 : bool
              %more = lt %n, 20 : bool
              %go = and %in, %more : bool
              test %go
            } do {
              %d = sub %aa, %bb : f32
              %a1 = add %d, %x0 : f32
              %ab = mul %a, %b : f32
              %ab2 = add %ab, %ab : f32
              %b1 = add %ab2, %y0 : f32
              %n1 = add %n, 1 : i32
              yield %a1, %b1, %n1
            }
            store %count, %y[%r, %c]
          }
        }
      }
      """, sizes: [[0, 5], [1, 1], [1, 63], [9, 8], [1, 65]])

  /// Rows of different lengths, by a bound that varies.
  static let triangle = Program(
    text: """
      kernel @triangle(in %x: f32[n,n], inout %y: f32[n]) symbols(n) {
        for %i in 0..<n {
          for %j in 0..<%i + 1 {
            %0 = load %x[%i, %j] : f32
            accumulate %y[%i] add= %0
          }
        }
      }
      """, sizes: lengths)

  /// Windows, by bounds that both vary.
  static let window = Program(
    text: """
      kernel @window(in %x: f32[n + 2], out %y: f32[n]) symbols(n) {
        for %i in 0..<n {
          %sum = for %k in %i..<%i + 3 (%a = 0.0 : f32) {
            %0 = load %x[%k] : f32
            %1 = cast %k : f32
            %2 = mulAdd %0, %1, %a : f32
            yield %2
          }
          store %sum, %y[%i]
        }
      }
      """, sizes: lengths)

  /// Windows cut at the end, so that lanes run for different times.
  static let cutWindow = Program(
    text: """
      kernel @cut(in %x: f32[n], out %y: f32[n]) symbols(n) {
        for %i in 0..<n {
          %sum = for %k in max(0, %i - 2)..<min(n, %i + 3) (%a = 0.0 : f32) {
            %0 = load %x[%k] : f32
            %1 = mulAdd %0, 0.5, %a : f32
            yield %1
          }
          store %sum, %y[%i]
        }
      }
      """, sizes: lengths)

  /// Bounds that are data.
  static let ragged = Program(
    text: """
      kernel @ragged(in %x: f32[16], in %p: i32[n], in %q: i64[n], out %y: f32[n]) symbols(n) {
        for %i in 0..<n {
          %lo = load %p[%i] : i32
          %hi = load %q[%i] : i64
          %sum = for %k in %lo..<%lo + %hi (%a = 0.0 : f32) {
            %0 = load %x[%k] : f32
            %1 = mulAdd %a, 0.5, %0 : f32
            yield %1
          }
          store %sum, %y[%i]
        }
      }
      """, sizes: lengths)

  /// Choices: values, a guarded load, a store on one side, a check, nested loops under a mask.
  static let choices = Program(
    text: """
      kernel @choices(in %x: f32[n], in %m: i32[n], in %u: i32[1], out %y: f32[n], inout %z: f32[n])
          symbols(n) {
        for %i in 0..<n {
          %0 = load %x[%i] : f32
          %pos = gt %0, 0.25 : bool
          %r, %t = if %pos : f32, i32 {
            %c = load %m[%i] : i32
            %uu = load %u[0] : i32
            %s = for %k in 0..<%uu (%a = %0 : f32) {
              %a1 = mul %a, 1.5 : f32
              yield %a1
            }
            check %pos "then"
            store %s, %z[%i]
            yield %s, %c
          } else {
            %last, %w = while (%g = 1 : i32, %f = 0.5 : f32) {
              %uw = load %u[0] : i32
              %go = lt %g, %uw : bool
              test %go
            } do {
              %g1 = add %g, 1 : i32
              %f1 = add %f, %0 : f32
              yield %g1, %f1
            }
            yield %w, 3
          }
          %rt = cast %t : f32
          %sum = add %r, %rt : f32
          %big = lt %sum, 4.0 : bool
          check %big "sum"
          store %sum, %y[%i]
        }
      }
      """, sizes: lengths)

  /// Addresses that are data: duplicates keep their order.
  static let scatter = Program(
    text: """
      kernel @scatter(in %x: f32[n], in %p: i32[n], inout %y: f32[8], inout %h: i32[8],
          inout %s: f32[8]) symbols(n) {
        for %i in 0..<n {
          %0 = load %p[%i] : i32
          %1 = load %x[%0] : f32
          %2 = load %x[%i] : f32
          store %2, %y[%0]
          accumulate %h[%0] add= 1
          accumulate %s[-%0 + 7] add= %1
        }
      }
      """, sizes: [[8], [9], [15], [16], [31], [40]])

  /// A matrix product.
  static let product = Program(
    text: """
      kernel @product(in %a: f32[m,k], in %b: f32[k,n], inout %c: f32[m,n]) symbols(m, n, k) {
        for %i in 0..<m {
          for %j in 0..<n {
            for %l in 0..<k {
              %0 = load %a[%i, %l] : f32
              %1 = load %b[%l, %j] : f32
              %2 = mul %0, %1 : f32
              accumulate %c[%i, %j] add= %2
            }
          }
        }
      }
      """, sizes: [[0, 3, 2], [1, 1, 1], [5, 17, 3], [4, 16, 8], [3, 33, 7]])

  /// A scratch row per iteration.
  static let scratch = Program(
    text: """
      kernel @scratch(in %x: f32[n,12], out %y: f32[n,12]) symbols(n) {
        local %t: f32[12] in scratch
        for %i in 0..<n {
          for %j in 0..<12 {
            %0 = load %x[%i, %j] : f32
            %1 = mul %0, %0 : f32
            store %1, %t[%j]
          }
          for %k in 0..<12 {
            %2 = load %t[-%k + 11] : f32
            store %2, %y[%i, %k]
          }
        }
      }
      """, sizes: lengths)

  /// Types of different widths.
  static let mixed = Program(
    text: """
      kernel @mixed(in %x: f64[300], in %p: bool[300], out %y: f32[300], out %q: bool[300]) {
        for %i in 0..<300 {
          %0 = load %x[%i] : f64
          %1 = load %p[%i] : bool
          %2 = cast %0 : f32
          %3 = select %1, %2, 1.0 : f32
          %4 = lt %3, %2 : bool
          store %3, %y[%i]
          store %4, %q[%i]
        }
      }
      """, sizes: [[]])
}

// Recurrences and combinations into memory.
extension Program {
  /// Running sums and bits of integers, before and after each element, and what they end with.
  static let runningTotals = Program(
    text: """
      kernel @runningTotals(in %x: i32[n], out %y: i32[n], out %z: i32[n], out %s: i32) symbols(n) {
        %last, %bits = for %i in 0..<n (%a = 3 : i32, %b = 0 : i32) {
          %0 = load %x[%i] : i32
          %1 = mul %0, 3 : i32
          %2 = add %a, %1 : i32
          %3 = xor %0, %b : i32
          %4 = sub %2, %3 : i32
          store %4, %y[%i]
          store %a, %z[%i]
          yield %2, %3
        }
        %5 = add %last, %bits : i32
        store %5, %s[]
      }
      """, sizes: lengths)

  /// Running least and greatest floats, whose grouping does not matter.
  static let runningExtremes = Program(
    text: """
      kernel @runningExtremes(in %x: f32[n], out %y: f32[n], out %s: f32) symbols(n) {
        %last, %least = for %i in 0..<n (%a = -inf : f32, %b = 1.0 : f32) {
          %0 = load %x[%i] : f32
          %1 = mul %0, %0 : f32
          %2 = max %a, %0 : f32
          %3 = min %b, %1 : f32
          %4 = add %2, %3 : f32
          store %4, %y[%i]
          yield %2, %3
        }
        %5 = sub %last, %least : f32
        store %5, %s[]
      }
      """, sizes: lengths)

  /// Counts at places that the data say.
  static let histogram = Program(
    text: """
      kernel @histogram(in %x: i32[40], inout %h: i32[8]) {
        for %i in 0..<40 {
          %0 = load %x[%i] : i32
          %1 = and %0, 7 : i32
          %2 = cast %1 : i64
          accumulate %h[%2] add= 1
        }
      }
      """, sizes: [[]])

  /// Rows that each need the two before; only the last one is read afterwards.
  static let rollingRows = Program(
    text: """
      kernel @rollingRows(in %x: f32[m,6], out %y: f32[m], out %z: f32[6]) symbols(m) {
        local %t: f32[50,6] in stack
        for %b in 0..<6 {
          store 1.0, %t[0, %b]
        }
        for %i in 0..<m {
          for %j in 0..<6 {
            %0 = load %x[%i, %j] : f32
            %1 = load %t[%i, -%j + 5] : f32
            %2 = mulAdd %0, 0.5, %1 : f32
            store %2, %t[%i + 1, %j]
          }
          %3 = load %t[%i + 1, 3] : f32
          store %3, %y[%i]
        }
        for %e in 0..<6 {
          %4 = load %t[m, %e] : f32
          store %4, %z[%e]
        }
      }
      """, sizes: [0, 1, 2, 3, 8, 17].map { [$0] })

  /// Sweeps over a grid, of unlike reach on its four sides, between two other nests.
  static let sweeps = Program(
    text: """
      kernel @sweeps(in %x: f32[21,13], in %s: f32[3], out %y: f32[21,13], out %z: f32[21,13]) {
        local %a: f32[21,13] in shared
        for %f in 0..<21 {
          for %g in 0..<13 {
            %0 = load %x[%f, %g] : f32
            store %0, %a[%f, %g]
            %1 = mul %0, 0.5 : f32
            store %1, %y[%f, %g]
          }
        }
        for %t in 0..<3 {
          for %i in 2..<20 {
            for %j in 1..<13 {
              %2 = load %a[%i - 2, %j] : f32
              %3 = load %a[%i + 1, %j - 1] : f32
              %scale = load %s[%t] : f32
              %4 = mulAdd %2, %scale, %3 : f32
              store %4, %y[%i, %j]
            }
          }
          for %k in 0..<20 {
            for %l in 0..<12 {
              %5 = load %y[%k + 1, %l] : f32
              %6 = load %y[%k, %l + 1] : f32
              %7 = mulAdd %5, 0.25, %6 : f32
              store %7, %a[%k, %l]
            }
            for %m in 0..<13 {
              accumulate %a[%k, %m] add= 0.125
            }
          }
        }
        for %p in 0..<21 {
          for %q in 0..<13 {
            %8 = load %a[%p, %q] : f32
            %9 = load %x[20 - %p, %q] : f32
            %10 = sub %8, %9 : f32
            store %10, %z[%p, %q]
          }
        }
      }
      """, sizes: [[]])

  /// A recurrence along both axes of a table.
  static let wavefront = Program(
    text: """
      kernel @wavefront(in %a: f32[m], in %b: f32[n], out %y: f32[n]) symbols(m, n) {
        local %d: f32[50,50] in stack
        for %i0 in 0..<50 {
          store 0.5, %d[%i0, 0]
          store 0.5, %d[0, %i0]
        }
        for %i in 1..<m + 1 {
          for %j in 1..<n + 1 {
            %0 = load %a[%i - 1] : f32
            %1 = load %b[%j - 1] : f32
            %2 = load %d[%i - 1, %j] : f32
            %3 = load %d[%i, %j - 1] : f32
            %4 = load %d[%i - 1, %j - 1] : f32
            %5 = min %2, %3 : f32
            %6 = mulAdd %5, 0.7, %4 : f32
            %7 = cast %j : f32
            %8 = mul %1, %7 : f32
            %9 = mulAdd %0, %8, %6 : f32
            store %9, %d[%i, %j]
          }
        }
        for %e in 0..<n {
          %10 = load %d[m, %e + 1] : f32
          store %10, %y[%e]
        }
      }
      """, sizes: [[0, 0], [0, 3], [1, 1], [1, 9], [8, 8], [3, 17], [17, 5], [40, 33]])

  /// Sum and least of integers, of which only the ends are read.
  static let endOfTotals = Program(
    text: """
      kernel @endOfTotals(in %x: i32[40], out %s: i32, out %l: i64) {
        %total, %low = for %i in 0..<40 (%sum = 5 : i32, %least = 100 : i64) {
          %0 = load %x[%i] : i32
          %next = add %sum, %0 : i32
          %1 = cast %0 : i64
          %2 = mul %1, 3 : i64
          %less = min %least, %2 : i64
          yield %next, %less
        }
        store %total, %s[]
        store %low, %l[]
      }
      """, sizes: [[]])

  /// Running sum and product of integers, read before and after each iteration.
  static let chunkedTotals = Program(
    text: """
      kernel @chunkedTotals(in %x: i32[40], out %y: i32[40], out %z: i32[40], out %s: i32) {
        %total, %end = for %i in 0..<40 (%sum = 5 : i32, %product = 1 : i32) {
          %0 = load %x[%i] : i32
          %next = add %sum, %0 : i32
          store %next, %y[%i]
          %odd = or %0, 1 : i32
          %times = mul %product, %odd : i32
          store %product, %z[%i]
          yield %next, %times
        }
        store %end, %s[]
      }
      """, sizes: [[]])
}
