// SPDX-License-Identifier: Apache-2.0
internal import CZeroMQ
internal import Glibc

/// The pointer to a libzmq socket, and every call that takes it.
///
/// Safety, of the whole module: libzmq's pointers are used here, in `PollItem+Raw.swift` (handed to a poll made here),
/// in `Message.swift` (the message) and in `Context.swift` (the context), and nowhere else.
/// - *No use after close.* `pointer` is nil from ``close()`` on, and each call goes through ``openPointer`` or checks
///   it. So a `PollItem` or `Monitor` that outlives its socket holds an empty handle, never a dangling pointer.
/// - *No two owners.* The handle is created by `Socket.init`, and only `Socket`, which cannot be copied, closes it.
/// - *No two threads.* A libzmq socket must not be used by two threads at once. Neither this class nor anything that
///   holds it is `Sendable`, so the compiler lets a socket change its thread only together with its poll items and
///   monitor (`sending`), and such a hand-over is the memory barrier that libzmq asks for.
/// - *No buffer outlives its call.* libzmq copies what it is given before `zmq_send` and `zmq_setsockopt` return.
final class SocketHandle {
  let context: Context
  private(set) var pointer: UnsafeMutableRawPointer?
  /// What errors name: the endpoint last bound or connected.
  var endpoint: String?
  /// The socket files that this socket made by binding.
  var socketFiles: [SocketFile] = []
  /// Receives into `[UInt8]` pass through this message, so that none is allocated for each frame.
  private var scratch = Message()

  init(context: Context, kind: SocketKind) throws(ZeroMQError) {
    guard let pointer = zmq_socket(context.pointer, kind.code) else { throw .last("open a \(kind) socket") }
    self.context = context
    self.pointer = pointer
  }

  deinit { close() }

  /// Closes the socket and removes the socket files it made. Calling it again does nothing.
  func close() {
    guard let open = pointer else { return }
    pointer = nil
    // First the files, so that nobody connects to a listener that is about to go.
    for file in socketFiles { file.remove() }
    socketFiles = []
    // It fails only for a pointer that is no socket.
    _ = zmq_close(open)
  }

  private var openPointer: UnsafeMutableRawPointer {
    guard let pointer else { preconditionFailure("a Socket closes its handle only when it ends") }
    return pointer
  }

  // MARK: Endpoints

  enum EndpointCall: String {
    case bind, unbind, connect, disconnect
  }

  func call(_ call: EndpointCall, _ endpoint: String) throws(ZeroMQError) {
    let status =
      switch call {
      case .bind: zmq_bind(openPointer, endpoint)
      case .unbind: zmq_unbind(openPointer, endpoint)
      case .connect: zmq_connect(openPointer, endpoint)
      case .disconnect: zmq_disconnect(openPointer, endpoint)
      }
    guard status == 0 else { throw .last(call.rawValue, endpoint: endpoint) }
  }

  // MARK: Options

  func set(_ option: Int32, to value: Int32, _ operation: String) throws(ZeroMQError) {
    var value = value
    guard zmq_setsockopt(openPointer, option, &value, MemoryLayout<Int32>.size) == 0 else { throw last(operation) }
  }

  func set(_ option: Int32, to value: Int64, _ operation: String) throws(ZeroMQError) {
    var value = value
    guard zmq_setsockopt(openPointer, option, &value, MemoryLayout<Int64>.size) == 0 else { throw last(operation) }
  }

  func set(_ option: Int32, to bytes: [UInt8], _ operation: String) throws(ZeroMQError) {
    guard zmq_setsockopt(openPointer, option, bytes, bytes.count) == 0 else { throw last(operation) }
  }

  func integer(_ option: Int32, _ operation: String) throws(ZeroMQError) -> Int {
    var value: Int32 = 0
    var size = MemoryLayout<Int32>.size
    guard zmq_getsockopt(openPointer, option, &value, &size) == 0 else { throw last(operation) }
    return Int(value)
  }

  func bytes(_ option: Int32, atMost capacity: Int, _ operation: String) throws(ZeroMQError) -> [UInt8] {
    var value = [UInt8](repeating: 0, count: capacity)
    var size = capacity
    guard zmq_getsockopt(openPointer, option, &value, &size) == 0 else { throw last(operation) }
    value.removeLast(capacity - size)
    return value
  }

  /// Sends the events of this socket to a PAIR socket at `endpoint`; nil ends that.
  func setMonitor(_ endpoint: String?, events: Int32) throws(ZeroMQError) {
    guard zmq_socket_monitor(openPointer, endpoint, events) == 0 else { throw last("monitor the socket") }
  }

  // MARK: Frames

  /// Sends one frame; false when `flags` say not to wait and nothing can be sent now.
  func send(_ bytes: UnsafeRawBufferPointer, flags: Int32) throws(ZeroMQError) -> Bool {
    while zmq_send(openPointer, bytes.baseAddress, bytes.count, flags) < 0 {
      guard try shouldRetry("send", flags) else { return false }
    }
    return true
  }

  /// Sends the content of `message` and leaves it empty; on false and on an error it keeps its content.
  func send(_ message: inout Message, flags: Int32) throws(ZeroMQError) -> Bool {
    while zmq_msg_send(message.pointer, openPointer, flags) < 0 {
      guard try shouldRetry("send", flags) else { return false }
    }
    return true
  }

  /// Receives one frame; false when `flags` say not to wait and there is none.
  func receive(_ message: inout Message, flags: Int32) throws(ZeroMQError) -> Bool {
    while zmq_msg_recv(message.pointer, openPointer, flags) < 0 {
      guard try shouldRetry("receive", flags) else { return false }
    }
    return true
  }

  func receive(_ bytes: inout [UInt8], flags: Int32) throws(ZeroMQError) -> Frame? {
    guard try receive(&scratch, flags: flags) else { return nil }
    bytes.removeAll(keepingCapacity: true)
    scratch.withUnsafeBytes { bytes.append(contentsOf: $0) }
    let frame = Frame(count: scratch.count, hasMore: scratch.hasMore)
    // A large frame's memory should not stay until the next one comes.
    if frame.count > 65_536 { scratch.clear() }
    return frame
  }

  /// After a call that failed: true to call again, false when it would have had to wait, otherwise the error.
  private func shouldRetry(_ operation: String, _ flags: Int32) throws(ZeroMQError) -> Bool {
    switch zmq_errno() {
    case EINTR: return true
    case EAGAIN where flags & ZMQ_DONTWAIT != 0: return false
    default: throw last(operation)
    }
  }

  private func last(_ operation: String) -> ZeroMQError { .last(operation, endpoint: endpoint) }

  // MARK: Waiting

  /// One libzmq poll; true when the wait ended in time, false when a signal interrupted it.
  static func poll(_ items: inout [zmq_pollitem_t], milliseconds: Int?) throws(ZeroMQError) -> Bool {
    let status = zmq_poll(&items, Int32(items.count), milliseconds.map { max($0, 0) } ?? -1)
    if status >= 0 { return true }
    if zmq_errno() == EINTR { return false }
    throw .last("poll \(items.count) items")
  }
}
