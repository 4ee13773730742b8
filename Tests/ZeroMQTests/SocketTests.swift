// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing
import ZeroMQ

@Suite struct SocketTests {
  @Test func routerAddressesDealersByIdentity() throws {
    let folder = try SocketFolder()
    let context = try Context()
    let router = try open(context, .router, [.routerMandatory(true)])
    let endpoint = try router.bind(folder.endpoint("router"))
    let omaha = try open(context, .dealer, [.routingID(Array("omaha".utf8))])
    let columbus = try open(context, .dealer, [.routingID(Array("columbus".utf8))])
    #expect(try omaha.routingID == Array("omaha".utf8))
    try omaha.connect(endpoint)
    try columbus.connect(endpoint)
    try omaha.send([1])
    #expect(try router.receiveFrames() == [Array("omaha".utf8), [1]])
    try columbus.send([2])
    #expect(try router.receiveFrames() == [Array("columbus".utf8), [2]])

    try router.send(frames: [Array("columbus".utf8), [20]])
    try router.send(frames: [Array("omaha".utf8), [10]])
    #expect(try omaha.receiveFrames() == [[10]])
    #expect(try columbus.receiveFrames() == [[20]])

    let error = try #require(throws: ZeroMQError.self) { try router.send(frames: [Array("reno".utf8), [3]]) }
    #expect(error.errno == EHOSTUNREACH)
  }

  @Test func handoverGivesTheIdentityToTheNewcomer() throws {
    let folder = try SocketFolder()
    let context = try Context()
    let router = try open(context, .router, [.routerHandover(true)])
    let endpoint = try router.bind(folder.endpoint("router"))
    let first = try open(context, .dealer, [.routingID([7])])
    try first.connect(endpoint)
    try first.send([1])
    #expect(try router.receiveFrames() == [[7], [1]])
    let second = try open(context, .dealer, [.routingID([7])])
    try second.connect(endpoint)
    try second.send([2])
    #expect(try router.receiveFrames() == [[7], [2]])
    try router.send(frames: [[7], [3]])
    #expect(try second.receiveFrames() == [[3]])
  }

  @Test func subscribersGetWhatTheySubscribedTo() throws {
    let context = try Context()
    let publisher = try open(context, .xpub)
    let subscriber = try open(context, .sub, [.subscribe(prefix: [1])])
    try subscriber.connect(publisher.bind("tcp://127.0.0.1:*"))
    // The subscription itself arrives as a message: 1 (subscribe), then the prefix.
    #expect(try publisher.receiveFrames() == [[1, 1]])
    try publisher.send([2, 5])
    try publisher.send([1, 6])
    #expect(try subscriber.receiveFrames() == [[1, 6]])
  }

  @Test func requestAndReplyTakeTurns() throws {
    let context = try Context()
    let reply = try open(context, .rep)
    let request = try open(context, .req)
    try request.connect(reply.bind("tcp://127.0.0.1:*"))
    try request.send([1])
    let error = try #require(throws: ZeroMQError.self) { try request.send([2]) }
    #expect(error.description.contains("in turn"), "\(error)")
    #expect(try reply.receiveFrames() == [[1]])
    try reply.send([3])
    #expect(try request.receiveFrames() == [[3]])
  }

  @Test func timeoutsEndWaits() throws {
    let context = try Context()
    let puller = try Socket(context, .pull, options: [.receiveTimeout(milliseconds: 20)])
    try puller.bind("tcp://127.0.0.1:*")
    #expect(try puller.receiveTimeout == 20)
    var bytes: [UInt8] = [5]
    let clock = ContinuousClock()
    let start = clock.now
    let error = try #require(throws: ZeroMQError.self) { try puller.receive(into: &bytes) }
    #expect(error.isTimeout)
    #expect(clock.now - start >= .milliseconds(19))
    #expect(bytes == [5])
    #expect(try puller.tryReceive(into: &bytes) == nil)
    #expect(bytes == [5])
    var message = Message()
    #expect(try !puller.tryReceive(into: &message))

    // Nobody to send to.
    let pusher = try Socket(context, .push, options: [.sendTimeout(milliseconds: 20)])
    #expect(try #require(throws: ZeroMQError.self) { try pusher.send([1]) }.isTimeout)
    #expect(try !pusher.trySend([1]))
    #expect(try !pusher.trySend(frames: [[1], [2]]))
    message = Message(copying: [8])
    #expect(try !pusher.trySend(&message))
    #expect(message.bytes == [8])
  }

