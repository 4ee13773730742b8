// SPDX-License-Identifier: Apache-2.0

/// What broke, and how pieces of jobs lay in their sites.
extension Summary {
  /// What broke in the run.
  public struct Faults: Codable, Equatable, Sendable {
    /// Until the last job ended, by kind.
    public var counts: Counts
    /// Times that a job went back to its last checkpoint, and work on reference GPUs that was done again for it.
    public var jobsLost: Int
    public var lostGPUHours: Double
    /// Jobs that have been hit at least once.
    public var jobsHit: Int
    /// Share of the time until the last job ended in which there was power, or any capacity in the worse direction.
    public var sites: [Availability]
    public var links: [Availability]

    enum CodingKeys: String, CodingKey {
      case counts, sites, links
      case jobsLost = "jobs_lost"
      case lostGPUHours = "lost_gpu_hours"
      case jobsHit = "jobs_hit"
    }
  }

  /// Of pieces of jobs, one for each stay at a site.
  public struct Fabric: Codable, Equatable, Sendable {
    public var pieces: Int
    /// Those in more scale-up domains than could hold them.
    public var scattered: Int
    /// Domains over the fewest that could hold a piece, the mean over pieces.
    public var domainsOverLeast: Double?
    /// Mean share of an iteration in which GPUs wait for the tiers inside their site.
    public var localShare: Double?

    enum CodingKeys: String, CodingKey {
      case pieces, scattered
      case domainsOverLeast = "domains_over_least"
      case localShare = "local_share"
    }
  }
}
