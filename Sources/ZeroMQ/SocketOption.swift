// SPDX-License-Identifier: Apache-2.0
internal import CZeroMQ
internal import Glibc

/// What can be set on a socket. Set it before binding or connecting, except where another time is named.
///
/// Times are in milliseconds; nil, where allowed, means without end.
public enum SocketOption: Hashable, Sendable {
  /// How long messages that are not yet delivered are kept after the socket closes. At any time.
  case linger(milliseconds: Int?)
  /// How long a receive waits. At any time.
  case receiveTimeout(milliseconds: Int?)
  /// How long a send waits for room. At any time.
  case sendTimeout(milliseconds: Int?)
  /// How many messages may wait to be received from each peer; 0 is no limit, libzmq's default 1,000.
  case receiveHighWaterMark(messages: Int)
  /// How many messages may wait to be sent to each peer; 0 is no limit, libzmq's default 1,000.
  case sendHighWaterMark(messages: Int)
  /// The name by which a router addresses this socket: 1 to 255 bytes, the first of them not 0.
  case routingID([UInt8])
  /// A `.sub` socket receives the messages that begin with this prefix; all, if it is empty. At any time.
  case subscribe(prefix: [UInt8])
  /// Takes back one earlier `subscribe`. At any time.
  case unsubscribe(prefix: [UInt8])
  /// Messages wait only for peers whose connection is complete; sends block or fail while there are none.
  case immediate(Bool)
  /// How long a new connection may take to greet and to prove its key; 0 is no limit, libzmq's default 30,000.
  case handshakeInterval(milliseconds: Int)
  /// A `.router` fails with `EHOSTUNREACH` when it sends to a peer that it does not know, instead of dropping the
  /// message in silence.
  case routerMandatory(Bool)
  /// A `.router` gives a routing id to the newest peer that claims it, so that a restarted agent is found again.
  case routerHandover(Bool)
  /// The wait before the first attempt to connect again; nil for none at all. libzmq's default 100.
  case reconnectInterval(milliseconds: Int?)
  /// Waits between attempts double up to this; 0 does not double.
  case reconnectIntervalMaximum(milliseconds: Int)
  /// A peer that sends a larger frame is disconnected; nil is no limit.
  case maximumFrameSize(bytes: Int?)
  /// How often a silent connection is asked for a sign of life; 0 is never.
  case heartbeatInterval(milliseconds: Int)
  /// How long that sign may take before the connection is given up.
  case heartbeatTimeout(milliseconds: Int)
  /// How many connections may wait to be accepted; libzmq's default 100.
  case backlog(Int)
  /// Whether `tcp://` endpoints may be IPv6.
  case ipv6(Bool)

  /// What errors call it.
  var name: String {
    switch self {
    case .linger: "linger"
    case .receiveTimeout: "receiveTimeout"
    case .sendTimeout: "sendTimeout"
    case .receiveHighWaterMark: "receiveHighWaterMark"
    case .sendHighWaterMark: "sendHighWaterMark"
    case .routingID: "routingID"
    case .subscribe: "subscribe"
    case .unsubscribe: "unsubscribe"
    case .immediate: "immediate"
    case .handshakeInterval: "handshakeInterval"
    case .routerMandatory: "routerMandatory"
    case .routerHandover: "routerHandover"
    case .reconnectInterval: "reconnectInterval"
    case .reconnectIntervalMaximum: "reconnectIntervalMaximum"
    case .maximumFrameSize: "maximumFrameSize"
    case .heartbeatInterval: "heartbeatInterval"
    case .heartbeatTimeout: "heartbeatTimeout"
    case .backlog: "backlog"
    case .ipv6: "ipv6"
    }
  }
}

extension Socket {
  /// Sets one option.
  ///
  /// - Throws: `EINVAL` for a value that libzmq does not take, or an option that this kind of socket does not have.
  public func set(_ option: SocketOption) throws(ZeroMQError) { try handle.set(option) }

  /// The name by which a router addresses this socket; empty where the router chooses one.
  public var routingID: [UInt8] {
    get throws(ZeroMQError) { try handle.bytes(ZMQ_ROUTING_ID, atMost: 255, "read routingID") }
  }

  /// How long a receive waits, in milliseconds; nil is without end.
  public var receiveTimeout: Int? {
    get throws(ZeroMQError) {
      let time = try handle.integer(ZMQ_RCVTIMEO, "read receiveTimeout")
      return time < 0 ? nil : time
    }
  }

  /// How long undelivered messages are kept after closing, in milliseconds; nil is without end.
  public var linger: Int? {
    get throws(ZeroMQError) {
      let time = try handle.integer(ZMQ_LINGER, "read linger")
      return time < 0 ? nil : time
    }
  }
}

extension SocketHandle {
  func set(_ option: SocketOption) throws(ZeroMQError) {
    switch option {
    case .linger(let time): try set(ZMQ_LINGER, time ?? -1, option)
    case .receiveTimeout(let time): try set(ZMQ_RCVTIMEO, time ?? -1, option)
    case .sendTimeout(let time): try set(ZMQ_SNDTIMEO, time ?? -1, option)
    case .receiveHighWaterMark(let messages): try set(ZMQ_RCVHWM, messages, option)
    case .sendHighWaterMark(let messages): try set(ZMQ_SNDHWM, messages, option)
    case .routingID(let bytes): try set(ZMQ_ROUTING_ID, to: bytes, "set routingID to \(bytes)")
    case .subscribe(let prefix): try set(ZMQ_SUBSCRIBE, to: prefix, "subscribe to \(prefix)")
    case .unsubscribe(let prefix): try set(ZMQ_UNSUBSCRIBE, to: prefix, "unsubscribe from \(prefix)")
    case .immediate(let flag): try set(ZMQ_IMMEDIATE, flag ? 1 : 0, option)
    case .handshakeInterval(let time): try set(ZMQ_HANDSHAKE_IVL, time, option)
    case .routerMandatory(let flag): try set(ZMQ_ROUTER_MANDATORY, flag ? 1 : 0, option)
    case .routerHandover(let flag): try set(ZMQ_ROUTER_HANDOVER, flag ? 1 : 0, option)
    case .reconnectInterval(let time): try set(ZMQ_RECONNECT_IVL, time ?? -1, option)
    case .reconnectIntervalMaximum(let time): try set(ZMQ_RECONNECT_IVL_MAX, time, option)
    case .maximumFrameSize(let bytes): try set(ZMQ_MAXMSGSIZE, to: Int64(bytes ?? -1), "set \(option.name)")
    case .heartbeatInterval(let time): try set(ZMQ_HEARTBEAT_IVL, time, option)
    case .heartbeatTimeout(let time): try set(ZMQ_HEARTBEAT_TIMEOUT, time, option)
    case .backlog(let connections): try set(ZMQ_BACKLOG, connections, option)
    case .ipv6(let flag): try set(ZMQ_IPV6, flag ? 1 : 0, option)
    }
  }

  private func set(_ code: Int32, _ value: Int, _ option: SocketOption) throws(ZeroMQError) {
    let operation = "set \(option.name) to \(value)"
    guard let value = Int32(exactly: value) else {
      throw ZeroMQError(
        errno: EINVAL, operation: operation, endpoint: endpoint, advice: "expected at most \(Int32.max)")
    }
    try set(code, to: value, operation)
  }
}
