// SPDX-License-Identifier: Apache-2.0

import Glibc
import ZeroMQ

/// The coordinator's one socket with the folder of its file, behind a reference so that the carrier can hold both.
final class RouterBox {
  private let folder: SocketFolder
  private let socket: Socket
  let endpoint: String
  private var frames: [[UInt8]] = []
  /// Frames that came while another agent was waited for.
  private var kept: [(sender: String, frame: [UInt8])] = []

  init(context: Context) throws {
    folder = try SocketFolder()
    endpoint = try folder.endpoint("coordinator")
    socket = try Socket(context, .router, options: [.routerMandatory(true), .linger(milliseconds: 200)])
    _ = try socket.bind(endpoint)
  }

  /// False if nobody of that name is connected.
  func send(_ receiver: String, _ frame: [UInt8]) throws -> Bool {
    do {
      try socket.send(frames: [Array(receiver.utf8), frame])
      return true
    } catch {
      guard error.errno == EHOSTUNREACH else { throw error }
      return false
    }
  }

  /// The next frame of anybody, or nil when none has come in time.
  func receive(milliseconds: Int) throws -> (sender: String, frame: [UInt8])? {
    if !kept.isEmpty { return kept.removeFirst() }
    return try next(milliseconds: milliseconds)
  }

  /// The next frame of one sender, or nil when none has come in time.
  func receive(from sender: String, milliseconds: Int) throws -> [UInt8]? {
    if let index = kept.firstIndex(where: { $0.sender == sender }) { return kept.remove(at: index).frame }
    guard let message = try next(milliseconds: milliseconds) else { return nil }
    if message.sender == sender { return message.frame }
    kept.append(message)
    return nil
  }

  private func next(milliseconds: Int) throws -> (sender: String, frame: [UInt8])? {
    if lastTimeout != milliseconds {
      try socket.set(.receiveTimeout(milliseconds: milliseconds))
      lastTimeout = milliseconds
    }
    do {
      try socket.receive(into: &frames)
    } catch {
      guard error.isTimeout else { throw error }
      return nil
    }
    guard frames.count == 2 else { return nil }
    return (String(decoding: frames[0], as: UTF8.self), frames[1])
  }

  private var lastTimeout = -1
}
