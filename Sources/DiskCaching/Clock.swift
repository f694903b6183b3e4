// The time of day.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The time of day, as files have it.
enum Clock {
  /// Seconds since 1970.
  static var seconds: Int { time(nil) }
}
