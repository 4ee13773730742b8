// SPDX-License-Identifier: Apache-2.0

import Glibc
import Quantities
import Scheduling
import ZeroMQ

/// A policy in another process, asked over ZeroMQ: a DEALER here and a REP there, JSON between. The words are those of
/// Documentation/ExternalPolicies.md.
///
/// It waits, and looks every 20 ms whether the process still lives and whether the run is to stop. Whatever goes wrong is
/// an ``EmulationError``; the process is then ended by its id, with what it has started itself.
final class ExternalPolicy: LivePolicy {
  struct Options {
    /// What hello tells.
    var run: String
    var seed: UInt64
    var estimates: String
    /// For one answer, the first included.
    var timeout: Time
    /// Stands between: it asks the kernel to be ended with this process, and then becomes the command.
    var launcher: String
    /// Where output of the command goes.
    var log: String
    /// Whether the run is to stop.
    var shouldStop: () -> Bool
  }

  private let source: PolicySource
  private let options: Options
  private var connection: PolicyConnection?
  private var process: AgentProcess?
  private var changes = ViewChanges()
  private var isOver = false

  init(_ source: PolicySource, options: Options) {
    self.source = source
    self.options = options
  }

  func note(_ view: FleetView) { changes.note(view) }

  func catchUp(with entries: [DecisionLog.Entry], before view: FleetView) throws {
    try start(view)
    for entry in entries {
      let what = "decision \(entry.number), which it took before the run was interrupted"
      var reply = try exchange(entry.request, awaiting: what)
      for question in entry.questions {
        guard line(reply) == question.asked else { throw changed(entry, reply) }
        reply = try exchange(question.told, awaiting: what)
      }
      guard line(reply) == entry.answer else { throw changed(entry, reply) }
    }
  }

  private func line(_ bytes: [UInt8]) -> String? { try? JSONValue(parsing: bytes).line }

  private func changed(_ entry: DecisionLog.Entry, _ reply: [UInt8]) -> EmulationError {
    EmulationError(
      "policy \(source.text) answers decision \(entry.number) at \(entry.now) s differently than before the run was "
        + "interrupted: it said \(entry.answer.prefix(300)) and now says \(text(reply)). A run can be resumed only if "
        + "its policy depends on nothing but what it is told; start it anew")
  }

  func decide(_ view: FleetView, model: any RunTimeModel, decision: UInt64) throws -> DecisionLog.Entry {
    let request = changes.request(view, decision: decision)
    let now = JSONValue.seconds(view.now)
    var entry = DecisionLog.Entry(number: decision, now: now, answer: "", request: request)
    let what = "decision \(decision) at \(now) s"
    var reply = try exchange(request, awaiting: what)
    while true {
      let word: PolicyWord
      do {
        word = try PolicyWord(parsing: reply, view: view)
      } catch {
        throw EmulationError("policy \(source.text), \(what) is refused: \(error)")
      }
      let told: String
      switch word {
      case .ask(let id, let pieces):
        guard let job = view.queue.first(where: { $0.job == id }) else {
          throw EmulationError("policy \(source.text), \(what): \(text(reply)) asks about a job that does not wait")
        }
        told = PolicyProtocol.told(model.runTime(of: job, on: pieces))
      case .forecast(let site, let from, let until):
        told = PolicyProtocol.told(view, site: site, from: from, until: until)
      case .hello, .answer, .failed:
        // Reread, and checked, by whoever records it.
        entry.answer = line(reply) ?? ""
        return entry
      }
      entry.questions.append(.init(asked: line(reply) ?? "", told: told))
      reply = try exchange(told, awaiting: what)
    }
  }

  // MARK: Starting and ending

  private func start(_ view: FleetView) throws {
    switch source {
    case .server(let endpoint): connection = try PolicyConnection(to: endpoint)
    case .command(let command):
      let connection = try PolicyConnection()
      self.connection = connection
      process = try AgentProcess.launch(
        program: options.launcher, arguments: ["--policy", "\(getpid())", connection.endpoint, command],
        log: options.log)
    case .composed, .milp, .recorded: preconditionFailure("\(source.text) runs in no other process")
    }
    let hello = PolicyProtocol.hello(view, run: options.run, seed: options.seed, estimates: options.estimates)
    let reply = try exchange(hello, awaiting: "its greeting")
    // Nobody else is to connect, and nothing is to be left if this process is killed.
    connection?.removeFile()
    do {
      guard case .hello = try PolicyWord(parsing: reply, view: view) else {
        throw EmulationError("policy \(source.text) greets with \(text(reply)), expected a 'hello'")
      }
    } catch let error as AnswerError {
      throw EmulationError("policy \(source.text) greets with \(error)")
    }
  }

