// Which target rows this machine can run.

import Driver
public import IRCore

extension TargetRow {
  /// The rows that tests run here; the others are compiled and checked only.
  public static let runnable = all.filter(\.isRunnable)
}
