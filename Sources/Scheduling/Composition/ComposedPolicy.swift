// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities

/// A policy put together from an order, a backfilling, a placement and a shift.
///
/// It holds no state: its answer is a pure function of the view, the model and the spec, so that a coordinator that
/// is rebuilt needs nothing from it. What a shift has planned stands in the view (``QueuedJob/stretch``).
///
/// Queued jobs that ask for no GPU start at once, whatever waits before them. Then the queue is served once in the
/// policy's order. A job that does not fit, with a strict order and no backfilling, ends the decision after a look at
/// the sites; nothing is copied before a first start is certain. Jobs that a shift holds back are not there for order,
/// backfilling and placement.
public struct ComposedPolicy: Sendable {
  public let spec: PolicySpec
  private let order: any QueueOrder
  private let preempts: Bool
  private let skips: Bool
  private let backfill: (any Backfill)?
  let placement: any PlacementRule
  let packing: Packing
  let maxSites: Int
  private let planner: (any Planner)?

  public init(_ spec: PolicySpec) {
    self.spec = spec
    if let whole = PolicyCatalogue.policies.first(where: { $0.part.name == spec.order.name }) {
      let policy = whole.init(ParameterValues(part: whole.part, given: spec.order.arguments))
      order = policy.order
      preempts = type(of: policy.order).preempts
      skips = true
      backfill = nil
      placement = policy.placement
      maxSites = policy.maxSites
      planner = policy
    } else {
      let named = PolicyCatalogue.order(named: spec.order.name)
      skips = named.skips
      preempts = named.type.preempts
      order = PolicyCatalogue.make(named.type, spec.order.arguments)
      if let use = spec.backfill {
        backfill = PolicyCatalogue.makeBackfill(use)
      } else {
        backfill = nil
      }
      let use = spec.placement ?? PolicyPartUse(name: FirstFit.part.name, arguments: [])
      let type = PolicyCatalogue.placement(named: use.name)
      let rule = PolicyCatalogue.make(type, use.arguments)
      placement = rule
      maxSites = Int(ParameterValues(part: type.part, given: use.arguments)[PolicyParameter.maxSites.name])
      planner = spec.shift.flatMap { use in PolicyCatalogue.makeShift(use) { rule.site(confining: $0) } }
    }
    packing = type(of: placement).packing
  }

  /// Plans when jobs may run; to be called before ``decide(_:model:)``, on the view that it is given.
  public func settle<M: RunTimeModel>(_ view: inout FleetView, model: M) { planner?.settle(&view, model: model) }

  /// What to do now. Starts come in the order in which they were decided, preemptions after them, light paths at the end.
  public func decide<M: RunTimeModel>(_ view: FleetView, model: M) -> [Decision] {
    guard isConcerned(by: view) else { return [] }
    guard let planner else { return compose(view, model, placement) }
    var shown = view
    shown.queue.removeAll { $0.stretch.from > view.now }
    // Those that have to stop leave their room in thought; the order has no say in it.
    var stopped: [Int32] = []
    if planner.suspends {
      for index in shown.running.indices where !shown.running[index].stopping {
        guard shown.running[index].preemptible, shown.running[index].stretch.from > view.now else { continue }
        shown.running[index].stopping = true
        stopped.append(shown.running[index].job)
      }
      let moved = planner.moves(in: shown, model: model)
      if !moved.isEmpty {
        for index in shown.running.indices where moved.contains(shown.running[index].job) {
          shown.running[index].stopping = true
        }
        stopped += moved
      }
    }
    let served = shown.queue.isEmpty ? [] : compose(shown, model, planner.placement(in: shown) ?? placement)
    let light = planner.wavelengths(after: served, in: view).map { [Decision.retune(wavelengths: $0)] } ?? []
    return served + stopped.map { .preempt(job: $0) } + light
  }

  /// Whether there is anything that it could decide.
  public func isConcerned(by view: FleetView) -> Bool {
    !view.queue.isEmpty || (planner?.suspends ?? false) && !view.running.isEmpty
  }

  /// In what time GPU-time of users loses half its weight (``FleetView/usage``); never where nobody asks.
  public var usageHalfLife: Time { order.usageHalfLife }

  /// The forecasts that this policy wants in the view: its own, or else the given ones.
  public func outlook(_ given: [EnergyOutlook]) -> [EnergyOutlook] {
    guard let rule = planner?.forecast else { return given }
    return given.map { $0.under(rule) }
  }

  /// When to decide again if nothing happens before: service by attained time, leases and rounds change the order of
  /// their own accord, and plans come to their end.
  public func nextLook(_ view: FleetView) -> Time {
    var next = Time.never
    if planner == nil {
      if !view.queue.isEmpty { next = order.nextChange(in: view) }
    } else {
      next = view.nextStretch(running: planner?.suspends ?? false)
      if view.queue.contains(where: { $0.stretch.from <= view.now }) { next = min(next, order.nextChange(in: view)) }
    }
    return next
  }

  private func compose(_ view: FleetView, _ model: any RunTimeModel, _ rule: any PlacementRule) -> [Decision] {
    let placer = Placer(view: view, model: model, rule: rule, maxSites: maxSites)
    var pass = DecisionPass(view: view, placer: placer)
    pass.startJobsWithoutGPUs()
    if preempts {
      Preemption.serve(order, skipping: skips, in: &pass)
    } else {
      var service = ServiceOrder(order, over: view)
      if let backfill {
        backfill.serve(&service, in: &pass)
      } else {
        pass.serve(&service, skipping: skips)
      }
    }
    return pass.decisions
  }
}
