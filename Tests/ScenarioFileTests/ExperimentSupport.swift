// SPDX-License-Identifier: Apache-2.0

import ScenarioFile
import Testing

/// Two distances on one bottleneck, line by line, with every kind of field, for tests to read and to spoil.
let twoDistances = """
  name: two-distances-one-bottleneck
  hosts: [near, far, sink]
  switches: [tor]
  links:
    - {between: [near, tor], rate: 40 Gb/s, delay: 0.5 us}
    - {between: [far, tor], rate: 40 Gb/s, distance: 80 km, medium: smf, loss: 1e-7, parallel: 2, balancing: spray}
    - between: [tor, sink]
      rate: 40 Gb/s
      delay: 0.5 us
      buffer: 32 MB
      marking: {min: 1 MB, max: 2 MB, probability: 0.05}
      phantom: {drain: 0.95, size: 1 rtt, min: 0.02 rtt, max: 0.6 rtt}
      pfc: {pause: 500 kB, resume: 400 kB, headroom: 100 us}
  flows:
    - {from: near, to: sink, count: 1, size: unlimited, start: 0 s, inflight_limit: 10 MB}
    - {from: far, to: sink, count: 2, size: 8 GB, start: 100 ms, stop: 3 s, start_jitter: 1 ms, class: low}
    - {from: near, to: sink, arrivals: {poisson: {load: 0.3, sizes: websearch}}, until: 4 s}
  collectives:
    - {kind: all-reduce, sites: [[near], [far]], bytes: 1 GB, chunks: 1, repeat: 20, start: 0 s}
  changes:
    - {at: 2 s, link: [tor, sink], rate: 20 Gb/s}
  algorithms: [distance-aware, {name: dcqcn, preset: paper}, {name: cubic, parameters: {beta: 0.7}}]
  host: {acknowledge_every: 2, receive_delay: 1 us, recovery: go-back-n, minimum_timeout: 200 ms}
  packet: 4096 B
  header: 64 B
  round_trip_error: 1.2
  control_loss: 1 %
  warmup: 100 ms
  duration: 5 s
  series_interval: 10 ms
  seeds: [1, 2, 3]

  """

func parseExperiment(_ yaml: String, in folder: String = "/nowhere") throws -> Experiment {
  try ExperimentReader.parse(yaml: yaml, file: "e.yaml", baseDirectory: folder)
}

/// The message that reading `yaml` ends with.
func experimentMessage(
  _ yaml: String, in folder: String = "/nowhere", sourceLocation: SourceLocation = #_sourceLocation
) -> String {
  do {
    _ = try parseExperiment(yaml, in: folder)
    Issue.record("nothing was wrong", sourceLocation: sourceLocation)
    return ""
  } catch {
    return "\(error)"
  }
}
