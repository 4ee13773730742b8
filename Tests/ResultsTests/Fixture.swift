// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities
import Records
import Results
import Topology
import Workload

/// A folder that goes away with the value that owns it.
final class TemporaryFolder {
  let path: String
  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("longhaul-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
  func path(_ name: String) -> String { path + "/" + name }
}

func contents(_ path: String) throws -> String {
  String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
}

func s(_ seconds: Int64) -> Time { .seconds(seconds) }

/// A fleet of two sites and five jobs, small enough to compute every result by hand.
///
/// | job | submit | start | end | wait | jct | duration | what |
/// |---|---|---|---|---|---|---|---|
/// | a | 0 | 10 | 110 | 10 | 110 | 100 | on omaha |
/// | b,"x" | 5 | 20 | 1020.5 | 15 | 1015.5 | 800 | columbus first, preempted, then split over both |
/// | c | 30 | | | | | 4 | rejected |
/// | d | 40 | 100 | 104 | 60 | 64 | 4 | on columbus, half a GPU |
/// | e | 50 | | | | | 10 | never started |
enum Fixture {
  static let fleet = try! Fleet(
    sites: [
      site("omaha", gpus: 512), site("columbus", gpus: 256),
    ],
    links: [
      LinkSpec(
        id: "omaha-columbus", ends: (0, 1), kilometres: 1445, medium: "smf", optics: "800zr-plus", wavelengths: 1,
        capacity: BitRate(800_500_000_000), delay: .microseconds(7000), bufferBytes: 64_000_000)
    ])

  static func site(_ id: String, gpus: Int) -> SiteSpec {
    SiteSpec(
      id: id, at: Coordinates(latitude: 40, longitude: -90),
      pools: [GPUPool(model: "h100", count: gpus, perNode: 8, scaleUpDomain: 8)], nicRate: .gigabits(400),
      oversubscription: 1)
  }

  static let jobs = [
    Job(id: "a", submit: s(0), milliGPUs: 8000, duration: s(100), model: 0),
    Job(id: "b,\"x\"", submit: s(5), milliGPUs: 300_000, duration: s(800)),
    Job(id: "c", submit: s(30), milliGPUs: 9_000_000, duration: s(4)),
    Job(id: "d", submit: s(40), milliGPUs: 500, duration: s(4)),
    Job(id: "e", submit: s(50), milliGPUs: 1000, duration: s(10)),
  ]

  static let inputs = RunInputs(fleet: fleet, jobs: jobs, endTime: s(5400), modelNames: ["llama-7b"])

  static let half = Time(ticks: Time.ticksPerSecond / 2)

  static let records: [Record] = [
    job(0, .completed, s(10), s(110), sites: 1, network: .zero, wan: 0, preemptions: 0),
    job(1, .completed, s(20), s(1020) + half, sites: 2, network: s(100), wan: 2_000_000, preemptions: 1),
    job(2, .rejected, .zero, .zero, sites: 0, network: .zero, wan: 0, preemptions: 0, reason: "needs 9000 GPUs"),
    job(3, .completed, s(100), s(104), sites: 1, network: .zero, wan: 0, preemptions: 0),
    job(4, .unfinished, .never, .never, sites: 0, network: .zero, wan: 0, preemptions: 0),
    stay(0, 0, site: 1, gpus: 8, s(10), s(110), 0.25, 0.5, 0.125),
    stay(1, 0, site: 0, gpus: 256, s(20), s(50), 1.5, 2, 3),
    stay(1, 1, site: 0, gpus: 100, s(60), s(1020) + half, 10, 20, 30),
    stay(1, 1, site: 1, gpus: 200, s(60), s(1020) + half, 0.1, 0.2, 0.3),
    stay(3, 0, site: 0, gpus: 1, s(100), s(104), 1e-7, 0, 0),
    hour(0, 0, s(3600), busy: 64, idle: 192, kWh: 100, idleKWh: 25),
    hour(0, 1, s(1800), busy: 0, idle: 128, kWh: 50, idleKWh: 50),
    hour(1, 0, s(3600), busy: 128, idle: 384, kWh: 200, idleKWh: 75),
    hour(1, 1, s(1800), busy: 96, idle: 160, kWh: 150, idleKWh: 100),
    .port(
      PortRecord(
        port: 1, bytesIn: 3000, bytesOut: 2900, bytesDropped: 100, utilisation: 0.25, queueMicrosecondsMean: 1.5,
        queueMicrosecondsP99: 12, queueMicrosecondsMax: 80, availability: 1)),
    flow(.staging, start: s(100), end: s(104), alone: s(2), bytes: 1_500_000),
    flow(.checkpoint, start: s(200), end: s(203), alone: s(3), bytes: 400_000),
    flow(.gradient, start: s(60), end: s(1020) + half, alone: .zero, bytes: 100_000),
  ]

