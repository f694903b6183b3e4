// `lathe quickstart`: one chain of operations, compiled and timed on real data.

import ArgumentParser
import Driver
import IRCore
import Lathe
import LatheNN

/// Shows what Lathe does on the images of Fashion-MNIST, or on random ones.
struct QuickstartCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quickstart",
    abstract: "Compile and time one chain of operations on images.",
    discussion: """
      Uses the images of Debian's package dataset-fashion-mnist where it is installed.

      Example:
        lathe quickstart
      """,
    shouldDisplay: false)

  /// So many images of 28 × 28 pixels.
  private static let imageCount = 10_000
  private static let pixels = 28 * 28
  private static let path = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"

  func run() throws {
    let (images, source) = Self.images()
    print("y = tanh(x*0.5 + 0.1) * sigmoid(x) + exp(-x*x)")
    print("x: \(Self.imageCount) images of 28×28 f32, \(source)\n")
    let file = NumpyFile(shape: [Self.imageCount, 28, 28], scalars: images)
    for mode in [BenchmarkMode.jit, .eager] {
      let benchmark = Benchmark(
        .elementwiseChain, mode, threads: 0, row: .host, files: ["x": file])
      let samples = benchmark.samples(seconds: 0.5)
      report(benchmark, samples)
    }
    print(
      """

      What it became, level by level:
        lathe ir ew_chain --stage graph
        lathe ir ew_chain --stage kernel
        lathe ir ew_chain --stage llvm
      """)
  }

  private func report(_ benchmark: Benchmark, _ samples: Samples) {
    let seconds = samples.median / 1e3
    let bytes = Double(Self.imageCount * Self.pixels * 8)
    let name = benchmark.mode == .jit ? "one compiled program" : "op by op            "
    var line = "\(Terminal.bold(name))  \(significant(samples.median, 3)) ms, "
    line += "\(fixed(Double(Self.imageCount) / seconds / 1e6, 1)) million images/s, "
    line += "\(significant(bytes / seconds / 1e9, 3)) GB/s"
    if benchmark.mode == .jit {
      line += "  (compiled in \(significant(benchmark.readyMilliseconds, 2)) ms, "
      line += "\(benchmark.threads) threads, \(TargetRow.host.name))"
    }
    print(line)
  }

  /// The images as numbers from 0 to 1, and where they come from.
  private static func images() -> (scalars: [Float], source: String) {
    let count = imageCount * pixels
    if let file = try? IDXFile(path: path), file.elementType == .uint8, file.bytes.count >= count {
      return (file.bytes.prefix(count).map { Float($0) / 255 }, "Fashion-MNIST")
    }
    var generator = SplitMix64(seed: 1)
    let scalars = (0..<count).map { _ in Float(generator.uniform()) }
    return (scalars, "random, because \(path) cannot be read")
  }
}
