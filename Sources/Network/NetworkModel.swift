// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Topology

/// What every level of the network knows of the fleet: ports, routes and delays. Compiled once, sent to the agents.
public struct NetworkModel: Equatable, Sendable {
  public struct Port: Equatable, Sendable {
    public var owner: Int
    public var next: Int
    public var capacity: BitRate
    public var delay: Time
    public var loss: Double
    public var bufferBytes: Int64
    public var changes: [CapacityChange]
    /// Lost at regular intervals rather than at random.
    var losesPeriodically = false
    /// The network card of a host: its flows share it at their sources, so that nothing queues.
    var isCard = false
    var marking: Marking?
    var phantom: PhantomQueue?
    /// The sites that it leaves and leads to; in a fleet the same as owner and next.
    var site: Int
    var nextSite: Int
    /// Grants rates.
    var keepsLedger = true

    public init(
      owner: Int, next: Int, capacity: BitRate, delay: Time, loss: Double, bufferBytes: Int64,
      changes: [CapacityChange]
    ) {
      self.owner = owner
      self.next = next
      site = owner
      nextSite = next
      self.capacity = capacity
      self.delay = delay
      self.loss = loss
      self.bufferBytes = bufferBytes
      self.changes = changes
    }

    /// What the capacity carries until `end`.
    public func capacity(until end: Time) -> BitTicks {
      var sum: BitTicks = 0
      var since = Time.zero
      var rate = capacity
      for change in changes where change.at < end {
        sum += BitTicks(rate, for: change.at - since)
        since = change.at
        rate = change.capacity
      }
      return sum + BitTicks(rate, for: end - since)
    }

    /// `amount` over what the capacity would have carried until `end`.
    public func utilisation(of amount: BitTicks, until end: Time) -> Double {
      let most = capacity(until: end)
      return most > 0 ? Double(amount) / Double(most) : 0
    }

    /// Share of the time until `end` in which there was any capacity.
    public func availability(until end: Time) -> Double {
      guard end > .zero else { return 1 }
      var up: Int64 = 0
      var since = Time.zero
      var rate = capacity
      for change in changes where change.at < end {
        if rate > .zero { up += (change.at - since).ticks }
        since = change.at
        rate = change.capacity
      }
      if rate > .zero { up += (end - since).ticks }
      return Double(up) / Double(end.ticks)
    }
  }

  /// The way of a flow.
  struct Path: Equatable, Sendable {
    var ports: [Int]
    /// What light and machines take to the receiver and back, without queues.
    var forward: Time
    var back: Time
    /// What the first packet takes to leave the sender; part of the round trip as the sender sees it.
    var first = Time.zero
  }

  /// What an experiment says about one of its flows.
  struct FlowFacts: Equatable, Sendable {
    /// Most bytes in flight.
    var inflightLimit: Int64
    /// Rank of its class among those in use; the first is served first.
    var lane: Int
    var site: Int
    var localRoundTrip: Time
    /// Sums at which messages on it end.
    var boundaries: [BitTicks]
  }

  /// A way between two sites that is not their route, taken while that one is dark.
  public struct Alternative: Equatable, Sendable {
    var from: Int
    var to: Int
    var ports: [Int]
  }

  /// From `at` on, flows between two sites take another way.
  public struct Switch: Equatable, Sendable {
    public var at: Time
    public var from: Int
    public var to: Int
    /// 0 for the route of the model, else one of the alternatives, counted from 1; ``nowhere`` if nothing leads there.
    public var way: UInt16
  }

  /// Nothing leads to a site.
  public static let nowhere = UInt16.max

