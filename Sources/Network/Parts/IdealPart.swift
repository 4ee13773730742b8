// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// The ideal level of a plan, for the drivers: it sees the whole network at once, and runs in one go.
public final class IdealPart: ExperimentPart {
  private var experiment: IdealExperiment
  private var result: ExperimentResult?

  init(plan: NetworkPlan) { experiment = IdealExperiment(plan: plan) }

  public var nextTime: Time { result == nil ? .zero : .never }

  public func advance(to horizon: Time, inbox: [[UInt8]]) throws(WireError) -> [PartMessage] {
    if result == nil { result = experiment.run() }
    return []
  }

  public func finish() -> ExperimentResult { result ?? experiment.run() }
}
