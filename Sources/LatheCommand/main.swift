// The entry point: runs a command and maps failures to exit codes.

import ArgumentParser
import CLatheRuntime

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

// 0: done. 1: the input was bad or the work failed. 2: wrong usage.
do {
  var command = try LatheCommand.parseAsRoot()
  try command.run()
  if !lathe_finish_output() { throw CommandFailure("cannot write the output") }
} catch let failure as CommandFailure {
  Terminal.writeError("lathe: \(failure)")
  exit(1)
} catch {
  let code = LatheCommand.exitCode(for: error)
  if code.isSuccess {
    print(LatheCommand.fullMessage(for: error))
    exit(0)
  }
  Terminal.writeError(LatheCommand.fullMessage(for: error))
  exit(2)
}
