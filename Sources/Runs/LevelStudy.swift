// SPDX-License-Identifier: Apache-2.0

import Congestion
import Foundation
import Network
import Results
import ScenarioFile

/// The same experiments at two levels of the network, with the same arrivals and seeds: how far they agree.
///
/// What has been computed is kept beside the results until all is done, so that an interrupted study goes on where it was.
public final class LevelStudy {
  public static let file = "agreement.json"

  public let directory: String
  private let agreement: LevelAgreement
  /// Experiments by algorithms by seeds.
  private let plans: [[[NetworkPlan]]]
  private let runs: PlanRuns
  /// Called now and then from the threads that work.
  public var progress: @Sendable (CongestionStudy.Status) -> Void {
    get { runs.progress }
    set { runs.progress = newValue }
  }
  public var shouldStop: @Sendable () -> Bool {
    get { runs.shouldStop }
    set { runs.shouldStop = newValue }
  }

  /// - Parameters:
  ///   - experiments: each with its algorithms and seeds.
  ///   - reference: the level that the other is held against.
  /// - Throws: ``ScenarioError`` for an experiment that cannot be or that one of the levels does not follow,
  ///   ``ResultsError`` if the directory holds a finished study.
  public init(
    _ experiments: [(experiment: Experiment, algorithms: [Experiment.Algorithm], seeds: [UInt64])],
    level: ExperimentLevel, reference: ExperimentLevel, tolerances: LevelAgreement.Tolerances, directory: String,
    jobs: Int, force: Bool
  ) throws {
    plans = try experiments.map { one in
      let plans = try CongestionStudy.plans(
        of: one.experiment, algorithms: one.algorithms, seeds: one.seeds, levels: [level, reference])
      return stride(from: 0, to: plans.count, by: one.seeds.count).map { Array(plans[$0..<$0 + one.seeds.count]) }
    }
    agreement = LevelAgreement(
      level: level, reference: reference, tolerances: tolerances, experiments: experiments.map { $0.experiment.name })
    self.directory = directory
    // The two levels of one plan in one thread, one after the other: nothing else makes a ratio of times fair.
    runs = PlanRuns(
      plans.joined().joined().flatMap { [PlanJob(plan: $0, level: reference), PlanJob(plan: $0, level: level)] },
      directory: directory,
      options: CongestionStudy.Options(level: level, driver: .inline, jobs: jobs, program: ""))
    if !force, FileManager.default.fileExists(atPath: "\(directory)/\(Self.file)") {
      throw ResultsError.holdsFinishedExperiment(directory)
    }
  }

  /// Runs what is missing and writes `agreement.json`.
  public func run() throws -> LevelAgreement {
    var agreement = agreement
    let results = try runs.run()
    var next = 0
    for (index, algorithms) in plans.enumerated() {
      for seeds in algorithms {
        var pairs: [LevelAgreement.Pair] = []
        for plan in seeds {
          let (a, b) = (results[next], results[next + 1])
          next += 2
          pairs.append(
            LevelAgreement.Pair(
              plan: plan, reference: .init(a.result, cpuSeconds: a.cpuSeconds),
              level: .init(b.result, cpuSeconds: b.cpuSeconds)))
        }
        agreement.add(pairs, to: index)
      }
    }
    try FileOutput.makeFolder(directory)
    try FileOutput.writeAtomically(agreement.json.text, to: "\(directory)/\(Self.file)")
    runs.forget()
    return agreement
  }
}
