// State behind a mutex.

#if canImport(Darwin)
  public import Darwin
#else
  public import Glibc
#endif

/// State that several threads share, reachable only while its mutex is held.
///
/// A heap pthread mutex rather than Synchronization's `Mutex`, about which ThreadSanitizer reports
/// races that are none.
///
/// Inlinable: unspecialized, a third of a compiled call's time went there.
@frozen
public struct Locked<State>: ~Copyable, @unchecked Sendable {
  @usableFromInline struct Contents {
    @usableFromInline var mutex: pthread_mutex_t
    @usableFromInline var state: State

    @usableFromInline init(_ state: consuming State) {
      mutex = pthread_mutex_t()
      self.state = state
    }
  }

  // Unchecked: every access to the state holds the mutex. One block for both, since every tensor
  // has one.
  @usableFromInline let contents: UnsafeMutablePointer<Contents>

  /// Shares `initial`.
  @inlinable
  public init(_ initial: consuming sending State) {
    contents = .allocate(capacity: 1)
    contents.initialize(to: Contents(initial))
    pthread_mutex_init(&contents.pointee.mutex, nil)
  }

  /// Runs `body` alone on the state. Never compile, wait or call back inside.
  @inlinable
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout State) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(&contents.pointee.mutex)
    defer { pthread_mutex_unlock(&contents.pointee.mutex) }
    return try body(&contents.pointee.state)
  }

  deinit {
    pthread_mutex_destroy(&contents.pointee.mutex)
    contents.deinitialize(count: 1)
    contents.deallocate()
  }
}

/// Result that one thread makes and others wait for.
public final class Promise<Value: Sendable>: Sendable {
  private let mutex = Latch()
  private let value = Locked<Value?>(nil)

  /// A promise without its value.
  public init() {}

  /// Stores the value and wakes those who wait.
  public func fulfill(_ result: Value) {
    value.withLock { $0 = result }
    mutex.open()
  }

  /// Waits until there is a value.
  public func wait() -> Value {
    mutex.wait()
    guard let result = value.withLock({ $0 }) else { fatalError("a latch opened early") }
    return result
  }
}

/// Gate that opens once.
private final class Latch: @unchecked Sendable {
  // Unchecked: `isOpen` is read and written under `mutex`.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var isOpen = false

  init() {
    mutex.initialize(to: pthread_mutex_t())
    condition.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  func open() {
    pthread_mutex_lock(mutex)
    isOpen = true
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  func wait() {
    pthread_mutex_lock(mutex)
    while !isOpen { pthread_cond_wait(condition, mutex) }
    pthread_mutex_unlock(mutex)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }
}
