// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Instant max-min fair sharing without queues: the limit that no congestion control can beat.
///
/// Rates are recomputed only for flows that share a port, directly or through others, with one that changed, by
/// progressive filling (Bertsekas and Gallager, Data Networks, section 6.5.2), in whole bits per second rounded down.
///
/// The gradient flows of one job are held together: the job is as fast as the slowest of them, so the others take no
/// more than that one gets, and what they leave is free for others.
public struct IdealNetwork: Sendable {
  /// What happens inside, in the order of time.
  public enum Event: Equatable, Sendable {
    /// The last bit has left the last port.
    case finished(FlowSpec)
    /// A flow without size of its own is given another rate.
    case rate(FlowID, BitRate)
  }

  struct Flow: Sendable {
    var spec: FlowSpec
    var path: [Int32]
    var demand: Int64
    var rate: Int64 = 0
    /// What is left at `since`; unused for unlimited flows.
    var left: BitTicks
    var sent: BitTicks = 0
    /// Of that, what has gone another way.
    var elsewhere: BitTicks = 0
    var since: Time
    var version: UInt32 = 0
    var mark: UInt32 = 0
    var frozen = false
    var newRate: Int64 = 0
  }

  struct Port: Sendable {
    var capacity: Int64
    var flows: [Int32] = []
    var carried: BitTicks = 0
    var dirty = false
    var mark: UInt32 = 0
    var free: Int64 = 0
    var open: Int64 = 0
  }

  struct Finish: Sendable {
    var slot: Int32
    var version: UInt32
  }

  var ports: [Port]
  var flows: [Flow] = []
  var freeSlots: [Int32] = []
  var slots: [FlowID: Int32] = [:]
  /// Flows without size of their own, by job and stay.
  var rings: [UInt64: [Int32]] = [:]
  var queue = EventQueue<Finish>()
  var dirty: [Int32] = []
  var generation: UInt32 = 0
  public private(set) var now = Time.zero

  public init(capacities: [BitRate]) { ports = capacities.map { Port(capacity: $0.bitsPerSecond) } }

  /// The next instant at which a flow finishes.
  public mutating func nextEvent() -> Time {
    while let first = queue.first {
      let flow = flows[Int(first.payload.slot)]
      if flow.version == first.payload.version { return first.time }
      _ = queue.pop()
    }
    return .never
  }

  public var openFlows: Int { slots.count }
  /// The rate of a flow now.
  public func rate(of id: FlowID) -> BitRate? { slots[id].map { BitRate(flows[Int($0)].rate) } }
  public func contains(_ id: FlowID) -> Bool { slots[id] != nil }

  /// Adds a flow. Rates change at the next ``settle(at:)``.
  /// - Parameter path: the ports that it passes; at least one.
  public mutating func open(_ spec: FlowSpec, path: [Int], demand: BitRate, at time: Time) {
    precondition(slots[spec.id] == nil, "flow opened twice")
    let flow = Flow(
      spec: spec, path: path.map { Int32($0) }, demand: min(demand, spec.limit).bitsPerSecond, left: spec.amount,
      since: time, version: 0)
    let slot: Int32
    if let reused = freeSlots.popLast() {
      slot = reused
      let version = flows[Int(slot)].version
      flows[Int(slot)] = flow
      flows[Int(slot)].version = version &+ 1
    } else {
      slot = Int32(flows.count)
      flows.append(flow)
    }
    slots[spec.id] = slot
    if spec.isUnlimited { rings[IdealNetwork.ring(of: spec.id), default: []].append(slot) }
    for port in path {
      ports[port].flows.append(slot)
      touch(port)
    }
  }

