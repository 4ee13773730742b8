// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities

/// `longhaul`: one objective in dollars over a rolling horizon; everything it does is what lowers it.
///
///     cost x (energy + egress) + carbon x CO2 + time x completion times + network x bytes between sites
///
/// summed over jobs. Documentation/Policies.md writes the objective and the rules below as formulas, with limits and
/// measured figures. The parts:
///
/// - **Order.** Least remaining time first, with preemption, as `srtf-skip`: what lowers the sum of completion times. A job
///   gives way only to one that is shorter by more than its checkpoint costs.
/// - **Placement.** Least cost to go, by dynamic programming over the horizon (``LonghaulJob``), at market prices
///   (``LonghaulMarket``), with the time and the price of bringing data there.
/// - **Waiting.** At each review (a change of any signal) a job waits or is suspended if its run costs less from a later
///   slot on by more than the time weighs: least of GPUs x (market price over the run from t on) + time x t.
/// - **Migration.** At each review running jobs go where there is room, greatest gain for a GPU first, if the gain pays for
///   checkpoint, transfer and restart.
/// - **Light paths.** Where wavelengths can be moved they follow what has just been decided (``LonghaulLight``).
struct Longhaul: WholePolicy {
  static let part = PolicyPart(
    kind: .policy, name: "longhaul",
    definition:
      "Least cost x (energy + egress) + carbon x CO2 + time x completion times + network x bytes over a rolling "
      + "horizon: srtf-skip order; a site by least cost to go; waits, is suspended or migrates at changes of prices "
      + "if that pays for itself, checkpoints, transfers and lost time included; splits only if that ends sooner; moves wavelengths to what it has just decided.",
    source: "Longhaul (Documentation/Policies.md)",
    parameters: [
      PolicyParameter(
        name: "cost", meaning: "what a dollar of energy and egress weighs", kind: .number, defaultValue: 1),
      PolicyParameter(
        name: "carbon", meaning: "dollars that a tonne of CO2 weighs", kind: .number, defaultValue: 0),
      PolicyParameter(
        name: "time", meaning: "dollars that an hour of a job's completion time weighs", kind: .number,
        defaultValue: 1),
      PolicyParameter(
        name: "network", meaning: "dollars that a terabyte between sites weighs, beside its charge", kind: .number,
        defaultValue: 0),
      PolicyParameter(
        name: "horizon", meaning: "hours that are planned ahead", kind: .whole, defaultValue: 24, least: 1,
        greatest: 168),
      .maxSites,
    ] + ForecastChoice.parameters)

  let weights: LonghaulWeights
  let slots: Int
  let maxSites: Int
  let forecast: ForecastRule?
  let order: any QueueOrder
  var suspends: Bool { true }

  init(_ values: ParameterValues) {
    weights = LonghaulWeights(
      cost: values["cost"], carbon: values["carbon"], time: values["time"], network: values["network"])
    slots = Int(values["horizon"]) + 1
    maxSites = Int(values[PolicyParameter.maxSites.name])
    forecast = ForecastChoice(values).rule
    order = ShortestRemainingTimeFirst(
      ParameterValues(
        part: ShortestRemainingTimeFirst.part, given: [.init(name: "checkpoint", text: "2min", value: 120)]))
  }

  var placement: any PlacementRule { LonghaulPlacement(weights: weights, market: nil) }

  func placement(in view: FleetView) -> (any PlacementRule)? {
    LonghaulPlacement(weights: weights, market: LonghaulMarket(view, weights: weights, slots: slots))
  }

  func wavelengths(after decisions: [Decision], in view: FleetView) -> [Int32]? {
    LonghaulLight(view)?.target(after: decisions, in: view)
  }

  // MARK: Waiting

