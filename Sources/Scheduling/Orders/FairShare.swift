// SPDX-License-Identifier: Apache-2.0

import Quantities

/// `fair-share`: the user who has had least GPU-time goes first, without preemption.
///
/// Source: Kay and Lauder, "A fair share scheduler", Communications of the ACM 31(1), 1988; the decay is Slurm's
/// (multifactor priority plugin, half-life of 7 days by default). All users have equal shares. Stays that are over weigh
/// as they decay, those that go on count in full. Jobs of nobody count as of a user who has had nothing.
struct FairShare: QueueOrder {
  static let part = PolicyPart(
    kind: .order, name: "fair-share",
    definition:
      "Serves the user of least decayed GPU-time first, a user's jobs and ties in order of arrival, and stops "
      + "at the first job that does not fit. GPU-time of ended stays halves in each half-life; that of running jobs "
      + "counts in full.",
    source: "Kay and Lauder, CACM 31(1), 1988; decay as in Slurm's multifactor priority plugin",
    parameters: [
      PolicyParameter(
        name: "half_life", meaning: "in what time GPU-time loses half its weight", kind: .duration,
        defaultValue: 7 * 86_400, least: 1)
    ])

  let usageHalfLife: Time
  private var usage: [Double] = []

  init(_ values: ParameterValues) { usageHalfLife = .seconds(values["half_life"]) }

  mutating func prepare(for view: FleetView) {
    let users = max(view.queue.map(\.user).max() ?? -1, view.running.map(\.user).max() ?? -1)
    usage = (0..<Int(users + 1)).map { view.usage.value(of: Int32($0), at: view.now) }
    for job in view.running where job.user >= 0 {
      usage[Int(job.user)] += max(0, (view.now - job.start).seconds) * Double(job.gpus)
    }
  }

  func key(of job: QueuedJob, at now: Time) -> Double { job.user < 0 ? 0 : usage[Int(job.user)] }
}
