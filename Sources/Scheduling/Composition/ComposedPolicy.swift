// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A policy put together from an order, a backfilling and a placement.
///
/// It holds no state: its answer is a pure function of the view, the model and the spec, so that a coordinator that
/// is rebuilt needs nothing from it.
///
/// Queued jobs that ask for no GPU start at once, whatever waits before them. Then the queue is served once in the
/// policy's order. A job that does not fit, with a strict order and no backfilling, ends the decision after a look at
/// the sites; nothing is copied before a first start is certain.
public struct ComposedPolicy: Sendable {
  public let spec: PolicySpec
  private let order: any QueueOrder
  private let preempts: Bool
  private let skips: Bool
  private let backfill: (any Backfill)?
  let placement: any PlacementRule
  let packing: Packing
  let maxSites: Int

  public init(_ spec: PolicySpec) {
    self.spec = spec
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
    placement = PolicyCatalogue.make(type, use.arguments)
    packing = type.packing
    maxSites = Int(ParameterValues(part: type.part, given: use.arguments)[PolicyParameter.maxSites.name])
  }

  /// What to do now. Starts come in the order in which they were decided, preemptions after them.
  public func decide<M: RunTimeModel>(_ view: FleetView, model: M) -> [Decision] {
    if view.queue.isEmpty { return [] }
    return compose(view, model)
  }

  /// In what time GPU-time of users loses half its weight (``FleetView/usage``); never where nobody asks.
  public var usageHalfLife: Time { order.usageHalfLife }

  /// When to decide again if nothing happens before: service by attained time, leases and rounds change the order of
  /// their own accord. Never while nothing waits.
  public func nextLook(_ view: FleetView) -> Time { view.queue.isEmpty ? .never : order.nextChange(in: view) }

  private func compose(_ view: FleetView, _ model: any RunTimeModel) -> [Decision] {
    let placer = Placer(view: view, model: model, rule: placement, maxSites: maxSites)
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
