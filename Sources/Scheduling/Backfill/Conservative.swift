// SPDX-License-Identifier: Apache-2.0

import Quantities

/// `conservative`: every waiting job has a reservation, and none is delayed by a job behind it.
///
/// Source: Mu'alem and Feitelson, IEEE TPDS 12(6), 2001; Feitelson and Weil, IPPS 1998. Reservations are not kept from
/// decision to decision but made anew each time, in the policy's order, which moves them forward when a job ends early
/// ("compression"). A running job that has outlived its expectation counts as ending one tick from now.
///
/// A reservation is the earliest instant from which a site has, as one pool, enough GPUs for the whole expected time of
/// the job there; of several sites at one instant the first in the placement's order of preference. Jobs are laid on
/// nodes only when they start; a job whose turn has come but that finds no nodes waits, and its reservation holds.
/// Splittable jobs are planned on one site; where no site is large enough, they start split if they fit in what no
/// reservation needs now, and reserve nothing. Prices and free capacities of the future are taken to be today's.
///
/// `depth` is how many waiting jobs get a reservation; those behind only start if they fit at once without harm to any of
/// them.
struct Conservative: Backfill {
  static let part = PolicyPart(
    kind: .backfill, name: "conservative",
    definition:
      "Gives each waiting job, in order, the earliest reservation on any site that delays none of those before "
      + "it, by expected ends; a job whose reservation is now starts.",
    source: "Mu'alem and Feitelson, IEEE TPDS 12(6), 2001; Feitelson and Weil, IPPS 1998",
    parameters: [
      PolicyParameter(
        name: "depth", meaning: "how many waiting jobs get a reservation", kind: .whole, defaultValue: 100, least: 1,
        greatest: 100_000)
    ])

  private let depth: Int

  init(_ values: ParameterValues) { depth = Int(values["depth"]) }

  func serve(_ order: inout ServiceOrder, in pass: inout DecisionPass) {
    guard !pass.gate.isShut else { return }
    var plan = FuturePlan(pass)
    var reserved = 0
    while !pass.gate.isShut, let position = order.nextPosition(where: { _ in true }) {
      let job = pass.view.queue[position]
      let slots = plan.earliest(job, pass, onlyNow: reserved >= depth)
      guard let slot = slots else {
        startSplit(job, &plan, &pass)
        continue
      }
      if slot.at == pass.view.now,
        let piece = pass.placer.packing.pack(job.gpus, on: pass.sites[slot.site], index: Int32(slot.site))
      {
        pass.start(job, on: [piece])
      } else {
        reserved += 1
      }
      plan.take(job.gpus, site: slot.site, from: slot.at, until: slot.at + slot.length)
    }
  }

  /// A job that no site can hold alone, if it fits now without harm.
  private func startSplit(_ job: QueuedJob, _ plan: inout FuturePlan, _ pass: inout DecisionPass) {
    guard job.splittable, pass.view.sites.allSatisfy({ $0.total < job.gpus }) else { return }
    guard let pieces = pass.placer.split(job, in: pass.sites) else { return }
    let length = pass.placer.model.runTime(of: job, on: pieces)
    let end = pass.view.now + length
    guard pieces.allSatisfy({ plan.isFree($0.gpus, site: Int($0.site), from: pass.view.now, until: end) }) else {
      return
    }
    pass.start(job, on: pieces)
    for piece in pieces { plan.take(piece.gpus, site: Int(piece.site), from: pass.view.now, until: end) }
  }
}

/// Free GPUs of each site over time to come, as steps.
struct FuturePlan {
  struct Slot {
    var site: Int
    var at: Time
    var length: Time
  }

  private struct Step {
    var at: Time
    var free: Int32
  }

  private let now: Time
  /// By site, ascending in time, the first at the present.
  private var steps: [[Step]]

  init(_ pass: DecisionPass) {
    now = pass.view.now
    let soon = now + .tick
    var ends: [[(Time, Int32)]] = pass.sites.map { _ in [] }
    for job in pass.view.running {
      for piece in job.pieces where piece.gpus > 0 {
        ends[Int(piece.site)].append((max(job.expectedEnd, soon), piece.gpus))
      }
    }
    steps = pass.sites.indices.map { site in
      var list = [Step(at: pass.view.now, free: pass.sites[site].free)]
      for (at, gpus) in ends[site].sorted(by: { $0.0 < $1.0 }) {
        let free = list[list.count - 1].free + gpus
        if list[list.count - 1].at == at {
          list[list.count - 1].free = free
        } else {
          list.append(Step(at: at, free: free))
        }
      }
      return list
    }
  }

  /// The earliest slot for a job on any site that may hold it, or nil if there is none.
  func earliest(_ job: QueuedJob, _ pass: DecisionPass, onlyNow: Bool) -> Slot? {
    let hypothetical = pass.placer.idleCandidates(job, in: pass.sites)
    var best: Slot?
    // Candidates come in order of preference: a later one has to be earlier to be taken.
    for site in hypothetical {
      let length = pass.placer.model.runTime(of: job, on: [Piece(site: Int32(site), gpus: job.gpus, nodes: [])])
      let limit = onlyNow ? now : best.map { $0.at - .tick } ?? .never
      if let at = earliest(job.gpus, site: site, length: length, notAfter: limit) {
        best = Slot(site: site, at: at, length: length)
      }
    }
    return best
  }

  private func earliest(_ gpus: Int32, site: Int, length: Time, notAfter limit: Time) -> Time? {
    let list = steps[site]
    var start = 0
    while start < list.count, list[start].at <= limit {
      let end = list[start].at + length
      // The first step within the stay that has too little sends the search behind it.
      var blocker: Int?
      var index = start
      while index < list.count, list[index].at < end || index == start {
        if list[index].free < gpus {
          blocker = index
          break
        }
        index += 1
      }
      guard let blocker else { return list[start].at }
      start = blocker + 1
    }
    return nil
  }

  func isFree(_ gpus: Int32, site: Int, from: Time, until end: Time) -> Bool {
    steps[site].enumerated().allSatisfy { index, step in
      let next = index + 1 < steps[site].count ? steps[site][index + 1].at : .never
      return next <= from || step.at >= end || step.free >= gpus
    }
  }

  mutating func take(_ gpus: Int32, site: Int, from: Time, until end: Time) {
    guard end > from else { return }
    split(site, at: from)
    split(site, at: end)
    for index in steps[site].indices where steps[site][index].at >= from && steps[site][index].at < end {
      steps[site][index].free -= gpus
    }
  }

  private mutating func split(_ site: Int, at time: Time) {
    guard time < .never, let index = steps[site].lastIndex(where: { $0.at <= time }), steps[site][index].at < time
    else {
      return
    }
    steps[site].insert(Step(at: time, free: steps[site][index].free), at: index + 1)
  }
}
