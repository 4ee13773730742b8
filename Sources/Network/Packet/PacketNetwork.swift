// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// The packet level of one part of a plan's network: every packet, every queue.
///
/// A part owns nodes, the ports that leave from them, and both ends of flows that are at its hosts. Packets towards a node
/// of another part go to ``outbox``. The order of events at one instant is fixed by what they are (see ``PacketEvent``), so
/// a plan gives the same results in one part or many.
///
/// Speed: packets lie in a pool of cache lines and are passed by 32-bit index; a packet costs one event a hop at a plain
/// port, and no more than its own line, the port's two and a few bytes of a list for the event: what the next events will
/// touch is fetched meanwhile (``fetchAhead()``); paths are looked up, not searched; timers are put off without an event.
///
/// Unsafe memory: `ports`, `senders`, `receivers` and so on are blocks of fixed size, owned here and freed once. Every index
/// into them comes from the plan, which has been checked, or from an event made here.
struct PacketNetwork: ~Copyable {
  let plan: NetworkPlan
  /// The part of each node, and which part this is.
  let partOf: [Int]
  let part: Int

  let ports: UnsafeMutablePointer<PacketPort>
  let cards: UnsafeMutablePointer<PacketCard>
  let senders: UnsafeMutablePointer<PacketSender>
  let receivers: UnsafeMutablePointer<PacketReceiver>
  let routes: UnsafeMutablePointer<PacketRoute>
  let steps: UnsafeMutablePointer<UInt32>
  let stepCount: Int
  let portCount: Int
  let flowCount: Int
  /// Flows of the plan, then connections of its collectives.
  let connections: [NetworkPlan.Flow]

  var pool = PacketPool()
  var queue = EventWheel()
  var now: Int64 = 0
  let bank: any ControllerStore
  /// Where the bank keeps its controllers now, to look ahead.
  var controllers: UnsafeRawPointer
  var controllerStride = 0
  var freeSlots: [UInt32] = []
  var usedSlots = 0
  /// With what the controller of each slot was started.
  var contexts: [FlowContext] = []
  var feedback = Feedback(now: .zero)
  var telemetry: TelemetryPool
  let signals: Signals
  let notificationInterval: Int64
  let sprays: Bool
  /// Some port keeps its packets in lists.
  let hasLists: Bool
  let classesInUse: Int
  let processingDelay: Int64
  let noticeDelay: Int64

  /// Positions in ``connections``, in order of start, of those that start here.
  let starts: [Int32]
  var nextStart = 0
  let changes: [(at: Int64, port: Int32, index: Int32)]
  var nextChange = 0
  let warmup: Int64
  var isWarm = false
  var lastSample: Int64 = 0
  var histograms: [QueueHistogram]
  var series: [ExperimentResult.Sample] = []
  var nextSeries: Int64
  var collectives: [CollectiveProgress]
  /// For each connection of a collective, which; and where collectives begin in ``connections``.
  let collectiveOf: [(collective: Int, connection: Int)]
  let firstCollective: Int
  /// Where each collective's connections begin, after those of the flows.
  let collectiveStart: [Int]
  /// By collective and repetition: when the last host here had its result, and how many have it.
  var finished: [[Int64]]
  var completions: [[Int]]
  var control: PacketControl
  var outbox: [PacketDispatch] = []
  var words: [ControlDispatch] = []
  var datagramStreams: [Int: RandomStream] = [:]
  var events: UInt64 = 0
  var hops: UInt64 = 0
  /// Bytes that the ports of a node hold together.
  let nodeUsed: UnsafeMutablePointer<Int64>

  init(plan: NetworkPlan, partOf: [Int], part: Int) {
    self.init(PacketLayout(plan: plan, partOf: partOf, part: part))
    layDesks()
    if let first = starts.first {
      queue.push(PacketEvent(time: connections[Int(first)].start.ticks, kind: .start, place: 0))
    }
    if let first = changes.first { queue.push(PacketEvent(time: first.at, kind: .change, place: 0)) }
    isWarm = warmup == 0
    var firstSample = min(plan.sampleInterval.ticks, nextSeries, plan.duration.ticks)
    if !isWarm { firstSample = min(firstSample, warmup) }
    queue.push(PacketEvent(time: firstSample, kind: .sample, place: 0))
  }

