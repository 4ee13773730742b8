// SPDX-License-Identifier: Apache-2.0

import Quantities
import Scheduling

extension RecordedDecisions {
  /// What a run has to say for its policy to be asked.
  public struct Options {
    /// Of the record in the run directory.
    public var path: String
    /// Where output of a command goes.
    public var log: String
    /// The program that stands between this process and a command.
    public var launcher: String
    public var shouldStop: () -> Bool

    public init(path: String, log: String, launcher: String, shouldStop: @escaping () -> Bool = { false }) {
      self.path = path
      self.log = log
      self.launcher = launcher
      self.shouldStop = shouldStop
    }
  }

  /// Who decides under a plan; nil if its policy is composed here.
  ///
  /// - Parameter resuming: whether the record of an earlier life of the run is gone on with.
  /// - Throws: ``EmulationError`` for a record that cannot be read or written.
  public static func make(
    for plan: FleetPlan, options: Options, resuming: Bool
  ) throws(EmulationError) -> RecordedDecisions? {
    let live: any LivePolicy
    switch plan.policySource {
    case .composed: return nil
    case .recorded(let path):
      return RecordedDecisions(log: try DecisionLog.replay(path: path), live: nil, name: plan.policyText)
    case .milp(let settings): live = SolverPolicy(settings, plan: plan)
    case .command, .server:
      live = ExternalPolicy(
        plan.policySource,
        options: ExternalPolicy.Options(
          run: plan.scenario.name, seed: plan.seed, estimates: plan.scenario.estimates.text,
          timeout: plan.scenario.policyTimeout, launcher: options.launcher, log: options.log,
          shouldStop: options.shouldStop))
    }
    let log =
      resuming
      ? try DecisionLog.resume(path: options.path, policy: plan.policyText)
      : try DecisionLog.create(path: options.path, policy: plan.policyText)
    return RecordedDecisions(log: log, live: live, name: plan.policyText)
  }
}
