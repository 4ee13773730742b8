// SPDX-License-Identifier: Apache-2.0

/// Finds where a job goes on given sites: pin, fit, the rule's choice of site, and splitting if allowed.
///
/// It works on any ledger of sites, the present one or that of a future instant; prices, delays and routes are those
/// of the view.
struct Placer {
  let view: FleetView
  let model: any RunTimeModel
  let rule: any PlacementRule
  let packing: Packing
  let isByNameOnly: Bool
  /// Not every job may go to every site, so that where one does not fit another of its size may.
  let isSelective: Bool
  let maxSites: Int

  init(view: FleetView, model: any RunTimeModel, rule: any PlacementRule, maxSites: Int) {
    self.view = view
    self.model = model
    self.rule = rule
    self.maxSites = maxSites
    packing = type(of: rule).packing
    isByNameOnly = type(of: rule).isByNameOnly
    isSelective = type(of: rule).isSelective
  }

  /// The pieces for a job, or nil if it does not fit: one piece on the best site that has room, else, if the job may
  /// be split, several (see `split`).
  func place(_ job: QueuedJob, in sites: [SiteState]) -> [Piece]? {
    if isByNameOnly || site(confining: job) >= 0 {
      for index in range(of: job, in: sites) {
        if let piece = packing.pack(job.gpus, on: sites[index], index: Int32(index)) { return [piece] }
      }
    } else if let best = ranked(job, in: sites).first {
      return [best]
    }
    return split(job, in: sites)
  }

  /// Whether ``place(_:in:)`` would find room; the choice of site is left open.
  func canPlace(_ job: QueuedJob, in sites: [SiteState]) -> Bool {
    range(of: job, in: sites).contains { packing.fits(job.gpus, on: sites[$0]) } || split(job, in: sites) != nil
  }

  /// The job as a whole on each site that has room for it, best first.
  func ranked(_ job: QueuedJob, in sites: [SiteState]) -> [Piece] {
    let candidates = range(of: job, in: sites).compactMap {
      packing.pack(job.gpus, on: sites[$0], index: Int32($0))
    }
    return inOrderOfScore(candidates, for: job, in: sites)
  }

  /// Sites that could hold the whole job if they were empty, best first.
  func idleCandidates(_ job: QueuedJob, in sites: [SiteState]) -> [Int] {
    let pieces = range(of: job, in: sites).filter { sites[$0].total >= job.gpus }.map {
      Piece(site: Int32($0), gpus: job.gpus, nodes: [])
    }
    return inOrderOfScore(pieces, for: job, in: sites).map { Int($0.site) }
  }

  /// Candidates in order of site become candidates in order of preference.
  private func inOrderOfScore(_ candidates: [Piece], for job: QueuedJob, in sites: [SiteState]) -> [Piece] {
    if candidates.count < 2 || isByNameOnly { return candidates }
    let context = PlacementContext(view: view, sites: sites, model: model)
    let scores = rule.scores(of: candidates, for: job, in: context)
    let order = candidates.indices.sorted { a, b in
      scores[a] < scores[b] ? true : scores[b] < scores[a] ? false : a < b
    }
    return order.map { candidates[$0] }
  }

  private func range(of job: QueuedJob, in sites: [SiteState]) -> Range<Int> {
    let only = Int(site(confining: job))
    if only < 0 { return sites.indices }
    return only < sites.count ? only..<only + 1 : 0..<0
  }

  /// The only site where a job may run, by its pin or by the rule; -1 for any.
  private func site(confining job: QueuedJob) -> Int32 { job.pin >= 0 ? job.pin : rule.site(confining: job) }

