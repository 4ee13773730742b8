// SPDX-License-Identifier: Apache-2.0

extension Benchmark {
  static let leaps = Benchmark(
    name: "leaps", summary: "leaping over steady states: what it saves and what it costs in accuracy"
  ) {
    let mix = FlowMix(flows: 12, gap: 3, least: 20_000_000_000, most: 500_000_000_000)
    var table = Columns([
      "controller", "events, leaps off", "on", "CPU s, leaps off", "on", "off over on", "duration error: mean",
      "mean size", "largest",
    ])
    for name in ["dcqcn", "cubic"] {
      var off = Samples()
      var on = Samples()
      var events: (UInt64, UInt64) = (0, 0)
      var errors = Samples()
      for run in 0..<3 {
        let whole = try mix.play(try FlowMix.model(name, leaps: false), seed: UInt64(run))
        let leapt = try mix.play(try FlowMix.model(name, leaps: true), seed: UInt64(run))
        off.add(whole.cpuSeconds)
        on.add(leapt.cpuSeconds)
        events.0 += whole.events
        events.1 += leapt.events
        for (a, b) in zip(leapt.durations, whole.durations) { errors.add(a / b - 1) }
      }
      let count = Double(errors.values.count)
      let sizes = errors.values.map { abs($0) }
      table.add([
        name, figure(Double(events.0)), figure(Double(events.1)), off.text, on.text, (off / on).text,
        percent(errors.values.reduce(0, +) / count), percent(sizes.reduce(0, +) / count), percent(sizes.max() ?? 0),
      ])
    }
    table.show()
    print("   Three different mixes of \(mix.flows) transfers of 20 to 500 GB each.")
    print("   Errors are of a transfer's duration, leaps on against leaps off.")
  }

  private static func percent(_ share: Double) -> String { figure(share * 100) + " %" }
}
