// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Records
import Scheduling
import Simulation
import Site
import Topology

/// What the coordinator knows of wavelengths.
struct LightState: Sendable {
  struct Change: Sendable {
    var at: Time
    var port: Int32
    var rate: BitRate
  }

  let paths: LightPaths
  let configured: [Int32]
  /// Of each link, those on their way to it included.
  var wavelengths: [Int32]
  /// Bytes that each port was asked to carry since the last look.
  var demand: [Double]
  /// When to look next.
  var look: Time
  var settledAt = Time.zero
  /// Changes of ports that have been commanded and are to come, in order of time.
  var changes: [Change] = []

  init(paths: LightPaths, links: [LinkSpec]) {
    self.paths = paths
    configured = links.map { Int32($0.wavelengths) }
    wavelengths = configured
    demand = [Double](repeating: 0, count: 2 * links.count)
    look = paths.interval
  }
}

/// Moves wavelengths between links.
///
/// A retuning is agreed: the sites at both ends of a link act at the instant when the coordinator's word has reached the
/// farthest of all. A link that loses wavelengths loses them then; one that gains has them when the optics have settled.
/// Traffic that is under way goes on over what is left.
extension CoordinatorMachine {
  func lightView(at now: Time) -> LightView? {
    guard let light else { return nil }
    let seconds = light.paths.interval.seconds
    let backlog = light.demand.indices.map {
      load.backlog(ofPort: $0, at: now) + Double(load.reserved[$0]) / 8 * seconds
    }
    let links = plan.scenario.fleet.links.enumerated().map { index, link in
      LightView.Link(
        a: Int32(link.ends.0), b: Int32(link.ends.1), wavelengths: light.wavelengths[index],
        configured: light.configured[index],
        rate: BitRate(link.capacity.bitsPerSecond / Int64(link.wavelengths)),
        demand: max(light.demand[2 * index], light.demand[2 * index + 1]),
        backlog: max(backlog[2 * index], backlog[2 * index + 1]))
    }
    return LightView(
      links: links, pool: light.paths.pool.map { Int32($0) }, floor: Int32(light.paths.floor),
      reconfiguration: light.paths.reconfiguration, settledAt: light.settledAt)
  }

  /// A transfer has been ordered.
  mutating func noteDemand(_ spec: FlowSpec) {
    guard light != nil else { return }
    for port in load.route(from: Int(spec.source), to: Int(spec.destination)) {
      light!.demand[port] += spec.amount.bytesDouble
    }
  }

  /// Takes over what has been commanded for this instant, and looks if it is time; true if anything has changed.
  mutating func turnLight(at now: Time) -> Bool {
    var changed = false
    while let first = light!.changes.first, first.at <= now {
      light!.changes.removeFirst()
      load.setCapacity(Int(first.port), first.rate)
      ideal?.setCapacity(Int(first.port), first.rate)
      changed = true
    }
    if changed { view.capacity = capacityNow() }
    guard light!.paths.policy == .demandFollowing, light!.look <= now else { return changed }
    // What jobs send all the time counts as well.
    let seconds = light!.paths.interval.seconds
    for port in light!.demand.indices { light!.demand[port] += Double(load.reserved[port]) / 8 * seconds }
    if now >= light!.settledAt, let seen = lightView(at: now), let target = DemandFollowing.target(seen) {
      precondition(seen.refusal(of: target) == nil, "demand-following lights more than there is")
      retune(target, at: now)
    }
    for port in light!.demand.indices { light!.demand[port] = 0 }
    light!.look = now + light!.paths.interval
    return changed
  }

  mutating func retune(_ wavelengths: [Int32], at now: Time) {
    guard light != nil, wavelengths != light!.wavelengths else { return }
    let delays = plan.scenario.controlDelays
    let at = now + (delays.max() ?? .zero) + .tick
    let settled = at + light!.paths.reconfiguration
    var moved: Int32 = 0
    for (index, link) in plan.scenario.fleet.links.enumerated() where wavelengths[index] != light!.wavelengths[index] {
      let gains = wavelengths[index] > light!.wavelengths[index]
      if gains { moved += wavelengths[index] - light!.wavelengths[index] }
      let rate = BitRate(link.capacity.bitsPerSecond / Int64(link.wavelengths) * Int64(wavelengths[index]))
      for port in [2 * index, 2 * index + 1] {
        let change = LightState.Change(at: gains ? settled : at, port: Int32(port), rate: rate)
        light!.changes.append(change)
        if ideal == nil {
          command(
            .light(port: Int32(port), rate: rate, at: change.at), to: plan.network.ports[port].owner, at: now)
        }
      }
    }
    light!.changes.sort { ($0.at, $0.port) < ($1.at, $1.port) }
    light!.wavelengths = wavelengths
    light!.settledAt = settled
    records.append(.retune(RetuneRecord(at: now, settled: settled, moved: moved, wavelengths: wavelengths)))
  }
}

extension LightState {
  func encode(into writer: inout ByteWriter) {
    writer.write(integers: wavelengths)
    for value in demand { writer.write(value) }
    writer.write(look)
    writer.write(settledAt)
    writer.write(UInt32(changes.count))
    for change in changes {
      writer.write(change.at)
      writer.write(change.port)
      writer.write(change.rate)
    }
  }

  mutating func restore(from reader: inout ByteReader) throws(WireError) {
    wavelengths = try reader.readIntegers()
    for index in demand.indices { demand[index] = try reader.readDouble() }
    look = try reader.readTime()
    settledAt = try reader.readTime()
    changes = []
    for _ in 0..<(try reader.readCount(minimumSize: 20)) {
      changes.append(Change(at: try reader.readTime(), port: try reader.read(), rate: try reader.readRate()))
    }
  }
}
