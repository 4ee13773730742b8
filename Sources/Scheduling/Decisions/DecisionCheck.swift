// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a decision. Sites are named, nodes are given by index.
public enum DecisionError: Error, Equatable, CustomStringConvertible {
  case unknownJob(Int32)
  case startedTwice(Int32)
  case notRunning(Int32)
  case cannotPreempt(Int32, why: String)
  case unknownSite(job: Int32, site: Int32, sites: Int)
  case siteTwice(job: Int32, site: String)
  case wrongCount(job: Int32, asked: Int32, given: Int32)
  case badNodes(job: Int32, site: String, why: String)
  case pinIgnored(job: Int32, pin: String, site: String)
  case splitNotAllowed(job: Int32, sites: Int)
  case badRetune(why: String)
  case oversubscribed(job: Int32, site: String, node: Int32, wanted: Int32, free: Int32)

  public var description: String {
    switch self {
    case .unknownJob(let job): return "job \(job) is started, but it is not in the queue"
    case .startedTwice(let job): return "job \(job) is started twice"
    case .notRunning(let job): return "job \(job) is preempted, but it is not running"
    case .cannotPreempt(let job, let why): return "job \(job) cannot be preempted: \(why)"
    case .unknownSite(let job, let site, let sites):
      return "job \(job) is put on site \(site), but sites are numbered 0 to \(sites - 1)"
    case .siteTwice(let job, let site): return "job \(job) has two pieces on site '\(site)': join them"
    case .wrongCount(let job, let asked, let given):
      return "job \(job) asks for \(asked) GPUs, its pieces hold \(given)"
    case .badNodes(let job, let site, let why): return "job \(job) on site '\(site)': \(why)"
    case .pinIgnored(let job, let pin, let site): return "job \(job) is pinned to '\(pin)' but put on '\(site)'"
    case .badRetune(let why): return "wavelengths cannot be moved: \(why)"
    case .splitNotAllowed(let job, let sites):
      return "job \(job) is split over \(sites) sites, but it is not splittable"
    case .oversubscribed(let job, let site, let node, let wanted, let free):
      return "job \(job) takes \(wanted) GPUs of node \(node) of site '\(site)', of which \(free) are free"
    }
  }
}

/// Refuses decisions that the fleet cannot carry out, whoever made them.
///
/// Decisions are taken in their order. GPUs of a job that is preempted do not count as free for the starts beside it.
///
/// - Throws: ``DecisionError`` for the first decision that is wrong.
public func checkDecisions(_ decisions: [Decision], against view: FleetView) throws(DecisionError) {
  if decisions.isEmpty { return }
  var sites = view.sites
  var touched: [Int32] = []
  for decision in decisions {
    switch decision {
    case .start(let id, let pieces):
      guard let job = queuedJob(id, in: view.queue) else { throw .unknownJob(id) }
      touched.append(id)
      try checkPieces(pieces, of: job, in: view)
      for piece in pieces {
        for share in piece.nodes {
          let free = sites[Int(piece.site)].nodeFree[Int(share.node)]
          guard share.gpus <= free else {
            throw .oversubscribed(
              job: id, site: sites[Int(piece.site)].name, node: share.node, wanted: share.gpus, free: free)
          }
          sites[Int(piece.site)].nodeFree[Int(share.node)] -= share.gpus
        }
      }
    case .retune(let wavelengths):
      guard let light = view.light else {
        throw .badRetune(why: "the scenario has no light_paths that the placement decides on")
      }
      if view.now < light.settledAt { throw .badRetune(why: "those moved before are still dark") }
      if let why = light.refusal(of: wavelengths) { throw .badRetune(why: why) }
    case .preempt(let id):
      guard let job = view.running.first(where: { $0.job == id }) else { throw .notRunning(id) }
      guard !job.stopping else { throw .cannotPreempt(id, why: "its preemption is already ordered") }
      guard job.preemptible else { throw .cannotPreempt(id, why: "it is not preemptible") }
      touched.append(id)
    }
  }
  touched.sort()
  for (a, b) in zip(touched, touched.dropFirst()) where a == b {
    // A job is in the queue or running, never both, so a repeated id is the same kind of decision twice.
    throw queuedJob(a, in: view.queue) != nil
      ? .startedTwice(a) : .cannotPreempt(a, why: "it is preempted twice in one decision")
  }
}

/// Checks what does not depend on other decisions: sites, nodes, counts, pin and splitting.
private func checkPieces(_ pieces: [Piece], of job: QueuedJob, in view: FleetView) throws(DecisionError) {
  let id = job.job
  var seen: [Int32] = []
  var sum: Int32 = 0
  for piece in pieces {
    guard view.sites.indices.contains(Int(piece.site)) else {
      throw .unknownSite(job: id, site: piece.site, sites: view.sites.count)
    }
    let site = view.sites[Int(piece.site)]
    guard !seen.contains(piece.site) else { throw .siteTwice(job: id, site: site.name) }
    seen.append(piece.site)
    guard job.pin < 0 || job.pin == piece.site else {
      throw .pinIgnored(job: id, pin: view.sites[Int(job.pin)].name, site: site.name)
    }
    guard piece.gpus >= 0, piece.gpus <= site.total else {
      throw .badNodes(job: id, site: site.name, why: "\(piece.gpus) GPUs of a site that has \(site.total)")
    }
    var last: Int32 = -1
    var shares: Int32 = 0
    for share in piece.nodes {
      guard share.node > last, Int(share.node) < site.nodeSize.count else {
        throw .badNodes(job: id, site: site.name, why: "node \(share.node) is unknown, repeated or out of order")
      }
      guard share.gpus > 0, share.gpus <= site.nodeSize[Int(share.node)] else {
        throw .badNodes(job: id, site: site.name, why: "\(share.gpus) GPUs on node \(share.node)")
      }
      last = share.node
      shares += share.gpus
    }
    guard shares == piece.gpus else {
      throw .badNodes(job: id, site: site.name, why: "its nodes hold \(shares) GPUs, its piece \(piece.gpus)")
    }
    sum += piece.gpus
  }
  guard !pieces.isEmpty, sum == job.gpus else { throw .wrongCount(job: id, asked: job.gpus, given: sum) }
  guard pieces.count == 1 || job.splittable else { throw .splitNotAllowed(job: id, sites: pieces.count) }
}

/// Binary search: the queue is sorted by job.
private func queuedJob(_ id: Int32, in queue: [QueuedJob]) -> QueuedJob? {
  var low = 0
  var high = queue.count
  while low < high {
    let middle = (low + high) / 2
    if queue[middle].job < id { low = middle + 1 } else { high = middle }
  }
  return low < queue.count && queue[low].job == id ? queue[low] : nil
}
