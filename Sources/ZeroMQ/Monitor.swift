// SPDX-License-Identifier: Apache-2.0
internal import CZeroMQ
internal import Glibc

/// Which events of a socket's connections a monitor reports.
public struct MonitorEvents: OptionSet, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// A connection was made. Value: its file descriptor.
  public static let connected = Self(rawValue: UInt16(ZMQ_EVENT_CONNECTED))
  /// A connection is being attempted and was not made at once.
  public static let connectDelayed = Self(rawValue: UInt16(ZMQ_EVENT_CONNECT_DELAYED))
  /// An attempt failed and will be repeated. Value: after how many milliseconds.
  public static let connectRetried = Self(rawValue: UInt16(ZMQ_EVENT_CONNECT_RETRIED))
  /// The socket was bound. Value: its file descriptor.
  public static let listening = Self(rawValue: UInt16(ZMQ_EVENT_LISTENING))
  /// Binding failed. Value: errno.
  public static let bindFailed = Self(rawValue: UInt16(ZMQ_EVENT_BIND_FAILED))
  /// A peer's connection was accepted. Value: its file descriptor.
  public static let accepted = Self(rawValue: UInt16(ZMQ_EVENT_ACCEPTED))
  /// A peer's connection could not be accepted. Value: errno.
  public static let acceptFailed = Self(rawValue: UInt16(ZMQ_EVENT_ACCEPT_FAILED))
  /// A connection or a listener was closed on this side. Value: its file descriptor.
  public static let closed = Self(rawValue: UInt16(ZMQ_EVENT_CLOSED))
  /// Closing failed. Value: errno.
  public static let closeFailed = Self(rawValue: UInt16(ZMQ_EVENT_CLOSE_FAILED))
  /// A connection was lost. Value: its file descriptor.
  public static let disconnected = Self(rawValue: UInt16(ZMQ_EVENT_DISCONNECTED))
  /// The socket ended; nothing follows.
  public static let stopped = Self(rawValue: UInt16(ZMQ_EVENT_MONITOR_STOPPED))
  /// The greeting of a connection failed in a way libzmq does not describe. Value: errno.
  public static let handshakeFailedNoDetail = Self(rawValue: UInt16(ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL))
  /// The peers greeted each other, and keys, where asked for, were right: messages can flow.
  public static let handshakeSucceeded = Self(rawValue: UInt16(ZMQ_EVENT_HANDSHAKE_SUCCEEDED))
  /// The peer does not speak the protocol, or used another key. Value: a `ZMQ_PROTOCOL_ERROR` of zmq.h.
  public static let handshakeFailedProtocol = Self(rawValue: UInt16(ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL))
  /// The peer was refused by an authenticator. Value: its status, 300, 400 or 500.
  public static let handshakeFailedAuthentication = Self(rawValue: UInt16(ZMQ_EVENT_HANDSHAKE_FAILED_AUTH))

  /// Any way in which a greeting fails.
  public static let handshakeFailed: Self = [
    .handshakeFailedNoDetail, .handshakeFailedProtocol, .handshakeFailedAuthentication,
  ]
  public static let all = Self(rawValue: UInt16(ZMQ_EVENT_ALL))

  private static let names: [(MonitorEvents, String)] = [
    (.connected, "connected"), (.connectDelayed, "connect delayed"), (.connectRetried, "connect retried"),
    (.listening, "listening"), (.bindFailed, "bind failed"), (.accepted, "accepted"),
    (.acceptFailed, "accept failed"), (.closed, "closed"), (.closeFailed, "close failed"),
    (.disconnected, "disconnected"), (.stopped, "stopped"),
    (.handshakeFailedNoDetail, "handshake failed"), (.handshakeSucceeded, "handshake succeeded"),
    (.handshakeFailedProtocol, "handshake failed: protocol"),
    (.handshakeFailedAuthentication, "handshake failed: authentication"),
  ]

  public var description: String {
    Self.names.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
  }
}

/// Tells what happens to the connections of one socket.
///
/// It is used by the thread that uses the socket. libzmq writes events with a blocking send from its background
/// thread, which nobody could serve any more if it waited; so the way here has no limit of messages, and the socket is
/// told to stop before its monitor closes. Read the events, or they add up.
public struct Monitor: ~Copyable {
  public struct Event: Hashable, Sendable {
    /// Exactly one event.
    public let event: MonitorEvents
    /// See each event for its meaning.
    public let value: Int32
    /// The endpoint concerned, as libzmq names it.
    public let endpoint: String
  }

  private let monitored: SocketHandle
  private let socket: Socket

  init(of monitored: SocketHandle, events: MonitorEvents) throws(ZeroMQError) {
    let endpoint = monitored.context.nextMonitorEndpoint()
    let socket = try Socket(
      monitored.context, .pair, options: [.linger(milliseconds: 0), .receiveHighWaterMark(messages: 0)])
    try monitored.setMonitor(endpoint, events: Int32(events.rawValue))
    do {
      try socket.connect(endpoint)
    } catch {
      try? monitored.setMonitor(nil, events: 0)
      throw error
    }
    self.monitored = monitored
    self.socket = socket
  }

  deinit {
    guard monitored.pointer != nil else { return }
    // It fails only when the context was shut down, which ended the monitor already.
    try? monitored.setMonitor(nil, events: 0)
  }

  /// The next event.
  ///
  /// - Parameter milliseconds: how long to wait for it; nil waits without end. Signals do not end the wait.
  /// - Returns: nil when there was none in that time.
  public func next(milliseconds: Int?) throws(ZeroMQError) -> Event? {
    var poller = Poller([pollItem(tag: 0)])
    let deadline = milliseconds.map { ContinuousClock.now + .milliseconds($0) }
    var remaining = milliseconds
    while try poller.poll(milliseconds: remaining) == .interrupted {
      remaining = deadline.map { Int(max(ContinuousClock.now.duration(to: $0) / .milliseconds(1), 0).rounded(.up)) }
    }
    guard let frames = try socket.tryReceiveFrames() else { return nil }
    guard frames.count == 2, frames[0].count == 6 else {
      throw ZeroMQError(
        errno: EBADMSG, operation: "read a monitor event", endpoint: socket.handle.endpoint,
        advice: "expected frames of 6 bytes and of an endpoint, got frames of \(frames.map(\.count)) bytes")
    }
    // libzmq writes both numbers in the machine's own byte order.
    let (event, value) = frames[0].withUnsafeBytes {
      ($0.loadUnaligned(as: UInt16.self), $0.loadUnaligned(fromByteOffset: 2, as: Int32.self))
    }
    return Event(
      event: MonitorEvents(rawValue: event), value: value, endpoint: String(decoding: frames[1], as: UTF8.self))
  }

  /// This monitor as something to wait for, readable when there is an event.
  public func pollItem(tag: Int) -> PollItem { socket.pollItem(tag: tag) }
}

extension Socket {
  /// Starts to report events of this socket's connections. A socket has one monitor at a time: a new one takes the
  /// place of the old one.
  public func monitor(events: MonitorEvents = .all) throws(ZeroMQError) -> Monitor {
    try Monitor(of: handle, events: events)
  }
}
