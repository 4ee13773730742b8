// SPDX-License-Identifier: Apache-2.0

import Quantities

/// An order in which a queue is served: the job with the least key first, ties in order of arrival.
///
/// Whether service stops at the first job that does not fit is not its business: each order comes as it is, strict,
/// and with `-skip`.
protocol QueueOrder: Sendable {
  static var part: PolicyPart { get }
  /// Whether running jobs give way to queued jobs of lesser key.
  static var preempts: Bool { get }
  /// Whether the key is the order of arrival, so that nothing has to be computed or sorted.
  static var isArrivalOrder: Bool { get }

  init(_ values: ParameterValues)
  /// In what time the GPU-time that a user has had loses half its weight; never where the order does not ask for it.
  var usageHalfLife: Time { get }
  /// Looks at the whole view once, before the keys of one decision are asked for.
  mutating func prepare(for view: FleetView)
  func key(of job: QueuedJob, at now: Time) -> Double
  /// The key of a running job, on the same scale. Asked only of orders that preempt.
  func key(of job: RunningJob, at now: Time) -> Double
  /// The earliest later instant at which keys may stand in another order though nothing has happened by then. Asked
  /// only while something waits.
  func nextChange(in view: FleetView) -> Time
}

extension QueueOrder {
  static var preempts: Bool { false }
  static var isArrivalOrder: Bool { false }
  var usageHalfLife: Time { .never }
  mutating func prepare(for view: FleetView) {}
  func key(of job: RunningJob, at now: Time) -> Double { 0 }
  func nextChange(in view: FleetView) -> Time { .never }
}
