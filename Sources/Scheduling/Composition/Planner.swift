// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities

/// What decides when jobs may run, and which are stopped for it. Its plans are stretches of the view's jobs, so that it
/// remembers nothing itself.
protocol Planner: Sendable {
  /// Whether running jobs are planned too, so that there is something to decide while nothing waits.
  var suspends: Bool { get }
  /// The forecasts that it asks for, in place of the scenario's.
  var forecast: ForecastRule? { get }

  /// Plans jobs whose stretch is over, among them those that have just arrived.
  func settle(_ view: inout FleetView, model: any RunTimeModel)
  /// Running jobs to be stopped so that they go on elsewhere.
  func moves(in view: FleetView, model: any RunTimeModel) -> [Int32]
  /// The rule by which jobs are placed now; nil for the policy's own.
  func placement(in view: FleetView) -> (any PlacementRule)?
  /// Where wavelengths should be once these decisions have been taken; nil to leave them.
  func wavelengths(after decisions: [Decision], in view: FleetView) -> [Int32]?
}

extension Planner {
  func moves(in view: FleetView, model: any RunTimeModel) -> [Int32] { [] }
  func placement(in view: FleetView) -> (any PlacementRule)? { nil }
  func wavelengths(after decisions: [Decision], in view: FleetView) -> [Int32]? { nil }
}

extension FleetView {
  /// When the first plan of any job is over.
  func nextStretch(running isPlanned: Bool) -> Time {
    var next = Time.never
    for job in queue {
      let due = job.stretch.from > now ? job.stretch.from : job.stretch.until
      if due > now { next = min(next, due) }
    }
    if isPlanned {
      for job in running where !job.stopping && job.stretch.until > now { next = min(next, job.stretch.until) }
    }
    return next
  }
}
