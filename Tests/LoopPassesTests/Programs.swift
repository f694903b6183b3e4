// Kernels that the tests transform.

import LoopIR

/// Kernels as text.
enum Programs {
  /// Escape times, one `while` per element.
  static let mandelbrot = """
    kernel @mandelbrot(out %y: i32[h,w]) symbols(h, w) {
      for %r in 0..<h {
        for %c in 0..<w {
          %cf = cast %c : f32
          %rf = cast %r : f32
          %x0 = mulAdd %cf, 0.04, -2.0 : f32
          %y0 = mulAdd %rf, 0.04, -1.25 : f32
          %zx, %zy, %count = while (%a = 0.0 : f32, %b = 0.0 : f32, %n = 0 : i32) {
            %aa = mul %a, %a : f32
            %bb = mul %b, %b : f32
            %norm = add %aa, %bb : f32
            %in = le %norm, 4.0 : bool
            %more = lt %n, 50 : bool
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
    """
}
