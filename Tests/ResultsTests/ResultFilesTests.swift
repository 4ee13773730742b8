// SPDX-License-Identifier: Apache-2.0

import Energy
import Foundation
import GRDB
import Quantities
import Records
import Results
import Simulation
import Testing
import Workload

@Suite struct ResultFilesTests {
  /// Every byte, computed by hand from the fixture.
  @Test func canonicalFilesAreExact() throws {
    let folder = try TemporaryFolder()
    let directory = try Fixture.directory(folder.path("run"))
    _ = try directory.finish(info: Fixture.info(), inputs: Fixture.inputs)
    #expect(
      try contents(directory.jobsPath) == """
        job_id,submit_s,start_s,end_s,wait_s,jct_s,gpus,sites,status,energy_kwh,cost_usd,carbon_kg,wan_bytes,\
        preemptions,migrations
        a,0,10,110,10,110,8,omaha,completed,0.25,0.5,0.125,0,0,0
        "b,""x""\",5,20,1020.5,15,1015.5,300,columbus+omaha,completed,11.6,22.2,33.3,2000000,1,0
        c,30,,,,,9000,,rejected,0,0,0,0,0,0
        d,40,100,104,60,64,0.5,columbus,completed,0.0000001,0,0,0,0,0
        e,50,,,,,1,,unfinished,0,0,0,0,0,0

        """)
    #expect(
      try contents(directory.placementsPath) == """
        job_id,segment,site,gpus,start_s,end_s,energy_kwh,energy_cost_usd,carbon_kg,compute_start_s,stalled_energy_kwh
        a,0,omaha,8,10,110,0.25,0.5,0.125,11,0.0625
        "b,""x""\",0,columbus,256,20,50,1.5,2,3,21,0.375
        "b,""x""\",1,columbus,100,60,1020.5,10,20,30,61,2.5
        "b,""x""\",1,omaha,200,60,1020.5,0.1,0.2,0.3,61,0.025
        d,0,columbus,1,100,104,0.0000001,0,0,101,0.000000025

        """)
    // Half an hour of 50 kWh is 100 kW; 96 GPU-hours in it are 192 GPUs.
    #expect(
      try contents(directory.sitesPath) == """
        site,hour,span_s,busy_gpus,idle_gpus,power_kw,pue,price_usd_per_mwh,carbon_g_per_kwh,energy_kwh,\
        idle_energy_kwh,cost_usd,carbon_kg,stalled_energy_kwh,water_l,peak_power_kw,capped_s
        columbus,0,3600,64,192,100,1.25,40,500,100,25,4,50,12.5,1000,400,60
        columbus,1,1800,0,256,100,1.25,40,500,50,50,2,25,6.25,500,400,60
        omaha,0,3600,128,384,200,1.25,40,500,200,75,8,100,25,2000,400,60
        omaha,1,1800,192,320,300,1.25,40,500,150,100,6,75,18.75,1500,400,60

        """)
    #expect(
      try contents(directory.linksPath) == """
        id,from,to,capacity_gbps,bytes_in,bytes_out,bytes_dropped,utilisation,queue_us_mean,queue_us_p99,\
        queue_us_max,availability,power_w
        omaha-columbus,omaha,columbus,800.5,,,,,,,,,2063.27
        omaha-columbus,columbus,omaha,800.5,3000,2900,100,0.25,1.5,12,80,1,2063.27

        """)
  }

  @Test func summaryIsWhatTheTableSays() throws {
    let folder = try TemporaryFolder()
    let directory = try Fixture.directory(folder.path("run"))
    let summary = try directory.finish(info: Fixture.info(), inputs: Fixture.inputs)
    #expect(try RunDirectory.readSummary(directory.path) == summary)

    let jobs = summary.jobs
    #expect(jobs.submitted == 5 && jobs.completed == 3 && jobs.failed == 0)
    #expect(jobs.rejected == 1 && jobs.unfinished == 1 && jobs.split == 1)
    // Completion times 64, 110, 1015.5; waits 10, 15, 60.
    #expect(jobs.jct == .init(mean: 1189.5 / 3, p50: 110, p95: 1015.5, p99: 1015.5))
    #expect(jobs.wait == .init(mean: 85.0 / 3, p50: 15, p95: 60, p99: 60))
    // a: 110/100; b: 1015.5/800; d: 64/10, for its 4 s count as 10.
    let slowdown = try #require(jobs.boundedSlowdown.mean)
    #expect(abs(slowdown - (1.1 + 1.269375 + 6.4) / 3) < 1e-12)
    #expect(jobs.boundedSlowdown.p50 == 1.269375)
    #expect(jobs.networkShare == 100 / 1189.5)
    #expect(jobs.splitNetworkShare == 100 / 1015.5)
    #expect(jobs.makespan == 1020.5)
    #expect(jobs.rejectedReasons == Counts([.init(name: "needs 9000 GPUs", count: 1)]))

    // 64 + 0 + 128 + 96 of 768 GPUs in 1.5 hours.
    #expect(summary.gpus.total == 768 && summary.gpus.utilisation == 288.0 / 1152 && summary.gpus.gpuHours == 288)
    #expect(summary.energy.mwh == 0.5 && summary.energy.idleMWh == 0.25)
    #expect(summary.energy.costUSD == 20 && summary.energy.carbonTonnes == 0.25)
    // 500 kWh: an eighth stalled, 10 litres a kWh. Peaks are 400 kW a site, and 300 kW in the fleet's best hour.
    #expect(summary.energy.stalledMWh == 0.0625 && summary.energy.waterCubicMetres == 5)
    #expect(summary.energy.bySite.map(\.peakKW) == [400, 400] && summary.energy.peakKW == 400)
    #expect(summary.energy.bySite.map(\.pue) == [1.25, 1.25] && summary.energy.bySite[0].cappedHours == 120.0 / 3600)
    #expect(summary.energy.egressUSD == 0 && summary.energy.totalUSD == summary.energy.costUSD)
    // Two directions of 2,063.27 W for an hour and a half.
    #expect(abs(summary.energy.wanMWh - 2 * 2063.27 * 1.5 / 1e6) < 1e-12)
    #expect(summary.energy.bySite.map(\.id) == ["columbus", "omaha"])
    #expect(summary.energy.bySite.map(\.mwh) == [0.15, 0.35])
    let shares: [Double?] = [64.0 / 384, 224.0 / 768]
    #expect(summary.energy.bySite.map(\.utilisation) == shares)

    #expect(summary.wan.bytes == 2_000_000 && summary.wan.flows == 3)
    // 4 s where 2 would do, 3 where 3 would; the gradient flow has no size of its own.
    #expect(summary.wan.fctSlowdown == .init(mean: 1.5, p50: 2, p99: 2))
    #expect(summary.wan.links.map(\.id) == ["omaha->columbus", "columbus->omaha"])
    #expect(summary.wan.links[1].bytes == 2900 && summary.wan.links[1].drops == 100)
    #expect(summary.wan.links[0].bytes == nil)
  }

  @Test func summaryKeysAreThoseOfTheInterface() throws {
    let folder = try TemporaryFolder()
    let directory = try Fixture.directory(folder.path("run"))
    _ = try directory.finish(info: Fixture.info(), inputs: Fixture.inputs)
    let text = try contents(directory.summaryPath)
    let root = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    func keys(_ path: String...) -> Set<String> {
      var value: Any? = root
      for key in path {
        if let list = value as? [Any] { value = list[Int(key)!] } else { value = (value as? [String: Any])?[key] }
      }
      return Set((value as? [String: Any] ?? [:]).keys)
    }
    #expect(
      keys().isSuperset(of: [
        "schema", "name", "policy", "network", "congestion_control", "driver", "seed", "estimates", "assumptions",
        "workloads", "jobs", "gpus", "energy", "wan", "engine", "digest",
      ]))
    #expect(
      keys("workloads", "0").isSuperset(of: ["path", "format", "sha256", "rows", "jobs", "skipped", "synthetic"]))
    #expect(keys("workloads", "0", "skipped") == ["no end"])
    #expect(
      keys("jobs").isSuperset(of: [
        "submitted", "completed", "failed", "rejected", "unfinished", "split", "jct_s", "wait_s", "bounded_slowdown",
        "network_share", "makespan_s",
      ]))
    for name in ["jct_s", "wait_s", "bounded_slowdown"] {
      #expect(keys("jobs", name) == ["mean", "p50", "p95", "p99"])
    }
    #expect(keys("gpus") == ["total", "utilisation", "gpu_hours"])
    #expect(
      keys("energy") == [
        "mwh", "idle_mwh", "stalled_mwh", "cost_usd", "demand_usd", "egress_usd", "total_usd", "carbon_t", "water_m3",
        "peak_kw", "wan_mwh", "wan_parts_mwh", "network_mwh", "by_site",
      ])
    #expect(keys("wan") == ["bytes", "flows", "fct_slowdown", "links", "lines"])
    #expect(keys("wan", "fct_slowdown") == ["mean", "p50", "p99"])
    #expect(keys("wan", "links", "0").isSuperset(of: ["id", "utilisation", "queue_us_p99", "bytes", "drops"]))
    #expect(
      keys("engine") == [
        "processes", "windows", "messages", "events", "wall_s", "peak_rss_mb", "restarts", "decisions",
        "decision_us_mean", "decision_us_p99",
      ])
    // In the documented order, and nothing lost of a seed beyond 2^53.
    let order = ["schema", "name", "policy", "workloads", "jobs", "gpus", "energy", "wan", "engine", "digest"]
    let positions = order.map { text.range(of: "\n  \"\($0)\": ")?.lowerBound }
    #expect(!positions.contains(nil))
    #expect(positions.compactMap { $0 } == positions.compactMap { $0 }.sorted())
    #expect(text.contains("\"seed\": 18446744073709551615"))
  }

  func digest(_ records: [Records.Record], info: RunInfo = Fixture.info()) throws -> (digest: String, jobs: String) {
    let folder = try TemporaryFolder()
    let directory = try Fixture.directory(folder.path("run"), records: records)
    let summary = try directory.finish(info: info, inputs: Fixture.inputs)
    return (summary.digest, try contents(directory.jobsPath))
  }

  @Test func digestCoversResultsAndNothingElse() throws {
    let reference = try digest(Fixture.records)
    var random = RandomStream(seed: 7, name: "shuffle")
    for _ in 0..<5 {
      var shuffled = Fixture.records
      for index in stride(from: shuffled.count - 1, to: 0, by: -1) {
        shuffled.swapAt(index, Int(random.next() % UInt64(index + 1)))
      }
      #expect(try digest(shuffled) == reference)
    }
    #expect(
      try digest(Fixture.records, info: Fixture.info(policy: "sjf@first-fit", driver: "processes", wall: 99)).digest
        == reference.digest)

    var changes: [String] = []
    var records = Fixture.records
    records[5] = Fixture.stay(0, 0, site: 1, gpus: 8, s(10), s(110), 0.25.nextUp, 0.5, 0.125)
    changes.append(try digest(records).digest)
    records = Fixture.records
    records[8] = Fixture.stay(1, 1, site: 1, gpus: 201, s(60), s(1020) + Fixture.half, 0.1, 0.2, 0.3)
    changes.append(try digest(records).digest)
    records = Fixture.records
    records[3] = Fixture.job(3, .failed, s(100), s(104), sites: 1, network: .zero, wan: 0, preemptions: 0)
    changes.append(try digest(records).digest)
    records = Fixture.records
    records[0] = Fixture.job(0, .completed, s(10), s(110) + .tick, sites: 1, network: .zero, wan: 0, preemptions: 0)
    changes.append(try digest(records).digest)
    #expect(!changes.contains(reference.digest))
    #expect(Set(changes).count == changes.count)
  }

  /// Anybody can check a digest with the tools of the system.
  @Test func digestIsThatOfSha256sum() throws {
    let tool = "/usr/bin/sha256sum"
    guard FileManager.default.isExecutableFile(atPath: tool) else {
      #expect(ProcessInfo.processInfo.environment["CI"] == nil)
      print("SKIPPED: \(tool) is not there to check digests with")
      return
    }
    let folder = try TemporaryFolder()
    let directory = try Fixture.directory(folder.path("run"))
    let summary = try directory.finish(info: Fixture.info(), inputs: Fixture.inputs)
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", "sha256sum jobs.csv placements.csv sites.csv links.csv | sha256sum"]
    shell.currentDirectoryURL = URL(fileURLWithPath: directory.path)
    let pipe = Pipe()
    shell.standardOutput = pipe
    try shell.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    shell.waitUntilExit()
    #expect(String(decoding: output, as: UTF8.self).prefix(64) == summary.digest)
  }

  /// Every field of every CSV is in the database, as the number that reading the field gives.
  @Test func databaseHoldsWhatTheFilesHold() throws {
    let folder = try TemporaryFolder()
    // A start beyond 2^53 ticks, where seconds as Double must be rounded once.
    let late = Time(ticks: 12_345_678_901_234_567)
    var records = Fixture.records
    records[3] = Fixture.job(3, .completed, late, late + s(4), sites: 1, network: .zero, wan: 0, preemptions: 0)
    let directory = try Fixture.directory(folder.path("run"), records: records)
    _ = try directory.finish(info: Fixture.info(), inputs: Fixture.inputs)
    let queue = try DatabaseQueue(path: directory.databasePath)
    for table in ["jobs", "placements", "sites", "links"] {
      let lines = try contents(directory.path + "/\(table).csv").split(separator: "\n")
      let header = fields(lines[0])
      let rows = try queue.read { try Row.fetchAll($0, sql: "SELECT * FROM \(table) ORDER BY rowid") }
      #expect(rows.count == lines.count - 1)
      for (row, line) in zip(rows, lines.dropFirst()) {
        for (name, field) in zip(header, fields(line)) {
          let value: DatabaseValue = row[name]
          switch value.storage {
          case .null: #expect(field.isEmpty)
          case .int64(let number): #expect(String(number) == field)
          case .double(let number): #expect(number == Double(field), "\(table).\(name)")
          case .string(let text): #expect(text == field)
          case .blob: Issue.record("\(table).\(name) is a blob")
          }
        }
      }
    }
    try queue.read { database in
      #expect(try Int.fetchOne(database, sql: "SELECT sum(bytes) FROM flows") == 2_000_000)
      #expect(try Double.fetchOne(database, sql: "SELECT slowdown FROM flows WHERE kind = 'staging'") == 2)
      #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM flows WHERE alone_s IS NULL") == 1)
      #expect(try String.fetchOne(database, sql: "SELECT model FROM jobs WHERE job_id = 'a'") == "llama-7b")
      #expect(
        try String.fetchOne(database, sql: "SELECT reason FROM jobs WHERE status = 'rejected'") == "needs 9000 GPUs")
      // Two hours of four quantities. At the second, only the job that never starts and the late one are there.
      #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM series") == 8)
      #expect(
        try Double.fetchAll(
          database, sql: "SELECT value FROM series WHERE time_s = 3600 ORDER BY quantity") == [192, 2, 0, 400])
      #expect(
        try String.fetchAll(
          database, sql: "SELECT kind FROM events WHERE job_id LIKE 'b%' ORDER BY time_s, rowid") == [
            "submit", "start", "stop", "start", "start", "stop", "stop", "complete",
          ])
      let indices = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master WHERE type = 'index'") ?? 0
      #expect(indices >= 7)
      #expect(try String.fetchOne(database, sql: "PRAGMA integrity_check") == "ok")
    }
  }

  /// Fields of one line as RFC 4180 has them; the fixture has no line feeds in fields.
  func fields(_ line: Substring) -> [String] {
    var fields = [""]
    var quoted = false
    var characters = line[...]
    while let character = characters.popFirst() {
      if quoted {
        if character != "\"" {
          fields[fields.count - 1].append(character)
        } else if characters.first == "\"" {
          fields[fields.count - 1].append(characters.removeFirst())
        } else {
          quoted = false
        }
      } else if character == "\"" {
        quoted = true
      } else if character == "," {
        fields.append("")
      } else {
        fields[fields.count - 1].append(character)
      }
    }
    return fields
  }

  @Test func fieldsAreQuotedOnlyWhereTheyMustBe() throws {
    let folder = try TemporaryFolder()
    let ids = ["plain", "two words", "comma,", "line\nfeed", "return\r", "\"", "é"]
    let directory = try Fixture.directory(folder.path("run"), records: [])
    let jobs = ids.map { Job(id: $0, submit: s(1), milliGPUs: 1000, duration: s(1)) }
    _ = try directory.finish(
      info: Fixture.info(), inputs: RunInputs(fleet: Fixture.fleet, jobs: jobs, endTime: s(10)))
    let written = ["plain", "two words", "\"comma,\"", "\"line\nfeed\"", "\"return\r\"", "\"\"\"\"", "é"]
    let expected = written.map { $0 + ",1,,,,,1,,unfinished,0,0,0,0,0,0\n" }.joined()
    #expect(try contents(directory.jobsPath).hasSuffix("migrations\n" + expected))
  }

  /// Traffic from omaha to columbus, 2 MB, at 500 USD/GB is 1 USD. Demand: 100 and 300 kW at 730 and 73 USD, for an hour
  /// and a half of a month of 720: what is covered of it.
  @Test func charges() throws {
    let folder = try TemporaryFolder()
    let directory = try Fixture.directory(folder.path("run"))
    var inputs = Fixture.inputs
    inputs.charges = Charges(demandUSDPerKWMonth: [720, 72], egressUSDPerGB: [[0, 100], [500, 0]])
    let energy = try directory.finish(info: Fixture.info(), inputs: inputs).energy
    #expect(abs(energy.egressUSD! - 1) < 1e-12)
    #expect(abs(energy.bySite[0].demandUSD - 150) < 1e-9 && abs(energy.bySite[1].demandUSD - 45) < 1e-9)
    #expect(abs(energy.totalUSD - energy.costUSD - 196) < 1e-9)
  }

  /// An empty run is a run too: nothing is divided by zero, and what does not exist is null.
  @Test func nothingAtAll() throws {
    let folder = try TemporaryFolder()
    let directory = try Fixture.directory(folder.path("run"), records: [])
    let summary = try directory.finish(
      info: Fixture.info(), inputs: RunInputs(fleet: Fixture.fleet, jobs: [], endTime: .zero))
    #expect(summary.jobs.jct.mean == nil && summary.jobs.networkShare == nil && summary.jobs.makespan == nil)
    #expect(summary.gpus.utilisation == nil && summary.energy.mwh == 0 && summary.wan.fctSlowdown.p50 == nil)
    #expect(try RunDirectory.readSummary(directory.path) == summary)
  }
}
