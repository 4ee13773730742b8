// SPDX-License-Identifier: Apache-2.0
internal import CZeroMQ
internal import Glibc

extension PollItem {
  /// The form in which libzmq takes it. The pointer in it is good for as long as the socket stays open, so it is made
  /// afresh for each poll: nothing can close a socket of this thread between here and the end of that call.
  func raw() throws(ZeroMQError) -> zmq_pollitem_t {
    switch source {
    case .fileDescriptor(let descriptor):
      return zmq_pollitem_t(socket: nil, fd: descriptor, events: events.rawValue, revents: 0)
    case .socket(let handle):
      guard let pointer = handle.pointer else {
        throw ZeroMQError(
          errno: ENOTSOCK, operation: "poll item \(tag)", endpoint: handle.endpoint,
          advice: "its socket was closed; remove the item first")
      }
      return zmq_pollitem_t(socket: pointer, fd: 0, events: events.rawValue, revents: 0)
    }
  }
}
