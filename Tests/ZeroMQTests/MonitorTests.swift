// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing
import ZeroMQ

@Suite struct MonitorTests {
  @Test func seesAConnectionComeAndGo() throws {
    let folder = try SocketFolder()
    let context = try Context()
    let server = try open(context, .router)
    let serverMonitor = try server.monitor()
    let endpoint = try server.bind(folder.endpoint("watched"))
    let listening = try waitFor(.listening, on: serverMonitor)
    #expect(listening.endpoint == endpoint)
    do {
      let client = try open(context, .dealer)
      let clientMonitor = try client.monitor(events: [.connected, .handshakeSucceeded, .disconnected])
      try client.connect(endpoint)
      let connected = try waitFor(.all, on: clientMonitor)
      #expect(connected.event == .connected)
      #expect(connected.endpoint == endpoint)
      #expect(connected.value >= 0)
      #expect(try waitFor(.all, on: clientMonitor).event == .handshakeSucceeded)
      #expect(try waitFor([.accepted, .handshakeSucceeded], on: serverMonitor).event == .accepted)
      #expect(try waitFor(.all, on: serverMonitor).event == .handshakeSucceeded)
      #expect(try serverMonitor.next(milliseconds: 0) == nil)
    }
    var poller = Poller([serverMonitor.pollItem(tag: 3)])
    #expect(try poller.poll(milliseconds: patience) == .ready([.init(tag: 3, events: .readable)]))
    #expect(try waitFor(.all, on: serverMonitor).event == .disconnected)
  }

  @Test func aClientSeesItsServerGo() throws {
    let context = try Context()
    let server = try open(context, .router)
    let client = try open(context, .dealer)
    let monitor = try client.monitor()
    try client.connect(server.bind("tcp://127.0.0.1:*"))
    _ = try waitFor(.handshakeSucceeded, on: monitor)
    server.close()
    _ = try waitFor(.disconnected, on: monitor)
    // And that it tries again.
    #expect(try waitFor(.connectRetried, on: monitor).value > 0)
  }

  @Test func theEndOfTheSocketIsTheLastEvent() throws {
    let context = try Context()
    let socket = try open(context, .pull)
    let monitor = try socket.monitor()
    socket.close()
    #expect(try waitFor(.stopped, on: monitor).event == .stopped)
  }

  /// libzmq's background thread would wait for ever in a monitor that nobody reads, or that is gone, and no connection
  /// of the process would live on.
  @Test func unreadAndAbandonedMonitorsBlockNobody() throws {
    let context = try Context()
    let server = try open(context, .rep)
    let endpoint = try server.bind("tcp://127.0.0.1:*")
    _ = try server.monitor()
    let unread = try server.monitor()
    // Each connection makes three events or more; libzmq's default limits hold 2,000.
    for trip in 0..<800 {
      let client = try open(context, .req, [.linger(milliseconds: 0)])
      try client.connect(endpoint)
      try client.send([UInt8(trip % 256)])
      #expect(try server.receiveFrames() == [[UInt8(trip % 256)]])
      try server.send([])
      #expect(try client.receiveFrames() == [[]])
    }
    var events = 0
    while try unread.next(milliseconds: 0) != nil { events += 1 }
    #expect(events > 2_000)
  }

  @Test func eventsHaveNames() {
    #expect(MonitorEvents.handshakeFailedProtocol.description == "handshake failed: protocol")
    #expect(([.connected, .closed] as MonitorEvents).description == "connected, closed")
  }
}
