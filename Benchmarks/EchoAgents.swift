// SPDX-License-Identifier: Apache-2.0

import CProcess
import Foundation
import ZeroMQ

/// What a site agent is without a site: a DEALER in a process of its own that answers every frame with another.
enum EchoAgent {
  static let option = "--echo"

  /// - Parameter arguments: endpoint, identity, bytes of an answer, process id of the parent.
  static func serve(_ arguments: [String]) throws {
    guard arguments.count == 4, let size = Int(arguments[2]), let parent = Int32(arguments[3]) else {
      throw BenchmarkError("\(option) is for this program's own use")
    }
    let file = String(arguments[0].dropFirst("ipc://".count))
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    guard longhaul_leave_with_parent(file, folder) == 0, getppid() == parent else { return }
    let context = try Context()
    let socket = try Socket(context, .dealer, options: [.routingID(Array(arguments[1].utf8))])
    try socket.connect(arguments[0])
    let answer = [UInt8](repeating: 7, count: size)
    try socket.send(Array("ready".utf8))
    var frame: [UInt8] = []
    while true {
      try socket.receive(into: &frame)
      if frame.isEmpty { return }
      try socket.send(answer)
    }
  }
}

/// The bare round: the sockets, processes and frame sizes of the process driver, and nothing else.
final class EchoFleet {
  private let folder: SocketFolder
  private let socket: Socket
  private let names: [[UInt8]]
  private var children: [ChildProcess] = []
  private let request: [UInt8]
  private var frames: [[UInt8]] = []

  init(names: [String], requestBytes: Int, replyBytes: Int) throws {
    folder = try SocketFolder()
    let endpoint = try folder.endpoint("coordinator")
    socket = try Socket(
      try Context(), .router,
      options: [.routerMandatory(true), .linger(milliseconds: 200), .receiveTimeout(milliseconds: 20_000)])
    try socket.bind(endpoint)
    self.names = names.map { Array($0.utf8) }
    request = [UInt8](repeating: 5, count: requestBytes)
    for name in names {
      children.append(try ChildProcess([EchoAgent.option, endpoint, name, "\(replyBytes)", "\(getpid())"]))
    }
    for _ in names { try socket.receive(into: &frames) }
  }

  /// One frame to each of the first `asked` agents, and one back from each.
  func round(_ asked: Int) throws {
    for name in names.prefix(asked) {
      try socket.send(name, more: true)
      try socket.send(request)
    }
    for _ in 0..<asked { try socket.receive(into: &frames) }
  }

  func stop() throws {
    for name in names { try socket.send(frames: [name, []]) }
    for child in children { _ = try child.wait() }
    children = []
  }
}
