// SPDX-License-Identifier: Apache-2.0

import Emulation
import Foundation
import Runs
import Scheduling
import Testing

/// The rolling horizon decides through the record as a policy in another process does; it needs no Python.
@Suite(.serialized) struct DecisionSourceTests {
  private func fleet(_ policy: String) -> SmallFleet {
    var fleet = SmallFleet()
    fleet.policy = policy
    fleet.philly = 120
    fleet.llm = 4
    return fleet
  }
  private let milp = "milp(jobs=4,slots=6,slot=30min)"

  @Test func bothDriversDecideAlike() throws {
    #expect(try run(fleet(milp)).digest == run(fleet(milp), driver: .processes).digest)
  }

  /// Stopped and resumed on the way, and then replayed from the record: the same results, and for the replay no solver.
  @Test func interruptedAndReplayed() throws {
    let whole = try run(fleet(milp))
    let scratch = try Scratch()
    let path = scratch.file("run")
    var first: EmulationRun? = try EmulationRun.new(fleet(milp).scenario(), at: path, options: options(.inline))
    for stop in [1, 77, 150] {
      var rounds = 0
      first!.afterRound = { _, _ in rounds += 1 }
      first!.shouldStop = { rounds >= stop }
      #expect(throws: Conductor.Interrupted.self) { try first!.run() }
      first = nil
      first = try EmulationRun.resume(path, options: options(.inline))
    }
    #expect(try first!.run().digest == whole.digest)
    first = nil
    #expect(try run(fleet("recorded:" + path)).digest == whole.digest)
    #expect(try run(fleet("recorded:\(path)/decisions.jsonl"), driver: .processes).digest == whole.digest)
  }

  /// A decision is in the record before it is carried out: behind the last checkpoint it is read, not taken anew.
  @Test func whatWasRecordedAfterTheCheckpointIsNotDecidedAgain() throws {
    let scratch = try Scratch()
    let path = scratch.file("run")
    var first: EmulationRun? = try EmulationRun.new(fleet(milp).scenario(), at: path, options: options(.inline))
    var rounds = 0
    first!.afterRound = { _, _ in rounds += 1 }
    first!.shouldStop = { rounds >= 300 }
    #expect(throws: Conductor.Interrupted.self) { try first!.run() }
    first = nil
    // Lost before its first checkpoint, and amid the writing of a line.
    try FileManager.default.removeItem(atPath: path + "/state/checkpoint.bin")
    let record = path + "/decisions.jsonl"
    let text = try String(contentsOfFile: record, encoding: .utf8)
    try (text + "{\"decision\":12").write(toFile: record, atomically: true, encoding: .utf8)
    let resumed = try EmulationRun.resume(path, options: options(.inline))
    #expect(try resumed.run().digest == run(fleet(milp)).digest)
    #expect(try String(contentsOfFile: record, encoding: .utf8).hasPrefix(text))
  }

  @Test func aRecordThatEndsEarlyOrIsDamagedIsRefused() throws {
    let scratch = try Scratch()
    let path = scratch.file("run")
    _ = try EmulationRun.new(fleet(milp).scenario(), at: path, options: options(.inline)).run()
    let lines = try String(contentsOfFile: path + "/decisions.jsonl", encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
    func replay(_ text: String) throws {
      let file = scratch.file("record.jsonl")
      try text.write(toFile: file, atomically: true, encoding: .utf8)
      _ = try run(fleet("recorded:" + file))
    }
    for (text, word) in [
      (lines.prefix(20).joined(separator: "\n") + "\n", "ends after 19"), ("", "no record"), ("{}\n", "no record"),
      (lines.prefix(5).joined(separator: "\n") + "\nrubbish\n", "damaged"),
      (String(lines[0]) + "\n" + String(lines[2]) + "\n", "damaged"),
    ] {
      let error = #expect(throws: EmulationError.self) { try replay(text) }
      #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
    }
    #expect(throws: EmulationError.self) { try run(fleet("recorded:" + scratch.file("nothing"))) }
  }
}
