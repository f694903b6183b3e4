// Failing programs kept for a developer.

package import Driver
import Foundation
package import IRCore

extension ProgramCase {
  /// Writes the program where a developer finds it, and returns the path.
  package func save(_ failure: String, row: TargetRow) -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "lathe-failures")
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: "\(name)-\(row.name).lathe")
    try? fileText(failure, row: row).write(to: file, atomically: true, encoding: .utf8)
    return file.path()
  }
}