  /// Removes a flow and tells how much it has sent.
  @discardableResult
  public mutating func close(_ id: FlowID, at time: Time) -> BitTicks {
    guard let slot = slots.removeValue(forKey: id) else { return 0 }
    integrate(slot, to: time)
    let flow = flows[Int(slot)]
    if flow.spec.isUnlimited { leaveRing(slot) }
    for port in flow.path {
      let index = ports[Int(port)].flows.firstIndex(of: slot)!
      ports[Int(port)].flows.swapAt(index, ports[Int(port)].flows.count - 1)
      ports[Int(port)].flows.removeLast()
      ports[Int(port)].carried += flow.sent - flow.elsewhere
      touch(Int(port))
    }
    flows[Int(slot)].version &+= 1
    freeSlots.append(slot)
    return flow.sent
  }

  /// Sends all open flows between two nodes another way. Rates change at the next ``settle(at:)``.
  public mutating func reroute(from: Int, to: Int, path: [Int], at time: Time) {
    for id in slots.keys.sorted() {
      let slot = slots[id]!
      let spec = flows[Int(slot)].spec
      guard Int(spec.source) == from, Int(spec.destination) == to else { continue }
      integrate(slot, to: time)
      let flow = flows[Int(slot)]
      for port in flow.path {
        ports[Int(port)].flows.removeAll { $0 == slot }
        ports[Int(port)].carried += flow.sent - flow.elsewhere
        touch(Int(port))
      }
      flows[Int(slot)].elsewhere = flow.sent
      flows[Int(slot)].path = path.map { Int32($0) }
      for port in path {
        ports[port].flows.append(slot)
        touch(port)
      }
    }
  }

  static func ring(of id: FlowID) -> UInt64 { id.raw >> 16 }

  private mutating func leaveRing(_ slot: Int32) {
    let ring = IdealNetwork.ring(of: flows[Int(slot)].spec.id)
    rings[ring]?.removeAll { $0 == slot }
    guard let rest = rings[ring], !rest.isEmpty else {
      rings[ring] = nil
      return
    }
    // The others are no longer held by it.
    for other in rest { for port in flows[Int(other)].path { touch(Int(port)) } }
  }

  /// The flows that can be no faster than this one, itself among them.
  func tied(_ slot: Int32) -> [Int32] {
    flows[Int(slot)].spec.isUnlimited ? rings[IdealNetwork.ring(of: flows[Int(slot)].spec.id)] ?? [slot] : [slot]
  }

  public mutating func setDemand(_ id: FlowID, _ demand: BitRate) {
    guard let slot = slots[id] else { return }
    let limited = min(demand, flows[Int(slot)].spec.limit).bitsPerSecond
    guard limited != flows[Int(slot)].demand else { return }
    flows[Int(slot)].demand = limited
    for port in flows[Int(slot)].path { touch(Int(port)) }
  }

  public mutating func setCapacity(_ port: Int, _ capacity: BitRate) {
    ports[port].capacity = capacity.bitsPerSecond
    touch(port)
  }

  mutating func touch(_ port: Int) {
    if ports[port].dirty { return }
    ports[port].dirty = true
    dirty.append(Int32(port))
  }

  mutating func integrate(_ slot: Int32, to time: Time) {
    let i = Int(slot)
    let span = time.ticks - flows[i].since.ticks
    flows[i].since = time
    guard span > 0 else { return }
    var moved = Int128(flows[i].rate) * Int128(span)
    if !flows[i].spec.isUnlimited {
      // The tick in which a flow ends is counted whole by time but not by amount.
      moved = min(moved, flows[i].left)
      flows[i].left -= moved
    }
    flows[i].sent += moved
  }

  /// Finishes the flows that are due at `time`. Call ``settle(at:)`` afterwards.
  public mutating func advance(to time: Time, _ events: inout [Event]) {
    precondition(time >= now, "time runs forward")
    now = time
    while nextEvent() <= time, let entry = queue.pop() {
      let spec = flows[Int(entry.payload.slot)].spec
      close(spec.id, at: entry.time)
      events.append(.finished(spec))
    }
  }

