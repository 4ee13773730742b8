// SPDX-License-Identifier: Apache-2.0
internal import CZeroMQ

/// One frame in libzmq's own memory: received without a copy, sent without a copy, and reusable.
///
/// Safety: a `zmq_msg_t` must not be moved once initialised, so it lives on the heap, at an address that stays the
/// same until `deinit`. It is initialised from `init` to `deinit` without a gap, which is what `zmq_msg_recv`,
/// `zmq_msg_send` and `zmq_msg_close` ask for. The bytes are lent only to a closure, during which the message is
/// borrowed, so it can be neither refilled nor freed meanwhile.
public struct Message: ~Copyable {
  let pointer: UnsafeMutablePointer<zmq_msg_t>

  /// An empty message, ready to receive into.
  public init() {
    pointer = .allocate(capacity: 1)
    // It cannot fail for an empty message.
    zmq_msg_init(pointer)
  }

  /// A message of `count` bytes that `fill` writes in place; the buffer comes with zeros.
  public init<Failure: Error>(
    count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    self.init(uninitializedCount: count)
    // What `fill` leaves out must not send old memory of this process to a peer.
    writableBuffer.initializeMemory(as: UInt8.self, repeating: 0)
    try fill(writableBuffer)
  }

  /// A message with a copy of `bytes`.
  public init(copying bytes: [UInt8]) {
    self.init(uninitializedCount: bytes.count)
    writableBuffer.copyBytes(from: bytes)
  }

  private init(uninitializedCount count: Int) {
    precondition(count >= 0, "a message has \(count) bytes: expected 0 or more")
    pointer = .allocate(capacity: 1)
    // As elsewhere in Swift, memory that cannot be had ends the process.
    guard zmq_msg_init_size(pointer, count) == 0 else {
      preconditionFailure("no memory for a message of \(count) bytes")
    }
  }

  deinit {
    // It fails only for a message that was not initialised.
    zmq_msg_close(pointer)
    pointer.deallocate()
  }

  /// How many bytes the frame has.
  public var count: Int { zmq_msg_size(pointer) }

  /// Whether further frames of the same multipart message follow the one that was received.
  public var hasMore: Bool { zmq_msg_more(pointer) == 1 }

  /// Lends the bytes without copying them; do not let the pointer leave `body`.
  @inlinable
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(buffer)
  }

  /// Lends the bytes without copying them, as a span, which the compiler keeps from leaving `body`.
  @inlinable
  public func withBytes<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(buffer.bytes)
  }

  /// A copy of the bytes.
  public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

  /// What libzmq knows of the connection that a received message came over, for example `Peer-Address`, `Socket-Type`
  /// or `Routing-Id`; nil where it knows nothing by that name.
  public func property(_ name: String) -> String? { zmq_msg_gets(pointer, name).map { String(cString: $0) } }

  /// Frees the content and leaves the message empty.
  public mutating func clear() {
    zmq_msg_close(pointer)
    zmq_msg_init(pointer)
  }

  @usableFromInline
  var buffer: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: zmq_msg_data(pointer), count: zmq_msg_size(pointer))
  }

  private var writableBuffer: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: zmq_msg_data(pointer), count: zmq_msg_size(pointer))
  }
}
