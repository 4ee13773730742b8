// SPDX-License-Identifier: Apache-2.0

/// What the bounds know of a fleet and its jobs: less than any policy has to obey. Times are hours from the start.
public struct BoundProblem: Equatable, Sendable {
  public struct Site: Equatable, Sendable {
    public var gpus: Double
    /// The most work of an hour on a reference GPU that one of its GPUs does in an hour, for any job.
    public var speed: Double
    /// The least that a busy GPU costs in each hour of the horizon: USD or kg, per GPU-hour.
    public var unitCost: [Double]

    public init(gpus: Double, speed: Double, unitCost: [Double]) {
      self.gpus = gpus
      self.speed = speed
      self.unitCost = unitCost
    }
  }

  public struct Job: Equatable, Sendable {
    public var submit: Double
    public var gpus: Double
    /// Hours on reference GPUs at one site.
    public var work: Double
    /// The only site where it may run, by position; nil for any.
    public var site: Int?
    /// Its work may be metered a little below its true cost, see ``BoundProblem/discount``.
    public var isDiscounted: Bool

    public init(submit: Double, gpus: Double, work: Double, site: Int? = nil, isDiscounted: Bool = false) {
      self.isDiscounted = isDiscounted
      self.submit = submit
      self.gpus = gpus
      self.work = work
      self.site = site
    }

    var gpuWork: Double { gpus * work }
  }

  public var sites: [Site]
  public var jobs: [Job]
  /// By which the meters may undercharge a GPU-hour of work of discounted jobs, in each hour; empty for not at all.
  public var discount: [Double]

  /// - Precondition: all sites have costs for equally many hours.
  public init(sites: [Site], jobs: [Job], discount: [Double] = []) {
    precondition(Set(sites.map(\.unitCost.count)).count <= 1, "sites have costs for one and the same horizon")
    precondition(discount.isEmpty || discount.count == sites.first?.unitCost.count, "a discount for every hour")
    self.discount = discount
    self.sites = sites
    self.jobs = jobs
  }

  var hours: Int { sites.first?.unitCost.count ?? 0 }
  /// Work that the whole fleet does in an hour.
  var capacity: Double { sites.reduce(0) { $0 + $1.gpus * $1.speed } }
  func greatestSpeed(of job: Job) -> Double { job.site.map { sites[$0].speed } ?? sites.map(\.speed).max() ?? 0 }
}
