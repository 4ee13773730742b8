// SPDX-License-Identifier: Apache-2.0

import Congestion
import CongestionControl
import Emulation
import Foundation
import Network
import Quantities
import Results
import ScenarioFile
import Simulation
import Synchronization

/// Runs a study: every algorithm in every cell on every seed, first with what tuning may choose among and then with what
/// it chose. Finished runs are kept, so that an interrupted or killed study goes on with the runs that are missing.
///
/// What comes out does not depend on how many work, nor on the order in which they finish.
public final class StudyRunner {
  /// Where the study stands.
  public struct Status: Sendable {
    public var done: Int
    public var total: Int
    /// Of the runs done here, core-seconds.
    public var coreSeconds: Double
    /// Core-seconds that the runs left are expected to take; nil before any run is done.
    public var expected: Double?
    public var jobs: Int
  }

  public let study: Study
  public let directory: String
  private let level: ExperimentLevel
  private let jobs: Int
  private let compilers: [[ExperimentCompiler]]
  private let titles: [String]
  private let leftOut: [(name: String, reason: String)]
  private let isLeftOut: [Bool]
  private let build: String
  /// Called now and then from the threads that work.
  public var progress: @Sendable (Status) -> Void = { _ in }
  public var shouldStop: @Sendable () -> Bool = { false }

  private struct Task {
    var cell: Int
    var contender: Int
    var point: Int
    var seed: UInt64
  }

  /// - Throws: ``ScenarioError`` for what cannot be run, ``ResultsError`` if the directory holds a finished study.
  public init(_ study: Study, directory: String, jobs: Int, force: Bool) throws {
    self.study = study
    self.directory = directory
    self.jobs = max(1, jobs)
    level = ExperimentLevel(rawValue: study.network.rawValue) ?? .packet
    if !force, FileManager.default.fileExists(atPath: directory + "/study.json") {
      throw ResultsError.holdsFinishedExperiment(directory)
    }
    var compilers: [[ExperimentCompiler]] = []
    for cell in study.cells { compilers.append(try cell.experiments.map { try ExperimentCompiler($0) }) }
    self.compilers = compilers
    var titles: [String] = []
    var leftOut: [(name: String, reason: String)] = []
    var isLeftOut: [Bool] = []
    for contender in study.contenders {
      // Misspelt names cost no time: every choice is made once before anything runs.
      var title = contender.name
      for (index, point) in contender.points.enumerated() {
        let plan = try compilers[0][point.setting].plan(algorithm: point.algorithm, seed: study.seeds[0])
        if index == 0 { title = plan.algorithm.title }
      }
      var reason: String?
      for cell in compilers where reason == nil {
        let point = contender.points[0]
        reason = try cell[point.setting].plan(algorithm: point.algorithm, seed: study.seeds[0]).notFollowed(at: level)
      }
      if let reason {
        guard contender.role == .baseline else {
          throw ScenarioError(
            file: study.file, line: nil, field: "network",
            message: "the \(level.rawValue) level does not follow \(reason)", advice: "Use --network packet.")
        }
        leftOut.append((title, "the \(level.rawValue) level does not follow \(reason)"))
      }
      isLeftOut.append(reason != nil)
      titles.append(title)
    }
    self.titles = titles
    self.leftOut = leftOut
    self.isLeftOut = isLeftOut
    for (cell, compilers) in zip(study.cells, compilers) {
      guard let port = cell.port else { continue }
      let names = try compilers[0].plan(algorithm: study.contenders[0].points[0].algorithm, seed: study.seeds[0])
        .portNames
      guard !names.contains(port) else { continue }
      throw ScenarioError(
        file: study.file, line: cell.origin.line, field: "measure.port", message: "there is no port '\(port)'",
        advice: Spelling.nearest(port, in: names).map { "Did you mean '\($0)'?" }
          ?? "The port of a towards b is 'a->b'.")
    }
    build = Self.programHash()
  }

  /// Runs that the study takes at most; of those that tuning chooses, some turn out to be there already.
  public var runCount: Int { firstTasks.count + laterTaskLimit }

