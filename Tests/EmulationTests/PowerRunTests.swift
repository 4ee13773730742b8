// SPDX-License-Identifier: Apache-2.0

import Emulation
import Foundation
import Quantities
import Results
import Runs
import ScenarioFile
import Testing

/// Weather for tests: a warm humid noon and a cool night, a little different every day, for forty days.
let someWeather: String = {
  var text = "time,temperature_2m,relative_humidity_2m\n"
  func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
  for day in 0..<40 {
    let date = day < 23 ? "2023-10-\(two(9 + day))" : "2023-11-\(two(day - 22))"
    for hour in 0..<24 {
      text += "\(date) \(two(hour)):00,\(30 - 2 * abs(hour - 13) - day % 5),\(60 + day % 7)\n"
    }
  }
  let path = NSTemporaryDirectory() + "longhaul-weather-\(UUID().uuidString).csv"
  try? text.write(toFile: path, atomically: true, encoding: .utf8)
  return path
}()

/// Caps, weather and stalls in whole runs.
@Suite(.serialized) struct PowerRunTests {
  /// Beta has 32 H100s, 10.4 kW idle and 43.2 kW at work, before PUE.
  func fleet(_ power: String, policy: String = "fifo-skip@first-fit") -> SmallFleet {
    var fleet = SmallFleet()
    fleet.betaPower = power
    fleet.policy = policy
    return fleet
  }

  var weather: String { "cooling: evaporative, weather: {file: '\(someWeather)', zone: UTC}" }

  /// The same bytes in one process, in many, and with agents killed on the way, while the cap acts and the weather
  /// changes.
  @Test func throttledRunsAreTheSameEverywhere() throws {
    let fleet = fleet("{\(weather), cap: 25 kW}", policy: "srtf-skip@most-free")
    let inline = try run(fleet)
    let beta = inline.energy.bySite[1]
    #expect(beta.cappedHours > 1 && beta.peakKW <= 25 && beta.peakKW > 24.9 && beta.waterCubicMetres > 0)
    #expect(inline.jobs.split > 0 && inline.energy.stalledMWh > 0)
    let scratch = try Scratch()
    let other = try EmulationRun.new(fleet.scenario(), at: scratch.file("run"), options: options(.processes))
    var rounds = 0
    other.afterRound = { _, agents in
      rounds += 1
      if rounds == 211 { kill(agents[1], SIGKILL) }
      if rounds == 502 { kill(agents[0], SIGKILL) }
    }
    let processes = try other.run()
    #expect(processes.engine.restarts == 2)
    #expect(processes.digest == inline.digest)
  }

  @Test func aLowerCapTakesLongerAndNeverMoreThanItself() throws {
    var last: Summary?
    for cap in [60.0, 30, 20, 15] {
      let summary = try run(fleet("{\(weather), cap: \(cap) kW}"))
      let beta = summary.energy.bySite[1]
      #expect(beta.peakKW <= cap)
      #expect(summary.jobs.completed == 405)
      if let last {
        #expect(summary.jobs.jct.mean! > last.jobs.jct.mean!)
        #expect(beta.cappedHours > 0)
      } else {
        #expect(beta.cappedHours == 0)
        #expect(summary.digest == (try run(fleet("{\(weather)}"))).digest)
      }
      last = summary
    }
  }

  /// A cap that blocks: fewer GPUs at full speed. 30 kW at the worst PUE of the weather leave room for some of 32.
  @Test func blockingHoldsTheCapByWaiting() throws {
    let summary = try run(fleet("{\(weather), cap: 30 kW, when_capped: block}"))
    let free = try run(fleet("{\(weather)}"))
    let beta = summary.energy.bySite[1]
    #expect(beta.peakKW <= 30 && beta.peakKW > 20 && beta.cappedHours == 0)
    #expect(free.energy.bySite[1].peakKW > 45)
    #expect(summary.jobs.wait.mean! > free.jobs.wait.mean!)
  }

