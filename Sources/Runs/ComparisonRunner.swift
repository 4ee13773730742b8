// SPDX-License-Identifier: Apache-2.0

import Emulation
import Foundation
import Quantities
import Results
import ScenarioFile
import Scheduling
import Simulation
import Synchronization
import Workload

/// Runs a comparison: every policy in every window of every case, several at a time, then the bounds, then what one more
/// wavelength on the busiest links would be worth.
///
/// What is finished is kept in the folder, so that a comparison that was interrupted or killed goes on with what is
/// missing. What comes out depends neither on how many work nor on what was found there.
public final class ComparisonRunner {
  public struct Options: Sendable {
    public var driver: RunOptions.Driver
    public var jobs: Int

    public init(driver: RunOptions.Driver, jobs: Int) {
      self.driver = driver
      self.jobs = jobs
    }
  }

  /// Where the comparison stands; runs and solved programmes alike are pieces of work.
  public struct Status: Sendable {
    public var done: Int
    public var total: Int
    public var coreSeconds: Double
    /// Core-seconds that the rest is expected to take; nil before anything is done.
    public var expected: Double?
    public var jobs: Int
  }

  public let directory: String
  let request: ComparisonRequest
  let options: Options
  let plan: ComparisonCases
  private let build = ProgramHash.text
  private let store: ComparisonStore
  private let board: Mutex<Board>
  private let units: Mutex<[Int: LoadedUnit]>
  /// Called now and then from the threads that work.
  public var progress: @Sendable (Status) -> Void = { _ in }
  public var shouldStop: @Sendable () -> Bool = { false }

  /// - Throws: for the first thing in the request, the scenarios or the traces that is wrong, before anything is written.
  public init(_ request: ComparisonRequest, directory: String, options: Options, force: Bool) throws {
    self.request = request
    self.options = options
    self.directory = directory
    if !force, FileManager.default.fileExists(atPath: directory + "/comparison.json") {
      throw ResultsError.holdsFinishedComparison(directory)
    }
    plan = try ComparisonCases(request)
    store = try ComparisonStore(folder: directory, clear: force)
    board = Mutex(Board(jobs: options.driver == .inline ? max(1, options.jobs) : 1))
    units = Mutex([:])
  }

  public var runCount: Int { plan.units.count * request.policies.count }

  /// The scenario's name, for the folder of results.
  public static func name(of request: ComparisonRequest) throws -> String {
    if let name = request.name { return name }
    var overrides = request.overrides
    overrides.trace = request.traces.first ?? overrides.trace
    return try ScenarioReader.read(path: request.scenarios.first ?? "", overrides: overrides).name
  }

  /// Runs what is missing. Results are for the caller to write, ``finish()`` last.
  public func run() throws -> ComparisonData {
    let policies = request.policies.count
    board.withLock { b in
      b.total = runCount
      if request.bounds { b.total += plan.units.count * WindowBudgets.programmes }
    }
    var portraits = try runAll()
    var data = ComparisonData(
      name: try Self.name(of: request), command: request.command, policies: request.policies,
      network: portraits.first?.network ?? "", driver: options.driver.rawValue, seed: portraits.first?.seed ?? 0,
      windowRule: plan.rule, cases: plan.cases)
    for (position, unit) in plan.units.enumerated() {
      if unit.window == 0 {
        data.cases[unit.index].portraits = [[RunPortrait]](repeating: [], count: policies)
      }
      for policy in 0..<policies {
        data.cases[unit.index].portraits[policy].append(portraits[position * policies + policy])
      }
    }
    portraits = []
    let bounds = try findBounds(data)
    for (position, unit) in plan.units.enumerated() { data.cases[unit.index].bounds[unit.window] = bounds[position] }
    if request.links { try addLinkWorth(&data) }
    units.withLock { $0 = [:] }
    return data
  }

  /// All results are written: what was kept for going on, and only that, is removed.
  public func finish() { store.remove() }

  // MARK: Runs

  private func runAll() throws -> [RunPortrait] {
    let policies = request.policies
    let found = Mutex([RunPortrait?](repeating: nil, count: runCount))
    let jobs = board.withLock { $0.jobs }
    try Workers.run(count: runCount, jobs: jobs) { index in
      let position = index / policies.count
      let portrait = try perform(plan.units[position], position, policy: policies[index % policies.count])
      found.withLock { $0[index] = portrait }
    }
    return found.withLock { $0.compactMap { $0 } }
  }

