// The one loop over tables of mistakes: each ends a process with its message.

import Testing

/// Mistakes of one file and the messages that they end with.
struct MisuseTable: Sendable, CustomStringConvertible {
  typealias Entry = (message: String, make: @Sendable () -> Void)

  /// The file whose lines the messages name.
  let description: String
  let mistakes: [Entry]

  init(_ file: String, _ mistakes: [Entry]) {
    description = file
    self.mistakes = mistakes
  }

  static let all = [
    contractions, indexing, linearAlgebra, subscripts, arrangements, searches, arithmetic,
  ]
}

@Suite struct MisuseTableTests {
  /// What stands on standard error is the place, and then the message alone.
  @Test(arguments: MisuseTable.all.indices) func everyMistakeIsNamed(table: Int) async {
    let file = MisuseTable.all[table].description
    for (index, mistake) in MisuseTable.all[table].mistakes.enumerated() {
      let result = await #expect(
        processExitsWith: .failure, observing: [\.standardErrorContent]
      ) { [table = table as Int, index = index as Int] in
        MisuseTable.all[table].mistakes[index].make()
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      let isNamed = text.hasPrefix("\(file):") && text.hasSuffix(": \(mistake.message)\n")
      #expect(isNamed, "\(mistake.message): \(text)")
    }
  }
}
