// SPDX-License-Identifier: Apache-2.0
internal import CZeroMQ
internal import Glibc

/// What is known of a received frame besides its bytes.
public struct Frame: Hashable, Sendable {
  /// How many bytes it has.
  public let count: Int
  /// Whether further frames of the same multipart message follow.
  public let hasMore: Bool
}

// A message is one or more frames and is delivered whole or not at all. All calls go on after a signal; a program that
// wants to notice signals while it waits does so in `Poller.poll`. A timeout starts anew after a signal.
extension Socket {
  // MARK: Sending

  /// Sends one frame and waits for room if need be. The bytes are copied before this returns.
  ///
  /// - Parameter more: whether further frames of the same message follow.
  /// - Throws: `EAGAIN` when the send timeout ran out, `EHOSTUNREACH` (see ``SocketOption/routerMandatory(_:)``),
  ///   `EFSM` when a `.req` or `.rep` socket is not due to send, `ENOTSUP` when this kind never sends, `ETERM`.
  public func send(_ bytes: UnsafeRawBufferPointer, more: Bool = false) throws(ZeroMQError) {
    _ = try handle.send(bytes, flags: more ? ZMQ_SNDMORE : 0)
  }

  /// As ``send(_:more:)-(UnsafeRawBufferPointer,_)``.
  public func send(_ bytes: [UInt8], more: Bool = false) throws(ZeroMQError) {
    _ = try trySend(bytes, flags: more ? ZMQ_SNDMORE : 0)
  }

  /// Sends the content of `message` without copying it and leaves `message` empty, ready to be used again; on an
  /// error it keeps its content.
  public func send(_ message: inout Message, more: Bool = false) throws(ZeroMQError) {
    _ = try handle.send(&message, flags: more ? ZMQ_SNDMORE : 0)
  }

  /// Sends a message of one or more frames.
  public func send(frames: [[UInt8]]) throws(ZeroMQError) {
    for index in frames.indices { try send(frames[index], more: index < frames.count - 1) }
  }

  /// Sends a message of one frame if that is possible without waiting.
  ///
  /// - Returns: false when there is no room or no peer.
  public func trySend(_ bytes: [UInt8]) throws(ZeroMQError) -> Bool {
    try trySend(bytes, flags: ZMQ_DONTWAIT)
  }

  /// As ``trySend(_:)-([UInt8])``; on success `message` is left empty, otherwise it keeps its content.
  public func trySend(_ message: inout Message) throws(ZeroMQError) -> Bool {
    try handle.send(&message, flags: ZMQ_DONTWAIT)
  }

  /// Sends a message of one or more frames if that is possible without waiting.
  ///
  /// - Throws: `EAGAIN` when the only peer went away between two frames (`.pair` only).
  public func trySend(frames: [[UInt8]]) throws(ZeroMQError) -> Bool {
    for index in frames.indices {
      let flags = ZMQ_DONTWAIT | (index < frames.count - 1 ? ZMQ_SNDMORE : 0)
      if try trySend(frames[index], flags: flags) { continue }
      if index == 0 { return false }
      throw ZeroMQError(
        errno: EAGAIN, operation: "send frame \(index) of \(frames.count)", endpoint: handle.endpoint,
        advice: "the peer went away between two frames")
    }
    return true
  }

  private func trySend(_ bytes: [UInt8], flags: Int32) throws(ZeroMQError) -> Bool {
    try bytes.withUnsafeBufferPointer { (buffer) throws(ZeroMQError) in
      try handle.send(UnsafeRawBufferPointer(buffer), flags: flags)
    }
  }

  // MARK: Receiving

  /// Waits for a frame and puts it in place of what `bytes` held, in the memory that `bytes` already has.
  ///
  /// - Throws: `EAGAIN` when the receive timeout ran out, `EFSM` when a `.req` or `.rep` socket is not due to
  ///   receive, `ENOTSUP` when this kind never receives, `ETERM`. `bytes` is unchanged then.
  @discardableResult
  public func receive(into bytes: inout [UInt8]) throws(ZeroMQError) -> Frame {
    guard let frame = try handle.receive(&bytes, flags: 0) else {
      preconditionFailure("a receive that waits ends with a frame or an error")
    }
    return frame
  }

  /// Waits for a frame and puts it in place of what `message` held, without copying it.
  public func receive(into message: inout Message) throws(ZeroMQError) {
    _ = try handle.receive(&message, flags: 0)
  }

  /// Waits for a whole message and puts its frames in place of what `frames` held, in the memory that its elements
  /// already have.
  public func receive(into frames: inout [[UInt8]]) throws(ZeroMQError) {
    _ = try receive(into: &frames, flags: 0)
  }

  /// Waits for a whole message.
  public func receiveFrames() throws(ZeroMQError) -> [[UInt8]] {
    var frames: [[UInt8]] = []
    try receive(into: &frames)
    return frames
  }

  /// As ``receive(into:)-(inout [UInt8])`` without waiting.
  ///
  /// - Returns: nil when there is nothing to receive; `bytes` is unchanged then.
  public func tryReceive(into bytes: inout [UInt8]) throws(ZeroMQError) -> Frame? {
    try handle.receive(&bytes, flags: ZMQ_DONTWAIT)
  }

  /// As ``receive(into:)-(inout Message)`` without waiting.
  ///
  /// - Returns: false when there is nothing to receive.
  public func tryReceive(into message: inout Message) throws(ZeroMQError) -> Bool {
    try handle.receive(&message, flags: ZMQ_DONTWAIT)
  }

  /// As ``receive(into:)-(inout [[UInt8]])`` without waiting.
  ///
  /// - Returns: false when there is nothing to receive; `frames` is unchanged then.
  public func tryReceive(into frames: inout [[UInt8]]) throws(ZeroMQError) -> Bool {
    try receive(into: &frames, flags: ZMQ_DONTWAIT)
  }

  /// As ``receiveFrames()`` without waiting; nil when there is nothing to receive.
  public func tryReceiveFrames() throws(ZeroMQError) -> [[UInt8]]? {
    var frames: [[UInt8]] = []
    return try tryReceive(into: &frames) ? frames : nil
  }

  private func receive(into frames: inout [[UInt8]], flags: Int32) throws(ZeroMQError) -> Bool {
    var count = 0
    var hasMore = true
    while hasMore {
      if count == frames.count { frames.append([]) }
      // The further frames of a message are there as soon as its first one is, so waiting costs nothing.
      guard let frame = try handle.receive(&frames[count], flags: count == 0 ? flags : 0) else {
        return false
      }
      hasMore = frame.hasMore
      count += 1
    }
    frames.removeLast(frames.count - count)
    return true
  }
}
