// SPDX-License-Identifier: Apache-2.0

import Quantities
import Records
import Topology
import Workload

/// The rows of every table, in canonical order.
struct ResultTables {
  let inputs: RunInputs
  let records: CollectedRecords
  private var fleet: Fleet { inputs.fleet }

  init(inputs: RunInputs, records: CollectedRecords) {
    self.inputs = inputs
    self.records = records
  }

  /// Those with a file of this run, which the digest covers.
  var canonical: [Table] { Table.canonical.filter { $0.belongs(to: inputs.fleet) } }

  /// Calls `body` with every row of a table except `flows`, which is written while the log is read.
  func rows(of table: Table, body: ([Cell]) throws -> Void) throws {
    switch table.name {
    case Table.jobs.name: try jobs(body)
    case Table.placements.name: try placements(body)
    case Table.sites.name: try sites(body)
    case Table.links.name: try links(body)
    case Table.faults.name: try faults(body)
    case Table.fabric.name: try fabric(body)
    case Table.light.name: try light(body)
    case Table.series.name: try series(body)
    case Table.events.name: try events(body)
    default: break
    }
  }

  private func jobs(_ body: ([Cell]) throws -> Void) throws {
    for (index, job) in inputs.jobs.enumerated() {
      let outcome = JobOutcome(job: job, record: records.jobs[index], stays: records.stays(ofJob: index))
      let record = records.jobs[index]
      try body([
        .text(job.id), .time(job.submit), .optional(outcome.start), .optional(outcome.end), .optional(outcome.wait),
        .optional(outcome.completion), .scaled(job.milliGPUs, decimals: 3),
        .text(outcome.lastSites.map { fleet.sites[Int($0)].id }.joined(separator: "+")), .text(outcome.status.name),
        .real(outcome.energyKWh), .real(outcome.costUSD), .real(outcome.carbonKg), .integer(record?.wanBytes ?? 0),
        .integer(record?.preemptions ?? 0), .integer(record?.migrations ?? 0),
        .time(job.duration), .optional(record?.networkTime), record.map { .integer($0.sites) } ?? .empty,
        job.model.flatMap { $0 < inputs.modelNames.count ? .text(inputs.modelNames[$0]) : nil } ?? .empty,
        .integer(Int64(job.workload)), record.map { $0.reason.isEmpty ? .empty : .text($0.reason) } ?? .empty,
      ])
    }
  }

  private func placements(_ body: ([Cell]) throws -> Void) throws {
    for stay in records.stays {
      try body([
        .text(inputs.jobs[Int(stay.job)].id), .integer(stay.segment), .text(fleet.sites[Int(stay.site)].id),
        .integer(stay.gpus), .time(stay.start), .time(stay.end), .real(stay.energyKWh), .real(stay.costUSD),
        .real(stay.carbonKg), .optional(stay.computeStart == .never ? nil : stay.computeStart),
        .real(stay.waitingEnergyKWh),
      ])
    }
  }

  private func sites(_ body: ([Cell]) throws -> Void) throws {
    for hour in records.siteHours {
      let hours = CanonicalNumber.double(hour.span) / 3600
      try body([
        .text(fleet.sites[Int(hour.site)].id), .integer(hour.hour), .time(hour.span), .real(hour.busyGPUHours / hours),
        .real(hour.idleGPUHours / hours), .real(hour.energyKWh / hours), .real(hour.pue), .real(hour.priceUSDPerMWh),
        .real(hour.carbonGramsPerKWh), .real(hour.energyKWh), .real(hour.idleEnergyKWh), .real(hour.costUSD),
        .real(hour.carbonKg), .real(hour.waitingEnergyKWh), .real(hour.waterLitres), .real(hour.peakKW),
        .time(hour.capped),
      ])
    }
  }

  private func links(_ body: ([Cell]) throws -> Void) throws {
    for (port, record) in records.ports.enumerated() {
      let link = fleet.link(ofPort: port)
      var row: [Cell] = [
        .text(link.id), .text(fleet.sites[fleet.owner(ofPort: port)].id),
        .text(fleet.sites[fleet.destination(ofPort: port)].id), .scaled(link.capacity.bitsPerSecond, decimals: 9),
      ]
      if let record {
        row += [
          .integer(record.bytesIn), .integer(record.bytesOut), .integer(record.bytesDropped),
          .real(record.utilisation), .real(record.queueMicrosecondsMean), .real(record.queueMicrosecondsP99),
          .real(record.queueMicrosecondsMax), .real(record.availability),
        ]
      } else {
        row += Array(repeating: .empty, count: 8)
      }
      row.append(.real(LinkPower.watts(of: link)))
      try body(row)
    }
  }

