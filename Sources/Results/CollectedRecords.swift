// SPDX-License-Identifier: Apache-2.0

import Quantities
import Records
import Workload

/// The records of a run, checked and brought into canonical order, whatever the order in which they arrived.
///
/// Flows are not kept: there can be many times more of them than jobs. They are handed on as they are read, and only
/// what the summary needs of them stays.
struct CollectedRecords {
  /// By job; nil where none was reported.
  private(set) var jobs: [JobRecord?]
  /// Sorted by job, segment, site, then everything else.
  private(set) var stays: [StayRecord] = []
  /// Where the stays of a job begin in ``stays``; one more entry than jobs.
  private(set) var firstStay: [Int] = []
  /// Sorted by site and hour.
  private(set) var siteHours: [SiteHourRecord] = []
  /// By port; nil where none was reported.
  private(set) var ports: [PortRecord?]
  /// In order of time, job and stay.
  private(set) var losses: [LossRecord] = []
  /// In order of job, stay and site.
  private(set) var fabric: [FabricRecord] = []
  /// In order of time.
  private(set) var retunes: [RetuneRecord] = []
  private(set) var flowCount = 0
  private(set) var flowBytes: Int64 = 0
  /// Bytes `[from][to]`.
  private(set) var bytesBetween: [[Int64]]
  /// Sorted.
  private(set) var flowSlowdowns: [Double] = []
  /// Bytes of each port in each hour, what a flow carries spread evenly over its time.
  private(set) var portHours: [[Int64]]

  func stays(ofJob job: Int) -> ArraySlice<StayRecord> { stays[firstStay[job]..<firstStay[job + 1]] }

  /// Reads the log once.
  ///
  /// - Parameter flow: called for every flow, in order of arrival.
  /// - Throws: ``ResultsError`` for a damaged log, and for records that name what the inputs do not have, contradict
  ///   each other, hold a number that is not finite, or run backwards in time.
  init(log path: String, inputs: RunInputs, flow: @escaping (FlowRecord) throws -> Void) throws {
    try self.init(path, inputs, flow) { try RecordLog.read(path: path, body: $0) }
  }

  /// The same from records in memory; offsets in errors count records.
  init(records: [Record], inputs: RunInputs) throws {
    try self.init(
      "records of a run", inputs, { _ in },
      reading: { body in for (index, record) in records.enumerated() { try body(record, Int64(index)) } })
  }

  private init(
    _ path: String, _ inputs: RunInputs, _ flow: @escaping (FlowRecord) throws -> Void,
    reading read: ((Record, Int64) throws -> Void) throws -> Void
  ) throws {
    portHours = Array(repeating: [], count: inputs.fleet.portCount)
    jobs = Array(repeating: nil, count: inputs.jobs.count)
    ports = Array(repeating: nil, count: inputs.fleet.portCount)
    let sites = inputs.fleet.sites.count
    bytesBetween = Array(repeating: Array(repeating: 0, count: sites), count: sites)
    var check = RecordCheck(path: path, inputs: inputs)
    try read { record, offset in
      check.offset = offset
      switch record {
      case .job(let r):
        try check.job(r)
        if jobs[Int(r.job)] != nil { throw check.error("a second report of \(check.name(ofJob: r.job))") }
        jobs[Int(r.job)] = r
      case .stay(let r):
        try check.stay(r)
        stays.append(r)
      case .siteHour(let r):
        try check.siteHour(r)
        siteHours.append(r)
      case .port(let r):
        try check.port(r)
        if ports[Int(r.port)] != nil { throw check.error("a second report of port \(r.port)") }
        ports[Int(r.port)] = r
      case .flow(let r):
        try check.flow(r)
        flowCount += 1
        flowBytes += r.bytes
        bytesBetween[Int(r.from)][Int(r.to)] += r.bytes
        if r.alone > .zero { flowSlowdowns.append(Self.slowdown(of: r)) }
        spread(r, over: inputs.fleet.routes[Int(r.from)][Int(r.to)])
        try flow(r)
      case .loss(let r):
        try check.loss(r)
        losses.append(r)
      case .fabric(let r):
        try check.fabric(r)
        fabric.append(r)
      case .retune(let r):
        guard r.wavelengths.count == inputs.fleet.links.count else { throw check.error("wavelengths of other links") }
        retunes.append(r)
      }
    }
    retunes.sort { $0.at < $1.at }
    fabric.sort { ($0.job, $0.segment, $0.site) < ($1.job, $1.segment, $1.site) }
    losses.sort { ($0.at, $0.job, $0.segment) < ($1.at, $1.job, $1.segment) }
    flowSlowdowns.sort()
    stays.sort(by: Self.precedes)
    siteHours.sort { ($0.site, $0.hour) < ($1.site, $1.hour) }
    for (a, b) in zip(siteHours, siteHours.dropFirst()) where (a.site, a.hour) == (b.site, b.hour) {
      throw ResultsError.inconsistent(
        path: path, problem: "hour \(a.hour) of site '\(inputs.fleet.sites[Int(a.site)].id)' is reported twice")
    }
    var next = 0
    for job in inputs.jobs.indices {
      firstStay.append(next)
      while next < stays.count, stays[next].job == Int32(job) { next += 1 }
    }
    firstStay.append(next)
  }

