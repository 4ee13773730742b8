// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities

/// What a GPU is worth at each site in the slots of the horizon, as `longhaul` sees it at one instant.
///
/// Slot 0 lasts until the next change of any price or carbon intensity, an hour at most; the others an hour each. With
/// the sites sorted by what an hour of reference work costs a GPU there, the *market* price of a slot is that of the last
/// one which today's demand (GPUs of all jobs that run or wait) fills. Whoever takes a GPU of a cheaper site keeps
/// somebody else from it, so in slots to come no site is cheaper than the market.
struct LonghaulMarket {
  /// Seconds from now at which each slot begins, and the end of the last.
  let edges: [Double]
  /// `[site][slot]`: dollars, weighted, that an hour of reference work costs one GPU.
  let unit: [[Double]]
  /// By slot.
  let market: [Double]
  /// Integral of the market price from now to each edge, in dollars for a GPU.
  private let marketSum: [Double]
  private let marketMean: Double

  var slots: Int { edges.count - 1 }

  init(_ view: FleetView, weights: LonghaulWeights, slots: Int) {
    let now = view.now
    let first = LonghaulMarket.nextReview(view) - now
    var edges = [0.0, first.seconds]
    while edges.count <= slots { edges.append(first.seconds + 3600 * Double(edges.count - 1)) }
    self.edges = edges
    let hasOutlook = view.outlook.count == view.sites.count
    let unit = view.sites.indices.map { index -> [Double] in
      let site = view.sites[index]
      let constant = weights.cost * site.usdPerGPUHour + weights.carbon / 1000 * site.carbonPerGPUHour
      guard hasOutlook else { return [Double](repeating: constant / site.speed, count: slots) }
      let outlook = view.outlook[index]
      let price = outlook.price.view(at: now)
      let carbon = outlook.carbon.view(at: now)
      var from = now
      return (0..<slots).map { slot in
        let until = now + first + .hour * Int64(slot)
        defer { from = until }
        let hours = (until - from).seconds / 3600
        // USD/MWh x kW is 1e-3 USD/h; g/kWh x kW is 1e-6 t/h.
        var rate = weights.cost == 0 ? 0 : weights.cost * price.integral(from: from, to: until) / 1000
        if weights.carbon > 0 { rate += weights.carbon * carbon.integral(from: from, to: until) / 1e6 }
        return rate / hours * outlook.kilowattsPerGPU / site.speed
      }
    }
    self.unit = unit
    var demand = view.queue.reduce(0.0) { $0 + Double($1.gpus) }
    for job in view.running { demand += Double(job.gpus) }
    var market: [Double] = []
    for slot in 0..<slots {
      var filled = 0.0
      var price = 0.0
      let order = view.sites.indices.sorted { (unit[$0][slot], $0) < (unit[$1][slot], $1) }
      for index in order {
        price = unit[index][slot]
        filled += Double(view.sites[index].total)
        if filled >= demand { break }
      }
      market.append(price)
    }
    self.market = market
    var sum = [0.0]
    for slot in 0..<slots { sum.append(sum[slot] + market[slot] * (edges[slot + 1] - edges[slot]) / 3600) }
    marketSum = sum
    marketMean = sum[slots] / (edges[slots] / 3600)
  }

  /// What a GPU pays at the market from `a` to `b` seconds from now; beyond the horizon its mean.
  func marketCost(from a: Double, to b: Double) -> Double { marketCost(until: b) - marketCost(until: a) }

  private func marketCost(until time: Double) -> Double {
    if time >= edges[slots] { return marketSum[slots] + marketMean * (time - edges[slots]) / 3600 }
    var slot = 0
    while edges[slot + 1] < time { slot += 1 }
    return marketSum[slot] + market[slot] * (time - edges[slot]) / 3600
  }

  /// The next instant at which plans are made anew: a change of any signal, or a full hour where none changes sooner.
  static func nextReview(_ view: FleetView) -> Time {
    var next = Time(ticks: (view.now.ticks / Time.hour.ticks + 1) * Time.hour.ticks)
    guard view.outlook.count == view.sites.count else { return next }
    var change = Time.never
    for outlook in view.outlook {
      change = min(change, outlook.price.view(at: view.now).nextChange(after: view.now))
      change = min(change, outlook.carbon.view(at: view.now).nextChange(after: view.now))
    }
    if change <= view.now + .hour { next = change }
    return next
  }

  /// Whether plans are made anew at this instant.
  static func isReview(_ view: FleetView) -> Bool {
    guard view.now > .zero else { return true }
    var before = view
    before.now = view.now - .tick
    return nextReview(before) == view.now
  }
}

/// What `longhaul` weighs, all in dollars.
struct LonghaulWeights: Sendable {
  /// What a dollar of energy counts.
  var cost: Double
  /// Dollars for a tonne of CO2 equivalent.
  var carbon: Double
  /// Dollars for each hour that a job is there.
  var time: Double
  /// Dollars for a terabyte between sites, beside what `egress` charges.
  var network: Double
}
