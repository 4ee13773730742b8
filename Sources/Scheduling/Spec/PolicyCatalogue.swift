// SPDX-License-Identifier: Apache-2.0

/// Every part that a policy can be composed of. A new order, backfilling or placement is one file and one line here.
public enum PolicyCatalogue {
  static let orders: [any QueueOrder.Type] = [
    FirstInFirstOut.self, ShortestJobFirst.self, LongestJobFirst.self, QuasiShortestServiceFirst.self,
    EarliestDeadlineFirst.self, FairShare.self, WFP3.self, FittedF1.self, ShortestRemainingTimeFirst.self,
    ShortestRemainingServiceFirst.self, SmallestFirst.self, LeastAttainedService.self, Gittins.self, Themis.self,
    MaxMinFairness.self,
  ]
  static let backfills: [any Backfill.Type] = [EASY.self, Conservative.self]
  static let placements: [any PlacementRule.Type] = [
    FirstFit.self, LocalOnly.self, RoundRobin.self, RandomSite.self, PowerOfTwo.self, LeastLoaded.self, MostFree.self,
    Consolidated.self, CheapestEnergy.self, CarbonGreedy.self, CheapestWithEgress.self, LowestLatency.self,
    DataGravity.self, BandwidthAware.self, EarliestFinish.self, Balanced.self,
  ]

  static let shifts: [any ShiftRule.Type] = [
    RunNow.self, WaitFull.self, LowestSlot.self, LowestWindow.self, SavingPerTime.self, WaitAwhile.self, Threshold.self,
  ]
  static let policies: [any WholePolicy.Type] = [Longhaul.self]

  static let skipSuffix = "-skip"
  static let priceSuffix = "-price"

  /// All parts: orders (each followed by its `-skip` variant), backfillings, placements, shifts (those that follow a
  /// signal each followed by its `-price` variant), and policies that need no other parts.
  public static let parts: [PolicyPart] =
    orders.flatMap { [$0.part, skipping($0.part)] } + backfills.map { $0.part } + placements.map { $0.part }
    + shifts.flatMap { followsSignal($0.part) ? [$0.part, byPrice($0.part)] : [$0.part] } + policies.map { $0.part }

  public static func parts(of kind: PolicyPartKind) -> [PolicyPart] { parts.filter { $0.kind == kind } }

  private static func skipping(_ part: PolicyPart) -> PolicyPart {
    PolicyPart(
      kind: .order, name: part.name + skipSuffix,
      definition: "As \(part.name), but goes on past jobs that do not fit; large jobs may starve.",
      source: part.source, parameters: part.parameters)
  }

  private static func followsSignal(_ part: PolicyPart) -> Bool {
    part.parameters.contains { $0.name == ForecastChoice.parameters[0].name }
  }

  private static func byPrice(_ part: PolicyPart) -> PolicyPart {
    PolicyPart(
      kind: .shift, name: part.name + priceSuffix, definition: "As \(part.name), by the price of energy.",
      source: part.source, parameters: part.parameters)
  }

  static func makeShift(_ use: PolicyPartUse, confine: @escaping @Sendable (QueuedJob) -> Int32) -> Shift? {
    for type in shifts {
      let part = type.part
      if use.name == RunNow.part.name { return nil }
      if use.name == part.name || use.name == part.name + priceSuffix {
        return Shift(
          type, use.name == part.name ? .carbon : .price, ParameterValues(part: part, given: use.arguments),
          confine: confine)
      }
    }
    preconditionFailure("shift '\(use.name)' is not in the catalogue")
  }

  /// The type of an order that the catalogue lists, and whether the name asks to skip.
  static func order(named name: String) -> (type: any QueueOrder.Type, skips: Bool) {
    for type in orders {
      if name == type.part.name { return (type, false) }
      if name == type.part.name + skipSuffix { return (type, true) }
    }
    preconditionFailure("order '\(name)' is not in the catalogue")
  }

  static func placement(named name: String) -> any PlacementRule.Type {
    for type in placements where type.part.name == name { return type }
    preconditionFailure("placement '\(name)' is not in the catalogue")
  }

  static func makeBackfill(_ use: PolicyPartUse) -> any Backfill {
    for type in backfills where type.part.name == use.name {
      return type.init(ParameterValues(part: type.part, given: use.arguments))
    }
    preconditionFailure("backfill '\(use.name)' is not in the catalogue")
  }

  static func make(_ type: any QueueOrder.Type, _ given: [PolicyPartUse.Argument]) -> any QueueOrder {
    type.init(ParameterValues(part: type.part, given: given))
  }

  static func make(_ type: any PlacementRule.Type, _ given: [PolicyPartUse.Argument]) -> any PlacementRule {
    type.init(ParameterValues(part: type.part, given: given))
  }
}
