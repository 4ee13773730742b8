// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// A flow that has been sent another way, or waits for one.
struct Detour: Sendable {
  /// As the application opened it.
  var spec: FlowSpec
  var demand: Int64
  var usage: Int64
  var started: Time
  /// What it has sent on the ways before.
  var sent: BitTicks = 0
  var attempt: UInt8 = 0
  /// Nothing leads to its destination: what is left of it waits at its source.
  var isParked = false
  var left: BitTicks = 0
}

/// What happens to the flows of a fleet when fibres break and routes change.
///
/// A port whose fibre is dark drops what it holds and what comes, and tells the sources, which count it as lost. When
/// routing has converged, the source ends the flow on its old way and sends what is left, by what it knows to be lost,
/// as a flow of another name on the new one; the application notices nothing but the time. Convergence takes longer than
/// a round trip, so that sources have heard of what was lost by then, but for a round trip's worth of what controllers
/// that never fall silent send into the dark. Where nothing leads to the destination, the rest waits at the source.
///
/// Words between ports and sources are not lost with the fibre: they take the time of their way, as if the network that
/// manages the links had fibres of its own.
extension FluidNetwork {
  /// The name under which a flow is known here now.
  func present(_ name: FlowID) -> FlowID {
    guard let detour = detours[name] else { return name }
    return name.again(detour.attempt)
  }

  /// Drops all that a port holds, and tells the sources.
  mutating func purge(_ lane: Int, at now: Time) {
    let queued = ports[lane].flows.map(\.queued)
    ports[lane].purge()
    for i in queued.indices where queued[i] > 0 { notify(lane, i, at: now) }
  }

  mutating func park(_ spec: FlowSpec, demand: BitRate, at now: Time) {
    var known = spec
    known.way = 0
    let rate = min(demand, spec.limit).bitsPerSecond
    detours[spec.id] = Detour(
      spec: known, demand: rate, usage: rate, started: now, isParked: true, left: spec.amount)
  }

  mutating func endParked(_ name: FlowID, at now: Time) {
    self.now = now
    guard let detour = detours.removeValue(forKey: name) else { return }
    events.append(.closed(detour.spec, started: detour.started, delivered: now, bytes: detour.sent.bytes))
  }

  mutating func reroute(_ change: NetworkModel.Switch, at now: Time) {
    ways[change.to] = change.way
    for id in slots.keys.sorted() {
      let spec = sources[slots[id]!].spec
      if Int(spec.destination) == change.to, spec.way != change.way { move(id, to: change.way, at: now) }
    }
    guard change.way != NetworkModel.nowhere else { return }
    for name in detours.keys.sorted() {
      guard detours[name]!.isParked, Int(detours[name]!.spec.destination) == change.to else { continue }
      detours[name]!.isParked = false
      beginAgain(name, way: change.way, at: now)
    }
  }

  /// Ends a flow on its way and sends the rest on another one.
  private mutating func move(_ id: FlowID, to way: UInt16, at now: Time) {
    let slot = slots[id]!
    sources[slot].integrate(to: now)
    let source = sources[slot]
    let rest = source.spec.isUnlimited ? 0 : left(slot, at: now)
    // All of it is sent: the last of it arrives on the old way.
    if !source.spec.isUnlimited, rest <= 0 { return }
    if source.spec.isUnlimited, source.phase == .closing { return }
    let name = id.base
    var detour =
      detours[name] ?? Detour(spec: source.spec, demand: source.demand, usage: source.usage, started: source.started)
    if detour.attempt == 0 {
      detour.spec.id = name
      detour.spec.way = 0
    }
    detour.usage = source.usage
    detour.sent += source.spec.isUnlimited ? source.emitted : source.spec.amount - rest
    detour.left = rest
    detour.isParked = way == NetworkModel.nowhere
    detours[name] = detour
    // Ports on the way have to forget it, also where the first of them has done so already.
    if ports[portIndex(source.spec, hop: 0)].index(of: id) == nil { enter(source.spec, hop: 0, at: now) }
    finishSending(slot, lump: 0, end: .over, at: now)
    slots[id] = nil
    freeSlots.append(slot)
    if !detour.isParked {
      beginAgain(name, way: way, at: now)
    } else if source.spec.isUnlimited {
      events.append(.rate(name, .zero))
    }
  }

  private mutating func beginAgain(_ name: FlowID, way: UInt16, at now: Time) {
    detours[name]!.attempt &+= 1
    let detour = detours[name]!
    var spec = detour.spec
    spec.id = name.again(detour.attempt)
    spec.way = way
    spec.amount = detour.left
    begin(spec, demand: BitRate(detour.demand), at: now)
    setUsage(name, BitRate(detour.usage), at: now)
  }
}

extension Detour: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    writer.write(spec)
    writer.write(demand)
    writer.write(usage)
    writer.write(started)
    writer.write(sent)
    writer.write(attempt)
    writer.write(isParked)
    writer.write(left)
  }

  init(from reader: inout ByteReader) throws(WireError) {
    spec = try reader.read()
    demand = try reader.read()
    usage = try reader.read()
    started = try reader.readTime()
    sent = try reader.read()
    attempt = try reader.read()
    isParked = try reader.readBool()
    left = try reader.read()
  }
}