  func settle(_ view: inout FleetView, model: any RunTimeModel) {
    let now = view.now
    let queued = view.queue.indices.filter { view.queue[$0].stretch.until <= now }
    let running = view.running.indices.filter { !view.running[$0].stopping && view.running[$0].stretch.until <= now }
    if queued.isEmpty && running.isEmpty { return }
    let market = LonghaulMarket(view, weights: weights, slots: slots)
    let review = LonghaulMarket.nextReview(view)
    let dearest = market.unit.map { $0[0] }.max() ?? 0
    let lowest = market.market.min() ?? 0
    for index in queued {
      let job = view.queue[index]
      // Where it would start now.
      var price = Double.infinity
      for site in view.sites.indices where view.sites[site].free >= job.gpus && (job.pin < 0 || Int(job.pin) == site) {
        price = min(price, market.unit[site][0])
      }
      let wait =
        price < .infinity && Double(job.gpus) * (price - lowest) > weights.time
        && waits(job, at: now, left: job.estimate.seconds, price: price, interruption: 0, market)
      view.queue[index].stretch = wait ? .waiting(until: review) : Stretch(from: now, until: review)
    }
    for index in running {
      let job = view.running[index]
      // A job that starts in the course of a slot is asked at its end.
      var wait = false
      if Double(job.gpus) * (dearest - lowest) > weights.time, job.start < now {
        var price = 0.0
        for piece in job.pieces { price += Double(piece.gpus) * market.unit[Int(piece.site)][0] }
        price /= Double(max(1, job.gpus))
        // Where there is room it could move instead of waiting; whether that pays is decided elsewhere.
        for site in view.sites.indices where job.asQueued.pin < 0 && view.sites[site].free >= job.gpus {
          price = min(price, market.unit[site][0])
        }
        let left = job.remaining(at: now) / Double(Time.ticksPerSecond)
        let checkpoint = model.checkpointTime(gpus: job.gpus).seconds
        let plan = LonghaulJob(
          gpus: Double(job.gpus), left: left, checkpoint: checkpoint, speeds: [1], market: market, weights: weights)
        wait = waits(job.asQueued, at: now, left: left, price: price, interruption: plan.interruption, market)
      }
      view.running[index].stretch = wait ? .waiting(until: review) : Stretch(from: now, until: review)
    }
  }

  /// Whether the job's run costs less from a later slot on: GPUs x price of the run + time x wait.
  ///
  /// - Parameter price: what it pays in slot 0.
  private func waits(
    _ job: QueuedJob, at time: Time, left: Double, price: Double, interruption: Double, _ market: LonghaulMarket
  ) -> Bool {
    let gpus = Double(job.gpus)
    let first = min(left, market.edges[1])
    let now = gpus * (price * first / 3600 + market.marketCost(from: first, to: left))
    let latest = job.deadline < .never ? (job.deadline - time).seconds - left : .infinity
    for slot in 1..<max(1, market.slots) {
      let start = market.edges[slot]
      if start > latest { break }
      let later = gpus * market.marketCost(from: start, to: start + left) + weights.time * start / 3600
      if later + interruption < now { return true }
    }
    return false
  }

  // MARK: Migration

  func moves(in view: FleetView, model: any RunTimeModel) -> [Int32] {
    guard view.sites.count > 1, view.sites.contains(where: { $0.free > 0 }), LonghaulMarket.isReview(view) else {
      return []
    }
    let market = LonghaulMarket(view, weights: weights, slots: slots)
    let rule = LonghaulPlacement(weights: weights, market: market)
    let context = PlacementContext(view: view, sites: view.sites, model: model)
    let speeds = view.sites.map(\.speed)
    // What waits is placed first: it will take room where it is cheapest.
    var free = view.sites.map(\.free)
    for job in view.queue {
      let best = free.indices.filter { free[$0] >= job.gpus }.min {
        (market.unit[$0][0], $0) < (market.unit[$1][0], $1)
      }
      if let best { free[best] -= job.gpus }
    }
    struct Move {
      var position: Int
      var gain: [Double]
      var best: Double
    }
    var moves: [Move] = []
    for (position, job) in view.running.enumerated() {
      guard job.preemptible, !job.stopping, job.gpus > 0, job.pieces.count == 1, job.asQueued.pin < 0,
        job.start < view.now
      else { continue }
      let site = Int(job.pieces[0].site)
      let left = job.remaining(at: view.now) / Double(Time.ticksPerSecond)
      let checkpoint = model.checkpointTime(gpus: job.gpus).seconds
      if left <= 2 * checkpoint { continue }
      let plan = LonghaulJob(
        gpus: Double(job.gpus), left: left, checkpoint: checkpoint, speeds: speeds, market: market, weights: weights)
      guard plan.value[site] - (plan.value.min() ?? 0) > plan.interruption else { continue }
      let moved = job.requeued(at: view.now, checkpointBytes: model.checkpointBytes(of: job.job))
      let gain = speeds.indices.map { target -> Double in
        if target == site { return 0 }
        return plan.value[site] - plan.value[target] - plan.interruption
          - rule.transferCost(of: moved, to: Int32(target), in: context, market: market)
      }
      let best = gain.max() ?? 0
      if best > 0 { moves.append(Move(position: position, gain: gain, best: best / Double(job.gpus))) }
    }
    moves.sort { $0.best != $1.best ? $0.best > $1.best : $0.position < $1.position }
    var chosen: [Int32] = []
    for move in moves {
      let job = view.running[move.position]
      let target = free.indices.filter { free[$0] >= job.gpus && move.gain[$0] > 0 }.max {
        (move.gain[$0], -$0) < (move.gain[$1], -$1)
      }
      guard let target else { continue }
      free[target] -= job.gpus
      chosen.append(job.job)
    }
    return chosen
  }
}
