// SPDX-License-Identifier: Apache-2.0

extension Benchmark {
  static let fluidEvents = Benchmark(
    name: "fluid", summary: "the fluid network alone: 200 transfers of 1 to 100 GB over five sites, per controller"
  ) {
    let mix = FlowMix(flows: 200, gap: 1, least: 1_000_000_000, most: 100_000_000_000)
    var table = Columns([
      "controller", "events per CPU second", "events per flow", "messages per flow", "CPU ms per flow",
      "over distance-aware",
    ])
    let names = ["distance-aware", "dcqcn", "cubic"]
    var rates = [Samples](repeating: Samples(), count: names.count)
    var costs = rates
    var outcomes: [FlowMix.Outcome] = []
    for run in 0..<5 {
      for (index, name) in names.enumerated() {
        let outcome = try mix.play(try FlowMix.model(name), seed: 1)
        rates[index].add(Double(outcome.events) / outcome.cpuSeconds)
        costs[index].add(outcome.cpuSeconds / Double(mix.flows) * 1e3)
        if run == 0 { outcomes.append(outcome) }
      }
    }
    for (index, name) in names.enumerated() {
      table.add([
        name, rates[index].text, figure(Double(outcomes[index].events) / Double(mix.flows)),
        figure(Double(outcomes[index].messages) / Double(mix.flows)), costs[index].text,
        (costs[index] / costs[0]).text,
      ])
    }
    table.show()
    print("   The last column compares CPU time for the same transfers.")
  }
}