  /// Spreads a splittable job over several sites.
  ///
  /// As few sites as can hold it, `max_sites` at most. Of the sets of so many sites the first in the placement's order
  /// of preference that can hold it on wholly free nodes; if none can and the site is one pool, the first that can
  /// hold it on any free GPUs. Preferred sites give all they have, the last one what is still missing; nodes within a
  /// site are whole ones first. Pieces are returned in order of site.
  func split(_ job: QueuedJob, in sites: [SiteState]) -> [Piece]? {
    guard job.splittable, site(confining: job) < 0, maxSites > 1 else { return nil }
    let whole = sites.map { Packing.wholeFree(of: $0) }
    // A ledger may be limited to fewer GPUs than its nodes show.
    let anyFree = packing == .pool ? sites.map(\.free) : whole
    let wholeFree = sites.indices.map { min(whole[$0], anyFree[$0]) }
    guard anyFree.reduce(0, { $0 + Int($1) }) >= job.gpus else { return nil }
    let hypothetical = sites.indices.filter { anyFree[$0] > 0 }.map {
      Piece(site: Int32($0), gpus: job.gpus, nodes: [])
    }
    let preferred = inOrderOfScore(hypothetical, for: job, in: sites).map { Int($0.site) }
    let count = fewest(anyFree, holding: job.gpus)
    guard count <= maxSites else { return nil }
    for free in [wholeFree, anyFree] {
      if let chosen = firstSet(of: count, among: preferred, free: free, holding: job.gpus) {
        let found = pieces(of: job.gpus, on: chosen, free: free, in: sites)
        let context = PlacementContext(view: view, sites: sites, model: model)
        return rule.accepts(split: found, of: job, in: context) ? found : nil
      }
    }
    return nil
  }

  /// The least number of sites that hold `gpus`, the largest ones.
  private func fewest(_ free: [Int32], holding gpus: Int32) -> Int {
    var missing = gpus
    var count = 0
    for largest in free.sorted(by: >) where missing > 0 {
      missing -= largest
      count += 1
    }
    return count
  }

  /// The first set of `count` sites, in order of preference, that holds `gpus`: a site is taken if the largest of
  /// those after it can make up for the rest.
  private func firstSet(of count: Int, among preferred: [Int], free: [Int32], holding gpus: Int32) -> [Int]? {
    var chosen: [Int] = []
    var missing = gpus
    for (position, site) in preferred.enumerated() where chosen.count < count && free[site] > 0 {
      let later = preferred[(position + 1)...].map { free[$0] }.sorted(by: >)
      let best = later.prefix(count - chosen.count - 1).reduce(0, +)
      if free[site] + best >= missing {
        chosen.append(site)
        missing -= free[site]
      }
    }
    return missing <= 0 ? chosen : nil
  }

  private func pieces(of gpus: Int32, on chosen: [Int], free: [Int32], in sites: [SiteState]) -> [Piece] {
    var missing = gpus
    var pieces: [Piece] = []
    for site in chosen {
      let share = min(missing, free[site])
      missing -= share
      let nodes =
        !sites[site].domains.isEmpty
        ? Packing.fillDomains(share, on: sites[site])
        : Packing.packWholeNodes(share, on: sites[site]) ?? Packing.spread(share, on: sites[site])
      pieces.append(Piece(site: Int32(site), gpus: share, nodes: nodes))
    }
    return pieces.sorted { $0.site < $1.site }
  }
}

extension Packing {
  /// Any free GPUs, those of the emptiest nodes first.
  static func spread(_ gpus: Int32, on site: SiteState) -> [NodeShare] {
    var missing = gpus
    var shares: [NodeShare] = []
    let order = site.nodeFree.indices.sorted { (site.nodeFree[$1], $0) < (site.nodeFree[$0], $1) }
    for node in order where missing > 0 {
      let share = min(missing, site.nodeFree[node])
      shares.append(NodeShare(node: Int32(node), gpus: share))
      missing -= share
    }
    precondition(missing == 0, "site '\(site.name)': its nodes lack \(missing) of \(gpus) GPUs")
    return shares.sorted { $0.node < $1.node }
  }
}
