// SPDX-License-Identifier: Apache-2.0

import Quantities
import Records
import Topology
import Workload

extension Summary {
  init(info: RunInfo, inputs: RunInputs, records: CollectedRecords, digest: String) {
    schema = 1
    name = info.name
    policy = info.policy
    network = info.network
    congestionControl = info.congestionControl
    driver = info.driver
    seed = info.seed
    estimates = info.estimates
    assumptions = info.assumptions
    calendar = info.calendar
    forecast = info.forecast
    modelAssignment = info.modelAssignment
    inference = info.inference
    workloads = info.workloads
    jobs = Jobs(inputs: inputs, records: records)
    let sites = inputs.fleet.sites.indices.map { Site(index: $0, inputs: inputs, records: records) }
    gpus = GPUs(fleet: inputs.fleet, records: records)
    energy = Energy(sites: sites, inputs: inputs, records: records)
    wan = WAN(fleet: inputs.fleet, records: records)
    faults = inputs.fleet.faults.isEmpty ? nil : Faults(inputs: inputs, records: records)
    fabric = inputs.fleet.sites.contains { $0.placement != nil } ? Fabric(records.fabric) : nil
    lightPaths = inputs.fleet.lightPaths.map { paths in
      Light(
        policy: paths.policy.rawValue, retunes: records.retunes.count,
        moved: records.retunes.reduce(0) { $0 + Int($1.moved) },
        darkSeconds: records.retunes.reduce(0) { $0 + Double($1.moved) * paths.reconfiguration.seconds })
    }
    engine = info.engine
    self.digest = digest
  }
}

extension Summary.Jobs {
  init(inputs: RunInputs, records: CollectedRecords) {
    var counts = (completed: 0, failed: 0, rejected: 0, unfinished: 0, split: 0)
    var completions: [Time] = []
    var waits: [Time] = []
    var slowdowns: [Double] = []
    var network = Int128(0)
    var total = Int128(0)
    var splitNetwork = Int128(0)
    var splitTotal = Int128(0)
    var lastEnd: Time?
    var reasons: [String] = []
    for (index, job) in inputs.jobs.enumerated() {
      let record = records.jobs[index]
      let outcome = JobOutcome(job: job, record: record, stays: [])
      let isSplit = (record?.sites ?? 0) > 1
      if isSplit { counts.split += 1 }
      if let end = outcome.end { lastEnd = max(lastEnd ?? end, end) }
      switch outcome.status {
      case .failed: counts.failed += 1
      case .unfinished: counts.unfinished += 1
      case .rejected:
        counts.rejected += 1
        reasons.append(record?.reason ?? "")
      case .completed:
        counts.completed += 1
        guard let record, let completion = outcome.completion, let wait = outcome.wait else { continue }
        completions.append(completion)
        waits.append(wait)
        slowdowns.append(Self.boundedSlowdown(completion: completion, duration: job.duration))
        network += Int128(record.networkTime.ticks)
        total += Int128(completion.ticks)
        if isSplit {
          splitNetwork += Int128(record.networkTime.ticks)
          splitTotal += Int128(completion.ticks)
        }
      }
    }
    submitted = inputs.jobs.count
    completed = counts.completed
    failed = counts.failed
    rejected = counts.rejected
    unfinished = counts.unfinished
    split = counts.split
    jct = Summary.Statistics(times: completions)
    wait = Summary.Statistics(times: waits)
    boundedSlowdown = Summary.Statistics(values: slowdowns)
    networkShare = total > 0 ? Double(network) / Double(total) : nil
    splitNetworkShare = splitTotal > 0 ? Double(splitNetwork) / Double(splitTotal) : nil
    makespan = lastEnd.flatMap { end in inputs.jobs.map(\.submit).min().map { CanonicalNumber.double(end - $0) } }
    rejectedReasons = Counts(reasons.map { Counts.Item(name: $0.isEmpty ? "no reason given" : $0, count: 1) })
  }

  /// Both times at least 10 s (the usual threshold), so that jobs of a second do not rule the mean.
  static func boundedSlowdown(completion: Time, duration: Time) -> Double {
    let threshold = Time.seconds(Int64(10))
    return max(1, Double(completion.ticks) / Double(max(duration, threshold).ticks))
  }
}

extension Summary.GPUs {
  init(fleet: Fleet, records: CollectedRecords) {
    total = fleet.sites.reduce(0) { $0 + $1.gpus }
    gpuHours = records.siteHours.reduce(0) { $0 + $1.busyGPUHours }
    let all = records.siteHours.reduce(0.0) { $0 + Double(fleet.sites[Int($1.site)].gpus) * $1.spanHours }
    utilisation = all > 0 ? gpuHours / all : nil
  }
}

extension SiteHourRecord {
  var spanHours: Double { CanonicalNumber.double(span) / 3600 }
}

