// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing
import ZeroMQ

/// How long a test waits, in milliseconds, for what must happen; a machine under load may need much of it.
let patience = 10_000

/// A thread of its own, because a blocking receive must not hold one of the test runner's.
final class OwnThread: Sendable {
  private final class Work: Sendable {
    let body: @Sendable () throws -> Void
    nonisolated(unsafe) var failure: (any Error)?
    init(_ body: @escaping @Sendable () throws -> Void) { self.body = body }
  }

  private let work: Work
  let id: pthread_t

  init(_ body: @escaping @Sendable () throws -> Void) {
    work = Work(body)
    var id = pthread_t()
    let status = pthread_create(
      &id, nil,
      { argument in
        let work = Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue()
        // Read by the other thread only after pthread_join.
        do { try work.body() } catch { work.failure = error }
        return nil
      }, Unmanaged.passRetained(work).toOpaque())
    precondition(status == 0, "no thread: errno \(status)")
    self.id = id
  }

  /// Waits for its end; throws what its body threw.
  func join() throws {
    pthread_join(id, nil)
    if let failure = work.failure { throw failure }
  }
}

/// Waits until a condition that another thread or process brings about holds; whether it came to hold.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
  for _ in 0..<patience {
    if try condition() { return true }
    usleep(1_000)
  }
  return false
}

func exists(_ path: String) -> Bool {
  var status = stat()
  return lstat(path, &status) == 0
}

/// Reads events until one of `wanted` comes.
func waitFor(_ wanted: MonitorEvents, on monitor: borrowing Monitor) throws -> Monitor.Event {
  while let event = try monitor.next(milliseconds: patience) {
    if !event.event.isDisjoint(with: wanted) { return event }
  }
  throw Missing(what: wanted.description)
}

struct Missing: Error { let what: String }

/// Opens a socket whose receives and sends give up in the end, so that a failing test ends.
func open(_ context: Context, _ kind: SocketKind, _ options: [SocketOption] = []) throws -> Socket {
  try Socket(
    context, kind,
    options: [.receiveTimeout(milliseconds: patience), .sendTimeout(milliseconds: patience)] + options)
}
