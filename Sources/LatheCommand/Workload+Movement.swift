// Workloads that move elements: gathers and sorts.

import Lathe

extension Workload {
  static let movement = [gatherRows, sort, argsort, topK]

  private static let count = 1 << 20

  static let gatherRows = Workload(
    name: "gather_rows", summary: "1,048,576 rows of 64 out of as many, by random indices",
    inputs: [
      .uniform("x", [count, 64], seed: 50),
      Input(name: "i", shape: [count], dtype: .i32) {
        var generator = SplitMix64(seed: 51)
        return (0..<count).map { _ in Float(generator.next() % UInt64(count)) }
      },
    ],
    operations: Double(count * 64), resultCount: count * 64,
    body: { $0[0].take($0[1]) })

  static let sort = Workload(
    name: "sort", summary: "1,048,576 numbers in order",
    inputs: [.normal("x", [count], seed: 52)], operations: Double(count * 20),
    body: { $0[0].sorted() })

  static let argsort = Workload(
    name: "argsort",
    summary: "where 1,048,576 numbers stand in order, those of equal ones in theirs",
    inputs: [.normal("x", [count], seed: 53)], operations: Double(count * 20),
    body: { $0[0].argSorted().cast(to: .f32) })

  static let topK = Workload(
    name: "topk", summary: "the 100 largest of 1,048,576 numbers",
    inputs: [.normal("x", [count], seed: 54)], operations: Double(count), resultCount: 100,
    body: { $0[0].topK(100).values })
}
