// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities

/// A rule of the catalogue of shifts together with the signal that it follows.
struct Shift: Planner {
  enum Signal: Sendable {
    case carbon, price
  }

  let rule: any ShiftRule
  let signal: Signal
  let forecast: ForecastRule?
  let suspends: Bool
  /// Tells the only site where a job may run; -1 for any.
  let confine: @Sendable (QueuedJob) -> Int32

  init(
    _ type: any ShiftRule.Type, _ signal: Signal, _ values: ParameterValues,
    confine: @escaping @Sendable (QueuedJob) -> Int32
  ) {
    rule = type.init(values)
    self.signal = signal
    forecast = ForecastChoice(values).rule
    suspends = type.suspends
    self.confine = confine
  }

  /// Makes plans for jobs that have none, and for those whose stretch is over.
  func settle(_ view: inout FleetView, model: any RunTimeModel) {
    let now = view.now
    for index in view.queue.indices where view.queue[index].stretch.until <= now {
      let job = view.queue[index]
      var stretch = plan(job, left: job.estimate, attained: job.attained, in: view)
      // A stretch that goes by with reading and writing the checkpoint is let pass.
      if suspends, stretch.until - stretch.from < model.checkpointTime(gpus: job.gpus) * 2 {
        stretch.from = stretch.until
      }
      view.queue[index].stretch = stretch
    }
    guard suspends else { return }
    for index in view.running.indices where view.running[index].stretch.until <= now {
      let job = view.running[index]
      if job.stopping { continue }
      let left = Time(ticks: Int64(job.remaining(at: now)))
      view.running[index].stretch = plan(job.asQueued, left: left, attained: job.attained(at: now), in: view)
    }
  }

  private func plan(_ job: QueuedJob, left: Time, attained: Time, in view: FleetView) -> Stretch {
    guard let signal = signal(of: job, in: view), job.gpus > 0 else { return .from(view.now) }
    return rule.stretch(
      of: ShiftedJob(submit: job.submit, attained: attained, left: left), at: view.now, signal: signal)
  }

  /// The signal of a job: of the sites that are large enough for it (or all, if it may be split), or of the one that it
  /// is bound to, at every instant the lowest. Nil where nothing is known.
  private func signal(of job: QueuedJob, in view: FleetView) -> LowestSignal? {
    guard view.outlook.count == view.sites.count else { return nil }
    let only = job.pin >= 0 ? job.pin : confine(job)
    var views: [ForecastView] = []
    for index in view.sites.indices where only < 0 || index == Int(only) {
      guard job.splittable || view.sites[index].total >= job.gpus else { continue }
      let outlook = view.outlook[index]
      views.append((signal == .carbon ? outlook.carbon : outlook.price).view(at: view.now))
    }
    return views.isEmpty ? nil : LowestSignal(views)
  }
}
