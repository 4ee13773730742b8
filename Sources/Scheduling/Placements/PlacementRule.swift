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

  /// Whether the rule confines some jobs to one site.
  static var isSelective: Bool { get }

  init(_ values: ParameterValues)
  /// The only site where the rule lets a job run that has no pin; -1 for any.
  func site(confining job: QueuedJob) -> Int32
  /// One score for each candidate, in their order.
  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore]
  /// Whether a job that fits on no site alone shall run on these pieces rather than wait.
  func accepts(split pieces: [Piece], of job: QueuedJob, in context: PlacementContext) -> Bool
}

extension PlacementRule {
  static var packing: Packing { .pool }
  static var isByNameOnly: Bool { false }
  static var isSelective: Bool { false }
  func site(confining job: QueuedJob) -> Int32 { -1 }
  func accepts(split pieces: [Piece], of job: QueuedJob, in context: PlacementContext) -> Bool { true }
}

/// What a rule may look at.
struct PlacementContext {
  let view: FleetView
  /// The sites as they stand while the decision is being composed: free GPUs differ from the view's.
  let sites: [SiteState]
  let model: any RunTimeModel

  /// Cost of the energy of the whole stay on one GPU, in USD. An unknown length counts as one hour of work.
  func energyCost(of job: QueuedJob, on piece: Piece) -> Double {
    sites[Int(piece.site)].usdPerGPUHour * hours(of: job, on: piece)
  }

  /// Expected length of the stay in hours. An unknown length counts as one hour of work.
  func hours(of job: QueuedJob, on piece: Piece) -> Double {
    let time = model.runTime(of: job, on: [piece])
    return time > .zero && time < .never ? time.seconds / 3600 : 1 / sites[Int(piece.site)].speed
  }

  /// What has to be brought to a site before a job can run there: from where, and how many bytes.
  func inputs(of job: QueuedJob, to site: Int32) -> [(from: Int32, bytes: Int64)] {
    [(job.dataHome, job.stagedBytes), (job.checkpointSite, job.checkpointBytes)].filter {
      $0.0 >= 0 && $0.0 != site && $0.1 > 0
    }
  }

  /// How long a transfer takes at what the route has left, in seconds, its one-way delay included.
  func transferSeconds(_ bytes: Int64, from: Int32, to: Int32) -> Double {
    let rate = view.residual[Int(from)][Int(to)].double
    return rate > 0 ? Double(bytes) * 8 / rate + delay(from: from, to: to) : .infinity
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
