// SPDX-License-Identifier: Apache-2.0

import Congestion
import Foundation
import Network
import Quantities
import Results
import ScenarioFile

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
  private let runs: PlanRuns
  /// Called now and then from the threads that work.
  public var progress: @Sendable (Status) -> Void {
    get { runs.progress }
    set { runs.progress = newValue }
  }
  public var shouldStop: @Sendable () -> Bool {
    get { runs.shouldStop }
    set { runs.shouldStop = newValue }
  }

  /// - Throws: ``ScenarioError`` for an experiment that cannot be, ``ResultsError`` if the directory holds a finished study.
  public init(
    _ experiment: Experiment, algorithms: [Experiment.Algorithm], seeds: [UInt64], directory: String, options: Options,
    force: Bool
  ) throws {
    plans = try Self.plans(of: experiment, algorithms: algorithms, seeds: seeds, levels: [options.level])
    self.directory = directory
    runs = PlanRuns(
      plans.map { PlanJob(plan: $0, level: options.level) }, directory: directory, options: options)
    report = CongestionReport(name: experiment.name, network: options.level.rawValue)
    if !force, FileManager.default.fileExists(atPath: directory + "/congestion.json") {
      throw ResultsError.holdsFinishedExperiment(directory)
    }
  }

  /// A plan for every algorithm and seed, in this order.
  ///
  /// - Throws: ``ScenarioError`` if one of them cannot be, or needs what one of the levels does not follow.
  static func plans(
    of experiment: Experiment, algorithms: [Experiment.Algorithm], seeds: [UInt64], levels: [ExperimentLevel]
  ) throws -> [NetworkPlan] {
    let compiler = try ExperimentCompiler(experiment)
    var plans: [NetworkPlan] = []
    for algorithm in algorithms {
      for seed in seeds { plans.append(try compiler.plan(algorithm: algorithm, seed: seed)) }
    }
    for plan in plans {
      for level in levels {
        guard let what = plan.notFollowed(at: level) else { continue }
        throw ScenarioError(
          file: experiment.file, line: nil, field: "network",
          message: "the \(level.rawValue) level does not follow \(what)", advice: "Use --network packet.")
      }
    }
    return plans
  }

  /// Runs what is missing and writes the results.
  public func run() throws -> CongestionReport {
    var report = report
    for (plan, done) in zip(plans, try runs.run()) {
      report.runs.append(CongestionRun(plan: plan, result: done.result, wallSeconds: done.wallSeconds))
    }
    try report.write(to: directory)
    runs.forget()
    return report
  }
}