extension Summary.Site {
  init(index: Int, inputs: RunInputs, records: CollectedRecords) {
    let fleet = inputs.fleet
    id = fleet.sites[index].id
    gpus = fleet.sites[index].gpus
    var busy = 0.0
    var all = 0.0
    var kWh = 0.0
    var idleKWh = 0.0
    var cost = 0.0
    var carbonKg = 0.0
    var waitingKWh = 0.0
    var litres = 0.0
    var capped = Int128(0)
    var pueHours = 0.0
    var spanHours = 0.0
    var hours: [(kilowatts: Double, hours: Double)] = []
    peakKW = 0
    for hour in records.siteHours where hour.site == Int32(index) {
      busy += hour.busyGPUHours
      all += Double(gpus) * hour.spanHours
      kWh += hour.energyKWh
      idleKWh += hour.idleEnergyKWh
      cost += hour.costUSD
      carbonKg += hour.carbonKg
      waitingKWh += hour.waitingEnergyKWh
      litres += hour.waterLitres
      capped += Int128(hour.capped.ticks)
      pueHours += hour.pue * hour.spanHours
      spanHours += hour.spanHours
      peakKW = max(peakKW, hour.peakKW)
      hours.append((hour.energyKWh / hour.spanHours, hour.spanHours))
    }
    pue = spanHours > 0 ? pueHours / spanHours : nil
    networkKW = fleet.sites[index].networkWatts.map { $0 / 1000 }
    networkMWh = networkKW.map { $0 * pueHours / 1000 }
    stalledMWh = waitingKWh / 1000
    waterCubicMetres = litres / 1000
    cappedHours = Double(capped) / Double(Time.hour.ticks)
    demandUSD = inputs.charges.demandUSD(site: index, hours: hours)
    utilisation = all > 0 ? busy / all : nil
    mwh = kWh / 1000
    idleMWh = idleKWh / 1000
    costUSD = cost
    carbonTonnes = carbonKg / 1000
  }
}

extension Summary.Energy {
  /// Sums over the sites in order of name, so that the parts add up to the whole.
  init(sites: [Summary.Site], inputs: RunInputs, records: CollectedRecords) {
    mwh = sites.reduce(0) { $0 + $1.mwh }
    idleMWh = sites.reduce(0) { $0 + $1.idleMWh }
    costUSD = sites.reduce(0) { $0 + $1.costUSD }
    stalledMWh = sites.reduce(0) { $0 + $1.stalledMWh }
    waterCubicMetres = sites.reduce(0) { $0 + $1.waterCubicMetres }
    demandUSD = sites.reduce(0) { $0 + $1.demandUSD }
    var egress = 0.0
    for (from, row) in (inputs.charges.egressUSDPerGB ?? []).enumerated() {
      for (to, price) in row.enumerated() { egress += Double(records.bytesBetween[from][to]) / 1e9 * price }
    }
    egressUSD = egress
    totalUSD = costUSD + demandUSD + egress
    let fleetHours = HourlyFleet(inputs: inputs, records: records)
    peakKW = fleetHours.powerKW.max() ?? 0
    let watts = inputs.fleet.links.reduce(0) { $0 + 2 * LinkPower.watts(of: $1) }
    let runHours = inputs.endTime == .never ? 0 : CanonicalNumber.double(inputs.endTime) / 3600
    wanMWh = watts * runHours / 1e6
    wanParts = Summary.WANParts(links: inputs.fleet.links, hours: runHours)
    let network = sites.compactMap(\.networkMWh)
    networkMWh = network.count == sites.count ? network.reduce(0, +) : nil
    carbonTonnes = sites.reduce(0) { $0 + $1.carbonTonnes }
    bySite = sites
  }
}

extension Summary.WAN {
  init(fleet: Fleet, records: CollectedRecords) {
    bytes = records.flowBytes
    flows = records.flowCount
    let slowdowns = records.flowSlowdowns
    fctSlowdown = Summary.FlowStatistics(
      mean: slowdowns.isEmpty ? nil : slowdowns.reduce(0, +) / Double(slowdowns.count),
      p50: Percentiles.of(slowdowns, percent: 50), p99: Percentiles.of(slowdowns, percent: 99))
    links = records.ports.enumerated().map { port, record in
      Summary.Link(
        id: fleet.name(ofPort: port), link: fleet.link(ofPort: port).id, utilisation: record?.utilisation,
        queueMicrosecondsP99: record?.queueMicrosecondsP99, bytes: record?.bytesOut, drops: record?.bytesDropped)
    }
    lines = fleet.links.compactMap { Summary.Line($0) }
  }
}

extension Summary.Faults {
  init(inputs: RunInputs, records: CollectedRecords) {
    let fleet = inputs.fleet
    let end = inputs.endTime
    counts = Counts(fleet.faults.filter { $0.at <= end }.map { Counts.Item(name: $0.kind.rawValue, count: 1) })
    jobsLost = records.losses.count
    jobsHit = Set(records.losses.map(\.job)).count
    lostGPUHours = records.losses.reduce(0) { $0 + $1.gpuHours }
    sites = fleet.sites.enumerated().map { index, site in
      var down: Int64 = 0
      for outage in fleet.outages where outage.site == index && outage.at < end {
        down += (min(outage.until, end) - outage.at).ticks
      }
      return Summary.Availability(
        id: site.id, availability: end > .zero ? 1 - Double(down) / Double(end.ticks) : 1)
    }
    links = fleet.links.enumerated().map { index, link in
      let ports = [records.ports[2 * index], records.ports[2 * index + 1]]
      return Summary.Availability(id: link.id, availability: ports.compactMap { $0?.availability }.min() ?? 1)
    }
  }
}

extension Summary.Fabric {
  init(_ rows: [FabricRecord]) {
    pieces = rows.count
    scattered = rows.count { $0.domains > $0.leastDomains }
    let count = Double(max(1, rows.count))
    domainsOverLeast =
      rows.isEmpty ? nil : rows.reduce(0) { $0 + Double($1.domains) / Double(max(1, $1.leastDomains)) } / count
    localShare = rows.isEmpty ? nil : rows.reduce(0) { $0 + $1.terms[4] / $1.terms[6] } / count
  }
}
