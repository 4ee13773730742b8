// SPDX-License-Identifier: Apache-2.0

import Quantities

/// The collectives of a plan as the hosts of one part of a network see them at fluid level: what may be sent when, and when
/// hosts have their results.
struct PartCollectives: Sendable {
  /// What an application hands over to a connection, by the connection's place among all flows.
  struct Offer: Equatable, Sendable {
    var flow: Int
    var bytes: Int64
  }

  private let plan: NetworkPlan
  private var progress: [CollectiveProgress]
  /// Of each connection: which collective, and its number there.
  private var places: [(collective: Int, connection: Int)] = []
  /// Where the connections of each collective begin among all flows.
  private var first: [Int] = []
  private var isOpen: Set<Int> = []
  /// What has been handed over before a connection is open.
  private var early: [Int: [Int64]] = [:]
  /// By collective and repetition: when the last host here had its result, and how many have it.
  private var finished: [[Time]]
  private var completions: [[Int]]

  init(_ plan: NetworkPlan) {
    self.plan = plan
    progress = []
    for (index, collective) in plan.collectives.enumerated() {
      let schedule = CollectiveSchedule(collective)
      first.append(plan.flows.count + places.count)
      for connection in schedule.connections.indices { places.append((index, connection)) }
      progress.append(CollectiveProgress(schedule, repeats: collective.repeats))
    }
    finished = plan.collectives.map { [Time](repeating: .zero, count: $0.repeats) }
    completions = plan.collectives.map { [Int](repeating: 0, count: $0.repeats) }
  }

  /// A flow has been opened. Returns what may be sent now if it is a connection of a collective.
  mutating func start(_ flow: Int) -> [Offer] {
    guard flow >= plan.flows.count else { return [] }
    isOpen.insert(flow)
    let waiting = (early.removeValue(forKey: flow) ?? []).map { Offer(flow: flow, bytes: $0) }
    let (collective, connection) = places[flow - plan.flows.count]
    let source = progress[collective].schedule.connections[connection].source
    return waiting + release(from: source, collective)
  }

  /// The next message of a connection has arrived. Returns what its receiver may send now.
  mutating func arrive(_ flow: Int, at now: Time) -> [Offer] {
    let (collective, connection) = places[flow - plan.flows.count]
    if let repetition = progress[collective].arrive(on: connection) {
      finished[collective][repetition] = max(finished[collective][repetition], now)
      completions[collective][repetition] += 1
    }
    return release(from: progress[collective].schedule.connections[connection].destination, collective)
  }

  private mutating func release(from host: Int, _ collective: Int) -> [Offer] {
    var offers: [Offer] = []
    for one in progress[collective].release(from: host) {
      let flow = first[collective] + one.connection
      if isOpen.contains(flow) {
        offers.append(Offer(flow: flow, bytes: one.bytes))
      } else {
        early[flow, default: []].append(one.bytes)
      }
    }
    return offers
  }

  /// Every repetition, with the end that the hosts here know; never if one of them has no result.
  func results(isHere: (Int) -> Bool) -> [ExperimentResult.Collective] {
    var list: [ExperimentResult.Collective] = []
    for (index, times) in finished.enumerated() {
      let hosts = Set(progress[index].schedule.connections.map(\.destination)).filter(isHere).count
      for (repetition, time) in times.enumerated() {
        // A part without hosts of the collective has nothing against any end.
        let isComplete = completions[index][repetition] == hosts
        list.append(
          ExperimentResult.Collective(
            collective: index, start: plan.collectives[index].start, end: isComplete ? time : .never))
      }
    }
    return list
  }
}
