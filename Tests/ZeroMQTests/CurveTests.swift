// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing
import ZeroMQ

@Suite(.enabled("SKIPPED: this libzmq was built without CURVE") { Context.has("curve") }) struct CurveTests {
  /// Source: the key pair of Alice in the documentation of zmq_curve_public(3).
  @Test func publicKeyFollowsFromSecretKey() throws {
    let pair = try CurveKeyPair(secret: "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs")
    #expect(pair.publicKey == "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID")
  }

  @Test func generatedKeysAreConsistentAndDiffer() throws {
    let first = try CurveKeyPair.generate()
    let second = try CurveKeyPair.generate()
    #expect(first != second)
    #expect(try CurveKeyPair(secret: first.secretKey) == first)
    #expect(CurveKeyPair.isKey(first.publicKey))
    for text in ["\(first)", String(reflecting: first), "\([first])"] {
      #expect(!text.contains(first.secretKey))
      #expect(text.contains(first.publicKey))
    }
    var dumped = ""
    dump(first, to: &dumped)
    #expect(!dumped.contains(first.secretKey))
  }

  // "#####" would be 85^5 - 1, more than four bytes hold; "%nSc0" is 2^32 - 1 and "%nSc1" one more.
  @Test(arguments: [
    "", String(repeating: "0", count: 39), String(repeating: "0", count: 41), String(repeating: "\"", count: 40),
    String(repeating: "#", count: 40), String(repeating: "0", count: 35) + "%nSc1",
    String(repeating: "0", count: 38) + "é",
  ])
  func badKeysAreRefused(key: String) throws {
    #expect(!CurveKeyPair.isKey(key))
    let error = try #require(throws: ZeroMQError.self) { try CurveKeyPair(secret: key) }
    #expect(error.errno == EINVAL)
    #expect(key.isEmpty || !error.description.contains(key))
    let context = try Context()
    let socket = try Socket(context, .dealer)
    let keys = try CurveKeyPair.generate()
    #expect(throws: ZeroMQError.self) { try socket.useCurveClient(keys, serverKey: key) }
  }

  @Test func theLargestKeyIsAKey() {
    #expect(CurveKeyPair.isKey(String(repeating: "%nSc0", count: 8)))
  }

  @Test func theRightKeyConnectsAndTheWrongOneDoesNot() throws {
    let serverKeys = try CurveKeyPair.generate()
    let clientKeys = try CurveKeyPair.generate()
    let context = try Context()
    let server = try open(context, .pull)
    try server.useCurveServer(serverKeys)
    let monitor = try server.monitor(events: [.handshakeSucceeded, .handshakeFailed])
    let endpoint = try server.bind("tcp://127.0.0.1:*")

    // Mallory knows the endpoint, but not the server's key; and neither does a client without keys.
    let mallory = try open(context, .push, [.linger(milliseconds: 0)])
    try mallory.useCurveClient(clientKeys, serverKey: CurveKeyPair.generate().publicKey)
    try mallory.connect(endpoint)
    try mallory.send([66])
    #expect(try waitFor(.all, on: monitor).event == .handshakeFailedProtocol)
    mallory.close()
    let bare = try open(context, .push, [.linger(milliseconds: 0)])
    try bare.connect(endpoint)
    try bare.send([67])
    #expect(try !waitFor(.all, on: monitor).event.isDisjoint(with: .handshakeFailed))
    bare.close()

    let client = try open(context, .push)
    try client.useCurveClient(clientKeys, serverKey: serverKeys.publicKey)
    try client.connect(endpoint)
    try client.send([1])
    _ = try waitFor(.handshakeSucceeded, on: monitor)
    #expect(try server.receiveFrames() == [[1]])
    #expect(try server.tryReceiveFrames() == nil)
  }
}