  /// Runs what is missing, writes the results and returns them.
  ///
  /// - Parameter more: makes files to be written beside the results, by name.
  public func run(more: (StudyReport) -> [(name: String, text: String)]) throws -> StudyReport {
    try FileOutput.makeFolder(directory)
    let log = try StudyLog(folder: directory)
    var board = Board(total: runCount, jobs: jobs, cells: study.cells.count)
    var runs = try perform(firstTasks, log, &board)
    let chosen = StudyReport.tunedPoints(study, runs: runs)
    var later: [Task] = []
    for cell in study.cells.indices {
      for (contender, point) in chosen[cell].enumerated() where point > 0 {
        for seed in study.seeds { later.append(Task(cell: cell, contender: contender, point: point, seed: seed)) }
      }
    }
    board.total = firstTasks.count + later.count
    runs += try perform(later, log, &board)
    let report = StudyReport(
      study: study, network: level.rawValue, contenderTitles: titles, leftOut: leftOut, runs: runs,
      coreSeconds: board.allSeconds)
    try report.write(to: directory, more: more(report))
    log.remove()
    return report
  }

  /// Cells take turns, so that there is soon a notion of what each costs.
  private var firstTasks: [Task] {
    var tasks: [Task] = []
    for (index, contender) in study.contenders.enumerated() where !isLeftOut[index] {
      for seed in study.seeds {
        for cell in study.cells.indices { tasks.append(Task(cell: cell, contender: index, point: 0, seed: seed)) }
      }
      guard contender.points.count > 1 else { continue }
      for point in contender.points.indices {
        for seed in study.tuningSeeds {
          for cell in study.cells.indices {
            tasks.append(Task(cell: cell, contender: index, point: point, seed: seed))
          }
        }
      }
    }
    return tasks
  }

  private var laterTaskLimit: Int {
    let tuned = study.contenders.indices.count { !isLeftOut[$0] && study.contenders[$0].points.count > 1 }
    return tuned * study.cells.count * study.seeds.count
  }

  /// What is known of the cost of runs.
  private struct Board: Sendable {
    var total: Int
    var jobs: Int
    var done = 0
    /// Core-seconds of every run, those found on disk as they were measured then; a run that two choices of constants have
    /// in common counts once.
    var allSeconds = 0.0
    var counted: Set<String> = []
    var hereSeconds = 0.0
    /// Runs of each cell that have not begun.
    var waiting: [Int]
    /// Sum and number of core-seconds of each cell.
    var cost: [(sum: Double, count: Int)]

    init(total: Int, jobs: Int, cells: Int) {
      self.total = total
      self.jobs = jobs
      waiting = [Int](repeating: 0, count: cells)
      cost = [(sum: Double, count: Int)](repeating: (0, 0), count: cells)
    }

    /// Core-seconds that the rest may take, by the mean of each cell or, where none is done, of all.
    var expected: Double? {
      let known = cost.reduce((sum: 0.0, count: 0)) { ($0.sum + $1.sum, $0.count + $1.count) }
      guard known.count > 0 else { return nil }
      let mean = known.sum / Double(known.count)
      var sum = 0.0
      var listed = 0
      for (cost, waiting) in zip(cost, waiting) {
        sum += Double(waiting) * (cost.count > 0 ? cost.sum / Double(cost.count) : mean)
        listed += waiting
      }
      // Runs that are not in the list yet, because tuning has not chosen.
      return sum + mean * Double(max(0, total - done - listed))
    }
  }

  private struct Shared: Sendable {
    var next = 0
    var board: Board
    var runs: [StudyReport.Run?]
    var error: (any Error)?
    /// When progress is told next, in seconds of the monotonic clock.
    var due = 0.0
  }

