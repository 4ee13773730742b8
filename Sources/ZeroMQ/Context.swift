// SPDX-License-Identifier: Apache-2.0
internal import CZeroMQ
internal import Glibc
internal import Synchronization

/// The owner of libzmq's background threads, shared by all sockets of a process.
///
/// A socket keeps its context alive, so the context ends after its last socket. Ending it waits until what those
/// sockets had still to send is sent, at most for their linger time (see ``SocketOption/linger(milliseconds:)``).
///
/// Safety: libzmq documents contexts as safe to use from any number of threads at once, which is what `Sendable`
/// claims. The pointer is set once, and freed in `deinit`, when nobody can hold it any more.
public final class Context: Sendable {
  nonisolated(unsafe) let pointer: UnsafeMutableRawPointer
  private let monitors = Atomic<Int>(0)

  /// Starts a context.
  ///
  /// - Parameters:
  ///   - ioThreads: background threads that move bytes; 1 suffices for about 1 GB/s. 0 allows only `inproc://`.
  ///   - maxSockets: how many sockets may be open at once.
  public init(ioThreads: Int = 1, maxSockets: Int = 1023) throws(ZeroMQError) {
    guard let pointer = zmq_ctx_new() else { throw .last("start a context") }
    self.pointer = pointer
    try set(ZMQ_IO_THREADS, to: ioThreads, "set ioThreads to \(ioThreads)")
    try set(ZMQ_MAX_SOCKETS, to: maxSockets, "set maxSockets to \(maxSockets)")
  }

  deinit {
    // A signal may interrupt the wait for the sockets' last messages; the context is then still there.
    while zmq_ctx_term(pointer) != 0 && zmq_errno() == EINTR {}
  }

  /// Makes every blocking operation on this context's sockets, now and later, fail with an error whose
  /// ``ZeroMQError/isTerminated`` is true. Safe to call from any thread, and more than once.
  public func shutdown() {
    // It fails only for a pointer that is no context, and ours is one until deinit.
    _ = zmq_ctx_shutdown(pointer)
  }

  /// Whether the installed libzmq was built with a capability, such as `curve`, `ipc` or `draft`.
  public static func has(_ capability: String) -> Bool { zmq_has(capability) == 1 }

  /// The version of the installed libzmq.
  public static var version: (major: Int, minor: Int, patch: Int) {
    var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
    zmq_version(&major, &minor, &patch)
    return (Int(major), Int(minor), Int(patch))
  }

  /// A name inside this context that no other monitor has or had.
  func nextMonitorEndpoint() -> String {
    "inproc://longhaul-monitor-\(monitors.add(1, ordering: .relaxed).newValue)"
  }

  private func set(_ option: Int32, to value: Int, _ operation: String) throws(ZeroMQError) {
    guard let value = Int32(exactly: value) else { throw ZeroMQError(errno: EINVAL, operation: operation) }
    guard zmq_ctx_set(pointer, option, value) == 0 else { throw .last(operation) }
  }
}