  public var ports: [Port]
  /// Sorted by time.
  public internal(set) var switches: [Switch] = []
  var alternatives: [Alternative] = []
  /// `routes[from][to]`: ports to pass.
  public var routes: [[[Int]]]
  public var delays: [[Time]]
  public var algorithm: Algorithm
  public var packetBytes: Int64
  /// The round trip inside a site, which the fluid level of a fleet does not follow.
  public var localRoundTrip = Time.microseconds(10)
  /// From which controllers and receivers draw what they leave to chance.
  public var seed: UInt64
  /// Whether steady states are leapt over; off only to measure what that costs.
  public var leaps: Bool
  /// The round trip of the longest path.
  var longestRoundTrip: Time
  /// Ways: between sites in a fleet, of each flow by its number in an experiment.
  var paths: [Path] = []
  /// By the number of the flow; empty in a fleet.
  var facts: [FlowFacts] = []
  /// The part of each node; empty in a fleet, where every site is one.
  var nodeParts: [Int] = []
  var partCount: Int
  /// Classes of traffic in use.
  var classes = 1
  /// Factor by which senders misjudge their round trip.
  var roundTripError = 1.0
  /// Share of words between ports and senders that is lost.
  var controlLoss = 0.0
  /// Least time without an acknowledgement after which what is in flight counts as lost.
  var minimumTimeout = NetworkPlan.HostParameters().minimumTimeout

  public init(
    fleet: Fleet, algorithm: Algorithm, packetBytes: Int64 = 4096, seed: UInt64 = 1, leaps: Bool = true
  ) {
    ports = (0..<fleet.portCount).map { port in
      let link = fleet.link(ofPort: port)
      return Port(
        owner: fleet.owner(ofPort: port), next: fleet.destination(ofPort: port), capacity: link.capacity,
        delay: link.delay, loss: link.loss, bufferBytes: link.bufferBytes, changes: link.changes)
    }
    partCount = fleet.routes.count
    longestRoundTrip = .zero
    routes = fleet.routes
    delays = fleet.delays
    self.algorithm = algorithm
    self.packetBytes = packetBytes
    self.seed = seed
    self.leaps = leaps
    for change in fleet.reroutes {
      var way = NetworkModel.nowhere
      if let route = change.route {
        let other = Alternative(from: change.from, to: change.to, ports: route)
        if route == routes[change.from][change.to] {
          way = 0
        } else if let known = alternatives.firstIndex(of: other) {
          way = UInt16(known + 1)
        } else {
          alternatives.append(other)
          way = UInt16(alternatives.count)
        }
      }
      switches.append(Switch(at: change.at, from: change.from, to: change.to, way: way))
    }
    layRoutes()
  }

  /// The ports to pass on a way.
  public func route(from: Int, to: Int, way: UInt16) -> [Int] {
    way == 0 || way == NetworkModel.nowhere ? routes[from][to] : alternatives[Int(way) - 1].ports
  }

  /// What light takes on a way; never where nothing leads there.
  public func delay(from: Int, to: Int, way: UInt16) -> Time {
    if way == NetworkModel.nowhere { return .never }
    return way == 0 ? delays[from][to] : alternatives[Int(way) - 1].ports.reduce(Time.zero) { $0 + ports[$1].delay }
  }

  public var siteCount: Int { routes.count }

  /// What follows from routes, delays and the algorithm.
  private mutating func layRoutes() {
    if let rule = algorithm.demands.marking {
      for port in ports.indices { ports[port].marking = Marking(rule, capacity: ports[port].capacity) }
    }
    if let rule = algorithm.demands.phantom {
      for port in ports.indices { ports[port].phantom = PhantomQueue(rule, capacity: ports[port].capacity) }
    }
    for from in routes.indices {
      for to in routes.indices {
        paths.append(Path(ports: routes[from][to], forward: delays[from][to], back: delays[to][from]))
        if from != to { longestRoundTrip = max(longestRoundTrip, delays[from][to] + delays[to][from]) }
      }
    }
    for (index, other) in alternatives.enumerated() {
      let delay = delay(from: other.from, to: other.to, way: UInt16(index + 1))
      paths.append(Path(ports: other.ports, forward: delay, back: delay))
      longestRoundTrip = max(longestRoundTrip, delay + delay)
    }
  }

  func path(of spec: FlowSpec) -> Path {
    paths[pathIndex(of: spec)]
  }

  /// Position of a flow's way in ``paths``.
  func pathIndex(of spec: FlowSpec) -> Int {
    guard facts.isEmpty else { return Int(truncatingIfNeeded: spec.id.raw) }
    return spec.way == 0
      ? Int(spec.source) * routes.count + Int(spec.destination) : routes.count * routes.count + Int(spec.way) - 1
  }

  /// The site from which a way of a fleet leaves.
  func source(ofPath index: Int) -> Int {
    let direct = routes.count * routes.count
    return index < direct ? index / routes.count : alternatives[index - direct].from
  }