  /// Wet bulb up, PUE up, energy up, water up.
  @Test func warmerTakesMore() throws {
    let cool = try run(fleet("{\(weather)}"))
    let warm = try run(fleet("{cooling: evaporative, weather: {file: '\(someWeather)', zone: UTC, warmer: 5 C}}"))
    let (a, b) = (cool.energy.bySite[1], warm.energy.bySite[1])
    #expect(b.pue! > a.pue! + 0.02 && b.mwh > a.mwh && b.costUSD > a.costUSD && b.waterCubicMetres > a.waterCubicMetres)
    // Nobody else notices, and nothing is decided otherwise.
    #expect(warm.energy.bySite[0] == cool.energy.bySite[0] && warm.jobs == cool.jobs)
  }

  /// The slower the network, the more GPUs stall.
  @Test func longerLinksStallMore() throws {
    var last = 0.0
    for distance in ["100 km", "2000 km", "8000 km"] {
      var fleet = SmallFleet()
      fleet.distance = distance
      let summary = try run(fleet)
      #expect(summary.energy.stalledMWh > last)
      last = summary.energy.stalledMWh
    }
  }

  /// One job over two sites on ideal links: what its stays draw, from its completion time by hand.
  ///
  /// The job computes for 7,200 s less what it would lose on one site, and stalls for the rest of its time: at 1,350 and
  /// 725 W. It has no data to wait for.
  @Test func aStalledJobByHand() throws {
    let scratch = try Scratch()
    try """
    job_id,submit_s,gpus,duration_s,model,splittable
    one,0,40,7200,llama-3-8b,true
    """.write(toFile: scratch.file("one.csv"), atomically: true, encoding: .utf8)
    let yaml = """
      name: one
      sites:
        - {id: alpha, at: {latitude: 41, longitude: -95}, gpus: {model: h100, count: 32}, power: {pue: 1.1}, price: {constant: 40 USD/MWh}, carbon: {constant: 400 g/kWh}}
        - {id: beta, at: {latitude: 39, longitude: -83}, gpus: {model: h100, count: 32}, power: {pue: 1.1}, price: {constant: 40 USD/MWh}, carbon: {constant: 400 g/kWh}}
      links:
        - {between: [alpha, beta], distance: 500 km, medium: smf, rate: 10 Gb/s, wavelengths: 1, buffer: 64 MB}
      coordinator: {site: alpha, delay: 0 s}
      network: {level: ideal}
      scheduler: {policy: fifo@first-fit, estimates: exact}
      workloads: [{trace: one.csv, format: native}]
      models: {assignment: none, data_home: none, seed: 7}
      """
    let scenario = try ScenarioReader.parse(
      yaml: yaml, file: "one.yaml", baseDirectory: scratch.path, overrides: ScenarioOverrides())
    let path = scratch.file("run")
    let summary = try EmulationRun.new(scenario, at: path, options: options(.inline)).run()
    let time = try #require(summary.jobs.jct.mean)
    #expect(time > 3 * 7200)
    let stays = try CSV(path + "/placements.csv").rows
    #expect(stays.count == 2)
    let energy = stays.map { Double($0["energy_kwh"]!)! }.reduce(0, +)
    let stalled = stays.map { Double($0["stalled_energy_kwh"]!)! }.reduce(0, +)
    // On one site of 40 GPUs in domains of 8 the job loses a little, so it computes for a bit more than 7,200 s here.
    let computing = (energy - stalled) / (40 * 1.35 * 1.1) * 3600
    #expect(computing > 7000 && computing < 7300, "\(computing)")
    #expect(abs(stalled - 40 * 0.725 * 1.1 * (time - computing) / 3600) < 0.001 * stalled)
  }
}

/// A file of the results, row by row.
struct CSV {
  var rows: [[String: String]] = []
  init(_ path: String) throws {
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let header = lines[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    for line in lines.dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      rows.append(Dictionary(uniqueKeysWithValues: zip(header, fields)))
    }
  }
}
