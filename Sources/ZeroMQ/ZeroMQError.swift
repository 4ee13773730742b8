// SPDX-License-Identifier: Apache-2.0
internal import CZeroMQ
internal import Glibc

/// What libzmq refused, with its error number, the operation and the endpoint it concerned.
public struct ZeroMQError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The error number as libzmq set it, for example `EADDRINUSE`.
  public let errno: Int32
  /// What was being done, for example `bind` or `set linger`.
  public let operation: String
  /// The endpoint it was done to; nil where none was known yet.
  public let endpoint: String?
  /// What was expected, or what to do about it; nil where the error speaks for itself.
  public let advice: String?

  public init(errno: Int32, operation: String, endpoint: String? = nil, advice: String? = nil) {
    self.errno = errno
    self.operation = operation
    self.endpoint = endpoint
    self.advice = advice
  }

  /// libzmq's own words for the error number.
  public var text: String { String(cString: zmq_strerror(errno)) }

  /// The time allowed by the receive or send timeout ran out.
  public var isTimeout: Bool { errno == EAGAIN }

  /// The context was shut down: the thread that owns the socket should end its loop.
  public var isTerminated: Bool { errno == ETERM }

  public var description: String {
    var sentence = "ZeroMQ: cannot \(operation)"
    if let endpoint { sentence += " on \(endpoint)" }
    sentence += ": \(text) (errno \(errno))"
    if let advice { sentence += "; \(advice)" }
    return sentence
  }

  /// The error that the last libzmq call on this thread left behind.
  static func last(_ operation: String, endpoint: String? = nil) -> ZeroMQError {
    let code = zmq_errno()
    return ZeroMQError(
      errno: code, operation: operation, endpoint: endpoint, advice: advice(for: code, endpoint: endpoint))
  }

  private static func advice(for code: Int32, endpoint: String?) -> String? {
    switch code {
    case EADDRINUSE: "another socket is bound there; stop it or choose another endpoint"
    case EAGAIN: "the timeout of the socket ran out"
    case EFSM: "this kind of socket must send and receive in turn"
    case EHOSTUNREACH: "no peer with that routing id is connected"
    case ETERM: "the context was shut down"
    case EMFILE: "the context or the process may not open more sockets; raise maxSockets or ulimit -n"
    case ENAMETOOLONG: "the path of a socket file is at most 107 bytes long; choose a shorter folder"
    case EACCES, ENOENT, ENOTDIR:
      endpoint?.hasPrefix("ipc:") == true ? "the folder of the socket file must exist and be writable" : nil
    case EINVAL, EPROTONOSUPPORT, ENODEV:
      endpoint == nil ? nil : "expected tcp://ADDRESS:PORT, ipc://PATH or inproc://NAME"
    default: nil
    }
  }
}