  func perform(
    _ unit: ComparisonCases.Unit, _ position: Int, policy: String, change: ((inout ScenarioOverrides) -> Void)? = nil
  ) throws -> RunPortrait {
    if shouldStop() { throw Conductor.Interrupted() }
    let loaded = change == nil ? try load(unit, position) : try LoadedUnit(unit, change: change)
    var scenario = loaded.scenario
    scenario.policy = policy
    let key = loaded.key(policy: policy, measured: unit.measured, driver: options.driver, build: build)
    if let portrait: RunPortrait = store.find(key) {
      count(seconds: nil)
      return portrait
    }
    let began = ThreadClock.seconds
    var runOptions = RunOptions()
    runOptions.driver = options.driver
    var run = LightRun(scenario: scenario, workloads: loaded.workloads, options: runOptions)
    run.measured = unit.measured
    var isComposed = false
    if case .composed = try PolicySource(parsing: policy) { isComposed = true }
    if options.driver == .processes || !isComposed { run.logFolder = try store.logFolder() }
    run.label = String(key.prefix(16))
    run.shouldStop = shouldStop
    let portrait = try run.run()
    try store.keep(key, portrait)
    count(seconds: ThreadClock.seconds - began)
    return portrait
  }

  /// Jobs and prices of a window are read once for all policies.
  func load(_ unit: ComparisonCases.Unit, _ position: Int) throws -> LoadedUnit {
    // Held while reading: two threads that want the same window read it once, and windows are read one by one.
    try units.withLock { known in
      if let loaded = known[position] { return loaded }
      let loaded = try LoadedUnit(unit, change: nil)
      // Windows come one after another: those long past are not needed before the bounds.
      for old in known.keys where old < position - 2 { known[old] = nil }
      known[position] = loaded
      return loaded
    }
  }

  // MARK: Bounds

  private func findBounds(_ data: ComparisonData) throws -> [[ComparisonData.Bound]] {
    var tasks: [WindowBudgets.Task] = []
    for (position, unit) in plan.units.enumerated() {
      let windows = data.cases[unit.index].portraits.map { $0[unit.window] }
      tasks += WindowBudgets(position, windows).tasks(withPrices: request.bounds)
    }
    let count = tasks.count
    board.withLock { $0.total = $0.done + count }
    struct Found {
      var completion: Double
      var point: ComparisonData.CurvePoint?
    }
    let found = Mutex([Found?](repeating: nil, count: tasks.count))
    let jobs = board.withLock { max(1, $0.jobs) }
    try Workers.run(count: tasks.count, jobs: options.driver == .inline ? jobs : options.jobs) { index in
      if shouldStop() { throw Conductor.Interrupted() }
      let task = tasks[index]
      let unit = plan.units[task.position]
      let loaded = try load(unit, task.position)
      let key = loaded.key(task, measured: unit.measured, build: build)
      if let kept: KeptBound = store.find(key) {
        found.withLock { $0[index] = Found(completion: kept.completion, point: kept.point) }
        return self.count(seconds: nil)
      }
      let began = ThreadClock.seconds
      let plan = try FleetPlan(scenario: loaded.scenario, jobs: loaded.workloads.jobs)
      let left = Set(task.notCompleted)
      let counted = plan.jobs.indices.filter { unit.measured.contains(plan.jobs[$0].submit) && !left.contains($0) }
      let problem = WindowProblem(plan: plan, jobs: counted, end: Time.seconds(task.end))
      var kept = KeptBound(completion: problem.completion, point: nil)
      if let kind = task.kind { kept.point = try problem.point(carbon: kind == .carbon, budget: task.budget) }
      try store.keep(key, kept)
      found.withLock { $0[index] = Found(completion: kept.completion, point: kept.point) }
      self.count(seconds: ThreadClock.seconds - began)
    }
    var bounds = [[ComparisonData.Bound]](repeating: [], count: plan.units.count)
    found.withLock { list in
      for (task, found) in zip(tasks, list) {
        guard let found else { continue }
        if bounds[task.position].last?.completedHash != task.completedHash {
          bounds[task.position].append(
            ComparisonData.Bound(
              completedHash: task.completedHash, completion: found.completion, cost: [], carbon: []))
        }
        guard let point = found.point else { continue }
        let last = bounds[task.position].count - 1
        if task.kind == .cost { bounds[task.position][last].cost.append(point) }
        if task.kind == .carbon { bounds[task.position][last].carbon.append(point) }
      }
    }
    return bounds
  }

  // MARK: Progress