  /// Recomputes the rates of all flows connected to what has changed.
  public mutating func settle(at time: Time, _ events: inout [Event]) {
    now = time
    guard !dirty.isEmpty else { return }
    generation &+= 1
    let g = generation
    var componentPorts: [Int32] = []
    var componentFlows: [Int32] = []
    for port in dirty {
      ports[Int(port)].dirty = false
      if ports[Int(port)].mark == g { continue }
      ports[Int(port)].mark = g
      componentPorts.append(port)
    }
    dirty.removeAll(keepingCapacity: true)
    var next = 0
    while next < componentPorts.count {
      let port = Int(componentPorts[next])
      next += 1
      for seen in ports[port].flows where flows[Int(seen)].mark != g {
        for slot in tied(seen) where flows[Int(slot)].mark != g {
          flows[Int(slot)].mark = g
          componentFlows.append(slot)
          for other in flows[Int(slot)].path where ports[Int(other)].mark != g {
            ports[Int(other)].mark = g
            componentPorts.append(other)
          }
        }
      }
    }
    fill(componentPorts, componentFlows)
    // Rates are reported in the order of flow ids, which does not depend on how flows came to share ports.
    var reports: [(FlowID, BitRate)] = []
    for slot in componentFlows where flows[Int(slot)].newRate != flows[Int(slot)].rate {
      let i = Int(slot)
      integrate(slot, to: time)
      flows[i].rate = flows[i].newRate
      flows[i].version &+= 1
      if flows[i].spec.isUnlimited {
        reports.append((flows[i].spec.id, BitRate(flows[i].rate)))
      } else if flows[i].rate > 0 {
        let rate = Int128(flows[i].rate)
        let ticks = (flows[i].left + rate - 1) / rate
        let due = ticks > Int128(Int64.max) ? .never : time + Time(ticks: Int64(ticks))
        if due < .never {
          queue.push(Finish(slot: slot, version: flows[i].version), at: due, rank: flows[i].spec.id.raw)
        }
      }
    }
    reports.sort { $0.0 < $1.0 }
    for (id, rate) in reports { events.append(.rate(id, rate)) }
  }

  /// Progressive filling: raise all rates together; freeze flows at their demand or at the port that fills first.
  mutating func fill(_ componentPorts: [Int32], _ componentFlows: [Int32]) {
    for port in componentPorts {
      ports[Int(port)].free = ports[Int(port)].capacity
      ports[Int(port)].open = Int64(ports[Int(port)].flows.count)
    }
    for slot in componentFlows { flows[Int(slot)].frozen = false }
    var left = componentFlows.count
    // Flows whose demand may be below their share, least first.
    let limited = componentFlows.sorted {
      (flows[Int($0)].demand, flows[Int($0)].spec.id.raw) < (flows[Int($1)].demand, flows[Int($1)].spec.id.raw)
    }
    var nextLimited = 0
    while left > 0 {
      var level = Int64.max
      var bottleneck = -1
      for port in componentPorts where ports[Int(port)].open > 0 {
        let share = ports[Int(port)].free / ports[Int(port)].open
        if share < level {
          level = share
          bottleneck = Int(port)
        }
      }
      while nextLimited < limited.count, flows[Int(limited[nextLimited])].frozen { nextLimited += 1 }
      if nextLimited < limited.count, flows[Int(limited[nextLimited])].demand <= level {
        left -= freeze(limited[nextLimited], at: flows[Int(limited[nextLimited])].demand)
        continue
      }
      precondition(bottleneck >= 0, "every flow passes a port")
      for slot in ports[bottleneck].flows where !flows[Int(slot)].frozen { left -= freeze(slot, at: level) }
    }
  }

  /// Fixes the rate of a flow and of those tied to it; returns how many these are. All of them have risen together, so
  /// the rate fits wherever they pass.
  mutating func freeze(_ first: Int32, at rate: Int64) -> Int {
    var count = 0
    for slot in tied(first) where !flows[Int(slot)].frozen {
      flows[Int(slot)].frozen = true
      flows[Int(slot)].newRate = rate
      for port in flows[Int(slot)].path {
        ports[Int(port)].free -= rate
        ports[Int(port)].open -= 1
      }
      count += 1
    }
    return count
  }

