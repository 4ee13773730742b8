// SPDX-License-Identifier: Apache-2.0

import Foundation
import Simulation
import Workload

extension Benchmark {
  static let traces = Benchmark(
    name: "traces", summary: "reading job traces, beside the SHA-256 of their bytes"
  ) {
    var table = Columns([
      "trace", "rows", "MB", "rows/s", "MB/s", "SHA-256 alone, MB/s", "TraceReader over SHA-256, time",
    ])
    try Place.withTemporaryFolder { folder in
      let made = folder + "/made.csv"
      try madeTrace(rows: 100_000).write(toFile: made, atomically: true, encoding: .utf8)
      try measureTrace("native, made here", made, .native, &table)
      if let philly = Place.shared("data/jobs/philly-derived/philly-to-2017-10.csv", without: "the Philly trace") {
        try measureTrace("philly", philly, .philly, &table)
      }
    }
    table.show()
    print("   TraceReader checks every row and takes the SHA-256 of the file on the way; beside it, that sum alone.")
  }

  private static func madeTrace(rows: Int) -> String {
    var random = RandomStream(seed: 1, name: "made trace")
    var text = "job_id,submit_s,gpus,duration_s\n"
    for row in 0..<rows { text += "job-\(row),\(row * 7),\(1 << random.below(6)),\(60 + random.below(100_000))\n" }
    return text
  }

  private static func measureTrace(
    _ name: String, _ path: String, _ format: TraceFormat, _ table: inout Columns
  ) throws {
    var whole = Samples()
    var bare = Samples()
    var rows = 0
    var bytes = 0
    for _ in 0..<5 {
      let watch = Stopwatch()
      rows = try TraceReader.read(path: path, format: format).account.rows
      whole.add(watch.cpuSeconds)
      let second = Stopwatch()
      let data = try Data(contentsOf: URL(fileURLWithPath: path))
      var hash = SHA256()
      hash.update(Array(data))
      keep(hash.finalize())
      bare.add(second.cpuSeconds)
      bytes = data.count
    }
    let megabytes = Double(bytes) / 1e6
    table.add([
      name, "\(rows)", figure(megabytes), Samples(whole.values.map { Double(rows) / $0 }).text,
      Samples(whole.values.map { megabytes / $0 }).text, Samples(bare.values.map { megabytes / $0 }).text,
      (whole / bare).text,
    ])
  }
}
