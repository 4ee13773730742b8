// SPDX-License-Identifier: Apache-2.0

import Congestion
import Emulation
import Foundation
import Network
import Quantities
import Results
import Simulation
import Synchronization

/// One plan at one level.
struct PlanJob: Sendable {
  var plan: NetworkPlan
  var level: ExperimentLevel

  /// Names what its results are kept under: its content, the level, and this program's notion of both.
  var key: String {
    var writer = ByteWriter()
    writer.write(plan)
    writer.write(level.rawValue)
    return SHA256.hex(hashing: writer.bytes)
  }
}

/// A finished run on disk.
struct FinishedPlan: Sendable {
  var result: ExperimentResult
  var wallSeconds: Double
  /// What the thread of an inline run has used; zero with processes.
  var cpuSeconds: Double

  static func read(_ path: String) -> FinishedPlan? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    var reader = ByteReader(Array(data))
    guard let wall = try? reader.readDouble(), let cpu = try? reader.readDouble(),
      let result = try? ExperimentResult(from: &reader), reader.isAtEnd
    else { return nil }
    return FinishedPlan(result: result, wallSeconds: wall, cpuSeconds: cpu)
  }

  func write(_ path: String) throws {
    var writer = ByteWriter()
    writer.write(wallSeconds)
    writer.write(cpuSeconds)
    writer.write(result)
    try Data(writer.bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}

/// Runs plans, several at a time or in processes, and keeps what is computed in a folder until all is done, so that an
/// interrupted study goes on where it was.
final class PlanRuns {
  private let jobs: [PlanJob]
  private let options: CongestionStudy.Options
  /// Holds the folder "unfinished" and, with processes, "log".
  private let directory: String
  var progress: @Sendable (CongestionStudy.Status) -> Void = { _ in }
  var shouldStop: @Sendable () -> Bool = { false }

  init(_ jobs: [PlanJob], directory: String, options: CongestionStudy.Options) {
    self.jobs = jobs
    self.directory = directory
    self.options = options
  }

  private var folder: String { directory + "/unfinished" }

  /// Runs what is missing, in the order of the jobs.
  func run() throws -> [FinishedPlan] {
    let keys = jobs.map(\.key)
    try FileOutput.makeFolder(folder)
    var found: [FinishedPlan?] = keys.map { FinishedPlan.read("\(folder)/\($0)") }
    let missing = found.indices.filter { found[$0] == nil }
    let finished = found.count - missing.count
    let computed: [(Int, FinishedPlan)] =
      options.driver == .inline
      ? try runInline(missing, keys: keys, finished: finished)
      : try runProcesses(missing, keys: keys, finished: finished)
    for (index, done) in computed { found[index] = done }
    return found.map { $0! }
  }

  /// All that was to be written is: what was computed for it may go.
  func forget() { try? FileManager.default.removeItem(atPath: folder) }

  private func runProcesses(_ missing: [Int], keys: [String], finished: Int) throws -> [(Int, FinishedPlan)] {
    let logs = directory + "/log"
    try FileOutput.makeFolder(logs)
    var list: [(Int, FinishedPlan)] = []
    for index in missing {
      let carrier = try ProcessPartCarrier(options: AgentPool.Options(program: options.program, logFolder: logs))
      var done = try perform(index, carrier: carrier, before: { finished + list.count }, active: { $0 })
      done.cpuSeconds = 0
      try done.write("\(folder)/\(keys[index])")
      list.append((index, done))
    }
    return list
  }

  /// Several at a time, each in a thread of its own: runs share nothing.
  private func runInline(_ missing: [Int], keys: [String], finished: Int) throws -> [(Int, FinishedPlan)] {
    struct Board {
      var next = 0
      var done: [(Int, FinishedPlan)] = []
      var error: (any Error)?
      var shares: [Int: Double] = [:]
    }
    let board = Mutex(Board())
    let work = UncheckedReference(self)
    DispatchQueue.concurrentPerform(iterations: max(1, min(options.jobs, missing.count))) { _ in
      while true {
        let index: Int? = board.withLock { b in
          guard b.error == nil, b.next < missing.count else { return nil }
          b.next += 1
          return missing[b.next - 1]
        }
        guard let index else { return }
        do {
          let done = try work.value.perform(
            index, carrier: InlinePartCarrier(), before: { finished + board.withLock { $0.done.count } }
          ) { share in
            board.withLock { b in
              b.shares[index] = share
              return b.shares.keys.sorted().reduce(0) { $0 + b.shares[$1]! }
            }
          }
          try done.write("\(work.value.folder)/\(keys[index])")
          board.withLock { b in
            b.done.append((index, done))
            b.shares[index] = nil
          }
        } catch {
          board.withLock { if $0.error == nil { $0.error = error } }
        }
      }
    }
    return try board.withLock { b in
      if let error = b.error { throw error }
      return b.done
    }
  }

  private func perform(
    _ index: Int, carrier: any PartCarrier, before: () -> Int, active: (Double) -> Double
  ) throws -> FinishedPlan {
    let job = jobs[index]
    let began = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_THREAD_CPUTIME_ID))
    let result: ExperimentResult = try withoutActuallyEscaping(active) { active in
      try withoutActuallyEscaping(before) { before in
        let conductor = ExperimentConductor(plan: job.plan, level: job.level, carrier: carrier)
        conductor.shouldStop = shouldStop
        let total = jobs.count
        conductor.progress = { [progress] time in
          let share = active(time.seconds / max(1e-12, job.plan.duration.seconds))
          let done = before()
          progress(
            CongestionStudy.Status(
              done: done, total: total, share: (Double(done) + share) / Double(total), time: time))
        }
        return try conductor.run()
      }
    }
    return FinishedPlan(
      result: result, wallSeconds: seconds(CLOCK_MONOTONIC) - began.0,
      cpuSeconds: seconds(CLOCK_THREAD_CPUTIME_ID) - began.1)
  }

  private func seconds(_ clock: clockid_t) -> Double {
    var now = timespec()
    clock_gettime(clock, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }
}

/// Threads of one study share it: what they touch of it is constant, or theirs alone.
private struct UncheckedReference<T>: @unchecked Sendable {
  let value: T
  init(_ value: T) { self.value = value }
}