  func facts(of spec: FlowSpec) -> FlowFacts? { facts.isEmpty ? nil : facts[Int(truncatingIfNeeded: spec.id.raw)] }

  func lane(of spec: FlowSpec) -> Int { facts.isEmpty ? 0 : facts[Int(truncatingIfNeeded: spec.id.raw)].lane }

  func part(of node: UInt16) -> Int { nodeParts.isEmpty ? Int(node) : nodeParts[Int(node)] }

  /// The least capacity of a route now and then: at time zero.
  public func capacity(from: Int, to: Int) -> BitRate {
    routes[from][to].map { ports[$0].capacity }.min() ?? .unlimited
  }

  /// What an amount takes alone on its route at no more than `limit`: transmission and propagation.
  public func timeAlone(_ amount: BitTicks, from: Int, to: Int, limit: BitRate) -> Time {
    let rate = min(limit, capacity(from: from, to: to)).bitsPerSecond
    guard rate > 0 else { return .never }
    return Time(ticks: Int64((amount + Int128(rate) - 1) / Int128(rate))) + delays[from][to]
  }
}

/// The model of a fleet; agents compile that of an experiment from its plan.
extension NetworkModel: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(UInt32(ports.count))
    for port in ports {
      writer.write(UInt16(port.owner))
      writer.write(UInt16(port.next))
      writer.write(port.capacity)
      writer.write(port.delay)
      writer.write(port.loss)
      writer.write(port.bufferBytes)
      writer.write(UInt32(port.changes.count))
      for change in port.changes {
        writer.write(change.at)
        writer.write(change.capacity)
      }
    }
    writer.write(UInt32(routes.count))
    for row in routes { for route in row { writer.write(integers: route.map { UInt16($0) }) } }
    for row in delays { for delay in row { writer.write(delay) } }
    writer.write(UInt32(alternatives.count))
    for other in alternatives {
      writer.write(UInt16(other.from))
      writer.write(UInt16(other.to))
      writer.write(integers: other.ports.map { UInt16($0) })
    }
    writer.write(UInt32(switches.count))
    for change in switches {
      writer.write(change.at)
      writer.write(UInt16(change.from))
      writer.write(UInt16(change.to))
      writer.write(change.way)
    }
    writer.write(algorithm)
    writer.write(packetBytes)
    writer.write(localRoundTrip)
    writer.write(seed)
    writer.write(leaps)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    ports = []
    for _ in 0..<(try reader.readCount()) {
      var port = Port(
        owner: Int(try reader.read(UInt16.self)), next: Int(try reader.read(UInt16.self)),
        capacity: try reader.readRate(), delay: try reader.readTime(), loss: try reader.readDouble(),
        bufferBytes: try reader.read(), changes: [])
      for _ in 0..<(try reader.readCount(minimumSize: 16)) {
        port.changes.append(CapacityChange(at: try reader.readTime(), capacity: try reader.readRate()))
      }
      ports.append(port)
    }
    longestRoundTrip = .zero
    let sites = try reader.readCount()
    partCount = sites
    routes = []
    for _ in 0..<sites {
      var row: [[Int]] = []
      for _ in 0..<sites { row.append((try reader.readIntegers(UInt16.self)).map { Int($0) }) }
      routes.append(row)
    }
    delays = []
    for _ in 0..<sites {
      var row: [Time] = []
      for _ in 0..<sites { row.append(try reader.readTime()) }
      delays.append(row)
    }
    for _ in 0..<(try reader.readCount(minimumSize: 8)) {
      let (from, to): (UInt16, UInt16) = (try reader.read(), try reader.read())
      alternatives.append(
        Alternative(from: Int(from), to: Int(to), ports: (try reader.readIntegers(UInt16.self)).map { Int($0) }))
    }
    for _ in 0..<(try reader.readCount(minimumSize: 14)) {
      let at = try reader.readTime()
      let (from, to): (UInt16, UInt16) = (try reader.read(), try reader.read())
      switches.append(Switch(at: at, from: Int(from), to: Int(to), way: try reader.read()))
    }
    algorithm = try reader.read()
    packetBytes = try reader.read()
    localRoundTrip = try reader.readTime()
    seed = try reader.read()
    leaps = try reader.readBool()
    layRoutes()
  }
}
