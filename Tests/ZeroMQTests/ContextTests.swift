// SPDX-License-Identifier: Apache-2.0
import CProcess
import Glibc
import Testing
import ZeroMQ

@Suite struct ContextTests {
  @Test func knowsItsLibrary() {
    #expect(Context.version.major == 4)
    #expect(Context.has("ipc"))
    #expect(!Context.has("no-such-capability"))
  }

  @Test func limitsAreKept() throws {
    #expect(throws: ZeroMQError.self) { _ = try Context(ioThreads: -1) }
    #expect(throws: ZeroMQError.self) { _ = try Context(ioThreads: Int.max) }
    let context = try Context(ioThreads: 2, maxSockets: 1)
    let socket = try Socket(context, .pull)
    #expect(try #require(throws: ZeroMQError.self) { _ = try Socket(context, .pull) }.errno == EMFILE)
    socket.close()
  }

  @Test(arguments: SocketKind.allCases)
  func everyKindOpens(kind: SocketKind) throws {
    let socket = try Socket(Context(), kind)
    #expect(socket.kind == kind)
  }

  @Test func undeliveredMessagesDoNotHoldUpTheEnd() throws {
    let clock = ContinuousClock()
    let start = clock.now
    do {
      let pusher = try Socket(Context(), .push, options: [.linger(milliseconds: 30)])
      // Nobody listens there, and nobody will: port 9 is "discard".
      try pusher.connect("tcp://127.0.0.1:9")
      try pusher.send([1])
    }
    #expect(clock.now - start < .seconds(5))
  }
}

@Suite struct ProcessTests {
  @Test func residentMemoryGrowsWithWhatIsTouched() {
    let before = longhaul_rss_kib_of(getpid())
    #expect(before > 0)
    let size = 256 << 20
    let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4_096)
    for offset in stride(from: 0, to: size, by: 4_096) {
      block.storeBytes(of: UInt8(truncatingIfNeeded: offset >> 12), toByteOffset: offset, as: UInt8.self)
    }
    // Everything that is touched was resident, though other tests may have reached a peak before.
    #expect(longhaul_rss_kib_of(getpid()) >= 256 << 10)
    #expect(longhaul_peak_rss_kib() >= 256 << 10)
    block.deallocate()
  }

  @Test func aProcessThatIsGoneHasNoMemory() throws {
    var pid: pid_t = 0
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("60"), nil]
    defer { for argument in arguments { free(argument) } }
    #expect(posix_spawnp(&pid, "sleep", nil, nil, &arguments, environ) == 0)
    let child = pid
    #expect(eventually { longhaul_rss_kib_of(child) > 0 })
    kill(child, SIGKILL)
    // Even before it is reaped.
    #expect(eventually { longhaul_rss_kib_of(child) == -1 })
    #expect(waitpid(child, nil, 0) == child)
    #expect(longhaul_rss_kib_of(child) == -1)
    #expect(longhaul_rss_kib_of(-5) == -1)
  }

  @Test func onlySignalsAreTakenForTheParentsDeath() {
    #expect(longhaul_die_with_parent(0) == 0)
    #expect(longhaul_die_with_parent(1_000) == -1)
    #expect(errno == EINVAL)
  }
}
