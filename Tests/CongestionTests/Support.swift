// SPDX-License-Identifier: Apache-2.0

import Congestion
import Network
import ScenarioFile
import Testing

func compiler(_ yaml: String) throws -> ExperimentCompiler {
  try ExperimentCompiler(ExperimentReader.parse(yaml: yaml, file: "e.yaml", baseDirectory: "/nowhere"))
}

func plan(_ yaml: String, seed: UInt64 = 1) throws -> NetworkPlan {
  let compiler = try compiler(yaml)
  return try compiler.plan(algorithm: compiler.experiment.algorithms[0], seed: seed)
}

/// What compiling `yaml` ends with.
func problem(_ yaml: String, sourceLocation: SourceLocation = #_sourceLocation) -> String {
  do {
    _ = try plan(yaml)
    Issue.record("nothing was wrong", sourceLocation: sourceLocation)
    return ""
  } catch {
    return "\(error)"
  }
}

/// Two hosts far apart and one near, into one bottleneck, as the text of an experiment.
let dumbbell = """
  hosts: [near, far, sink]
  switches: [tor, core]
  links:
    - {between: [near, tor], rate: 100 Gb/s, delay: 1 us}
    - {between: [far, core], rate: 100 Gb/s, delay: 1 us}
    - {between: [core, tor], rate: 100 Gb/s, delay: 1 ms, parallel: 2, balancing: spray}
    - {between: [tor, sink], rate: 40 Gb/s, delay: 1 us, buffer: 2.5 rtt, \
  marking: {min: 0.75 rtt, max: 1.5 rtt, probability: 0.02}}
  flows:
    - {from: near, to: sink, start: 10 ms}
    - {from: far, to: sink, count: 2, size: 1 GB}
  duration: 1 s
  warmup: 100 ms

  """
