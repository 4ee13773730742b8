// SPDX-License-Identifier: Apache-2.0

import Energy
import Foundation
import Quantities
import Testing

/// Real series and jobs, beside the checkout.
enum Shared {
  /// The text of a file; nil, said aloud, where it is absent. On a build server that is a failure.
  static func text(_ name: String) -> String? {
    let root =
      ProcessInfo.processInfo.environment["LONGHAUL_ROOT"]
      ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    if let text = try? String(contentsOfFile: root + "/../shared/" + name, encoding: .utf8) { return text }
    print("SKIPPED: no file shared/\(name)")
    if ProcessInfo.processInfo.environment["CI"] != nil { Issue.record("no file shared/\(name)") }
    return nil
  }

  /// A column of a file without quotes.
  static func column(_ index: Int, of name: String) -> [String]? {
    text(name)?.split(whereSeparator: \.isNewline).dropFirst().map {
      String($0.split(separator: ",", omittingEmptySubsequences: false)[index])
    }
  }
}

/// Published results of waiting for clean power.
@Suite struct CarbonReferenceTests {
  static let intensity = "data/carbon/electricitymaps-2023/DE-LU_2023_hourly.csv"
  static let price = "data/prices/hpe-sustain-2023/DE-LU_electricity_prices_2023.csv"

  static func series(_ name: String, column: Int, rows: Range<Int>? = nil) -> EnergySeries? {
    guard let values = Shared.column(column, of: name)?.map({ Double($0)! }) else { return nil }
    return EnergySeries(start: .zero, values: Array(rows.map { values[$0] } ?? values[...]))
  }

  struct Expected: Decodable {
    struct Result: Decodable {
      var carbonKg: Double
      var meanWait: Double
      enum CodingKeys: String, CodingKey {
        case carbonKg = "carbon_kg"
        case meanWait = "avg_wait_s"
      }
    }
    var results: [String: Result]
  }

  /// A thousand jobs of a week of PAI against `carbon/expected.json`: slots of 5 s, so run times are cut to them.
  @Test func aWeekOfPAI() throws {
    guard let carbon = Self.series(Self.intensity, column: 4, rows: 4000..<4720),
      let text = Shared.text("reference/carbon/expected.json"),
      let arrivals = Shared.column(0, of: "data/jobs/alibaba-pai-2020-gaia/pai_1k.csv"),
      let lengths = Shared.column(1, of: "data/jobs/alibaba-pai-2020-gaia/pai_1k.csv"),
      let gpus = Shared.column(2, of: "data/jobs/alibaba-pai-2020-gaia/pai_1k.csv")
    else { return }
    let expected = try JSONDecoder().decode(Expected.self, from: Data(text.utf8)).results
    var found: [String: (carbon: Double, wait: Double)] = [:]
    for k in arrivals.indices {
      let arrival = Time.seconds(Int64(Double(arrivals[k])!))
      let whole = Int64(Double(lengths[k])!)
      let length = Time.seconds(whole / 5 * 5)
      let slack = Time.hour * (whole < 7200 ? 6 : 24)
      func add(_ name: String, _ runs: [TimeShift.Run]) {
        let wait = (runs[runs.count - 1].end - arrival - length).seconds
        let kilograms = TimeShift.integral(of: runs, signal: carbon) * Double(gpus[k])! / 1000
        found[name, default: (0, 0)].carbon += kilograms
        found[name]!.wait += wait / Double(arrivals.count)
      }
      func one(_ start: Time) -> [TimeShift.Run] { [.init(start: start, end: start + length)] }
      add("run-now", one(arrival))
      add("wait-full-slack", one(arrival + slack))
      add("lowest-slot", one(TimeShift.lowestSlot(arrival: arrival, slack: slack, signal: carbon)))
      add(
        "lowest-window, starts tried on the hour from arrival",
        one(TimeShift.lowestWindow(arrival: arrival, slack: slack, length: length, signal: carbon)))
      add(
        "wait-awhile (suspend and resume in the cheapest 5 s slots)",
        TimeShift.waitAwhile(arrival: arrival, slack: slack, length: length, signal: carbon))
    }
    #expect(arrivals.count == 1000 && found.count == expected.count)
    for (name, result) in expected.sorted(by: { $0.key < $1.key }) {
      let mine = try #require(found[name], "\(name) is not computed")
      #expect(abs(mine.carbon / result.carbonKg - 1) < 0.001, "\(name): \(mine.carbon) kg")
      #expect(abs(mine.wait - result.meanWait) <= 0.001 * result.meanWait, "\(name): \(mine.wait) s")
    }
  }

  /// What a nightly job of half an hour, planned for 01:00, saves over the year when it may run up to `hours` earlier
  /// or later: per cent of what it takes at 01:00.
  static func saving(_ signal: EnergySeries, hours: Int64, forecast: ForecastRule) -> Double {
    let length = Time.seconds(1800)
    var (planned, moved) = (0.0, 0.0)
    for day in 1..<364 {
      let at = Time.hour * Int64(24 * day + 1)
      let view = forecast.view(of: signal, named: "site", at: at - .hour * hours)
      let start = TimeShift.lowestWindow(
        earliest: at - .hour * hours, latest: at + .hour * hours, length: length, signal: view)
      planned += signal.integral(from: at, to: at + length)
      moved += signal.integral(from: start, to: start + length)
    }
    return 100 * (1 - moved / planned)
  }

  /// Wiesner et al. found for Germany in 2020 2.5, 3.6, 7.2 and 13.4 % at 2, 4, 6 and 8 h, and less with noise of 5 %.
  /// The year differs, the shape does not: the savings rise with the window and fall with the noise.
  @Test(arguments: [(intensity, 4), (price, 1)])
  func aNightlyJobSavesMoreWithMoreTime(_ file: String, _ column: Int) throws {
    guard let signal = Self.series(file, column: column) else { return }
    let windows: [Int64] = [2, 4, 6, 8]
    let perfect = windows.map { Self.saving(signal, hours: $0, forecast: .perfect) }
    var noisy = [Double](repeating: 0, count: 4)
    for seed in 1...10 {
      for (k, hours) in windows.enumerated() {
        noisy[k] += Self.saving(signal, hours: hours, forecast: .noise(error: 0.05, seed: UInt64(seed))) / 10
      }
    }
    print(file, "perfect", perfect, "noise 5 %", noisy)
    for k in 0..<4 {
      #expect(perfect[k] > 0 && noisy[k] < perfect[k])
      if k > 0 { #expect(perfect[k] > perfect[k - 1] && noisy[k] > noisy[k - 1]) }
    }
    let persistence = windows.map { Self.saving(signal, hours: $0, forecast: .persistence) }
    print(file, "persistence", persistence)
    for k in 0..<4 { #expect(persistence[k] < perfect[k]) }
  }
}