  /// A loss belongs to the last outage that had begun at its site.
  private func faults(_ body: ([Cell]) throws -> Void) throws {
    for (number, fault) in fleet.faults.enumerated() where fault.at <= inputs.endTime {
      var jobs: Int64 = 0
      var gpuHours = 0.0
      for loss in records.losses where cause(of: loss) == number {
        jobs += 1
        gpuHours += loss.gpuHours
      }
      try body([
        .text(fault.kind.rawValue), fault.link.isEmpty ? .empty : .text(fault.link),
        fault.site.isEmpty ? .empty : .text(fault.site), .time(fault.at), .optional(fault.until),
        fault.kind.isOfSite ? .empty : .scaled(fault.capacity.bitsPerSecond, decimals: 9), .integer(jobs),
        .real(gpuHours),
      ])
    }
  }

  private func fabric(_ body: ([Cell]) throws -> Void) throws {
    for row in records.fabric {
      try body(
        [
          .text(inputs.jobs[Int(row.job)].id), .integer(row.segment), .text(fleet.sites[Int(row.site)].id),
          .integer(row.gpus), .integer(row.domains), .integer(row.leastDomains), .integer(row.leaves),
        ] + row.terms.map { .real($0) })
    }
  }

  private func light(_ body: ([Cell]) throws -> Void) throws {
    let first = RetuneRecord(
      at: .zero, settled: .zero, moved: 0, wavelengths: fleet.links.map { Int32($0.wavelengths) })
    for row in [first] + records.retunes {
      for (link, count) in zip(fleet.links, row.wavelengths) {
        try body([.time(row.at), .time(row.settled), .integer(row.moved), .text(link.id), .integer(count)])
      }
    }
  }

  private func cause(of loss: LossRecord) -> Int? {
    let site = fleet.sites[Int(loss.site)].id
    return fleet.faults.lastIndex { $0.kind.isOfSite && $0.site == site && $0.at <= loss.at }
  }

  /// The row of a flow, which has no place in a canonical order.
  static func row(of flow: FlowRecord, inputs: RunInputs) -> [Cell] {
    [
      .text(flow.kind.name), .text(inputs.jobs[Int(flow.job)].id), .integer(flow.segment),
      .text(inputs.fleet.sites[Int(flow.from)].id), .text(inputs.fleet.sites[Int(flow.to)].id), .integer(flow.bytes),
      .time(flow.start), .time(flow.end), flow.alone > .zero ? .time(flow.alone) : .empty,
      flow.alone > .zero ? .real(CollectedRecords.slowdown(of: flow)) : .empty,
    ]
  }

  private func series(_ body: ([Cell]) throws -> Void) throws {
    let hours = HourlyFleet(inputs: inputs, records: records)
    for hour in 0..<hours.count {
      let time = Cell.time(Time.hour * Int64(hour))
      try body([time, .text("jobs_queued"), .real(Double(hours.queued[hour]))])
      try body([time, .text("jobs_running"), .real(Double(hours.running[hour]))])
      try body([time, .text("busy_gpus"), .real(hours.busyGPUs[hour])])
      try body([time, .text("power_kw"), .real(hours.powerKW[hour])])
    }
  }

  private func events(_ body: ([Cell]) throws -> Void) throws {
    func event(_ time: Time, _ kind: String, job: String, segment: Int32? = nil, site: Int32? = nil) throws {
      try body([
        .time(time), .text(kind), .text(job), segment.map { .integer($0) } ?? .empty,
        site.map { .text(fleet.sites[Int($0)].id) } ?? .empty, .empty, .empty,
      ])
    }
    for (index, job) in inputs.jobs.enumerated() {
      try event(job.submit, "submit", job: job.id)
      for stay in records.stays(ofJob: index) {
        try event(stay.start, "start", job: job.id, segment: stay.segment, site: stay.site)
        try event(stay.end, "stop", job: job.id, segment: stay.segment, site: stay.site)
      }
      guard let record = records.jobs[index] else { continue }
      switch record.status {
      case .completed: try event(record.end, "complete", job: job.id)
      case .failed: try event(record.end, "fail", job: job.id)
      case .rejected: try event(job.submit, "reject", job: job.id)
      case .unfinished: break
      }
    }
    for link in fleet.links {
      for change in link.changes where change.at <= inputs.endTime {
        try body([
          .time(change.at), .text("capacity"), .empty, .empty, .empty, .text(link.id),
          .scaled(change.capacity.bitsPerSecond, decimals: 9),
        ])
      }
    }
  }
}
