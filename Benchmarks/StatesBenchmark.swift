// SPDX-License-Identifier: Apache-2.0

import Emulation
import ScenarioFile
import Simulation
import Site

extension Benchmark {
  static let states = Benchmark(
    name: "states", summary: "a site's whole state to bytes and back, amid five-regions"
  ) {
    let plan = try fiveRegions(ScenarioOverrides())
    let carrier = InlineCarrier()
    let conductor = Conductor(plan: plan, carrier: carrier, sink: NoSink())
    var busiest: [[UInt8]] = []
    // Of all rounds looked at, the one with most to write down.
    conductor.afterRound = { status in
      guard status.windows % 500 == 0, let states = try? carrier.snapshot() else { return }
      if states.reduce(0, { $0 + $1.count }) > busiest.reduce(0, { $0 + $1.count }) { busiest = states }
    }
    _ = try conductor.run()
    var table = Columns([
      "site", "configuration, bytes", "state, bytes", "encode, us", "decode, us", "decode over encode",
    ])
    for (configuration, state) in zip(plan.sites, busiest) {
      var encode = Samples()
      var decode = Samples()
      for _ in 0..<5 {
        let (a, b) = try measureState(configuration, state)
        encode.add(a * 1e6)
        decode.add(b * 1e6)
      }
      var writer = ByteWriter()
      writer.write(configuration)
      table.add([
        configuration.name, "\(writer.bytes.count)", "\(state.count)", encode.text, decode.text,
        (decode / encode).text,
      ])
    }
    table.show()
    print("   Sampled every 500 windows of a run of \(plan.jobs.count) jobs; shown is the round with the largest sum.")
  }

  /// CPU seconds of writing the state and of making a machine from it.
  private static func measureState(_ configuration: SiteConfiguration, _ state: [UInt8]) throws -> (Double, Double) {
    let repeats = 200
    let decoding = Stopwatch()
    var machine = SiteMachine(configuration: configuration)
    for _ in 0..<repeats {
      var reader = ByteReader(state)
      machine = try SiteMachine(configuration: configuration, from: &reader)
    }
    let decoded = decoding.cpuSeconds / Double(repeats)
    let encoding = Stopwatch()
    var size = 0
    for _ in 0..<repeats {
      var writer = ByteWriter()
      machine.encode(into: &writer)
      size = writer.bytes.count
    }
    let encoded = encoding.cpuSeconds / Double(repeats)
    guard size == state.count else { throw BenchmarkError("a state does not survive being written and read") }
    return (encoded, decoded)
  }
}