  func finish(_ reason: String) {
    guard !isOver else { return }
    isOver = true
    connection?.send(PolicyProtocol.bye(reason), milliseconds: 0)
    if let process {
      var patience = 200
      while !process.hasEnded, patience > 0 {
        usleep(5_000)
        patience -= 1
      }
      process.endWithGroup()
    }
    connection = nil
  }

  // MARK: Talking

  private func exchange(_ request: String, awaiting what: String) throws -> [UInt8] {
    guard let connection, !isOver else { throw EmulationError("policy \(source.text) has ended already") }
    let deadline = ExternalPolicy.clock() + options.timeout.seconds
    var isSent = false
    while true {
      if !isSent {
        isSent = connection.send(request, milliseconds: 20)
      } else if let reply = try connection.receive(milliseconds: 20) {
        return reply
      }
      if let process, process.hasEnded {
        // It may have answered before it ended.
        if isSent, let reply = try connection.receive(milliseconds: 0) { return reply }
        process.endWithGroup()
        let how = process.ending() ?? "is gone"
        fail()
        throw EmulationError(
          "policy \(source.text): process \(process.pid) \(how) while \(what) was awaited; its output is in "
            + "\(options.log)")
      }
      if ExternalPolicy.clock() > deadline {
        let process = self.process.map { "process \($0.pid)" } ?? "nobody there"
        let advice = self.process == nil ? "start it first, or" : "its output is in \(options.log);"
        fail()
        throw EmulationError(
          "policy \(source.text): \(process) has not answered within \(options.timeout.text), \(what) was awaited; "
            + "\(advice) raise scheduler.policy_timeout")
      }
      if options.shouldStop() {
        fail()
        throw Conductor.Interrupted()
      }
    }
  }

  /// Nothing more is expected of it.
  private func fail() {
    isOver = true
    process?.endWithGroup()
    connection = nil
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes.prefix(300), as: UTF8.self) }

  private static func clock() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }
}

/// The socket of one policy.
final class PolicyConnection {
  /// Where a command that is launched connects to.
  let endpoint: String
  private let context: Context
  private let socket: Socket
  private var folder: SocketFolder?
  private var frames: [[UInt8]] = []
  private var sendTimeout = -1
  private var receiveTimeout = -1

  /// No answer that is meant is larger.
  private static let options: [SocketOption] = [.linger(milliseconds: 200), .maximumFrameSize(bytes: 64 << 20)]

  /// Listens on a file in a private folder.
  init() throws {
    _ = SocketFolder.removeAbandoned()
    context = try Context()
    let folder = try SocketFolder()
    endpoint = try folder.endpoint("policy")
    socket = try Socket(context, .dealer, options: PolicyConnection.options)
    _ = try socket.bind(endpoint)
    self.folder = consume folder
  }

  /// Connects to where somebody listens.
  init(to endpoint: String) throws {
    self.endpoint = endpoint
    context = try Context()
    socket = try Socket(context, .dealer, options: PolicyConnection.options)
    try socket.connect(endpoint)
    folder = nil
  }

  func removeFile() { folder = nil }

  /// False if there is no room, or nobody to send to, in that time.
  @discardableResult
  func send(_ text: String, milliseconds: Int) -> Bool {
    do {
      if sendTimeout != milliseconds { try socket.set(.sendTimeout(milliseconds: milliseconds)) }
      sendTimeout = milliseconds
      // A REP socket expects an empty frame before the body.
      try socket.send(frames: [[], Array(text.utf8)])
      return true
    } catch {
      return false
    }
  }

  /// Nil if nothing has come in that time.
  func receive(milliseconds: Int) throws -> [UInt8]? {
    if receiveTimeout != milliseconds { try socket.set(.receiveTimeout(milliseconds: milliseconds)) }
    receiveTimeout = milliseconds
    do {
      try socket.receive(into: &frames)
    } catch {
      guard error.isTimeout else { throw error }
      return nil
    }
    return frames.last ?? []
  }
}
