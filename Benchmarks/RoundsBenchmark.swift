// SPDX-License-Identifier: Apache-2.0

import CProcess
import Emulation
import Runs

extension Benchmark {
  static let rounds = Benchmark(
    name: "rounds", summary: "rounds of the process driver, beside bare ZeroMQ rounds of the same shape"
  ) {
    var table = Columns([
      "agents", "asked", "driver, rounds/s", "bare ZeroMQ, rounds/s", "driver over bare, time", "inline, rounds/s",
      "MB per agent",
    ])
    var sizes = (request: 0, reply: 0)
    for agents in [2, 4, 8, 32] { sizes = try measureRounds(agents: agents, &table) }
    table.show()
    print("   Each asked agent gets one message and handles one event; frames are of \(sizes.request) bytes there and")
    print(
      "   \(sizes.reply) back. Bare: ROUTER and DEALERs in as many processes with frames of these sizes, no content.")
  }

  private static func measureRounds(agents: Int, _ table: inout Columns) throws -> (request: Int, reply: Int) {
    var ring = try Ring(sites: agents)
    var inlineRing = ring
    let sizes = try ring.frameSizes()
    let states = [[UInt8]?](repeating: nil, count: agents)
    try Place.withTemporaryFolder { folder in
      let carrier = try ProcessCarrier(
        options: .init(program: EmulationRun.programBeside("longhaul-site"), logFolder: folder))
      defer { carrier.stop() }
      try carrier.start(ring.plan.sites, states: states)
      let inline = InlineCarrier()
      try inline.start(ring.plan.sites, states: states)
      let echoes = try EchoFleet(
        names: (0..<agents).map { Ring.name($0) + "#1" }, requestBytes: sizes.request, replyBytes: sizes.reply)
      for asked in [1, agents] {
        var driver = Samples()
        var bare = Samples()
        var functions = Samples()
        // The first of the turns only warms up.
        for turn in 0...5 {
          let a = try roundsPerSecond(0.2) { _ = try carrier.advance(ring.requests(asked)) {} }
          let b = try roundsPerSecond(0.2) { try echoes.round(asked) }
          let c = try roundsPerSecond(0.02) { _ = try inline.advance(inlineRing.requests(asked)) {} }
          // The driver keeps what it asked until the next snapshot, as in a run.
          _ = try carrier.snapshot()
          if turn == 0 { continue }
          driver.add(a)
          bare.add(b)
          functions.add(c)
        }
        var memory = Samples()
        for pid in carrier.processIDs { memory.add(Double(longhaul_rss_kib_of(pid)) / 1024) }
        table.add([
          "\(agents)", asked == 1 ? "1" : "all", driver.text, bare.text, (bare / driver).text,
          figure(functions.median), figure(memory.median),
        ])
      }
      try echoes.stop()
    }
    return sizes
  }

  private static func roundsPerSecond(_ least: Double, _ round: () throws -> Void) rethrows -> Double {
    let watch = Stopwatch()
    var count = 0
    while true {
      for _ in 0..<20 { try round() }
      count += 20
      let seconds = watch.wallSeconds
      if seconds >= least { return Double(count) / seconds }
    }
  }
}