  /// Several at a time, each in a thread of its own: runs share nothing.
  private func perform(_ tasks: [Task], _ log: StudyLog, _ board: inout Board) throws -> [StudyReport.Run] {
    for task in tasks { board.waiting[task.cell] += 1 }
    let shared = Mutex(Shared(board: board, runs: [StudyReport.Run?](repeating: nil, count: tasks.count)))
    let work = SharedReference(self)
    DispatchQueue.concurrentPerform(iterations: max(1, min(jobs, tasks.count))) { _ in
      while true {
        let index: Int? = shared.withLock { s in
          guard s.error == nil, s.next < tasks.count else { return nil }
          s.board.waiting[tasks[s.next].cell] -= 1
          s.next += 1
          return s.next - 1
        }
        guard let index else { return }
        do {
          let tell = { @Sendable [progress = work.value.progress] in
            let now = Self.seconds(CLOCK_MONOTONIC)
            let status: Status? = shared.withLock { s in
              guard now >= s.due else { return nil }
              s.due = now + 0.2
              return Status(
                done: s.board.done, total: s.board.total, coreSeconds: s.board.hereSeconds, expected: s.board.expected,
                jobs: s.board.jobs)
            }
            if let status { progress(status) }
          }
          let (key, line, wasFound) = try work.value.perform(tasks[index], log, tell)
          let task = tasks[index]
          shared.withLock { s in
            s.runs[index] = StudyReport.Run(
              cell: task.cell, contender: task.contender, point: task.point, seed: task.seed, metrics: line.metrics)
            s.board.done += 1
            if s.board.counted.insert(key).inserted { s.board.allSeconds += line.coreSeconds }
            if !wasFound { s.board.hereSeconds += line.coreSeconds }
            s.board.cost[task.cell].sum += line.coreSeconds
            s.board.cost[task.cell].count += 1
          }
          tell()
        } catch {
          shared.withLock { if $0.error == nil { $0.error = error } }
        }
      }
    }
    return try shared.withLock { s in
      if let error = s.error { throw error }
      board = s.board
      return s.runs.compactMap { $0 }
    }
  }

  private func perform(_ task: Task, _ log: StudyLog, _ tell: @escaping () -> Void) throws -> (
    key: String, line: StudyLog.Line, wasFound: Bool
  ) {
    if shouldStop() { throw ExperimentConductor.Interrupted() }
    let cell = study.cells[task.cell]
    let point = study.contenders[task.contender].points[task.point]
    var plan = try compilers[task.cell][point.setting].plan(algorithm: point.algorithm, seed: task.seed)
    // Nobody looks at the series of so many runs.
    plan.seriesInterval = plan.duration
    let key = key(plan, cell)
    if let line = log.find(key) { return (key, line, true) }
    let began = Self.seconds(CLOCK_THREAD_CPUTIME_ID)
    let conductor = ExperimentConductor(plan: plan, level: level, carrier: InlinePartCarrier())
    conductor.shouldStop = shouldStop
    conductor.progress = { _ in tell() }
    let result = try conductor.run()
    let line = StudyLog.Line(
      coreSeconds: Self.seconds(CLOCK_THREAD_CPUTIME_ID) - began,
      metrics: StudyMetrics(plan: plan, result: result, groups: cell.groups, port: cell.port))
    try log.add(key, line)
    return (key, line, false)
  }

  /// Names a run by everything that it follows from: the plan, the level, what is measured, and this very program.
  private func key(_ plan: NetworkPlan, _ cell: Study.Cell) -> String {
    var writer = ByteWriter()
    writer.write(plan)
    for text in [level.rawValue, cell.port ?? "", (cell.groups ?? ["*"]).joined(separator: ","), build] {
      writer.write(text)
    }
    return SHA256.hex(hashing: writer.bytes)
  }

  /// Runs of another build are not mixed with those of this one.
  private static func programHash() -> String {
    guard let data = FileManager.default.contents(atPath: "/proc/self/exe") else { return "unknown" }
    return SHA256.hex(hashing: Array(data))
  }

  private static func seconds(_ clock: clockid_t) -> Double {
    var now = timespec()
    clock_gettime(clock, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }
}

/// Threads of one study share it: what they touch of it is constant, or guarded.
private struct SharedReference<T>: @unchecked Sendable {
  let value: T
  init(_ value: T) { self.value = value }
}