  private mutating func spread(_ flow: FlowRecord, over ports: [Int]) {
    let hour = Time.hour.ticks
    let first = Int(flow.start.ticks / hour)
    let last = max(first, Int((flow.end.ticks - 1) / hour))
    let span = Int128(max(1, (flow.end - flow.start).ticks))
    for port in ports {
      if portHours[port].count <= last {
        portHours[port] += repeatElement(0, count: last + 1 - portHours[port].count)
      }
      for index in first...last {
        let from = max(flow.start.ticks, Int64(index) * hour)
        let until = min(flow.end.ticks, Int64(index + 1) * hour)
        // Whole bytes: sums do not depend on the order in which flows were reported.
        let share = first == last ? Int128(1) : Int128(max(0, until - from))
        portHours[port][index] += Int64(Int128(flow.bytes) * share / (first == last ? 1 : span))
      }
    }
  }

  static func slowdown(of flow: FlowRecord) -> Double {
    Double((flow.end - flow.start).ticks) / Double(flow.alone.ticks)
  }

  /// A total order, so that sums over stays come out alike however the records arrived. The fleet's sites are sorted
  /// by name, so their index orders them by name.
  private static func precedes(_ a: StayRecord, _ b: StayRecord) -> Bool {
    if a.job != b.job { return a.job < b.job }
    if a.segment != b.segment { return a.segment < b.segment }
    if a.site != b.site { return a.site < b.site }
    if a.start != b.start { return a.start < b.start }
    if a.end != b.end { return a.end < b.end }
    if a.gpus != b.gpus { return a.gpus < b.gpus }
    return (a.energyKWh, a.costUSD, a.carbonKg) < (b.energyKWh, b.costUSD, b.carbonKg)
  }
}

extension LossRecord {
  /// GPU-hours of reference work that are to be done again.
  var gpuHours: Double { lost.seconds / 3600 * Double(gpus) }
}

/// Refuses records that cannot be true, with the place in the log where they stand.
private struct RecordCheck {
  let path: String
  let inputs: RunInputs
  var offset: Int64 = 0

  init(path: String, inputs: RunInputs) {
    self.path = path
    self.inputs = inputs
  }

  func error(_ problem: String) -> ResultsError { .badRecord(path: path, offset: offset, problem: problem) }

  func name(ofJob job: Int32) -> String { "job '\(inputs.jobs[Int(job)].id)'" }

