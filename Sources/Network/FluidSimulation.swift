// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// The fluid level of a whole fleet in one place, without jobs: every site's part and the messages between them, in the
/// order in which the drivers handle them. For experiments, tests and benchmarks.
public struct FluidSimulation: Sendable {
  /// Something that a network told its site.
  public struct Happening: Equatable, Sendable {
    public var at: Time
    public var site: Int
    public var event: NetworkEvent
  }

  public private(set) var sites: [FluidNetwork]
  let model: NetworkModel
  /// The next event of each site.
  private var due: [Time]
  private var inbox = EventQueue<NetworkPacket>()
  public private(set) var happened: [Happening] = []
  public private(set) var now = Time.zero
  /// Messages between sites so far.
  public private(set) var messages = 0
  /// Checks every invariant of a site after each of its steps.
  public var checked = false

  public init(model: NetworkModel) {
    self.model = model
    let sites = (0..<model.partCount).map { FluidNetwork(model: model, site: $0) }
    self.sites = sites
    due = sites.map(\.nextEvent)
  }

  public mutating func open(_ spec: FlowSpec, demand: BitRate? = nil) {
    let part = model.part(of: spec.source)
    sites[part].open(spec, demand: demand ?? spec.limit, at: now)
    collect(part)
  }

  public mutating func close(_ id: FlowID, from site: Int) {
    sites[site].close(id, at: now)
    collect(site)
  }

  public mutating func setUsage(_ id: FlowID, from site: Int, _ rate: BitRate) {
    sites[site].setUsage(id, rate, at: now)
    collect(site)
  }

  public var nextEvent: Time {
    var next = inbox.nextTime
    for time in due { next = min(next, time) }
    return next
  }

  public var events: UInt64 { sites.reduce(0) { $0 + $1.handled } }

  /// Handles all events until `time`, that instant included, and leaves the clock there.
  public mutating func run(until time: Time) {
    while nextEvent <= time { step() }
    if time < .never { now = max(now, time) }
  }

  /// Handles one event or message: at one instant a site's own events come before
  /// messages to it, and its ports look at themselves last.
  public mutating func step() {
    let next = nextEvent
    guard next < .never else { return }
    now = next
    let heard = inbox.nextTime == next
    for k in sites.indices where due[k] == next && !(heard && sites[k].nextIsDeferred) {
      sites[k].step()
      collect(k)
      return
    }
    if let entry = inbox.pop() {
      sites[entry.payload.to].receive(entry.payload.message, at: now)
      collect(entry.payload.to)
    }
  }

  private mutating func collect(_ k: Int) {
    for packet in sites[k].outbox {
      inbox.push(packet, at: packet.at, rank: UInt64(k))
      messages += 1
    }
    sites[k].outbox.removeAll(keepingCapacity: true)
    for event in sites[k].events { happened.append(Happening(at: now, site: k, event: event)) }
    sites[k].events.removeAll(keepingCapacity: true)
    due[k] = sites[k].nextEvent
    if checked { sites[k].checkInvariants() }
  }

  public func rate(of id: FlowID) -> BitRate? {
    for site in sites { if let rate = site.rate(of: id) { return rate } }
    return nil
  }

  /// What has passed a port, by its number in the fleet.
  public mutating func totals(port: Int) -> (bitsIn: BitTicks, bitsOut: BitTicks, dropped: BitTicks, queued: BitTicks) {
    for k in sites.indices where sites[k].localPorts.contains(port) {
      let t = sites[k].totals(port: port, at: now)
      return (t.bitsIn, t.bitsOut, t.dropped, sites[k].queued(port: port))
    }
    preconditionFailure("no such port")
  }
}

extension FluidSimulation {
  /// Writes the state; the model and ``happened`` are not part of it.
  public func encode(into writer: inout ByteWriter) {
    writer.write(now)
    writer.write(UInt64(messages))
    for site in sites { site.encode(into: &writer) }
    writer.write(UInt32(inbox.count))
    for entry in inbox.entries {
      writer.write(entry.time)
      writer.write(entry.rank)
      writer.write(entry.sequence)
      writer.write(UInt16(entry.payload.to))
      writer.write(entry.payload.message)
    }
    writer.write(inbox.nextSequence)
  }

  /// Continues what ``encode(into:)`` has written, with an empty list of what has ``happened``.
  public init(model: NetworkModel, from reader: inout ByteReader) throws(WireError) {
    self.init(model: model)
    now = try reader.readTime()
    messages = Int(try reader.read(UInt64.self))
    for k in sites.indices { sites[k] = try FluidNetwork(model: model, site: k, from: &reader) }
    due = sites.map(\.nextEvent)
    var entries: [EventQueue<NetworkPacket>.Entry] = []
    for _ in 0..<(try reader.readCount()) {
      let time = try reader.readTime()
      let rank: UInt64 = try reader.read()
      let sequence: UInt64 = try reader.read()
      let to = Int(try reader.read(UInt16.self))
      entries.append(
        .init(
          time: time, rank: rank, sequence: sequence,
          payload: NetworkPacket(to: to, at: time, message: try reader.read())))
    }
    inbox = EventQueue(entries: entries, nextSequence: try reader.read())
  }
}
