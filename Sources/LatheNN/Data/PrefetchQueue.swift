// A bounded queue between a thread that makes and one that takes.

import Dispatch
import Driver

/// Bounded queue of one maker and one taker. Either may close it; both then end.
final class PrefetchQueue<Element: Sendable>: Sendable {
  private struct State {
    var elements: [Element] = []
    var isClosed = false
  }

  private let state = Locked(State())
  // From 0 up, because Dispatch refuses to free a semaphore below its first value.
  private let room = DispatchSemaphore(value: 0)
  private let ready = DispatchSemaphore(value: 0)

  /// A queue of at most `capacity` elements.
  init(capacity: Int) {
    for _ in 0..<capacity { room.signal() }
  }

  /// Adds an element once there is room; false where the queue is closed.
  func put(_ element: sending Element) -> Bool {
    room.wait()
    let isOpen = state.withLock { state in
      if !state.isClosed { state.elements.append(element) }
      return !state.isClosed
    }
    ready.signal()
    return isOpen
  }

  /// Takes the oldest element, waiting for it; nil once the queue is closed and empty.
  func take() -> Element? {
    ready.wait()
    let element = state.withLock { $0.elements.isEmpty ? nil : $0.elements.removeFirst() }
    if element == nil { ready.signal() }
    room.signal()
    return element
  }

  /// Lets no more elements in, and wakes who waits.
  func close() {
    state.withLock { $0.isClosed = true }
    room.signal()
    ready.signal()
  }
}