  func job(_ r: JobRecord) throws {
    try index(r.job, below: inputs.jobs.count, "job")
    if r.status == .rejected { return }
    if r.status != .unfinished, r.start == .never || r.end == .never {
      throw error("\(name(ofJob: r.job)) is \(r.status.name) but has no start or no end")
    }
    if r.start != .never, r.start < inputs.jobs[Int(r.job)].submit {
      throw error(
        "\(name(ofJob: r.job)) starts at \(CanonicalNumber.seconds(r.start)) s, before its submission at "
          + "\(CanonicalNumber.seconds(inputs.jobs[Int(r.job)].submit)) s")
    }
    if r.status != .unfinished, r.end < r.start { throw error("\(name(ofJob: r.job)) ends before it starts") }
  }

  func stay(_ r: StayRecord) throws {
    try index(r.job, below: inputs.jobs.count, "job")
    try index(r.site, below: inputs.fleet.sites.count, "site")
    if r.start < .zero || r.end < r.start { throw error("a stay of \(name(ofJob: r.job)) ends before it starts") }
    try finite([r.energyKWh, r.waitingEnergyKWh, r.costUSD, r.carbonKg], "a stay of \(name(ofJob: r.job))")
  }

  func siteHour(_ r: SiteHourRecord) throws {
    try index(r.site, below: inputs.fleet.sites.count, "site")
    let last = Time.never.ticks / Time.hour.ticks
    if r.hour < 0 || Int64(r.hour) > last { throw error("hour \(r.hour), where 0 to \(last) was expected") }
    if r.span <= .zero { throw error("hour \(r.hour) of site \(r.site) covers no time") }
    try finite(
      [
        r.busyGPUHours, r.idleGPUHours, r.energyKWh, r.idleEnergyKWh, r.waitingEnergyKWh, r.pue, r.priceUSDPerMWh,
        r.carbonGramsPerKWh, r.costUSD, r.carbonKg, r.waterLitres, r.peakKW,
      ], "hour \(r.hour) of site '\(inputs.fleet.sites[Int(r.site)].id)'")
  }

  func port(_ r: PortRecord) throws {
    try index(r.port, below: inputs.fleet.portCount, "port")
    try finite(
      [r.utilisation, r.queueMicrosecondsMean, r.queueMicrosecondsP99, r.queueMicrosecondsMax, r.availability],
      "port \(inputs.fleet.name(ofPort: Int(r.port)))")
  }

  func fabric(_ r: FabricRecord) throws {
    try index(r.job, below: inputs.jobs.count, "job")
    try index(r.site, below: inputs.fleet.sites.count, "site")
    guard r.terms.count == 7 else { throw error("an iteration of \(r.terms.count) terms, where 7 were expected") }
    try finite(r.terms, "the iteration of \(name(ofJob: r.job))")
  }

  func loss(_ r: LossRecord) throws {
    try index(r.job, below: inputs.jobs.count, "job")
    try index(r.site, below: inputs.fleet.sites.count, "site")
    if r.lost < .zero { throw error("\(name(ofJob: r.job)) loses less than nothing") }
  }

  func flow(_ r: FlowRecord) throws {
    try index(r.job, below: inputs.jobs.count, "job")
    try index(r.from, below: inputs.fleet.sites.count, "site")
    try index(r.to, below: inputs.fleet.sites.count, "site")
    if r.start < .zero || r.end < r.start { throw error("a flow of \(name(ofJob: r.job)) ends before it starts") }
    if r.bytes < 0 { throw error("a flow of \(name(ofJob: r.job)) carries \(r.bytes) bytes") }
  }

  private func index(_ index: Int32, below count: Int, _ what: String) throws {
    guard index >= 0, Int(index) < count else { throw error("\(what) \(index), where this run has \(count)") }
  }

  private func finite(_ values: [Double], _ what: String) throws {
    guard values.allSatisfy(\.isFinite) else { throw error("\(what) holds a number that is not finite: \(values)") }
  }
}
