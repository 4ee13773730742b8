// SPDX-License-Identifier: Apache-2.0

import Quantities
import Testing
import Workload

/// Made-up traces follow the figures that they state, within sampling error: every bound below is five standard
/// deviations of the count it limits, so a right generator fails one check in a million.
@Suite struct SynthesisTests {
  static let philly = (try? TraceSynthesis.jobs(profile: .philly, count: 46_070, seed: 11)) ?? []

  @Test func seedsDecideEverything() throws {
    for profile in SynthesisProfile.allCases {
      let jobs = try TraceSynthesis.jobs(profile: profile, count: 300, seed: 3)
      #expect(try jobs == TraceSynthesis.jobs(profile: profile, count: 300, seed: 3))
      #expect(try jobs != TraceSynthesis.jobs(profile: profile, count: 300, seed: 4))
      #expect(try Array(jobs.prefix(100)) == TraceSynthesis.jobs(profile: profile, count: 100, seed: 3))
      #expect(zip(jobs, jobs.dropFirst()).allSatisfy { $0.submit <= $1.submit })
      #expect(jobs.allSatisfy { $0.id.hasPrefix("synthetic-") && $0.duration > .zero })
      #expect(Set(jobs.map(\.id)).count == 300)
    }
  }

  @Test func moreJobsThanVirtualTimeHoldsAreRefused() {
    // One job in 4 h: about 6,300 of them in 2.8 years.
    let error = #expect(throws: TraceError.self) {
      try TraceSynthesis.jobs(profile: .llmTraining, count: 10_000, seed: 1)
    }
    #expect(error?.field == "jobs")
    #expect(throws: TraceError.self) { try TraceSynthesis.jobs(profile: .philly, count: 0, seed: 1) }
  }

  @Test func theLabelSurvivesAFile() throws {
    let file = TemporaryFile()
    let jobs = try TraceSynthesis.jobs(profile: .llmTraining, count: 50, seed: 1)
    try NativeTrace.write(jobs: jobs, to: file.path)
    let result = try TraceReader.read(path: file.path)
    #expect(result.jobs == jobs)
    #expect(result.account.synthetic)
    let made = try TraceSynthesis.trace(profile: .llmTraining, count: 50, seed: 1)
    #expect(made.account.synthetic)
    #expect(made.jobs == jobs)
    #expect(TraceSynthesis.description(.llmTraining)[0].contains("SYNTHETIC"))
  }

  /// Three whole weeks of arrivals against 46,070 jobs in four, spread by the trace's counts by hour and weekday.
  @Test func phillyArrivesInTheTracesRhythm() {
    let hours: [Double] = [
      2782, 2422, 2830, 1847, 868, 2470, 3582, 5095, 2135, 1849, 1504, 1088, 1321, 968, 768, 728, 1987, 1264, 1043, 826,
      2360, 1734, 2552, 2047,
    ]
    let weekdays: [Double] = [5243, 6834, 6703, 8943, 9560, 4927, 3860]
    let weeks = SynthesisTests.philly.filter { $0.submit < .hour * (24 * 21) }
    #expect(SynthesisTests.philly.last.map { $0.submit > .hour * (24 * 21) } == true)
    for hour in 0..<24 {
      let count = weeks.filter { Int($0.submit.seconds) / 3600 % 24 == hour }.count
      let expected = hours[hour] * 0.75
      #expect(abs(Double(count) - expected) < 5 * expected.squareRoot())
    }
    for day in 0..<7 {
      let count = weeks.filter { Int($0.submit.seconds) / 86_400 % 7 == day }.count
      let expected = weekdays[day] * 0.75
      #expect(abs(Double(count) - expected) < 5 * expected.squareRoot())
    }
  }

  @Test func phillyHasTheTracesSizesAndDurations() {
    let total = Double(SynthesisTests.philly.count)
    for (gpus, jobs) in [(1, 43_982), (2, 722), (4, 753), (8, 542), (16, 41), (32, 19)] {
      let count = SynthesisTests.philly.filter { $0.gpus == gpus }.count
      let share = Double(jobs) / total
      #expect(abs(Double(count - jobs)) < 5 * (total * share * (1 - share)).squareRoot())
    }
    // Quantiles: the number of durations below the trace's p-quantile is binomial (n, p). Durations are rounded to
    // seconds, which shifts a quantile by at most half a second: the checks stay above 50 s.
    let figures: [(gpus: Int, p: Double, seconds: Double)] = [
      (1, 0.2, 320), (1, 0.5, 1715), (1, 0.8, 3930), (1, 0.9, 8177), (1, 0.99, 86_404), (2, 0.8, 89_623),
      (4, 0.5, 26_081), (4, 0.9, 196_037), (8, 0.2, 1330), (8, 0.5, 73_203), (8, 0.9, 379_422),
    ]
    for figure in figures {
      let durations = SynthesisTests.philly.filter { $0.gpus == figure.gpus }.map(\.duration.seconds)
      let below = durations.filter { $0 < figure.seconds }.count
      let n = Double(durations.count)
      let sigma = (n * figure.p * (1 - figure.p)).squareRoot()
      #expect(abs(Double(below) - n * figure.p) < 5 * sigma + 0.002 * n, "\(figure)")
    }
  }

  /// The figures in the program are those of the public trace, recomputed here from the file.
  @Test func theFiguresAreThoseOfThePublicTrace() throws {
    guard let path = Shared.path("data/jobs/philly-derived/philly-to-2017-10.csv") else { return }
    let window = TraceWindow(start: "2017-10-02", length: .hour * (24 * 28))
    let trace = try TraceReader.read(path: path, format: .philly, window: window)
    let statistics = TraceStatistics(trace)
    #expect(trace.jobs.count == 46_070)
    #expect(statistics.arrivalsByWeekday == [5243, 6834, 6703, 8943, 9560, 4927, 3860])
    #expect(statistics.arrivalsByHour?.prefix(3) == [2782, 2422, 2830])
    // GPU time per job: the made trace has the real one's within a fifth (a few jobs of weeks carry half of it).
    let real = statistics.gpuHours / 46_070
    let made = TraceStatistics(jobs: SynthesisTests.philly, clockAtZero: nil).gpuHours / 46_070
    #expect(abs(made / real - 1) < 0.2, "\(made) GPU-hours a job, \(real) in the trace")
  }

  @Test func llmTrainingKeepsToItsAssumptions() throws {
    let jobs = try TraceSynthesis.jobs(profile: .llmTraining, count: 5000, seed: 5)
    #expect(jobs.allSatisfy { $0.splittable && $0.model != nil })
    #expect(jobs.allSatisfy { $0.duration >= .hour && $0.duration <= .hour * 96 })
    for (gpus, share) in [(16, 0.15), (32, 0.20), (64, 0.25), (128, 0.20), (256, 0.12), (512, 0.08)] {
      let count = Double(jobs.filter { $0.gpus == gpus }.count)
      #expect(abs(count - 5000 * share) < 5 * (5000 * share * (1 - share)).squareRoot())
    }
    // Half of the durations lie below the median of 12 h: 2,500 +- 5 x 35.4.
    #expect(abs(jobs.filter { $0.duration < .hour * 12 }.count - 2500) < 177)
    // The last of n Poisson arrivals comes after n intervals +- sqrt(n).
    let last = try #require(jobs.last).submit.seconds / 14_400
    #expect(abs(last - 5000) < 5 * 70.8)
  }
}
