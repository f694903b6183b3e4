// Strong references that stay in their place.

import Synchronization

/// Strong reference that stays in its place and can still be asked whether it is the only one.
///
/// Inlinable, with `Locked`: unspecialized, the two took a third of a compiled call's time.
@frozen
public struct OwnedReference<Object: AnyObject & Sendable>: ~Copyable, @unchecked Sendable {
  // Unchecked: the reference never changes, and its object is Sendable.
  @usableFromInline let reference: Unmanaged<Object>

  /// Keeps `object`.
  @inlinable
  public init(_ object: Object) { reference = .passRetained(object) }

  /// The object.
  @inlinable
  public var object: Object { reference.takeUnretainedValue() }

  /// Whether no other strong reference exists. Meant for a caller whom nobody else can reach this
  /// reference beside.
  @inlinable
  public func isUnique() -> Bool {
    // The reference is lent to `owned` and taken back.
    var owned = reference.takeRetainedValue()
    let isUnique = isKnownUniquelyReferenced(&owned)
    _ = Unmanaged.passRetained(owned)
    return isUnique
  }

  deinit { reference.release() }
}

/// Place for the memory of a value, which is stored once, by any thread, and then stays.
public struct PublishedStorage: ~Copyable, @unchecked Sendable {
  // Unchecked: the place is atomic.
  private let place: Atomic<UnsafeMutableRawPointer?>

  /// An empty place, or one that holds `storage`.
  public init(_ storage: Storage? = nil) {
    place = Atomic(storage.map { Unmanaged.passRetained($0).toOpaque() })
  }

  private var reference: Unmanaged<Storage>? {
    place.load(ordering: .acquiring).map { Unmanaged.fromOpaque($0) }
  }

  /// What was stored.
  public var storage: Storage? { reference?.takeUnretainedValue() }

  /// Whether something was stored.
  public var isStored: Bool { place.load(ordering: .acquiring) != nil }

  /// Stores memory; of several the first stays.
  public func store(_ storage: Storage) {
    let new = Unmanaged.passRetained(storage)
    let (exchanged, _) = place.compareExchange(
      expected: nil, desired: new.toOpaque(), ordering: .acquiringAndReleasing)
    if !exchanged { new.release() }
  }

  /// The memory when it is no part of other memory and no other strong reference to it exists.
  /// Meant for a caller whom nobody else can reach this place beside.
  public func uniqueStorage() -> Storage? {
    guard let reference else { return nil }
    // The reference is lent to `owned` and taken back.
    var owned = reference.takeRetainedValue()
    let isUnique = isKnownUniquelyReferenced(&owned) && !owned.isPart
    _ = Unmanaged.passRetained(owned)
    return isUnique ? owned : nil
  }

  deinit { reference?.release() }
}