  @Test func highWaterMarkStopsTheSender() throws {
    let context = try Context()
    let pusher = try open(context, .push, [.sendHighWaterMark(messages: 3)])
    let puller = try open(context, .pull, [.receiveHighWaterMark(messages: 2)])
    try pusher.bind("inproc://marks")
    try puller.connect("inproc://marks")
    // Inside a process the two marks add up.
    var sent = 0
    while try sent < 100 && pusher.trySend([UInt8(sent)]) { sent += 1 }
    #expect(sent == 5)
    for value in 0..<5 { #expect(try puller.receiveFrames() == [[UInt8(value)]]) }
  }

  @Test func optionsAreRefusedWithTheirName() throws {
    let context = try Context()
    let socket = try Socket(context, .dealer)
    #expect(try socket.linger == 1_000)
    try socket.set(.linger(milliseconds: nil))
    #expect(try socket.linger == nil)
    try socket.set(.linger(milliseconds: 0))
    #expect(try socket.linger == 0)
    for option in [
      SocketOption.sendHighWaterMark(messages: -1), .routingID([]), .subscribe(prefix: []),
      .linger(milliseconds: Int.max),
    ] {
      let error = try #require(throws: ZeroMQError.self) { try socket.set(option) }
      #expect(error.errno == EINVAL, "\(error)")
    }
    let error = try #require(throws: ZeroMQError.self) {
      _ = try Socket(context, .dealer, options: [.sendHighWaterMark(messages: -7)])
    }
    #expect(error.description.contains("sendHighWaterMark to -7"), "\(error)")
  }

  @Test func shutdownWakesAWaitingThread() throws {
    let context = try Context()
    let waiter = OwnThread {
      let socket = try Socket(context, .pull)
      try socket.bind("inproc://waiting")
      var bytes: [UInt8] = []
      let error = try #require(throws: ZeroMQError.self) { try socket.receive(into: &bytes) }
      #expect(error.isTerminated, "\(error)")
    }
    context.shutdown()
    context.shutdown()
    // It may have come before or after the socket was opened: either way the thread ends.
    do { try waiter.join() } catch let error as ZeroMQError { #expect(error.isTerminated, "\(error)") }
  }

  @Test func tenThousandRoundTripsLoseNothing() throws {
    let folder = try SocketFolder()
    let context = try Context()
    let left = try open(context, .pair)
    let endpoint = try left.bind(folder.endpoint("trips"))
    let trips: UInt32 = 10_000
    let echo = OwnThread {
      let right = try open(context, .pair)
      try right.connect(endpoint)
      var bytes: [UInt8] = []
      for _ in 0..<trips {
        try right.receive(into: &bytes)
        try right.send(bytes)
      }
    }
    var bytes: [UInt8] = []
    for trip in 0..<trips {
      var sent = [UInt8](repeating: UInt8(truncatingIfNeeded: trip), count: Int(trip % 60))
      withUnsafeBytes(of: trip.littleEndian) { sent.append(contentsOf: $0) }
      try left.send(sent)
      try left.receive(into: &bytes)
      if bytes != sent {
        Issue.record("trip \(trip) brought back \(bytes) instead of \(sent)")
        break
      }
    }
    try echo.join()
    #expect(try left.tryReceive(into: &bytes) == nil)
  }
}
