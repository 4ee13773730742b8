// SPDX-License-Identifier: Apache-2.0

/// The figures of the reference results, by their definitions there.
struct Metrics {
  var values: [String: Double] = [:]

  init(_ replay: Replay) {
    let jobs = replay.jobs
    let n = jobs.count
    let waits = jobs.indices.map { replay.outcomes[$0].start - jobs[$0].submit }.sorted()
    let jcts = jobs.indices.map { replay.outcomes[$0].end - jobs[$0].submit }.sorted()
    func percentile(_ sorted: [Int64], _ percent: Int) -> Double { Double(sorted[percent * n / 100]) }
    func mean(_ values: [Int64]) -> Double { Double(values.reduce(0, +)) / Double(n) }
    let slowdowns = jobs.indices.map { i in
      max(1, Double(replay.outcomes[i].end - jobs[i].submit) / Double(max(jobs[i].duration, 10)))
    }
    values["jobs"] = Double(n)
    values["nodes"] = 0
    values["avg_jct"] = mean(jcts)
    values["p50_jct"] = percentile(jcts, 50)
    values["p99_jct"] = percentile(jcts, 99)
    values["avg_wait"] = mean(waits)
    values["p99_wait"] = percentile(waits, 99)
    values["max_wait"] = Double(waits[n - 1])
    values["bsld10"] = slowdowns.reduce(0, +) / Double(n)
    values["makespan"] = Double(replay.outcomes.map(\.end).max() ?? 0)
    values["first_submit"] = Double(jobs[0].submit)
  }
}
