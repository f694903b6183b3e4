// Kernels for the run time's tests, with the signature of generated ones.
import CLatheRuntime

/// The buffer numbered `index` as numbers.
private func numbers(
  _ buffers: UnsafePointer<UnsafeMutableRawPointer?>?, _ index: Int
) -> UnsafeMutablePointer<Int64> {
  guard let buffer = buffers?[index] else { fatalError("buffer \(index) is missing") }
  return buffer.assumingMemoryBound(to: Int64.self)
}

/// Buffer 0 [i] += 1.
let countUp: lathe_kernel = { buffers, _, begin, end, _, _ in
  let cells = numbers(buffers, 0)
  for i in begin..<end { cells[Int(i)] += 1 }
}

/// Buffer 0 [i] = begin * 1_000_000 + end: which chunk an iteration fell into.
let recordChunk: lathe_kernel = { buffers, _, begin, end, _, _ in
  let cells = numbers(buffers, 0)
  for i in begin..<end { cells[Int(i)] = begin * 1_000_000 + end }
}

/// Buffer 1 [i] = 1 + buffer 0 [n - 1 - i], n being symbol 0: reads what other threads wrote.
let mirrorPlusOne: lathe_kernel = { buffers, symbols, begin, end, _, _ in
  let source = numbers(buffers, 0)
  let target = numbers(buffers, 1)
  let last = (symbols?[0] ?? 0) - 1
  for i in begin..<end { target[Int(i)] = source[Int(last - i)] + 1 }
}

/// Buffer 0 [0] = 10 * buffer 0 [0] + symbol 0: the order of calls, in decimal.
let appendDigit: lathe_kernel = { buffers, symbols, _, _, _, _ in
  let cells = numbers(buffers, 0)
  cells[0] = 10 * cells[0] + (symbols?[0] ?? 0)
}

/// Reports each odd iteration below symbol 0 as a failure at that site, the highest first.
let failAtOddIterations: lathe_kernel = { _, symbols, begin, end, status, _ in
  for i in (begin..<end).reversed() where i % 2 == 1 && i < symbols?[0] ?? 0 {
    lathe_report(status, i)
  }
}

/// Fills its scratch with its own first iteration and checks that nobody else wrote there; sets
/// buffer 0 [begin] if so.
let useScratch: lathe_kernel = { buffers, symbols, begin, end, _, scratch in
  let count = Int(symbols?[0] ?? 0)
  guard let own = scratch?.assumingMemoryBound(to: Int64.self) else { return }
  for i in 0..<count { own[i] = begin }
  let isOwn = (0..<count).allSatisfy { own[$0] == begin }
  numbers(buffers, 0)[Int(begin)] = isOwn && Int(bitPattern: own) % 64 == 0 ? 1 : 0
}

/// Buffer 0 [i] = 1 if 1/3 rounds to nearest and a subnormal product is kept.
let probeFloatingPoint: lathe_kernel = { buffers, _, begin, end, _, _ in
  let cells = numbers(buffers, 0)
  for i in begin..<end {
    let one = Double(cells[Int(i)] + 1)
    let tiny = Double.leastNormalMagnitude * one
    let isExact = (tiny / 4) != 0 && (one / 3).bitPattern == 0x3FD5_5555_5555_5555
    cells[Int(i)] = isExact && (one * 2 / 3).bitPattern == 0x3FE5_5555_5555_5555 ? 1 : 0
  }
}

/// Sets the byte of the second buffer to whether the first number of the first is below symbol 0.
let storeWhetherBelow: lathe_kernel = { buffers, symbols, begin, end, _, _ in
  guard let numbers = buffers?[0]?.assumingMemoryBound(to: Int64.self), let limit = symbols?[0]
  else { return }
  buffers?[1]?.storeBytes(of: numbers[0] < limit ? 1 : 0, as: UInt8.self)
}