  private struct Board {
    var jobs: Int
    var done = 0
    var total = 0
    var seconds = 0.0
    var counted = 0
    var due = 0.0

    init(jobs: Int) { self.jobs = jobs }
  }

  /// - Parameter seconds: of a core; nil for what was found on disk.
  private func count(seconds: Double?) {
    let now = EmulationRun.clock()
    let status: Status? = board.withLock { b in
      b.done += 1
      if let seconds {
        b.seconds += seconds
        b.counted += 1
      }
      guard now >= b.due else { return nil }
      b.due = now + 0.2
      let left = Double(max(0, b.total - b.done))
      return Status(
        done: b.done, total: max(b.total, b.done), coreSeconds: b.seconds,
        expected: b.counted > 0 ? left * b.seconds / Double(b.counted) : nil, jobs: b.jobs)
    }
    if let status { progress(status) }
  }

  func expectMore(_ more: Int) { board.withLock { $0.total = $0.done + more } }
}

/// Processor time of the present thread.
enum ThreadClock {
  static var seconds: Double {
    var now = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }
}

/// This very program: runs of another build are not mixed with those of this one.
enum ProgramHash {
  static let text: String = {
    guard let data = FileManager.default.contents(atPath: "/proc/self/exe") else { return "unknown" }
    return SHA256.hex(hashing: Array(data))
  }()
}

/// The scenario and the jobs of one window.
final class LoadedUnit: Sendable {
  let scenario: Scenario
  let workloads: LoadedWorkloads

  init(_ unit: ComparisonCases.Unit, change: ((inout ScenarioOverrides) -> Void)?) throws {
    var overrides = unit.overrides
    change?(&overrides)
    scenario = try ScenarioReader.read(path: unit.path, overrides: overrides)
    workloads = try LoadedWorkloads(scenario)
  }

  /// Names a run by everything that it follows from.
  func key(policy: String, measured: MeasuredWindow, driver: RunOptions.Driver, build: String) -> String {
    hash(["run", policy, driver.rawValue, build], measured)
  }

  func key(_ task: WindowBudgets.Task, measured: MeasuredWindow, build: String) -> String {
    hash(
      [
        "bound", task.completedHash, "\(task.end)", task.kind.map { "\($0)" } ?? "",
        task.budget.map { CanonicalNumber.string($0) } ?? "", build,
      ], measured)
  }

  private func hash(_ parts: [String], _ measured: MeasuredWindow) -> String {
    var writer = ByteWriter()
    for part in parts { writer.write(part) }
    writer.write(measured.from)
    writer.write(measured.length ?? .never)
    writer.write(scenario.resolvedYAML)
    for account in workloads.accounts { writer.write(account.sha256 ?? "") }
    return SHA256.hex(hashing: writer.bytes)
  }
}

/// A solved programme as it is kept.
struct KeptBound: Codable {
  var completion: Double
  var point: ComparisonData.CurvePoint?
}

/// Which programmes give a window its bounds.
struct WindowBudgets {
  enum Kind { case cost, carbon }

  struct Task {
    var position: Int
    var completedHash: String
    var notCompleted: [Int]
    var end: Double
    /// Nil for the bound of completion time alone.
    var kind: Kind?
    var budget: Double?
  }

  /// Of a window, in general.
  static let programmes = 6

  let position: Int
  let portraits: [RunPortrait]

  init(_ position: Int, _ portraits: [RunPortrait]) {
    self.position = position
    self.portraits = portraits
  }

  /// For every set of jobs that some policy completed: without a limit, and at 1.02 and 1.2 times the least mean
  /// completion time. Between and beyond them the tangents hold.
  func tasks(withPrices: Bool) -> [Task] {
    let end = portraits.map(\.end).max() ?? 0
    var tasks: [Task] = []
    var seen: Set<String> = []
    for portrait in portraits where seen.insert(portrait.completedHash).inserted {
      let means = portraits.filter { $0.completedHash == portrait.completedHash }.compactMap {
        $0.metrics["jct_mean_s"]
      }
      guard let best = means.min() else { continue }
      func task(_ kind: Kind?, _ budget: Double?) {
        tasks.append(
          Task(
            position: position, completedHash: portrait.completedHash, notCompleted: portrait.notCompleted, end: end,
            kind: kind, budget: budget))
      }
      guard withPrices else {
        task(nil, nil)
        continue
      }
      for kind in [Kind.cost, .carbon] {
        task(kind, nil)
        for factor in [1.02, 1.2] { task(kind, best / 3600 * factor) }
      }
    }
    return tasks
  }
}
