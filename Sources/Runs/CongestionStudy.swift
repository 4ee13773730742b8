// SPDX-License-Identifier: Apache-2.0

import Congestion
import Emulation
import Foundation
import Network
import Quantities
import Results
import ScenarioFile
import Simulation
import Synchronization

/// A congestion experiment with every algorithm and seed, run and written to a directory.
///
/// What has been computed is kept beside the results until all is done, so that an interrupted study goes on where it was.
public final class CongestionStudy {
  public struct Options: Sendable {
    public var level: ExperimentLevel
    public var driver: RunOptions.Driver
    /// Runs at a time with the inline driver.
    public var jobs: Int
    /// The agent program, for the process driver.
    public var program: String
    public init(level: ExperimentLevel, driver: RunOptions.Driver, jobs: Int, program: String) {
      self.level = level
      self.driver = driver
      self.jobs = jobs
      self.program = program
    }
  }

  /// Where the study stands: runs that are done, and the share of the others together.
  public struct Status: Sendable {
    public var done: Int
    public var total: Int
    public var share: Double
    public var time: Time
  }

  public let directory: String
  public let report: CongestionReport
  private let plans: [NetworkPlan]
  private let options: Options
  private let name: String
  /// Called now and then from the threads that work.
  public var progress: @Sendable (Status) -> Void = { _ in }
  public var shouldStop: @Sendable () -> Bool = { false }

  /// - Throws: ``ScenarioError`` for an experiment that cannot be, ``ResultsError`` if the directory holds a finished study.
  public init(
    _ experiment: Experiment, algorithms: [Experiment.Algorithm], seeds: [UInt64], directory: String, options: Options,
    force: Bool
  ) throws {
    let compiler = try ExperimentCompiler(experiment)
    var plans: [NetworkPlan] = []
    for algorithm in algorithms {
      for seed in seeds { plans.append(try compiler.plan(algorithm: algorithm, seed: seed)) }
    }
    for plan in plans {
      guard let what = plan.notFollowed(at: options.level) else { continue }
      throw ScenarioError(
        file: experiment.file, line: nil, field: "network",
        message: "the \(options.level.rawValue) level does not follow \(what)", advice: "Use --network packet.")
    }
    self.plans = plans
    self.options = options
    self.directory = directory
    name = experiment.name
    report = CongestionReport(name: experiment.name, network: options.level.rawValue)
    if !force, FileManager.default.fileExists(atPath: directory + "/congestion.json") {
      throw ResultsError.holdsFinishedExperiment(directory)
    }
  }

  /// Runs what is missing and writes the results.
  public func run() throws -> CongestionReport {
    let keys = plans.map(key)
    let folder = directory + "/unfinished"
    try FileOutput.makeFolder(folder)
    var found: [Done?] = keys.map { Done.read("\(folder)/\($0)") }
    let missing = found.indices.filter { found[$0] == nil }
    let finished = found.count - missing.count
    let computed: [(Int, Done)] =
      options.driver == .inline
      ? try runInline(missing, keys: keys, folder: folder, finished: finished)
      : try runProcesses(missing, keys: keys, folder: folder, finished: finished)
    for (index, done) in computed { found[index] = done }
    var report = report
    for (plan, done) in zip(plans, found) {
      report.runs.append(CongestionRun(plan: plan, result: done!.result, wallSeconds: done!.wallSeconds))
    }
    try report.write(to: directory)
    try? FileManager.default.removeItem(atPath: folder)
    return report
  }

  /// Names what a plan's results are kept under: its content, the level, and this program's notion of both.
  private func key(_ plan: NetworkPlan) -> String {
    var writer = ByteWriter()
    writer.write(plan)
    writer.write(options.level.rawValue)
    return SHA256.hex(hashing: writer.bytes)
  }

  private func runProcesses(
    _ missing: [Int], keys: [String], folder: String, finished: Int
  ) throws -> [(Int, Done)] {
    let logs = directory + "/log"
    try FileOutput.makeFolder(logs)
    var list: [(Int, Done)] = []
    for index in missing {
      let carrier = try ProcessPartCarrier(options: AgentPool.Options(program: options.program, logFolder: logs))
      let done = try perform(index, carrier: carrier, before: finished + list.count, active: { $0 })
      try done.write("\(folder)/\(keys[index])")
      list.append((index, done))
    }
    return list
  }

  /// Several at a time, each in a thread of its own: runs share nothing.
  private func runInline(
    _ missing: [Int], keys: [String], folder: String, finished: Int
  ) throws -> [(Int, Done)] {
    struct Board {
      var next = 0
      var done: [(Int, Done)] = []
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
            index, carrier: InlinePartCarrier(), before: finished
          ) { share in
            board.withLock { b in
              b.shares[index] = share
              return b.shares.keys.sorted().reduce(0) { $0 + b.shares[$1]! }
            }
          }
          try done.write("\(folder)/\(keys[index])")
          board.withLock { $0.done.append((index, done)) }
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
    _ index: Int, carrier: any PartCarrier, before: Int, active: (Double) -> Double
  ) throws -> Done {
    let plan = plans[index]
    let began = monotonicSeconds()
    let result: ExperimentResult = try withoutActuallyEscaping(active) { active in
      let conductor = ExperimentConductor(plan: plan, level: options.level, carrier: carrier)
      conductor.shouldStop = shouldStop
      let total = plans.count
      conductor.progress = { [progress] time in
        let share = active(time.seconds / max(1e-12, plan.duration.seconds))
        progress(
          Status(done: before, total: total, share: (Double(before) + share) / Double(total), time: time))
      }
      return try conductor.run()
    }
    return Done(result: result, wallSeconds: monotonicSeconds() - began)
  }

  private func monotonicSeconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }
}

/// Threads of one study share it: what they touch of it is constant, or theirs alone.
private struct UncheckedReference<T>: @unchecked Sendable {
  let value: T
  init(_ value: T) { self.value = value }
}

/// A finished run on disk.
private struct Done: Sendable {
  var result: ExperimentResult
  var wallSeconds: Double

  static func read(_ path: String) -> Done? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    var reader = ByteReader(Array(data))
    guard let wall = try? reader.readDouble(), let result = try? ExperimentResult(from: &reader), reader.isAtEnd else {
      return nil
    }
    return Done(result: result, wallSeconds: wall)
  }

  func write(_ path: String) throws {
    var writer = ByteWriter()
    writer.write(wallSeconds)
    writer.write(result)
    try Data(writer.bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}
