// SPDX-License-Identifier: Apache-2.0
internal import CZeroMQ

/// The messaging pattern of a socket, after RFC 28 to 31 of the ZeroMQ project.
public enum SocketKind: Hashable, Sendable, CaseIterable {
  /// Exactly one peer, both ways.
  case pair
  /// Asks one question and waits for its answer, and ``rep`` its counterpart.
  case req, rep
  /// Any number of peers: sends to them in turn, receives from all fairly.
  case dealer
  /// Any number of peers: the first frame of a message is the routing id of the peer it comes from or goes to.
  case router
  /// Publishes to whoever subscribed, and ``sub`` its counterpart; a slow subscriber loses messages.
  case pub, sub
  /// As ``pub`` and ``sub``, with subscriptions visible as messages.
  case xpub, xsub
  /// Hands work out in turn, and ``pull`` its counterpart.
  case push, pull

  var code: Int32 {
    switch self {
    case .pair: ZMQ_PAIR
    case .req: ZMQ_REQ
    case .rep: ZMQ_REP
    case .dealer: ZMQ_DEALER
    case .router: ZMQ_ROUTER
    case .pub: ZMQ_PUB
    case .sub: ZMQ_SUB
    case .xpub: ZMQ_XPUB
    case .xsub: ZMQ_XSUB
    case .push: ZMQ_PUSH
    case .pull: ZMQ_PULL
    }
  }
}
