// What emitted objects refer to.

import Codegen
import Driver
import IRCore
import TestSupport
import Testing

@Suite struct UndefinedSymbols {
  /// No row at any typing, on any target row, makes LLVM call a library.
  @Test(arguments: TargetRow.all) func rowsCallNothing(target: TargetRow) throws {
    if !target.isRunnable {
      print("skipped: running code for \(target.name), compiled and read only")
    }
    for typing in RowTyping.all {
      for lanes in [1, typing.nativeLanes(target)] {
        let object = try objectCode(of: typing.kernel(lanes: lanes), for: target).object
        let called = try forbiddenSymbols(of: object)
        #expect(called.isEmpty, "\(typing) on \(target.name), \(lanes) lanes calls \(called)")
      }
    }
  }
}