  private init(_ layout: PacketLayout) {
    plan = layout.plan
    partOf = layout.partOf
    part = layout.part
    let demands = plan.algorithm.demands
    signals = demands.signals
    notificationInterval = demands.notificationInterval.ticks
    bank = plan.algorithm.makeBank()
    (controllers, controllerStride) = bank.storage
    hasLists = (0..<plan.ports.count).contains { layout.ports[$0].hasLists }
    telemetry = TelemetryPool()
    processingDelay = layout.processingDelay
    noticeDelay = plan.host.notificationDelay.ticks + plan.host.reactionDelay.ticks
    warmup = plan.warmup.ticks
    nextSeries = plan.seriesInterval.ticks
    sprays = layout.sprays
    classesInUse = layout.classesInUse
    ports = layout.ports
    cards = layout.cards
    senders = layout.senders
    receivers = layout.receivers
    routes = layout.routes
    steps = layout.steps
    stepCount = layout.stepCount
    nodeUsed = layout.nodeUsed
    portCount = plan.ports.count
    flowCount = layout.connections.count
    connections = layout.connections
    collectiveOf = layout.collectiveOf
    collectiveStart = layout.collectiveStart
    firstCollective = plan.flows.count
    collectives = layout.collectives
    finished = plan.collectives.map { [Int64](repeating: -1, count: $0.repeats) }
    completions = plan.collectives.map { [Int](repeating: 0, count: $0.repeats) }
    starts = layout.starts
    changes = layout.changes
    histograms = plan.ports.map { _ in QueueHistogram() }
    control = PacketControl(
      plan: plan, connections: layout.connections.count,
      localRoundTrip: layout.localRoundTrips.map { Time(ticks: $0) },
      longestRoundTrip: Time(ticks: layout.longestRoundTrip))
  }

  deinit {
    for i in 0..<flowCount {
      senders[i].destroy()
      receivers[i].early.destroy()
    }
    for place in 0..<portCount { cards[place].destroy() }
    ports.deinitialize(count: portCount)
    cards.deinitialize(count: portCount)
    ports.deallocate()
    cards.deallocate()
    senders.deallocate()
    receivers.deallocate()
    routes.deallocate()
    steps.deallocate()
    nodeUsed.deallocate()
  }

  /// Steps with this bit name a bundle, any of whose ports will do.
  static let sprayed: UInt32 = 1 << 31
  /// Stands behind the last step of every path.
  static let pathEnd = UInt32.max

  /// When something happens here next; never if nothing will.
  var nextTime: Int64 { min(queue.nextTime, control.nextTime) }

  /// Handles everything before `horizon`.
  mutating func advance(to horizon: Int64) {
    while true {
      let word = control.nextTime
      let time = queue.head(upTo: min(word, horizon - 1))
      if word < time {
        guard word < horizon else { return }
        now = word
        events += 1
        handleControl()
        continue
      }
      guard time < horizon else { return }
      now = time
      events += 1
      let event = queue.removeFirst()
      fetchAhead()
      switch event.kind {
      case .arrival: forward(event.packet, from: event.place)
      case .card:
        if cards[event.place].armed == now {
          cards[event.place].armed = .max
          serve(event.place)
        }
      case .departure: depart(event.place)
      case .flowTimer: flowTimer(event.place)
      case .receiverTimer: receiverTimer(event.place)
      case .processed: acknowledge(event.packet)
      case .noticed: notify(event.packet)
      case .change: applyChanges()
      case .start: startFlows()
      case .sample: sample()
      }
    }
  }
}

/// Where a flow's packets go, and its acknowledgements.
struct PacketRoute {
  var forward: UInt32 = 0
  var back: UInt32 = 0
  var forwardLength: UInt8 = 0
  var backLength: UInt8 = 0
}

/// A packet that leaves for another part.
struct PacketDispatch {
  var port: Int32
  /// When it comes out of the port's link.
  var arrival: Int64
  var packet: Packet
  var telemetry: InlineArray<8, HopTelemetry>?
}
