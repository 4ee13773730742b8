// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Records
import Scheduling
import Simulation
import Site

/// What the coordinator does when something breaks.
extension CoordinatorMachine {
  /// Takes what has become known of links and routes; true if there was anything.
  mutating func hearNews(at now: Time) -> Bool {
    guard nextNews < plan.news.count, plan.news[nextNews].at <= now else { return false }
    while nextNews < plan.news.count, plan.news[nextNews].at <= now {
      switch plan.news[nextNews].what {
      case .capacity(let port, let rate): load.setCapacity(port, rate)
      case .way(let from, let to, let way): load.setWay(from: from, to: to, way)
      }
      nextNews += 1
    }
    view.capacity = capacityNow()
    return true
  }

  func capacityNow() -> [[BitRate]] {
    plan.sites.indices.map { from in plan.sites.indices.map { load.capacity(from: from, to: $0) } }
  }

  // MARK: Sites

  /// An outage stands in the view as a job that holds what is free at the site and cannot be stopped, so that every
  /// policy plans around it.
  func outage(of site: Int, _ pieces: [Piece], from start: Time, until end: Time) -> RunningJob {
    RunningJob(
      job: Int32(-1 - site), submit: start, gpus: pieces.reduce(0) { $0 + $1.gpus }, pieces: pieces, start: start,
      expectedEnd: end, preemptible: false)
  }

  mutating func beginOutage(of site: Int, at now: Time) {
    down[site] = true
    let end = plan.sites[site].faults.outages.first { $0.until > now - plan.sites[site].controlDelay }?.until ?? now
    view.running.append(outage(of: site, [], from: now, until: max(end, now)))
    holdBack(site)
  }

  /// Nothing may be placed on what is free at a site without power.
  mutating func holdBack(_ site: Int) {
    guard let index = view.running.firstIndex(where: { $0.job == Int32(-1 - site) }), view.sites[site].free > 0 else {
      return
    }
    for piece in view.running[index].pieces { view.sites[site].give(piece) }
    var nodes: [NodeShare] = []
    for (node, free) in view.sites[site].nodeFree.enumerated() where free > 0 {
      nodes.append(NodeShare(node: Int32(node), gpus: free))
    }
    let piece = Piece(site: Int32(site), gpus: view.sites[site].free, nodes: nodes)
    view.sites[site].take(piece)
    view.running[index].pieces = [piece]
    view.running[index].gpus = piece.gpus
  }

  mutating func endOutage(of site: Int) {
    down[site] = false
    guard let index = view.running.firstIndex(where: { $0.job == Int32(-1 - site) }) else { return }
    for piece in view.running[index].pieces { view.sites[site].give(piece) }
    view.running.remove(at: index)
  }

  // MARK: Jobs

  /// A job has lost a site: its leader is told to go back to the last checkpoint, or, where that is what was lost, the
  /// other members to let go.
  mutating func spread(_ report: Report, from site: Int, _ state: inout JobState, at now: Time) {
    let isFirst = state.failedAt < 0
    if isFirst {
      state.failedAt = Int32(site)
      state.failureTime = report.at
    }
    let rest = view.running.first { $0.job == report.job }?.pieces.map { Int($0.site) } ?? []
    if report.isLeader {
      // It has told its members itself, unless it had no power to.
      guard down(at: site, report.at) else { return }
      for other in rest { command(.fail(job: report.job, segment: report.segment), to: other, at: now) }
    } else if isFirst, rest.contains(Int(state.leader)) {
      command(.fail(job: report.job, segment: report.segment), to: Int(state.leader), at: now)
    }
  }

  /// Whether a site was without power at an instant.
  private func down(at site: Int, _ time: Time) -> Bool {
    plan.sites[site].faults.outages.contains { $0.at <= time && time <= $0.until }
  }

  /// Where a job stands that has gone back to its last checkpoint.
  mutating func afterFailure(_ id: Int32, _ old: JobState) -> JobState {
    var state = old
    records.append(
      .loss(
        LossRecord(
          job: id, segment: state.segment, site: state.failedAt, at: state.failureTime, lost: state.lost,
          gpus: Int32(plan.jobs[Int(id)].gpus))))
    state.hasNothingSaved = state.remaining >= plan.jobs[Int(id)].duration
    // Of a checkpoint that is out of reach there is a copy at the nearest other site.
    let leader = Int(state.leader)
    if plan.scenario.fleet.outages.contains(where: {
      $0.site == leader && $0.takesNetwork && $0.at <= state.failureTime && state.failureTime <= $0.until
    }) {
      let delays = plan.network.delays[leader]
      let others = delays.indices.filter { $0 != leader && !down[$0] }
      if let nearest = others.min(by: { (delays[$0], $0) < (delays[$1], $1) }) { state.leader = Int32(nearest) }
    }
    return state
  }
}

/// What the coordinator will hear of the network, and when: a change of a port takes the way of its site's words.
public struct News: Sendable {
  enum What: Sendable {
    case capacity(port: Int, BitRate)
    case way(from: Int, to: Int, UInt16)
  }
  var at: Time
  var what: What

  static func all(of network: NetworkModel, delays: [Time]) -> [News] {
    var list: [News] = []
    for (number, port) in network.ports.enumerated() {
      for change in port.changes {
        list.append(News(at: change.at + delays[port.owner], what: .capacity(port: number, change.capacity)))
      }
    }
    for change in network.switches {
      list.append(
        News(at: change.at + delays[change.from], what: .way(from: change.from, to: change.to, change.way)))
    }
    // The order in which the lists give them decides at one instant: it is the same everywhere.
    return list.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
  }
}
