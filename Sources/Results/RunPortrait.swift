// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities
import Records
import Topology

/// What tables and reports need of one run: its figures, distributions, and time lines, small enough to keep of each of
/// hundreds of runs.
public struct RunPortrait: Codable, Equatable, Sendable {
  /// Quantiles 0, 1/200, ..., 1 of completed jobs of the measured window; empty if there are none.
  public struct Distributions: Codable, Equatable, Sendable {
    public var completion: [Double]
    public var wait: [Double]
    public var slowdown: [Double]
  }

  public struct Site: Codable, Equatable, Sendable {
    public var id: String
    public var latitude: Double
    public var longitude: Double
    public var gpus: Int
    /// Hour by hour from the start of the run.
    public var busyGPUs: [Double]
    public var powerKW: [Double]
    public var priceUSDPerMWh: [Double]
    public var carbonGramsPerKWh: [Double]
  }

  /// One direction of a link.
  public struct Port: Codable, Equatable, Sendable {
    public var id: String
    public var link: String
    /// Indices of sites.
    public var from: Int
    public var to: Int
    public var gigabits: Double
    public var wavelengths: Int
    public var kilometres: Double
    public var medium: String
    public var optics: String
    /// Of the whole run; nil where the engine said nothing.
    public var utilisation: Double?
    public var bytes: Int64?
    public var drops: Int64?
    /// The busiest whole hour.
    public var busiestHour: Double?
    /// Nil at the ideal level, which has no queues.
    public var queueMicrosecondsMean: Double?
    public var queueMicrosecondsP99: Double?
    public var queueMicrosecondsMax: Double?
  }

  public var schema = 1
  public var name: String
  public var policy: String
  public var network: String
  public var congestionControl: String
  public var driver: String
  public var seed: UInt64
  public var estimates: String
  public var calendar: String?
  public var assumptions: [String]
  public var modelAssignment: [String]
  public var workloads: [WorkloadInfo]
  public var digest: String
  /// Seconds of warm-up before the measured window, and its length; nil for all that follows.
  public var warmUp: Double
  public var length: Double?
  /// Of the jobs that completed, see ``MeasuredJobs/completedHash``.
  public var completedHash: String
  /// Jobs of the measured window that did not complete, by number.
  public var notCompleted: [Int]
  /// Seconds from the start of the run to the end of its last job.
  public var end: Double
  private var values: [String: Double]
  public var distributions: Distributions
  public var sites: [Site]
  public var ports: [Port]
  public var engine: EngineInfo

  public var metrics: RunMetrics { RunMetrics(MetricInfo.all.map { ($0.name, values[$0.name]) }) }

  init(summary: Summary, inputs: RunInputs, records: CollectedRecords) {
    name = summary.name
    policy = summary.policy
    network = summary.network
    congestionControl = summary.congestionControl
    driver = summary.driver
    seed = summary.seed
    estimates = summary.estimates
    calendar = summary.calendar
    assumptions = summary.assumptions
    modelAssignment = summary.modelAssignment
    workloads = summary.workloads
    digest = summary.digest
    engine = summary.engine
    warmUp = inputs.measured.from.seconds
    length = inputs.measured.length?.seconds
    let jobs = MeasuredJobs(inputs: inputs, records: records)
    completedHash = jobs.completedHash
    notCompleted = jobs.notCompleted
    end = inputs.endTime == .never ? 0 : inputs.endTime.seconds
    values = [:]
    for (name, value) in RunMetrics(summary: summary, jobs: jobs, inputs: inputs, records: records).values {
      values[name] = value
    }
    distributions = Distributions(
      completion: Self.quantiles(jobs.completions.map(CanonicalNumber.double)),
      wait: Self.quantiles(jobs.waits.map(CanonicalNumber.double)), slowdown: Self.quantiles(jobs.slowdowns))
    sites = inputs.fleet.sites.map {
      Site(
        id: $0.id, latitude: $0.at.latitude, longitude: $0.at.longitude, gpus: $0.gpus, busyGPUs: [], powerKW: [],
        priceUSDPerMWh: [], carbonGramsPerKWh: [])
    }
    for hour in records.siteHours {
      let site = Int(hour.site)
      sites[site].busyGPUs.append(Self.short(hour.busyGPUHours / hour.spanHours))
      sites[site].powerKW.append(Self.short(hour.energyKWh / hour.spanHours))
      sites[site].priceUSDPerMWh.append(Self.short(hour.priceUSDPerMWh))
      sites[site].carbonGramsPerKWh.append(Self.short(hour.carbonGramsPerKWh))
    }
    let hourly = HourlyLinks(inputs: inputs, records: records)
    let hasQueues = summary.network != "ideal"
    ports = records.ports.indices.map { port in
      let link = inputs.fleet.link(ofPort: port)
      let record = records.ports[port]
      return Port(
        id: inputs.fleet.name(ofPort: port), link: link.id, from: inputs.fleet.owner(ofPort: port),
        to: inputs.fleet.destination(ofPort: port), gigabits: link.capacity.double / 1e9,
        wavelengths: link.wavelengths, kilometres: link.kilometres, medium: link.medium, optics: link.optics,
        utilisation: record?.utilisation, bytes: record?.bytesOut, drops: record?.bytesDropped,
        busiestHour: hourly.use[port].max(), queueMicrosecondsMean: hasQueues ? record?.queueMicrosecondsMean : nil,
        queueMicrosecondsP99: hasQueues ? record?.queueMicrosecondsP99 : nil,
        queueMicrosecondsMax: hasQueues ? record?.queueMicrosecondsMax : nil)
    }
  }

  private static func quantiles(_ sorted: [Double]) -> [Double] {
    sorted.isEmpty ? [] : (0...200).map { sorted[$0 * (sorted.count - 1) / 200] }
  }

  /// Five digits: what a picture can show.
  private static func short(_ value: Double) -> Double {
    guard value.isFinite, value != 0 else { return value }
    return Double(String(format: "%.5g", value)) ?? value
  }

  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return try encoder.encode(self)
  }

  /// - Throws: ``ResultsError`` if the file is not there or is not a portrait.
  public static func read(_ path: String) throws(ResultsError) -> RunPortrait {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .badFile(path: path, problem: "cannot be read")
    }
    do {
      return try JSONDecoder().decode(RunPortrait.self, from: data)
    } catch {
      throw .badFile(path: path, problem: "is not the portrait of a run: \(error)")
    }
  }
}

/// Results without a directory.
public enum LightResults {
  /// What a finished run would leave, from records in memory; the digest is that of the canonical files.
  ///
  /// - Throws: ``ResultsError`` for records that cannot be true.
  public static func portrait(records: [Record], info: RunInfo, inputs: RunInputs) throws -> RunPortrait {
    let collected = try CollectedRecords(records: records, inputs: inputs)
    let tables = ResultTables(inputs: inputs, records: collected)
    var hashes: [(name: String, hash: String)] = []
    for table in Table.canonical where table.belongs(to: inputs.fleet) {
      let csv = try CSVFile(path: nil, header: table.columns.prefix(table.csvColumns).map(\.name))
      try tables.rows(of: table) { try csv.write($0.prefix(table.csvColumns)) }
      hashes.append((table.name + ".csv", try csv.finish()))
    }
    let summary = Summary(info: info, inputs: inputs, records: collected, digest: CSVFile.digest(hashes))
    return RunPortrait(summary: summary, inputs: inputs, records: collected)
  }
}