  /// What an open flow has sent until `time`; nothing if it is not open.
  public func sent(_ id: FlowID, at time: Time) -> BitTicks {
    guard let slot = slots[id] else { return 0 }
    let flow = flows[Int(slot)]
    let moved = Int128(flow.rate) * Int128(time.ticks - flow.since.ticks)
    return flow.sent + (flow.spec.isUnlimited ? moved : min(moved, flow.left))
  }

  /// All that has passed a port until `time`.
  public func carried(_ port: Int, at time: Time) -> BitTicks {
    var sum = ports[port].carried
    for slot in ports[port].flows {
      let flow = flows[Int(slot)]
      var moved = Int128(flow.rate) * Int128(time.ticks - flow.since.ticks)
      if !flow.spec.isUnlimited { moved = min(moved, flow.left) }
      sum += flow.sent - flow.elsewhere + moved
    }
    return sum
  }

  /// What must always hold: no port carries more than its capacity, no flow more than its demand.
  public func checkInvariants() {
    for port in ports {
      var sum: Int64 = 0
      for slot in port.flows {
        let flow = flows[Int(slot)]
        precondition(flow.rate <= flow.demand, "a flow is faster than its demand")
        precondition(flow.left >= 0, "a flow has sent more than it had")
        sum += flow.rate
      }
      precondition(sum <= port.capacity, "a port carries more than its capacity")
    }
  }
}

extension IdealNetwork: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(now)
    writer.write(UInt32(ports.count))
    for port in ports {
      writer.write(port.capacity)
      writer.write(integers: port.flows)
      writer.write(port.carried)
      writer.write(port.dirty)
    }
    writer.write(UInt32(flows.count))
    for flow in flows {
      writer.write(flow.spec)
      writer.write(integers: flow.path)
      writer.write(flow.demand)
      writer.write(flow.rate)
      writer.write(flow.left)
      writer.write(flow.sent)
      writer.write(flow.elsewhere)
      writer.write(flow.since)
      writer.write(flow.version)
    }
    writer.write(integers: freeSlots)
    writer.write(integers: dirty)
    writer.write(UInt32(queue.count))
    for entry in queue.entries {
      writer.write(entry.time)
      writer.write(entry.rank)
      writer.write(entry.sequence)
      writer.write(entry.payload.slot)
      writer.write(entry.payload.version)
    }
    writer.write(queue.nextSequence)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    now = try reader.readTime()
    ports = []
    for _ in 0..<(try reader.readCount()) {
      var port = Port(capacity: try reader.read())
      port.flows = try reader.readIntegers()
      port.carried = try reader.read()
      port.dirty = try reader.readBool()
      ports.append(port)
    }
    for _ in 0..<(try reader.readCount()) {
      let spec: FlowSpec = try reader.read()
      let path: [Int32] = try reader.readIntegers()
      var flow = Flow(spec: spec, path: path, demand: try reader.read(), left: 0, since: .zero)
      flow.rate = try reader.read()
      flow.left = try reader.read()
      flow.sent = try reader.read()
      flow.elsewhere = try reader.read()
      flow.since = try reader.readTime()
      flow.version = try reader.read()
      flows.append(flow)
    }
    freeSlots = try reader.readIntegers()
    dirty = try reader.readIntegers()
    var entries: [EventQueue<Finish>.Entry] = []
    for _ in 0..<(try reader.readCount()) {
      entries.append(
        .init(
          time: try reader.readTime(), rank: try reader.read(), sequence: try reader.read(),
          payload: Finish(slot: try reader.read(), version: try reader.read())))
    }
    queue = EventQueue(entries: entries, nextSequence: try reader.read())
    var unused = Set<Int32>()
    for slot in freeSlots { unused.insert(slot) }
    for (index, flow) in flows.enumerated() where !unused.contains(Int32(index)) {
      slots[flow.spec.id] = Int32(index)
      if flow.spec.isUnlimited { rings[IdealNetwork.ring(of: flow.spec.id), default: []].append(Int32(index)) }
    }
  }
}