  static func job(
    _ job: Int32, _ status: JobStatus, _ start: Time, _ end: Time, sites: Int32, network: Time, wan: Int64,
    preemptions: Int32, reason: String = ""
  ) -> Record {
    .job(
      JobRecord(
        job: job, status: status, start: start, end: end, sites: sites, networkTime: network, wanBytes: wan,
        preemptions: preemptions, migrations: 0, reason: reason))
  }

  static func stay(
    _ job: Int32, _ segment: Int32, site: Int32, gpus: Int32, _ start: Time, _ end: Time, _ kWh: Double, _ usd: Double,
    _ kg: Double
  ) -> Record {
    .stay(
      StayRecord(
        job: job, segment: segment, site: site, gpus: gpus, start: start, end: end,
        computeStart: start == end ? .never : start + .seconds(1), energyKWh: kWh, waitingEnergyKWh: kWh / 4,
        costUSD: usd, carbonKg: kg))
  }

  static func hour(
    _ site: Int32, _ hour: Int32, _ span: Time, busy: Double, idle: Double, kWh: Double, idleKWh: Double
  ) -> Record {
    .siteHour(
      SiteHourRecord(
        site: site, hour: hour, span: span, busyGPUHours: busy, idleGPUHours: idle, energyKWh: kWh,
        idleEnergyKWh: idleKWh, waitingEnergyKWh: kWh / 8, pue: 1.25, priceUSDPerMWh: 40, carbonGramsPerKWh: 500,
        costUSD: kWh / 25, carbonKg: kWh / 2, waterLitres: 10 * kWh, peakKW: 400, capped: s(60)))
  }

  static func flow(_ kind: FlowKind, start: Time, end: Time, alone: Time, bytes: Int64) -> Record {
    .flow(
      FlowRecord(
        kind: kind, job: 1, segment: 1, from: 1, to: 0, bytes: bytes, start: start, end: end, alone: alone))
  }

  static func info(policy: String = "fifo+easy@cheapest-energy", driver: String = "inline", wall: Double = 1.5)
    -> RunInfo
  {
    RunInfo(
      name: "two-regions", policy: policy, network: "fluid", congestionControl: "distance-aware", driver: driver,
      seed: 18_446_744_073_709_551_615, estimates: "exact", assumptions: ["GPU sharing is not modelled"],
      workloads: [
        WorkloadInfo(
          path: "philly.csv", format: "philly", sha256: "00ff", rows: 7, jobs: 5,
          skipped: Counts([.init(name: "no end", count: 2)]), synthetic: false)
      ],
      engine: EngineInfo(
        processes: 1, windows: 10, messages: 20, events: 30, wallSeconds: wall, peakRSSMB: 12.5, restarts: 0),
      modelAssignment: ["by size"])
  }

  /// A run directory with these records, flushed and ready to finish.
  static func directory(_ path: String, records: [Record] = Fixture.records) throws -> RunDirectory {
    let directory = try RunDirectory.create(path)
    try directory.writeScenario("name: two-regions\n")
    let log = try RecordLog.create(path: directory.recordsPath)
    try log.append(records)
    _ = try log.flush()
    return directory
  }
}
