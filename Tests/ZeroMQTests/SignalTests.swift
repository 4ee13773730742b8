// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization
import Testing
import ZeroMQ

/// How many signals were handled; a signal handler can reach globals only.
private let handled = Atomic(0)

private final class Flag: Sendable { let value = Atomic(false) }

// One after the other, because they share the count.
@Suite(.serialized) struct SignalTests {
  /// Runs `body` on a thread that handles SIGUSR1, and sends it that signal every millisecond until `body` ends or,
  /// after so many signals handled, `enough` has been called.
  private func underSignals(
    _ body: @escaping @Sendable () throws -> Void, after count: Int = .max, enough: () throws -> Void = {}
  ) throws {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in handled.add(1, ordering: .relaxed) }
    sigaction(SIGUSR1, &action, nil)
    handled.store(0, ordering: .relaxed)
    let done = Flag()
    let thread = OwnThread {
      defer { done.value.store(true, ordering: .releasing) }
      // The test runner's threads block signals, and this one has inherited that.
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGUSR1)
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      try body()
    }
    while !done.value.load(ordering: .acquiring) {
      pthread_kill(thread.id, SIGUSR1)
      usleep(1_000)
      if handled.load(ordering: .relaxed) >= count {
        try enough()
        break
      }
    }
    try thread.join()
  }

  @Test func interruptPolling() throws {
    try underSignals({
      let socket = try Socket(Context(), .pull)
      var poller = Poller([socket.pollItem(tag: 0)])
      #expect(try poller.poll(milliseconds: patience) == .interrupted)
    })
    #expect(handled.load(ordering: .relaxed) > 0)
  }

  @Test func doNotEndReceiving() throws {
    let context = try Context()
    let pusher = try open(context, .push)
    try pusher.bind("inproc://signals")
    try underSignals(
      {
        let puller = try open(context, .pull)
        try puller.connect("inproc://signals")
        #expect(try puller.receiveFrames() == [[6]])
      }, after: 20, enough: { try pusher.send([6]) })
    #expect(handled.load(ordering: .relaxed) >= 20)
  }

  @Test func doNotEndWaitingForAMonitor() throws {
    let context = try Context()
    let folder = try SocketFolder()
    let endpoint = try folder.endpoint("s")
    try underSignals({
      let monitored = try open(context, .pull)
      let monitor = try monitored.monitor(events: .listening)
      // Signals come faster than this, and must not prolong it either.
      #expect(try monitor.next(milliseconds: 30) == nil)
      try monitored.bind(endpoint)
      #expect(try monitor.next(milliseconds: patience)?.event == .listening)
    })
  }
}
