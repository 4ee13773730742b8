// SPDX-License-Identifier: Apache-2.0
internal import CZeroMQ
internal import Glibc

/// A ZeroMQ socket. It has one owner, is used by one thread at a time, and closes when its owner lets it go.
///
/// Unlike libzmq alone, binding to `ipc://PATH` neither takes the endpoint away from a living listener nor deletes a
/// file that is no socket, and closing removes the socket file again. What was sent but not yet delivered is kept for
/// one second after closing, unless ``SocketOption/linger(milliseconds:)`` says otherwise; libzmq alone keeps it for
/// ever, and a process whose peer has died would never end.
public struct Socket: ~Copyable {
  let handle: SocketHandle
  /// The messaging pattern of this socket.
  public let kind: SocketKind

  /// Opens a socket, not yet bound or connected.
  ///
  /// - Throws: `EMFILE` when the context or the process may not open more, `ETERM` when the context was shut down.
  public init(_ context: Context, _ kind: SocketKind, options: [SocketOption] = []) throws(ZeroMQError) {
    // If an option is refused, the end of the handle closes the socket.
    let handle = try SocketHandle(context: context, kind: kind)
    try handle.set(.linger(milliseconds: 1_000))
    for option in options { try handle.set(option) }
    self.handle = handle
    self.kind = kind
  }

  // The handle is a class, because poll items and monitors refer to it; it is closed here all the same, so that the
  // end of a socket does not depend on theirs.
  deinit { handle.close() }

  /// Closes the socket here and now, which the end of its owner would do as well.
  public consuming func close() {}

  /// Accepts connections at `endpoint`.
  ///
  /// - Parameter endpoint: `tcp://ADDRESS:PORT` (`tcp://127.0.0.1:*` for a free port), `ipc://PATH` (at most 107
  ///   bytes of path) or `inproc://NAME`.
  /// - Returns: the endpoint that peers connect to, with the port that was chosen.
  /// - Throws: `EADDRINUSE` when another socket listens there, `EEXIST` when the path is taken by something that is no
  ///   socket, `EINVAL` for an endpoint that cannot be read, and whatever else the operating system objects.
  @discardableResult
  public func bind(_ endpoint: String) throws(ZeroMQError) -> String {
    try check(endpoint, for: "bind")
    let path = SocketFile.path(of: endpoint)
    if let path { try SocketFile.makeWay(at: path, for: endpoint) }
    try handle.call(.bind, endpoint)
    if let path, let file = SocketFile(at: path) { handle.socketFiles.append(file) }
    let resolved = try lastEndpoint
    handle.endpoint = resolved
    return resolved
  }

  /// Stops accepting connections at an endpoint, as returned by ``bind(_:)``, and ends those accepted there.
  public func unbind(_ endpoint: String) throws(ZeroMQError) {
    try handle.call(.unbind, endpoint)
    guard let path = SocketFile.path(of: endpoint) else { return }
    for file in handle.socketFiles where file.path == path { file.remove() }
    handle.socketFiles.removeAll { $0.path == path }
  }

  /// Connects to `endpoint`, in the background and again whenever the connection is lost: a peer that is not there
  /// yet is no error.
  public func connect(_ endpoint: String) throws(ZeroMQError) {
    try check(endpoint, for: "connect")
    try handle.call(.connect, endpoint)
    handle.endpoint = endpoint
  }

  /// Ends the connection to `endpoint` and the attempts to restore it.
  public func disconnect(_ endpoint: String) throws(ZeroMQError) {
    try handle.call(.disconnect, endpoint)
  }

  /// The endpoint last bound or connected, with wildcards resolved; empty before that.
  public var lastEndpoint: String {
    get throws(ZeroMQError) {
      // libzmq's answer ends with a zero byte.
      let bytes = try handle.bytes(ZMQ_LAST_ENDPOINT, atMost: 1_024, "read the last endpoint")
      return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// Refuses what libzmq would misread in silence: it stops at a zero byte, and takes a port modulo 65,536.
  private func check(_ endpoint: String, for operation: String) throws(ZeroMQError) {
    var advice: String?
    if endpoint.utf8.contains(0) { advice = "an endpoint contains no zero byte" }
    if endpoint.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":") {
      let port = endpoint[endpoint.index(after: colon)...]
      if !port.isEmpty, port.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), UInt16(port) == nil {
        advice = "expected a port of at most 65535, or * for a free one"
      }
    }
    guard let advice else { return }
    throw ZeroMQError(errno: EINVAL, operation: operation, endpoint: endpoint, advice: advice)
  }
}
