// The workloads that are plain loops over elements.

import Lathe

extension Workload {
  /// In the order of the benchmarks' table.
  static let loops = [mandelbrot, bodies, jacobi, timeWarping, histogram, prefixSumLoop]

  private static let mandelbrotKernel = kernel("mandelbrot") { k in
    let width = k.extent("width"), height = k.extent("height")
    let cx = k.input(.f32, [width]), cy = k.input(.f32, [height])
    let counts = k.output(.i32, [height, width])
    for y in k.range(0..<height) {
      for x in k.range(0..<width) {
        let x0 = cx[x], y0 = cy[y]
        @Variable var zx = 0.0
        @Variable var zy = 0.0
        @Variable(.i32) var count = 0
        k.while(count < 200 && zx * zx + zy * zy <= 4) {
          let next = zx * zx - zy * zy + x0
          zy = 2 * zx * zy + y0
          zx = next
          count += 1
        }
        counts[y, x] = count
      }
    }
  }

  /// Ten operations for each of some 52 iterations per point.
  private static let mandelbrot = Workload(
    name: "mandelbrot", summary: "iterations to escape, at most 200, on 1024x1024 points",
    inputs: [
      .evenly("cx", 1024, from: -2, through: 0.5), .evenly("cy", 1024, from: -1.25, through: 1.25),
    ],
    operations: 1024 * 1024 * 52 * 10, resultCount: 1024 * 1024,
    body: { mandelbrotKernel($0[0], $0[1]) })

  private static let bodiesKernel = kernel("nbody") { k in
    let n = k.extent("n")
    let p = k.input(.f32, [n, 3]), m = k.input(.f32, [n])
    let a = k.output(.f32, [n, 3])
    for i in k.range(0..<n) {
      let x = p[i, 0], y = p[i, 1], z = p[i, 2]
      @Variable var ax = 0.0
      @Variable var ay = 0.0
      @Variable var az = 0.0
      for j in k.range(0..<n) {
        let dx = p[j, 0] - x, dy = p[j, 1] - y, dz = p[j, 2] - z
        let r2 = dx * dx + dy * dy + dz * dz + 1e-3
        let s = m[j] / (r2 * sqrt(r2))
        ax += s * dx
        ay += s * dy
        az += s * dz
      }
      a[i, 0] = ax
      a[i, 1] = ay
      a[i, 2] = az
    }
  }

  private static let bodies = Workload(
    name: "nbody", summary: "accelerations of 4096 bodies by all pairs",
    inputs: [.normal("p", [4096, 3], seed: 80), .uniform("m", [4096], seed: 81, from: 0.1)],
    operations: 4096 * 4096 * 20, resultCount: 4096 * 3, body: { bodiesKernel($0[0], $0[1]) })

  private static let jacobiKernel = kernel("jacobi") { k in
    let n = k.extent("n"), m = k.extent("m")
    let u = k.input(.f32, [n, m])
    let a = k.output(copying: u), b = k.local(copying: u)
    for _ in k.range(0..<5) {
      for i in k.range(1..<n - 1) {
        for j in k.range(1..<m - 1) {
          b[i, j] = 0.25 * (a[i - 1, j] + a[i + 1, j] + a[i, j - 1] + a[i, j + 1])
        }
      }
      for i in k.range(1..<n - 1) {
        for j in k.range(1..<m - 1) {
          a[i, j] = 0.25 * (b[i - 1, j] + b[i + 1, j] + b[i, j - 1] + b[i, j + 1])
        }
      }
    }
  }

  private static let jacobi = Workload(
    name: "jacobi", summary: "10 Jacobi sweeps over 2048x2048",
    inputs: [.uniform("u", [2048, 2048], seed: 82)], operations: 10 * 2048 * 2048 * 4,
    body: { jacobiKernel($0[0]) })

  private static let timeWarpingKernel = kernel("dtw") { k in
    let n = k.extent("n"), m = k.extent("m")
    let a = k.input(.f32, [n]), b = k.input(.f32, [m])
    let cost = k.output(.f32, [Int]())
    let d = k.local(.f32, [n + 1, m + 1], repeating: KernelValue(Float.infinity))
    d[0, 0] = 0
    for i in k.range(1..<n + 1) {
      for j in k.range(1..<m + 1) {
        let best = min(min(d[i - 1, j], d[i, j - 1]), d[i - 1, j - 1])
        d[i, j] = abs(a[i - 1] - b[j - 1]) + best
      }
    }
    cost[] = d[n, m]
  }

  private static let timeWarping = Workload(
    name: "dtw", summary: "cost of dynamic time warping, 2048 by 2048",
    inputs: [.walk("a", 2048, seed: 83), .walk("b", 2048, seed: 84)],
    operations: 2048 * 2048 * 4, resultCount: 1, body: { timeWarpingKernel($0[0], $0[1]) })

  private static let histogramKernel = kernel("histogram") { k in
    let x = k.input(.u8, [k.extent("n")])
    let counts = k.output(.i64, [256])
    for i in k.range(x.shape[0]) { counts[x[i]] += 1 }
  }

  private static let histogram = Workload(
    name: "histogram", summary: "16,777,216 bytes counted in 256 bins",
    inputs: [.bytes("x", 16_777_216, seed: 85)], operations: 16_777_216, resultCount: 256,
    body: { histogramKernel($0[0]) })

  private static let prefixSumKernel = kernel("prefix_sum") { k in
    let n = k.extent("n")
    let x = k.input(.f32, [n]), y = k.output(.f32, [n])
    @Variable var sum = 0.0
    for i in k.range(0..<n) {
      sum += x[i]
      y[i] = sum
    }
  }

  private static let prefixSumLoop = Workload(
    name: "prefix_sum_loop", summary: "prefix_sum as a plain loop",
    inputs: [.uniform("x", [16_777_216], seed: 8, from: -0.5)], operations: 16_777_216,
    body: { prefixSumKernel($0[0]) })
}

extension Workload.Input {
  /// Numbers at equal distances.
  fileprivate static func evenly(
    _ name: String, _ count: Int, from start: Float, through end: Float
  ) -> Self {
    Self(name: name, shape: [count]) {
      (0..<count).map { start + (end - start) * Float($0) / Float(count - 1) }
    }
  }

  /// Sums of normally distributed steps.
  fileprivate static func walk(_ name: String, _ count: Int, seed: UInt64) -> Self {
    Self(name: name, shape: [count]) {
      var generator = SplitMix64(seed: seed)
      var sum: Float = 0
      return generator.normal(count: count).map { step in
        sum += step
        return sum
      }
    }
  }

  /// Magnitudes of normally distributed numbers, in bytes.
  fileprivate static func bytes(_ name: String, _ count: Int, seed: UInt64) -> Self {
    Self(name: name, shape: [count], dtype: .u8) {
      var generator = SplitMix64(seed: seed)
      return generator.normal(count: count).map { Swift.min(255, Swift.abs($0) * 60) }
    }
  }
}
