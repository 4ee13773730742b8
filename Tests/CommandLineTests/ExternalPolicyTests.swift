// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A Python that can import zmq; nil after saying loudly that there is none, which is a failure where the project is
/// checked.
let pythonWithZeroMQ: String? = {
  for candidate in ["/usr/bin/python3", "/usr/local/bin/python3"]
  where FileManager.default.isExecutableFile(atPath: candidate) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: candidate)
    process.arguments = ["-c", "import zmq"]
    process.standardError = FileHandle.nullDevice
    try? process.run()
    process.waitUntilExit()
    if process.terminationStatus == 0 { return candidate }
  }
  let advice = "policies in Python, because no python3 here has zmq: apt-get install python3-zmq"
  print("SKIPPED: \(advice)")
  if ProcessInfo.processInfo.environment["CI"] != nil { Issue.record("CI is set, but this would skip \(advice)") }
  return nil
}()

/// Runs with a policy of somebody else: what the user sees, what is left behind.
@Suite(.serialized) struct ExternalPolicyTests {
  /// A place of its own, short, because the path of a socket is at most 107 bytes long.
  final class Yard {
    let path: String
    init() throws {
      path = "/tmp/lhx-\(ProcessInfo.processInfo.processIdentifier)-\(Int.random(in: 0..<1_000_000))"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    func file(_ name: String) -> String { path + "/" + name }
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

    func launch(_ arguments: [String], program: String = Built.program) throws -> Process {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = arguments
      process.currentDirectoryURL = URL(fileURLWithPath: path)
      process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": path]) { $1 }
      process.standardInput = FileHandle.nullDevice
      for name in ["output", "complaints"] where !exists(name) {
        _ = FileManager.default.createFile(atPath: file(name), contents: nil)
      }
      process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: file("output")))
      process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: file("complaints")))
      try process.run()
      return process
    }

    var complaints: String { (try? String(contentsOfFile: file("complaints"), encoding: .utf8)) ?? "" }

    func digest(_ run: String) throws -> String {
      let data = try Data(contentsOf: URL(fileURLWithPath: file(run + "/summary.json")))
      let object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
      return try #require(object["digest"] as? String)
    }

    /// Processes that carry this path in their command line, this test's own children aside.
    var processes: [String] {
      let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return folders.filter { name in
        guard Int(name) != nil, let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else {
          return false
        }
        return String(decoding: line, as: UTF8.self).contains(path)
      }
    }

    var sockets: [String] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      return names.filter { $0.hasPrefix("longhaul-") }
    }

    func waitForQuiet() {
      var patience = 250
      while !processes.isEmpty, patience > 0 {
        Thread.sleep(forTimeInterval: 0.02)
        patience -= 1
      }
    }
  }

  private let scenario = Built.root + "/Scenarios/five-regions.yaml"
  private func policy(_ name: String) -> String {
    "external:\(pythonWithZeroMQ ?? "python3") \(Built.root)/Agents/policies/\(name).py"
  }

  private func emulate(
    _ yard: Yard, _ policy: String, _ run: String, driver: String = "inline", _ more: [String] = []
  ) throws -> Int32 {
    let process = try yard.launch(
      [
        "emulate", scenario, "--until", "12 h", "--policy", policy, "--driver", driver, "--out", yard.file(run),
        "--quiet",
      ]
        + more)
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// The twin of `fifo@first-fit` decides as its brother does, to the byte, under both drivers; and what it decided can be
  /// replayed where there is no Python.
  @Test func theTwinHasTheDigestOfTheBuiltIn() throws {
    guard pythonWithZeroMQ != nil else { return }
    let yard = try Yard()
    #expect(try emulate(yard, "fifo@first-fit", "own") == 0)
    let expected = try yard.digest("own")
    for driver in ["inline", "processes"] {
      #expect(try emulate(yard, policy("first_fit"), driver, driver: driver) == 0, "\(yard.complaints)")
      #expect(try yard.digest(driver) == expected)
    }
    #expect(try emulate(yard, "recorded:" + yard.file("inline"), "replay", driver: "processes") == 0)
    #expect(try yard.digest("replay") == expected)
    #expect(!yard.exists("replay/log/policy.log"), "a replay asks nobody")
    yard.waitForQuiet()
    #expect(yard.processes.isEmpty && yard.sockets.isEmpty)
    // A record of another run is noticed, not followed.
    #expect(try emulate(yard, "recorded:" + yard.file("inline"), "other", ["--set", "workloads[*].seed=9"]) == 1)
    #expect(yard.complaints.contains("another run"), "\(yard.complaints)")
    #expect(!yard.exists("other/summary.json"))
  }

  @Test func theExampleIsShortAndRuns() throws {
    let text = try String(contentsOfFile: Built.root + "/Agents/policies/example.py", encoding: .utf8)
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 40)
    guard pythonWithZeroMQ != nil else { return }
    let yard = try Yard()
    #expect(try emulate(yard, policy("example"), "run") == 0, "\(yard.complaints)")
    #expect(yard.exists("run/summary.json"))
  }

  /// Somebody else runs the policy; one server serves a run after the other.
  @Test func aServerIsAsked() throws {
    guard let python = pythonWithZeroMQ else { return }
    let yard = try Yard()
    let port = 20_000 + Int(ProcessInfo.processInfo.processIdentifier) % 20_000
    let server = try yard.launch(
      [Built.root + "/Agents/policies/first_fit.py", "tcp://127.0.0.1:\(port)"], program: python)
    defer {
      // Not SIGTERM, which a child of this test may have inherited as blocked.
      kill(server.processIdentifier, SIGKILL)
      server.waitUntilExit()
    }
    #expect(try emulate(yard, "fifo@first-fit", "own") == 0)
    for run in ["first", "second"] {
      #expect(try emulate(yard, "external:tcp://127.0.0.1:\(port)", run) == 0, "\(yard.complaints)")
      #expect(try yard.digest(run) == yard.digest("own"))
    }
    #expect(server.isRunning, "what we did not start we do not end")
  }

  @Test func aServerThatIsNotThere() throws {
    let yard = try Yard()
    let status = try emulate(
      yard, "external:tcp://127.0.0.1:9", "run", ["--set", "scheduler.policy_timeout=300 ms"])
    #expect(status == 1)
    #expect(yard.complaints.contains("within 300 ms") && yard.complaints.contains("policy_timeout"))
    #expect(!yard.exists("run/summary.json"))
  }

  /// Each takes part in the protocol until it comes to something wrong.
  struct Villain: CustomTestStringConvertible, Sendable {
    var name: String
    /// Python, run for each request after the third; `m` is the request, `queue` what waits.
    var body: String
    /// What the user must be told.
    var words: [String]
    var testDescription: String { name }
  }

  static let villains = [
    Villain(name: "crashes", body: "os._exit(7)", words: ["ended with status 7", "policy.log"]),
    Villain(name: "is killed", body: "os.kill(os.getpid(), 9)", words: ["signal 9"]),
    Villain(
      name: "hangs, with a child",
      body: "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)', sys.argv[1]]); time.sleep(99)",
      words: ["within 700 ms", "scheduler.policy_timeout"]),
    Villain(name: "answers nonsense", body: "s.send(b'\\xff{ nonsense')", words: ["nonsense", "no JSON"]),
    Villain(
      name: "answers another question", body: "s.send_json({'type': 'hello', 'protocol': 1})",
      words: ["expected decisions"]
    ),
    Villain(
      name: "gives up", body: "s.send_json({'type': 'error', 'reason': 'no idea'})", words: ["gives up: no idea"]),
    // Not so bad: it asks, is told, and says so.
    Villain(
      name: "asks before it gives up",
      body: """
        j = first(); s.send_json({'type': 'ask', 'job': j['job'], 'on': [{'site': 0, 'gpus': j['gpus']}]})
            t = s.recv_json(); now = m['now_s']
            s.send_json({'type': 'forecast', 'site': 'phoenix', 'from_s': now, 'until_s': now + 7200})
            f = s.recv_json(); fine = t['run_time_s'] >= j['estimate_s'] and f['usd_per_gpu'] > 0 < f['carbon_kg_per_gpu']
            s.send_json({'type': 'error', 'reason': 'all is well' if fine else str((t, f))})
        """,
      words: ["gives up: all is well"]),
    Villain(
      name: "oversubscribes a node",
      body: "j = first(); decide(start(j, [{'site': 0, 'gpus': j['gpus'], 'nodes': [[0, j['gpus']]]}]))",
      words: ["\"nodes\":[[0,", "of node 0 of site 'abilene'"]),
    Villain(
      name: "oversubscribes a site",
      body: "j = first(); decide(start(j, [{'site': 'ashburn', 'gpus': j['gpus']}]))",
      words: ["\"site\":\"ashburn\"", "of site 'ashburn', of which"]),
    Villain(
      name: "starts a job twice",
      body: "j = first(); on = [{'site': 0, 'gpus': j['gpus']}]; decide(start(j, on), start(j, on))",
      words: ["is started twice", "\"type\":\"start\""]),
    Villain(
      name: "starts a job that runs already",
      body: "decide({'type': 'start', 'job': 0, 'on': [{'site': 0, 'gpus': 1}]})",
      words: ["job 0 is started, but it is not in the queue"]),
    Villain(
      name: "preempts what does not run", body: "decide({'type': 'preempt', 'job': 99999})",
      words: ["job 99999 is preempted, but it is not running"]),
    Villain(
      name: "takes fewer GPUs", body: "decide(start(first(), [{'site': 0, 'gpus': 0}]))",
      words: ["its pieces hold 0"]),
  ]

  private func script(_ body: String) -> String {
    """
    import sys, os, time, subprocess, zmq
    s = zmq.Context().socket(zmq.REP)
    s.connect(sys.argv[1])
    queue, count = {}, 0
    def start(j, on): return {'type': 'start', 'job': j['job'], 'on': on}
    def first(): return queue[min(queue)]
    def decide(*d): s.send_json({'type': 'decisions', 'decisions': list(d)})
    while True:
      m = s.recv_json()
      if m['type'] == 'bye': break
      if m['type'] == 'hello':
        s.send_json({'type': 'hello', 'protocol': 1, 'name': 'villain'})
        continue
      count += 1
      queue.update((j['job'], j) for j in m.get('queue', {}).get('set', []))
      for j in m.get('queue', {}).get('gone', []): queue.pop(j, None)
      if count <= 3:
        j = first()
        decide(start(j, [{'site': 0, 'gpus': j['gpus']}]))
      else:
        \(body)

    """
  }

  @Test(arguments: villains, ["inline", "processes"])
  func isRefused(villain: Villain, driver: String) throws {
    // Once with agents is enough for what does not depend on them.
    guard let python = pythonWithZeroMQ else { return }
    guard driver == "inline" || ["crashes", "answers nonsense"].contains(villain.name) else { return }
    let yard = try Yard()
    try script(villain.body).write(toFile: yard.file("villain.py"), atomically: true, encoding: .utf8)
    let timeout = villain.name.hasPrefix("hangs") ? "700 ms" : "20 s"
    let status = try emulate(
      yard, "external:\(python) \(yard.file("villain.py"))", "run", driver: driver,
      ["--set", "scheduler.policy_timeout=\(timeout)"])
    #expect(status == 1, "\(yard.complaints)")
    for word in villain.words { #expect(yard.complaints.contains(word), "no '\(word)' in: \(yard.complaints)") }
    #expect(!yard.complaints.contains("Fatal error"))
    for name in ["summary.json", "jobs.csv", "run.sqlite"] { #expect(!yard.exists("run/" + name), "\(name)") }
    yard.waitForQuiet()
    #expect(yard.processes.isEmpty, "no orphan is left")
    #expect(yard.sockets.isEmpty, "no socket is left")
    // What was accepted before stays in the record; what was refused is not there.
    let record = try String(contentsOfFile: yard.file("run/decisions.jsonl"), encoding: .utf8)
    #expect(record.split(separator: "\n").count >= 4)
  }

  @Test func aCommandThatIsNotThere() throws {
    let yard = try Yard()
    #expect(try emulate(yard, "external:no-such-command-here", "run") == 1)
    #expect(yard.complaints.contains("ended with status 127") && yard.complaints.contains("policy.log"))
    #expect(try String(contentsOfFile: yard.file("run/log/policy.log"), encoding: .utf8).contains("not found"))
    #expect(yard.sockets.isEmpty)
  }

  @Test func aPolicyThatCannotBeMeantIsBadInput() throws {
    let work = try Workplace()
    for (policy, word) in [
      ("external:", "external:COMMAND"), ("external:tcp://x", "HOST:PORT"), ("milp(slot=5)", "duration"),
    ] {
      try work.refuse(["emulate", scenario, "--policy", policy, "--out", "run"], word)
    }
  }

  /// The coordinator is killed amid a run whose policy has a memory: its random numbers. A fresh policy hears the same
  /// conversation, and the run ends as if nothing had been.
  @Test func aKilledRunGoesOnWithAFreshPolicy() throws {
    guard pythonWithZeroMQ != nil else { return }
    let yard = try Yard()
    let random = policy("random_policy")
    #expect(try emulate(yard, random, "whole") == 0, "\(yard.complaints)")
    let arguments = [
      "emulate", scenario, "--until", "12 h", "--policy", random, "--driver", "processes", "--out", yard.file("run"),
      "--quiet",
    ]
    func lines() -> Int {
      (try? String(contentsOfFile: yard.file("run/decisions.jsonl"), encoding: .utf8))?.utf8.count { $0 == 0x0A } ?? 0
    }
    // Slowed down to the wall clock, so that there is something to kill on any machine.
    var process = try yard.launch(arguments + ["--speed", "20000"])
    for amount in [100, 300] {
      while lines() < amount, process.isRunning { Thread.sleep(forTimeInterval: 0.01) }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      yard.waitForQuiet()
      #expect(yard.processes.isEmpty, "the policy ends with the coordinator")
      #expect(yard.sockets.isEmpty, "no socket is left")
      #expect(!yard.exists("run/summary.json"))
      process = try yard.launch(
        ["resume", yard.file("run"), "--quiet"] + (amount == 100 ? ["--speed", "20000"] : []))
    }
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(yard.complaints)")
    #expect(try yard.digest("run") == yard.digest("whole"))
    let record = try String(contentsOfFile: yard.file("run/decisions.jsonl"), encoding: .utf8)
    #expect(record == (try String(contentsOfFile: yard.file("whole/decisions.jsonl"), encoding: .utf8)))
  }
}

/// What the documentation shows is what happens.
struct ExternalPolicyDocumentationTests {
  @Test func theSessionIsTheRecordOfARun() throws {
    let text = try String(contentsOfFile: Built.root + "/Documentation/ExternalPolicies.md", encoding: .utf8)
    func block(_ mark: String) throws -> String {
      let parts = text.components(separatedBy: "\n```" + mark + "\n")
      return try #require(parts.last?.components(separatedBy: "\n```").first)
    }
    let parts = text.components(separatedBy: "\n```\n")
    let session = parts[max(0, parts.count - 2)].split(separator: "\n")
    #expect(session.count == 8)
    guard let python = pythonWithZeroMQ else { return }
    let work = try Workplace()
    try work.write("two-sites.yaml", try block("yaml"))
    try work.write("three-jobs.csv", try block("csv") + "\n")
    let policy = "external:\(python) \(Built.root)/Agents/policies/example.py"
    let outcome = try work.run(
      "emulate", "two-sites.yaml", "--driver", "inline", "--policy", policy, "--out", "run", "--quiet")
    #expect(outcome.status == 0, "\(outcome.complaints)")
    let record = try work.read("run/decisions.jsonl").split(separator: "\n").dropFirst()
    var said: [String] = []
    for line in record {
      let answer = try #require(line.range(of: "\"answer\":"))
      let request = try #require(line.range(of: ",\"request\":"))
      said.append("run    " + line[request.upperBound...].dropLast())
      said.append("policy " + line[answer.upperBound..<request.lowerBound])
    }
    #expect(said == session.map { String($0) })
  }
}
