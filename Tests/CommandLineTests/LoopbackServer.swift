// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A web server of a few lines on a free port of the loopback, which misbehaves as it is told.
///
/// One thread answers one connection after another and closes each. A response may be cut after some bytes of its body,
/// as when a line breaks.
final class LoopbackServer: @unchecked Sendable {
  struct Request: Sendable {
    var path: String
    /// First byte that a range asks for.
    var rangeStart: Int?
    var ifRange: String?
  }

  struct Response: Sendable {
    var status: Int
    var headers: [String] = []
    var body: [UInt8] = []
    /// How many bytes of the body are sent before the connection is cut; all if nil.
    var cut: Int?
  }

  let port: UInt16
  private let listener: Int32
  private let answer: @Sendable (Request, Int) -> Response
  private let lock = NSLock()
  private var seen: [Request] = []

  /// - Parameter answer: what a request gets; the number counts requests from 0.
  init(answer: @escaping @Sendable (Request, Int) -> Response) throws {
    self.answer = answer
    // A client that hangs up must not end the tests.
    signal(SIGPIPE, SIG_IGN)
    // A proxy of this machine has no business here.
    setenv("no_proxy", "127.0.0.1", 1)
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        bind(listener, raw, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, raw, &length) == 0
      }
    }
    guard listener >= 0, bound else { throw POSIXError(.EADDRNOTAVAIL) }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in serve() }
  }

  /// Ends the thread as well: `accept` fails.
  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  var home: String { "http://127.0.0.1:\(port)" }

  var requests: [Request] { lock.withLock { seen } }

  private func serve() {
    while true {
      let connection = accept(listener, nil, nil)
      if connection < 0 { break }
      if let request = read(connection) {
        let number = lock.withLock {
          seen.append(request)
          return seen.count - 1
        }
        send(answer(request, number), to: connection)
      }
      shutdown(connection, Int32(SHUT_WR))
      close(connection)
    }
    close(listener)
  }

  private func read(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while bytes.suffix(4) != Array("\r\n\r\n".utf8)[...] {
      let count = recv(connection, &chunk, chunk.count, 0)
      if count <= 0 { return nil }
      bytes += chunk[..<count]
    }
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    var request = Request(path: lines[0].components(separatedBy: " ").dropFirst().first ?? "")
    for line in lines.dropFirst() {
      let lower = line.lowercased()
      if lower.hasPrefix("range: bytes=") {
        request.rangeStart = Int(line.dropFirst(13).prefix { $0.isNumber })
      }
      if lower.hasPrefix("if-range: ") { request.ifRange = String(line.dropFirst(10)) }
    }
    return request
  }

  private func send(_ response: Response, to connection: Int32) {
    let head =
      "HTTP/1.1 \(response.status) Word\r\nContent-Length: \(response.body.count)\r\nConnection: close\r\n"
      + response.headers.map { $0 + "\r\n" }.joined() + "\r\n"
    let bytes = Array(head.utf8) + response.body.prefix(response.cut ?? response.body.count)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, 0) }
      if count <= 0 { return }
      sent += count
    }
  }

  /// What a server that knows ranges answers for `body` under an entity tag.
  static func serve(_ body: [UInt8], tag: String, to request: Request, cut: Int? = nil) -> Response {
    let headers = ["ETag: \(tag)", "Accept-Ranges: bytes"]
    guard let start = request.rangeStart, request.ifRange == nil || request.ifRange == tag else {
      return Response(status: 200, headers: headers, body: body, cut: cut)
    }
    guard start < body.count else {
      return Response(status: 416, headers: ["Content-Range: bytes */\(body.count)"])
    }
    return Response(
      status: 206, headers: headers + ["Content-Range: bytes \(start)-\(body.count - 1)/\(body.count)"],
      body: Array(body[start...]), cut: cut)
  }
}
