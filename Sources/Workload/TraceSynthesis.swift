// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Statistics from which traces are made.
public enum SynthesisProfile: String, CaseIterable, Sendable {
  case philly
  case llmTraining = "llm-training"

  /// The profile called `name`; the error lists the names there are.
  public static func named(_ name: String) throws(TraceError) -> SynthesisProfile {
    if let profile = SynthesisProfile(rawValue: name) { return profile }
    throw TraceError(
      file: "synthesis profile", expected: "one of " + allCases.map(\.rawValue).joined(separator: ", "),
      found: "'\(name)'", advice: "name one of these")
  }
}

/// Makes jobs from published statistics, for a fresh clone that has no trace yet. They are not a trace: every id
/// begins with ``idPrefix``, and every report can tell.
///
/// The k-th job draws its size and duration from a stream of its own, so a longer trace begins with the shorter one.
public enum TraceSynthesis {
  /// What the ids of synthetic jobs begin with, in files too.
  public static let idPrefix = "synthetic-"

  /// `count` jobs in order of submission, in whole seconds. Equal arguments give equal jobs on every machine.
  /// - Throws: ``TraceError`` if there would be no job, or more than fit in the 2.9 years of virtual time.
  public static func jobs(profile: SynthesisProfile, count: Int, seed: UInt64) throws(TraceError) -> [Job] {
    guard count > 0 else { throw refusal(profile, expected: "at least 1", count: count) }
    let root = RandomStream(seed: seed, name: "synthesis").child(profile.rawValue)
    var arrivals = root.child("arrivals")
    let each = root.child("jobs")
    var clock = ArrivalClock(profile)
    var jobs: [Job] = []
    for index in 0..<count {
      clock.advance(by: arrivals.exponential(mean: 1))
      // A month short of the end of virtual time, so that the last jobs can run to theirs.
      guard clock.seconds < latestSubmit.seconds else {
        throw refusal(profile, expected: "at most \(index) with this seed (2.8 years of arrivals)", count: count)
      }
      var stream = each.child(index)
      let id = "\(idPrefix)\(profile.rawValue)-\(index + 1)"
      let submit = Time.seconds(Int64(clock.seconds))
      switch profile {
      case .philly: jobs.append(PhillyFigures.job(id: id, submit: submit, &stream))
      case .llmTraining: jobs.append(LLMTrainingFigures.job(id: id, submit: submit, &stream))
      }
    }
    return jobs
  }

  private static let latestSubmit = Time.never - .hour * (24 * 31)

  private static func refusal(_ profile: SynthesisProfile, expected: String, count: Int) -> TraceError {
    TraceError(
      file: "synthetic:\(profile.rawValue)", field: "jobs", expected: expected, found: "\(count)",
      advice: "ask for another number of jobs")
  }

  /// ``jobs(profile:count:seed:)`` with an account that says what they are.
  public static func trace(profile: SynthesisProfile, count: Int, seed: UInt64) throws(TraceError) -> Trace {
    let jobs = try jobs(profile: profile, count: count, seed: seed)
    let account = TraceAccount(
      format: "synthetic", path: "synthetic:\(profile.rawValue)", sha256: "", rows: count, jobs: count,
      notes: ["synthetic: \(count) jobs of profile \(profile.rawValue), seed \(seed)"] + description(profile),
      synthetic: true)
    return Trace(jobs: jobs, account: account)
  }

  /// The figures of a profile, their sources, and what is assumed.
  public static func description(_ profile: SynthesisProfile) -> [String] {
    switch profile {
    case .philly: return PhillyFigures.description
    case .llmTraining: return LLMTrainingFigures.description
    }
  }
}

/// Turns unit-rate exponential steps into arrival times of a Poisson process whose rate changes by the hour.
struct ArrivalClock {
  private let profile: SynthesisProfile
  private var hour = 0
  /// Position within the hour, in seconds.
  private var offset = 0.0

  init(_ profile: SynthesisProfile) { self.profile = profile }

  var seconds: Double { Double(hour) * 3600 + offset }

  /// Moves on until the integral of the rate has grown by `step`.
  mutating func advance(by step: Double) {
    var left = step
    while true {
      let rate = rate(hour)
      let untilFull = (3600 - offset) * rate
      if left < untilFull {
        offset += left / rate
        return
      }
      left -= untilFull
      hour += 1
      offset = 0
    }
  }

  /// Jobs a second in the `hour`-th hour, from a Monday at midnight.
  private func rate(_ hour: Int) -> Double {
    switch profile {
    case .philly: return PhillyFigures.rate(hour: hour)
    case .llmTraining: return 1 / LLMTrainingFigures.meanIntervalSeconds
    }
  }
}
