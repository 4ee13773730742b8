// SPDX-License-Identifier: Apache-2.0

import Bounds
import Energy
import Quantities
import Scheduling

/// The rolling horizon as a source of decisions: it has no memory, so nothing need be caught up with.
final class SolverPolicy: LivePolicy {
  private let plan: FleetPlan
  private let policy: RollingHorizonPolicy

  init(_ settings: RollingHorizon, plan: FleetPlan) {
    self.plan = plan
    policy = RollingHorizonPolicy(settings)
  }

  func catchUp(with entries: [DecisionLog.Entry], before view: FleetView) {}
  func note(_ view: FleetView) {}
  func finish(_ reason: String) {}

  func decide(_ view: FleetView, model: any RunTimeModel, decision: UInt64) throws -> DecisionLog.Entry {
    do {
      let answer = try policy.decide(
        view, model: AnyRunTimes(model: model), outlook: Outlook(plan: plan, now: view.now))
      return DecisionLog.Entry(number: decision, now: JSONValue.seconds(view.now), answer: answer.line)
    } catch {
      throw EmulationError("policy \(plan.policyText), decision \(decision): \(error)")
    }
  }
}

private struct AnyRunTimes: RunTimeModel {
  let model: any RunTimeModel
  func runTime(of job: QueuedJob, on pieces: [Piece]) -> Time { model.runTime(of: job, on: pieces) }
}

/// What a policy may know of prices and carbon to come, by the scenario's rule; PUE as it is now.
private struct Outlook: HorizonEnergy {
  let plan: FleetPlan
  let now: Time

  func energy(site: Int, from: Time, to: Time) -> (usd: Double, kilograms: Double) {
    let energy = plan.scenario.energy[site]
    let watts = plan.nodeModels[site].first?.activeWatts ?? 0
    let megawatts = watts * Double(energy.cooling.pueMilli(at: now)) / 1e9
    let name = plan.scenario.fleet.sites[site].id
    let rule = plan.scenario.forecast
    let price = rule.view(of: energy.price, named: name + "/price", at: now).integral(from: from, to: to)
    let carbon = rule.view(of: energy.carbon, named: name + "/carbon", at: now).integral(from: from, to: to)
    return (megawatts * price, megawatts * carbon)
  }
}
