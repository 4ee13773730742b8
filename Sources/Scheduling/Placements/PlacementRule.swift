// SPDX-License-Identifier: Apache-2.0

import Quantities

/// How good a site is for a job: the least is taken, ties by name of site.
struct SiteScore: Comparable {
  var first: Double
  /// Decides where `first` is equal.
  var second: Double = 0

  static func < (a: SiteScore, b: SiteScore) -> Bool {
    a.first != b.first ? a.first < b.first : a.second < b.second
  }
}

/// A way to choose among the sites on which a job fits.
///
/// A rule only scores; that the job fits, pins, splitting and the choice of nodes are the same for all rules.
protocol PlacementRule: Sendable {
  static var part: PolicyPart { get }
  /// How a job is laid on the nodes of one site.
  static var packing: Packing { get }
  /// Whether all sites score alike, so that the first by name is taken without looking at the others.
  static var isByNameOnly: Bool { get }

  init(_ values: ParameterValues)
  /// One score for each candidate, in their order.
  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore]
}

extension PlacementRule {
  static var packing: Packing { .pool }
  static var isByNameOnly: Bool { false }
}

/// What a rule may look at.
struct PlacementContext {
  let view: FleetView
  /// The sites as they stand while the decision is being composed: free GPUs differ from the view's.
  let sites: [SiteState]
  let model: any RunTimeModel

  /// Cost of the energy of the whole stay on one GPU, in USD. An unknown length counts as one hour of work.
  func energyCost(of job: QueuedJob, on piece: Piece) -> Double {
    let site = sites[Int(piece.site)]
    let time = model.runTime(of: job, on: [piece])
    let hours = time > .zero && time < .never ? time.seconds / 3600 : 1 / site.speed
    return site.usdPerGPUHour * hours
  }

  /// One-way delay from the job's data in seconds; zero where it has none.
  func delay(from home: Int32, to site: Int32) -> Double {
    home < 0 ? 0 : view.oneWayDelay[Int(home)][Int(site)].seconds
  }
}

extension PolicyParameter {
  /// Every placement takes it.
  static let maxSites = PolicyParameter(
    name: "max_sites", meaning: "sites over which a splittable job may be spread at most", kind: .whole,
    defaultValue: 4, least: 1, greatest: 1000)
}
