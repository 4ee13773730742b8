// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import ScenarioFile
import Scheduling
import Workload

/// What a bound has to know of the fleet: the best that any schedule could get out of it.
extension FleetPlan {
  /// The most reference work that a job does at a site in a unit of time, whole there or as a member of a split job,
  /// however the rest of it stands and however fast the links are.
  public func greatestSpeed(ofJob index: Int, at site: Int) -> Double {
    let job = jobs[index]
    guard let modelIndex = job.model else { return speeds[site] }
    let model = ModelCatalogue.models[modelIndex]
    let gpus = max(1, job.gpus)
    let method = parallelism(of: job)
    let reference = IterationTime.Layout(
      gpus: gpus, sites: 1, domain: FleetPlan.reference.scaleUpDomain, speed: 1,
      scaleUpRate: FleetPlan.reference.scaleUpBytesPerSecond, scaleOutRate: FleetPlan.reference.nicRate.double / 8)
    var best = 0.0
    for count in 1...(job.splittable ? max(1, tiers.count) : 1) {
      // A split job has the smallest domain of its sites, which need not be this one's.
      let domains = count == 1 ? [tiers[site].domain] : Set(tiers.map(\.domain)).sorted()
      for domain in domains {
        var layout = reference
        layout.sites = count
        layout.domain = domain
        layout.speed = speeds[site]
        layout.scaleUpRate = tiers[site].scaleUpRate
        layout.scaleOutRate = tiers[site].scaleOutRate
        layout.acrossRate = .infinity
        let time = IterationTime(
          work: model.work(gpus: gpus), parallelism: method, layout: layout, reference: reference)
        best = max(best, time.localSpeed)
      }
    }
    return best
  }

  /// Watts of the most frugal GPU of a site at work, and by how many a GPU that waits draws less, before PUE.
  public func leastWatts(ofSite site: Int) -> (active: Double, aboveStalled: Double) {
    let active = nodeModels[site].map(\.activeWatts).min() ?? 0
    let gap = nodeModels[site].map { max(0, $0.activeWatts - $0.stalledWatts) }.max() ?? 0
    return (active, gap)
  }

  /// GPUs of a site that its power cap leaves in use.
  public func usableGPUs(ofSite site: Int) -> Int { nodeSizes[site].reduce(0) { $0 + Int($1) } }

  /// The site that a job is pinned to; nil for none.
  public func pinnedSite(ofJob index: Int) -> Int? { pins[index] >= 0 ? Int(pins[index]) : nil }

  /// The least that a busy GPU costs in each hour of the run, in USD or in kg of CO2, and the most that meters may
  /// undercharge the work of a split job there.
  ///
  /// A meter hears of the pace of a split job only when it has moved by two hundredths (``SiteMachine/tellPace``), so
  /// that it may take up to 0.02 of the difference between working and waiting too little.
  public func hourlyCosts(
    ofSite site: Int, hours: Int, of series: KeyPath<SiteEnergy, EnergySeries>
  ) -> (least: [Double], discount: [Double]) {
    let energy = scenario.energy[site]
    let watts = leastWatts(ofSite: site)
    var least: [Double] = []
    var discount: [Double] = []
    for hour in 0..<hours {
      let end = Time(ticks: Int64(hour + 1) * Time.hour.ticks)
      var at = Time(ticks: Int64(hour) * Time.hour.ticks)
      var (low, high) = (Double.infinity, 0.0)
      while at < end {
        let until = min(end, energy.cooling.nextChange(after: at), energy[keyPath: series].nextChange(after: at))
        let pue = Double(energy.cooling.pueMilli(at: at)) / 1000
        // Straight between changes, so that its ends are its extremes.
        let signal = energy[keyPath: series]
        let last = signal.interpolation == .step ? signal.value(at: at) : signal.value(at: Time(ticks: until.ticks - 1))
        for value in [signal.value(at: at), last] {
          low = min(low, pue * value)
          high = max(high, pue * value)
        }
        at = until
      }
      // USD/MWh times W is 1e-6 USD/h; g/kWh times W is 1e-6 kg/h.
      least.append(low * watts.active / 1e6)
      discount.append(0.02 * max(0, high) * watts.aboveStalled / 1e6)
    }
    return (least, discount)
  }
}

extension FleetPlan {
  /// How a job divides its work, in words.
  public func parallelismText(ofJob index: Int) -> String { parallelism(of: jobs[index]).text }
}
