// SPDX-License-Identifier: Apache-2.0

import Emulation
import Foundation
import Runs
import Testing

@Suite(.serialized) struct RecoveryTests {
  /// Each agent is killed once on the way; nobody else notices.
  @Test func killedAgentsAreReplacedAndReplayed() throws {
    let undisturbed = try run(SmallFleet())
    let scratch = try Scratch()
    let run = try EmulationRun.new(SmallFleet().scenario(), at: scratch.file("run"), options: options(.processes))
    var rounds = 0
    run.afterRound = { _, agents in
      rounds += 1
      // Three different moments, none of them a round number of anything.
      if rounds == 37 { kill(agents[0], SIGKILL) }
      if rounds == 411 { kill(agents[1], SIGKILL) }
      if rounds == 703 { kill(agents[2], SIGTERM) }
    }
    let summary = try run.run()
    #expect(rounds > 1000, "the run is long enough for all three")
    #expect(summary.engine.restarts == 3)
    #expect(summary.digest == undisturbed.digest)
  }

  /// An agent that hangs is taken for stalled, ended and replaced.
  @Test func stalledAgentsAreReplaced() throws {
    let undisturbed = try run(SmallFleet())
    let scratch = try Scratch()
    var chosen = options(.processes)
    chosen.stallMilliseconds = 400
    let run = try EmulationRun.new(SmallFleet().scenario(), at: scratch.file("run"), options: chosen)
    var rounds = 0
    run.afterRound = { _, agents in
      rounds += 1
      if rounds == 200 { kill(agents[1], SIGSTOP) }
    }
    let summary = try run.run()
    #expect(summary.engine.restarts == 1)
    #expect(summary.digest == undisturbed.digest)
  }

  /// The first agent is the real one; every later one kills itself. After three deaths the run ends and says of whom.
  @Test func threeDeathsAtOneInputEndTheRun() throws {
    let scratch = try Scratch()
    let program = scratch.file("agent.sh")
    try """
    #!/bin/sh
    case "$2" in
      *'#1') exec '\(agentProgram)' "$@" ;;
      *) kill -9 $$ ;;
    esac
    """.write(toFile: program, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    var chosen = options(.processes)
    chosen.agentProgram = program
    let run = try EmulationRun.new(SmallFleet().scenario(), at: scratch.file("run"), options: chosen)
    var rounds = 0
    run.afterRound = { _, agents in
      rounds += 1
      if rounds == 100 { kill(agents[0], SIGKILL) }
    }
    do {
      _ = try run.run()
      Issue.record("the run should have ended")
    } catch let error as EmulationError {
      let text = error.description
      #expect(text.contains("alpha"))
      #expect(text.contains("3 times"))
      #expect(text.contains("process "))
      #expect(text.contains("signal 9"))
      #expect(text.contains("log/alpha.log"))
    }
    #expect(!FileManager.default.fileExists(atPath: scratch.file("run/summary.json")))
  }

  @Test func anAgentThatDoesNotComeUpIsAnError() throws {
    let scratch = try Scratch()
    var chosen = options(.processes)
    chosen.agentProgram = "/bin/false"
    let run = try EmulationRun.new(SmallFleet().scenario(), at: scratch.file("run"), options: chosen)
    #expect(throws: EmulationError.self) { try run.run() }
  }

  /// Stopped at five moments and resumed each time.
  @Test(arguments: [RunOptions.Driver.inline, .processes])
  func interruptedRunsAreResumed(driver: RunOptions.Driver) throws {
    let undisturbed = try run(SmallFleet())
    let scratch = try Scratch()
    let path = scratch.file("run")
    var run: EmulationRun? = try EmulationRun.new(SmallFleet().scenario(), at: path, options: options(driver))
    for stop in [1, 100, 333, 50, 700] {
      var rounds = 0
      run!.afterRound = { _, _ in rounds += 1 }
      run!.shouldStop = { rounds >= stop }
      #expect(throws: Conductor.Interrupted.self) { try run!.run() }
      #expect(!FileManager.default.fileExists(atPath: path + "/summary.json"))
      run = nil
      run = try EmulationRun.resume(path, options: options(driver))
    }
    #expect(try run!.run().digest == undisturbed.digest)
  }

  /// The records behind the last checkpoint are written again, not twice.
  @Test func recordsAfterTheCheckpointAreCutOff() throws {
    let undisturbed = try run(SmallFleet())
    let scratch = try Scratch()
    let path = scratch.file("run")
    var chosen = options(.inline)
    chosen.checkpointSeconds = 0
    var first: EmulationRun? = try EmulationRun.new(SmallFleet().scenario(), at: path, options: chosen)
    struct Lost: Error {}
    var rounds = 0
    first!.afterRound = { _, _ in rounds += 1 }
    first!.shouldStop = { rounds >= 900 }
    #expect(throws: Conductor.Interrupted.self) { try first!.run() }
    first = nil
    // Rubbish behind what the checkpoint knows of, as a coordinator that was killed leaves it.
    let handle = try #require(FileHandle(forWritingAtPath: path + "/records.bin"))
    handle.seekToEndOfFile()
    handle.write(Data([1, 2, 3, 4, 5]))
    try handle.close()
    #expect(try EmulationRun.resume(path, options: chosen).run().digest == undisturbed.digest)
  }

  @Test func aDamagedCheckpointIsRefused() throws {
    let scratch = try Scratch()
    let path = scratch.file("run")
    var run: EmulationRun? = try EmulationRun.new(SmallFleet().scenario(), at: path, options: options(.inline))
    var rounds = 0
    run!.afterRound = { _, _ in rounds += 1 }
    run!.shouldStop = { rounds >= 100 }
    #expect(throws: Conductor.Interrupted.self) { try run!.run() }
    run = nil
    let file = path + "/state/checkpoint.bin"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    bytes[bytes.count / 2] ^= 0x10
    try bytes.write(to: URL(fileURLWithPath: file))
    #expect(throws: EmulationError.self) { try EmulationRun.resume(path, options: options(.inline)) }
  }
}
