// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing
import ZeroMQ

@Suite struct EndpointTests {
  @Test func aWildcardPortIsResolved() throws {
    let context = try Context()
    let socket = try Socket(context, .pull)
    #expect(try socket.lastEndpoint.isEmpty)
    let endpoint = try socket.bind("tcp://127.0.0.1:*")
    let port = try #require(Int(endpoint.dropFirst("tcp://127.0.0.1:".count)))
    #expect((1...65_535).contains(port))
    #expect(try socket.lastEndpoint == endpoint)
  }

  @Test(arguments: [false, true])
  func bindingTwiceFailsWithTheEndpoint(overFiles: Bool) throws {
    let folder = try SocketFolder()
    let context = try Context()
    let first = try open(context, .pull)
    let endpoint = try first.bind(overFiles ? folder.endpoint("taken") : "tcp://127.0.0.1:*")
    let second = try open(context, .pull)
    let error = try #require(throws: ZeroMQError.self) { try second.bind(endpoint) }
    #expect(error.errno == EADDRINUSE)
    #expect(error.operation == "bind")
    #expect(error.endpoint == endpoint)
    #expect(error.description.contains(endpoint))
    #expect(error.description.contains("Address already in use"))
    // The first is none the worse for it.
    let pusher = try open(context, .push)
    try pusher.connect(endpoint)
    try pusher.send([1])
    #expect(try first.receiveFrames() == [[1]])
  }

  @Test func bindingSparesFilesThatAreNoSockets() throws {
    let folder = try SocketFolder()
    let endpoint = try folder.endpoint("notes")
    let path = "\(folder.path)/notes"
    let descriptor = creat(path, 0o600)
    #expect(write(descriptor, "abc", 3) == 3)
    close(descriptor)
    defer { unlink(path) }
    let context = try Context()
    let socket = try Socket(context, .pull)
    let error = try #require(throws: ZeroMQError.self) { try socket.bind(endpoint) }
    #expect(error.errno == EEXIST)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_size == 3)
  }

  @Test func aSocketFileIsTakenOverFromTheDeadAndGoneAfterClosing() throws {
    let folder = try SocketFolder()
    let endpoint = try folder.endpoint("s")
    let path = "\(folder.path)/s"
    // What a killed process leaves: a bound socket file without a listener.
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(dead, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(status == 0)
    Glibc.close(dead)
    #expect(exists(path))

    let context = try Context()
    let listener = try open(context, .pull)
    try listener.bind(endpoint)
    let pusher = try open(context, .push)
    try pusher.connect(endpoint)
    try pusher.send([4])
    #expect(try listener.receiveFrames() == [[4]])
    listener.close()
    #expect(!exists(path))

    // Unbinding removes it too, and the endpoint can be bound anew.
    let another = try open(context, .pull)
    try another.bind(endpoint)
    #expect(exists(path))
    try another.unbind(endpoint)
    #expect(!exists(path))
    try another.bind(endpoint)
    // A new one: the old one may still send to the connection that is about to end.
    let newPusher = try open(context, .push)
    try newPusher.connect(endpoint)
    try newPusher.send([5])
    #expect(try another.receiveFrames() == [[5]])
  }

  @Test(arguments: [
    ("nonsense", EINVAL), ("tcp://", EINVAL), ("tcp://127.0.0.1", EINVAL), ("tcp://127.0.0.1:70000", EINVAL),
    ("gopher://x", EPROTONOSUPPORT), ("ipc:///no/such/folder/s", ENOENT), ("inproc://a\0b", EINVAL),
    ("ipc:///tmp/" + String(repeating: "x", count: 120), ENAMETOOLONG),
  ])
  func badEndpointsAreNamed(endpoint: String, code: Int32) throws {
    let context = try Context()
    let socket = try Socket(context, .pull)
    let error = try #require(throws: ZeroMQError.self) { try socket.bind(endpoint) }
    #expect(error.errno == code, "\(error)")
    #expect(error.endpoint == endpoint)
    #expect(error.advice != nil, "\(error)")
  }

  @Test func disconnectingWhatWasNeverConnectedFails() throws {
    let context = try Context()
    let socket = try Socket(context, .pull)
    #expect(try #require(throws: ZeroMQError.self) { try socket.disconnect("tcp://127.0.0.1:9") }.errno == ENOENT)
    #expect(try #require(throws: ZeroMQError.self) { try socket.unbind("tcp://127.0.0.1:9") }.errno == ENOENT)
    #expect(throws: ZeroMQError.self) { try socket.connect("tcp://127.0.0.1:port") }
  }

  @Test func aFolderIsPrivateAndRemoved() throws {
    let path: String
    do {
      let folder = try SocketFolder()
      path = folder.path
      var status = stat()
      #expect(stat(path, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o700)
      let context = try Context()
      let socket = try Socket(context, .pull)
      try socket.bind(folder.endpoint("s"))
      #expect(try #require(throws: ZeroMQError.self) { try folder.endpoint("a/b") }.errno == EINVAL)
      let long = String(repeating: "x", count: 108 - path.utf8.count - 1)
      #expect(try #require(throws: ZeroMQError.self) { try folder.endpoint(long) }.errno == ENAMETOOLONG)
      #expect(try folder.endpoint(String(long.dropLast())).hasPrefix("ipc://\(path)/x"))
    }
    #expect(!exists(path))
  }

  @Test func abandonedFoldersAreRemovedAndLivingOnesAreNot() throws {
    let outer = try SocketFolder()
    defer { for name in ["t-ABCDEF/notes", "t-ABCDEF", "t-GHIJKL", "other-"] { remove("\(outer.path)/\(name)") } }
    for name in ["t-ABCDEF", "t-GHIJKL", "other-"] { #expect(mkdir("\(outer.path)/\(name)", 0o700) == 0) }
    close(creat("\(outer.path)/t-ABCDEF/notes", 0o600))
    let living = try SocketFolder(prefix: "t-", under: outer.path)
    // The one with somebody's file in it stays, too.
    #expect(SocketFolder.removeAbandoned(prefix: "t-", under: outer.path) == ["\(outer.path)/t-GHIJKL"])
    #expect(exists(living.path))
    #expect(exists("\(outer.path)/t-ABCDEF/notes"))
    #expect(exists("\(outer.path)/other-"))
    #expect(throws: ZeroMQError.self) { _ = try SocketFolder(under: "\(outer.path)/missing") }
  }
}
