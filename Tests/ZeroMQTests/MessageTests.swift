// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing
import ZeroMQ

@Suite struct MessageTests {
  /// Bytes that differ from position to position with a period (251) that divides no buffer size.
  static func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 % 251) } }

  // 33 bytes is the most that libzmq keeps inside a message; 8,192 is its buffer for reading.
  @Test(arguments: [0, 1, 33, 34, 8_191, 8_193, 1_048_576])
  func oneFrameArrivesAsSent(size: Int) throws {
    let folder = try SocketFolder()
    let context = try Context()
    let left = try open(context, .pair)
    let right = try open(context, .pair)
    try left.bind(folder.endpoint("s"))
    try right.connect(folder.endpoint("s"))
    let sent = Self.pattern(size)

    try left.send(sent)
    var received: [UInt8] = [9, 9, 9]
    let frame = try right.receive(into: &received)
    #expect(received == sent)
    #expect(frame.count == size)
    #expect(!frame.hasMore)

    // And back, through messages in libzmq's memory.
    var message = Message(copying: sent)
    try right.send(&message)
    #expect(message.count == 0)
    try left.receive(into: &message)
    #expect(message.bytes == sent)
    let sum = message.withBytes { span in
      var sum = 0
      for index in span.byteOffsets { sum += Int(span.unsafeLoad(fromByteOffset: index, as: UInt8.self)) }
      return sum
    }
    #expect(sum == sent.reduce(0) { $0 + Int($1) })
  }

  @Test func framesStayTogetherAndEmptyOnesCount() throws {
    let context = try Context()
    let left = try open(context, .dealer)
    let right = try open(context, .dealer)
    try right.connect(left.bind("tcp://127.0.0.1:*"))
    let messages: [[[UInt8]]] = [
      [[]], [[], []], [[1], [], [2, 3]], [[], Self.pattern(1_048_576), []], (0..<300).map { [UInt8($0 % 256)] },
    ]
    for message in messages { try left.send(frames: message) }
    var frames: [[UInt8]] = []
    for message in messages {
      try right.receive(into: &frames)
      #expect(frames == message)
    }
    #expect(try right.tryReceiveFrames() == nil)
  }

  @Test func receivingReusesMemory() throws {
    let context = try Context()
    let left = try open(context, .pair)
    let right = try open(context, .pair)
    try left.bind("inproc://reuse")
    try right.connect("inproc://reuse")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4_096)
    let address = bytes.withUnsafeBytes { $0.baseAddress }
    for size in [4_096, 0, 17, 4_000] {
      try left.send(Self.pattern(size))
      try right.receive(into: &bytes)
      #expect(bytes == Self.pattern(size))
      #expect(bytes.withUnsafeBytes { $0.baseAddress } == address)
    }
  }

  @Test func piecesKeepTheirOrder() throws {
    let folder = try SocketFolder()
    let context = try Context()
    let puller = try open(context, .pull)
    let endpoint = try puller.bind(folder.endpoint("pieces"))
    let whole = Self.pattern(300_000)
    let sender = OwnThread {
      let pusher = try open(context, .push)
      try pusher.connect(endpoint)
      // Pieces of 1, 2, 3, ... bytes: small and large, inside and outside of a message.
      var start = 0
      var size = 1
      while start < whole.count {
        let end = min(start + size, whole.count)
        try whole[start..<end].withUnsafeBytes { try pusher.send($0) }
        start = end
        size += 1
      }
    }
    var joined: [UInt8] = []
    var piece: [UInt8] = []
    while joined.count < whole.count {
      try puller.receive(into: &piece)
      joined += piece
    }
    try sender.join()
    #expect(joined == whole)
  }

  @Test func aMessageIsFilledInPlaceWithZerosElsewhere() throws {
    let message = Message(count: 100) { $0[7] = 42 }
    #expect(message.count == 100)
    #expect(message.bytes == (0..<100).map { $0 == 7 ? 42 : 0 })
    #expect(message.hasMore == false)
    #expect(throws: Missing.self) { _ = try Message(count: 1_000) { _ in throw Missing(what: "on purpose") } }
  }

  @Test func aMessageKnowsWhetherMoreFollowsAndWhereItCameFrom() throws {
    let context = try Context()
    let left = try open(context, .pair)
    let right = try open(context, .pair)
    try right.connect(left.bind("tcp://127.0.0.1:*"))
    try left.send([1], more: true)
    try left.send([2])
    var message = Message()
    try right.receive(into: &message)
    #expect(message.hasMore == true)
    #expect(message.bytes == [1])
    #expect(message.property("Peer-Address") == "127.0.0.1")
    #expect(message.property("Socket-Type") == "PAIR")
    #expect(message.property("No-Such-Property") == nil)
    try right.receive(into: &message)
    #expect(message.hasMore == false)
    message.clear()
    #expect(message.count == 0)
  }
}
