// SPDX-License-Identifier: Apache-2.0

import Quantities

/// `easy`: aggressive backfilling, one reservation, for the head of the queue.
///
/// Sources: Lifka, "The ANL/IBM SP scheduling system", JSSPP 1995; Mu'alem and Feitelson, "Utilization, predictability,
/// workloads, and user runtime estimates in scheduling the IBM SP2 with backfilling", IEEE TPDS 12(6), 2001.
///
/// Terms: the *head* is the first job, in the policy's order, that does not fit. The *shadow instant* is the earliest
/// instant at which it would fit if every running job ended at its expected end and nothing else started; all that
/// ends at one instant is released together. A running job that has outlived its expectation counts as ending one
/// tick from now. The head's *reservation* are the GPUs that its placement would give it at that instant; the *spare*
/// GPUs are the others that are free then.
///
/// A later job may start now if it is expected to end by the shadow instant, or if the GPUs that it takes are spare.
/// Both are judged where it would stand, site by site in its placement's order of preference: sites on which the head
/// has nothing reserved constrain nobody, and a job that its first site would refuse may start on the next.
///
/// With several sites the reservation follows the placement: at the shadow instant the head fits on one site, as a
/// pool or node by node, or, if it may be split and no single site has room by then, over several; prices and free
/// capacities of that instant are taken to be today's. A head that would not fit even on the emptied fleet has no
/// reservation and holds nobody back.
struct EASY: Backfill {
  static let part = PolicyPart(
    kind: .backfill, name: "easy",
    definition: "Reserves, for the first job that does not fit, the GPUs that its placement would use at the earliest "
      + "instant at which expected ends make room; a later job starts now if it is expected to end by then, or takes "
      + "only GPUs that stay spare then.",
    source: "Lifka, JSSPP 1995; Mu'alem and Feitelson, IEEE TPDS 12(6), 2001")

  init(_ values: ParameterValues) {}

  private struct Reservation {
    var at: Time
    /// The sites at that instant, the head's GPUs taken.
    var spare: [SiteState]
  }

  /// What ends, and when.
  private struct Stay {
    var end: Time
    var pieces: [Piece]
  }

  func serve(_ order: inout ServiceOrder, in pass: inout DecisionPass) {
    var started: [Stay] = []
    var head: QueuedJob?
    while !pass.gate.isShut, let position = order.nextPosition(where: { _ in true }) {
      let job = pass.view.queue[position]
      guard let pieces = pass.place(job) else {
        head = job
        break
      }
      pass.start(job, on: pieces)
      started.append(Stay(end: pass.view.now + pass.placer.model.runTime(of: job, on: pieces), pieces: pieces))
    }
    guard let head else { return }
    let gate = pass.gate
    order.narrow(to: gate.mayPass)
    backfill(behind: head, started: started, order: &order, in: &pass)
  }

  private func backfill(
    behind head: QueuedJob, started: [Stay], order: inout ServiceOrder, in pass: inout DecisionPass
  ) {
    // Reserved only when the first candidate is found: most often there is none.
    var reservation: Reservation?
    var isReserved = false
    while !pass.gate.isShut {
      let gate = pass.gate
      guard let position = order.nextPosition(where: gate.mayPass) else { return }
      let job = pass.view.queue[position]
      guard pass.fits(job) else { continue }
      if !isReserved {
        reservation = reserve(for: head, after: started, in: pass)
        isReserved = true
      }
      guard var held = reservation else {
        if let pieces = pass.place(job) { pass.start(job, on: pieces) }
        continue
      }
      guard let pieces = allowed(job, under: held, in: pass) else { continue }
      if pass.view.now + pass.placer.model.runTime(of: job, on: pieces) > held.at {
        for piece in pieces { pass.placer.packing.claim(piece, on: &held.spare[Int(piece.site)]) }
        reservation = held
      }
      pass.start(job, on: pieces)
    }
  }

  /// The earliest instant at which the head fits, and what is spare then.
  private func reserve(for head: QueuedJob, after started: [Stay], in pass: DecisionPass) -> Reservation? {
    let view = pass.view
    let soon = view.now + .tick
    let stays = view.running.map { Stay(end: max($0.expectedEnd, soon), pieces: $0.pieces) } + started
    var ends = LeastFirst(
      stays.enumerated().map { LeastFirst<Time>.Entry(key: $1.end, tie: Int64($0), item: Int32($0)) })
    var sites = pass.sites
    while let end = ends.pop() {
      release(stays[Int(end.item)], in: &sites)
      while let next = ends.first, next.key == end.key {
        release(stays[Int(next.item)], in: &sites)
        _ = ends.pop()
      }
      if let pieces = pass.placer.place(head, in: sites) {
        for piece in pieces { sites[Int(piece.site)].take(piece) }
        return Reservation(at: end.key, spare: sites)
      }
    }
    return nil
  }

  private func release(_ stay: Stay, in sites: inout [SiteState]) {
    for piece in stay.pieces { sites[Int(piece.site)].give(piece) }
  }

  /// Where a job may start now without harm to the reservation, or nil.
  private func allowed(_ job: QueuedJob, under reservation: Reservation, in pass: DecisionPass) -> [Piece]? {
    let placer = pass.placer
    func endsInTime(_ pieces: [Piece]) -> Bool {
      pass.view.now + placer.model.runTime(of: job, on: pieces) <= reservation.at
    }
    func limited(_ site: Int) -> SiteState {
      placer.packing.limit(pass.sites[site], by: reservation.spare[site])
    }
    let candidates = placer.ranked(job, in: pass.sites)
    for candidate in candidates {
      if endsInTime([candidate]) { return [candidate] }
      if let piece = placer.packing.pack(job.gpus, on: limited(Int(candidate.site)), index: candidate.site) {
        return [piece]
      }
    }
    guard candidates.isEmpty, job.splittable else { return nil }
    if let pieces = placer.split(job, in: pass.sites), endsInTime(pieces) { return pieces }
    return placer.split(job, in: pass.sites.indices.map(limited))
  }
}
