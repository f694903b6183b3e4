// The kernel whose body runs in this task.

import Driver
import IRCore
import LoopIR
import Synchronization

/// The one ambient thing of kernels: values and grids record what is done with them here.
final class KernelTrace: Sendable {
  @TaskLocal private static var current: KernelTrace?
  private static let count = Atomic(0)

  let id: Int
  private let draft: Locked<KernelDraft>

  init(name: String, at location: SourceLocation) {
    id = Self.count.add(1, ordering: .relaxed).newValue
    draft = Locked(KernelDraft(id: id, name: name, location: location))
  }

  /// Runs a kernel's body and returns what it recorded.
  func record(_ body: () -> Void) -> KernelDraft {
    Self.$current.withValue(self, operation: body)
    return draft.withLock { $0 }
  }

  /// Changes the draft of the kernel whose body runs here.
  static func record<Result>(
    at location: SourceLocation, _ body: (inout KernelDraft) -> Result
  ) -> Result {
    guard let current else {
      misuse("a value of a kernel is used outside of its body", at: location)
    }
    return current.draft.withLock { body(&$0) }
  }

  /// The number of the kernel whose body runs here.
  static var currentID: Int? { current?.id }
}
