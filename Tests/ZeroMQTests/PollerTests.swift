// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing
import ZeroMQ

@Suite struct PollerTests {
  @Test func reportsSocketsAndPipesInTheOrderGiven() throws {
    let context = try Context()
    let first = try open(context, .pair)
    let second = try open(context, .pair)
    try first.bind("inproc://poll")
    try second.connect("inproc://poll")
    var pipes: [Int32] = [0, 0]
    #expect(pipe(&pipes) == 0)
    defer { close(pipes[0]) }

    var poller = Poller([
      second.pollItem(tag: 30), .fileDescriptor(pipes[0], tag: 20), first.pollItem(tag: 10),
    ])
    #expect(poller.count == 3)
    #expect(try poller.poll(milliseconds: 0) == .timedOut)

    #expect(write(pipes[1], "x", 1) == 1)
    #expect(try poller.poll(milliseconds: patience) == .ready([.init(tag: 20, events: .readable)]))

    try second.send([1])
    #expect(
      try poller.poll() == .ready([.init(tag: 20, events: .readable), .init(tag: 10, events: .readable)]))

    try first.send([2])
    #expect(
      try poller.poll()
        == .ready([
          .init(tag: 30, events: .readable), .init(tag: 20, events: .readable), .init(tag: 10, events: .readable),
        ]))

    // What is not received stays ready; what is received does not.
    #expect(try first.receiveFrames() == [[1]])
    poller.remove(tag: 20)
    #expect(try poller.poll() == .ready([.init(tag: 30, events: .readable)]))
    #expect(try second.receiveFrames() == [[2]])
    #expect(try poller.poll(milliseconds: 10) == .timedOut)

    // The writer's end of the pipe closes: the reader hears of it.
    var byte: UInt8 = 0
    #expect(read(pipes[0], &byte, 1) == 1)
    close(pipes[1])
    poller.add(.fileDescriptor(pipes[0], tag: 40))
    guard case .ready(let ready) = try poller.poll(milliseconds: patience) else { throw Missing(what: "the end") }
    #expect(ready.map(\.tag) == [40])
  }

  @Test func awaitsRoomToSend() throws {
    let context = try Context()
    let left = try open(context, .pair)
    var poller = Poller([left.pollItem(tag: 1, events: [.readable, .writable])])
    #expect(try poller.poll(milliseconds: 0) == .timedOut)
    let right = try open(context, .pair)
    try left.bind("inproc://room")
    try right.connect("inproc://room")
    #expect(try poller.poll(milliseconds: patience) == .ready([.init(tag: 1, events: .writable)]))
    try right.send([1])
    #expect(try poller.poll(milliseconds: patience) == .ready([.init(tag: 1, events: [.readable, .writable])]))
  }

  @Test func aClosedSocketIsRefusedAndCannotDangle() throws {
    let context = try Context()
    var poller = Poller()
    do {
      let socket = try Socket(context, .pull)
      poller.add(socket.pollItem(tag: 77))
      #expect(try poller.poll(milliseconds: 0) == .timedOut)
    }
    let error = try #require(throws: ZeroMQError.self) { _ = try poller.poll(milliseconds: 0) }
    #expect(error.errno == ENOTSOCK)
    #expect(error.operation.contains("77"))
    poller.remove(tag: 77)
    #expect(try poller.poll(milliseconds: 0) == .timedOut)
  }
}
