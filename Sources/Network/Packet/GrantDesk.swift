// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A ledger and who is in it: at a port, or at a delegate.
struct GrantDesk {
  enum Member: Equatable {
    case flow(Int32, hop: UInt8)
    case delegate(Int32)
  }

  var ledger = GrantLedger()
  var members: [Member] = []
  /// It will look at itself at this instant.
  var isPending = false
  /// Of a delegate's desk.
  var delegate: Int32 = -1

  // Of a port's desk.
  /// Bits per second that classes served before this one use, with what they vary by.
  var before = 0.0
  /// Bits per second kept back so that the queue shrinks.
  var drain = 0.0
  var mean = 0.0
  var deviation = 0.0
  /// What classes before had sent at the last look, and when that was.
  var sentBefore: Int64 = 0
  var lookedAt: Int64 = 0
  var isWatching = false

  func index(of flow: Int) -> Int? {
    members.firstIndex {
      if case .flow(let other, _) = $0 { return other == Int32(flow) }
      return false
    }
  }
}

/// Where a delegate stands and what for.
struct DelegatePlace {
  var site: Int
  /// The far port, or the first of a sprayed bundle.
  var port: Int
  /// The port's desk for the class of the traffic.
  var desk: Int
  /// The last node of its site on the way there.
  var node: Int
  /// Propagation from that node to the port.
  var distance: Int64
  /// From the port to the furthest of the site's senders and back.
  var loop: Int64
  var state: GrantDelegate
}
