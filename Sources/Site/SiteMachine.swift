// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Records
import Simulation

/// What a machine says when it has advanced: the earliest times at which it could still act if it hears nothing new.
public struct Promise: Equatable, Sendable {
  /// Its next event of any kind; never if it waits for others.
  public var next = Time.never
  /// Its next event that could send something to a site other than the coordinator's.
  public var nextToSites = Time.never
  /// No job and no flow is left here.
  public var idle = true

  public init() {}
  public init(next: Time, nextToSites: Time, idle: Bool) {
    self.next = next
    self.nextToSites = nextToSites
    self.idle = idle
  }
}

/// A data centre as a deterministic state machine: its GPUs, running jobs, energy, and its part of the network.
///
/// It reads no clock, opens no socket and draws no random number. At one instant its own events come first, then
/// messages of other sites in the order of their names, then commands of the coordinator; so its results do not depend
/// on how time is cut into windows.
public struct SiteMachine: Sendable {
  enum Event: Sendable {
    /// A job's work is done, its checkpoint is read or written.
    case job(Int32, UInt32)
    /// Cooling takes another share, so the power cap leaves another one.
    case weather
    /// An outage begins (even) or ends (odd): twice its number in the configuration, and one.
    case outage(UInt32)
  }

  public let configuration: SiteConfiguration
  var meter: EnergyMeter
  var network: FluidNetwork?
  var jobs: [Int32: SiteJob] = [:]
  var held = 0
  /// How much of their power above idle the cap leaves the GPUs at work, times 2^32.
  var throttle = SiteJob.one
  var weatherEventAt = Time.never
  /// The GPUs here are without power.
  var isDown = false
  /// Inputs that came before their job did.
  var early: Set<FlowID> = []
  /// Words of members that were ready before the leader had heard of the job: segments by job.
  var earlyReady: [Int32: [Int32]] = [:]
  /// Inputs on their way to a job that has been stopped.
  var abandoned: Set<FlowID> = []
  var events = EventQueue<Event>()
  var inbox = EventQueue<Message>()
  var sequence: UInt64 = 0
  var handled: UInt64 = 0

  // Filled by one call of advance.
  var outbox: [Message] = []
  var records: [Record] = []
  var bound = Time.never

  public init(configuration: SiteConfiguration) {
    self.configuration = configuration
    meter = EnergyMeter(configuration: configuration)
    network = configuration.network.map { FluidNetwork(model: $0, site: configuration.site) }
    for (number, outage) in configuration.faults.outages.enumerated() {
      events.push(.outage(UInt32(2 * number)), at: outage.at, rank: SiteMachine.outageRank)
      events.push(.outage(UInt32(2 * number + 1)), at: outage.until, rank: SiteMachine.outageRank)
    }
  }

  /// After the events of jobs: what ends as an outage begins has ended.
  static let outageRank = UInt64(UInt32.max - 1)

  public var id: MachineID { MachineID(site: configuration.site) }
  /// Events handled so far, those of the network among them.
  public var eventCount: UInt64 { handled + (network?.handled ?? 0) }

  /// What one call of ``advance(to:inbox:)`` leaves.
  public struct Output: Sendable {
    public var outbox: [Message]
    public var records: [Record]
    public var promise: Promise
  }

  /// Handles everything that is due before `horizon`, and stops earlier where an answer to its own words could come
  /// back.
  ///
  /// - Parameters:
  ///   - horizon: nothing that anybody has yet to send can arrive before it.
  ///   - inbox: messages to this machine, in any order; none earlier than what has been handled.
  public mutating func advance(to horizon: Time, inbox messages: [Message]) -> Output {
    for message in messages { enqueue(message) }
    bound = horizon
    while true {
      dropStaleEvents()
      let own = min(network?.nextEvent ?? .never, events.nextTime)
      let heard = inbox.nextTime
      guard min(own, heard) < bound else { break }
      if own < heard || own == heard && ownComesFirst(own) { stepOwn(own) } else { stepInbox() }
      collectNetwork()
    }
    let output = Output(outbox: outbox, records: records, promise: promise())
    outbox.removeAll(keepingCapacity: true)
    records.removeAll(keepingCapacity: true)
    return output
  }

  private mutating func enqueue(_ message: Message) {
    inbox.nextSequence = message.sequence
    inbox.push(message, at: message.at, rank: UInt64(message.from.raw))
  }

  /// At one instant own events come before messages; but ports look at themselves only when all sites have spoken, and
  /// before the coordinator does.
  private func ownComesFirst(_ time: Time) -> Bool {
    guard let network, network.nextEvent == time, network.nextIsDeferred, events.nextTime > time else { return true }
    return inbox.first?.payload.from.isCoordinator ?? true
  }

  private mutating func stepOwn(_ time: Time) {
    if let network, network.nextEvent == time, !(network.nextIsDeferred && events.nextTime == time) {
      self.network!.step()
      return
    }
    guard let entry = events.pop() else { return }
    handled += 1
    switch entry.payload {
    case .job(let job, let version):
      if let state = jobs[job], state.version == version { jobEvent(job, at: entry.time) }
    case .weather:
      weatherEventAt = .never
      holdCap(at: entry.time)
    case .outage(let number):
      if number % 2 == 0 {
        beginOutage(at: entry.time)
      } else {
        endOutage(began: configuration.faults.outages[Int(number / 2)].at, at: entry.time)
      }
    }
  }

  /// Events that a job has scheduled anew would only wake the machine for nothing: under a cap, every job at every start
  /// and end of another.
  private mutating func dropStaleEvents() {
    while case .job(let job, let version)? = events.first?.payload, jobs[job]?.version != version { _ = events.pop() }
  }

  private mutating func stepInbox() {
    guard let entry = inbox.pop() else { return }
    handled += 1
    let now = entry.time
    switch entry.payload.body {
    case .network(let message): network?.receive(message, at: now)
    case .job(let message): hear(message, from: entry.payload.from, at: now)
    case .command(let command): obey(command, at: now)
    case .ideal(.rate(let flow, let rate)): hearPotential(flow, rate, at: now)
    case .ideal(.delivered(let spec)): arrive(spec.id, at: now)
    case .ideal, .report, .outage: preconditionFailure("a message that only the coordinator understands")
    }
  }

  /// Takes what the network has produced at the instant just handled.
  private mutating func collectNetwork() {
    guard network != nil else { return }
    while !network!.outbox.isEmpty || !network!.events.isEmpty {
      let packets = network!.outbox
      network!.outbox.removeAll(keepingCapacity: true)
      for packet in packets { send(.network(packet.message), to: MachineID(site: packet.to), at: packet.at) }
      let happened = network!.events
      network!.events.removeAll(keepingCapacity: true)
      for event in happened {
        switch event {
        case .delivered(let spec): arrive(spec.id, at: now(of: event))
        case .rate(let flow, let rate): hearPotential(flow, rate, at: now(of: event))
        case .closed(let spec, let started, let delivered, let bytes):
          recordFlow(spec, started: started, delivered: delivered, bytes: bytes)
        // Messages on flows that go on are those of experiments.
        case .arrived: break
        }
      }
    }
  }

  /// Events of the network carry no time of their own: they belong to the instant being handled.
  private func now(of event: NetworkEvent) -> Time { network!.now }

  mutating func send(_ body: Message.Body, to: MachineID, at time: Time) {
    outbox.append(Message(from: id, to: to, at: time, sequence: sequence, body: body))
    sequence += 1
    let echo = configuration.echoes[to.isCoordinator ? configuration.echoes.count - 1 : to.site]
    bound = min(bound, time + echo)
  }

  mutating func schedule(_ job: Int32, at time: Time) {
    jobs[job]!.version &+= 1
    jobs[job]!.eventAt = time
    if time < .never { events.push(.job(job, jobs[job]!.version), at: time, rank: UInt64(UInt32(bitPattern: job))) }
  }

  private func recordedKind(_ spec: FlowSpec) -> FlowKind {
    switch FlowOrdinal.kind(spec.id.ordinal) {
    case .staging: return .staging
    case .checkpoint: return .checkpoint
    case .gradient: return .gradient
    }
  }

  private mutating func recordFlow(_ spec: FlowSpec, started: Time, delivered: Time, bytes: Int64) {
    guard let model = configuration.network else { return }
    let alone =
      spec.isUnlimited
      ? Time.zero
      : model.timeAlone(spec.amount, from: Int(spec.source), to: Int(spec.destination), limit: spec.limit)
    records.append(
      .flow(
        FlowRecord(
          kind: recordedKind(spec), job: spec.id.job, segment: spec.id.segment, from: Int32(spec.source),
          to: Int32(spec.destination), bytes: bytes, start: started, end: delivered, alone: alone)))
  }

  /// The promise as of now.
  public func promise() -> Promise {
    let net = network?.nextEvent ?? .never
    var toSites = min(net, inbox.nextTime)
    var isAnySplit = false
    for job in jobs.values where job.isSplit {
      isAnySplit = true
      if job.eventAt < toSites { toSites = job.eventAt }
    }
    // Under a cap any job here that ends, and the weather, change the pace of the split ones.
    if isAnySplit, throttles || !configuration.faults.outages.isEmpty { toSites = min(toSites, events.nextTime) }
    return Promise(
      next: min(net, events.nextTime, inbox.nextTime), nextToSites: toSites,
      idle: jobs.isEmpty && (network.map { $0.openFlows == 0 && $0.portsAreEmpty } ?? true) && inbox.isEmpty)
  }

  /// Reports the last hour and the ports of this site. The run is over.
  /// - Parameter end: the end of the last job of the fleet.
  public mutating func finish(at end: Time) -> [Record] {
    var final: [Record] = []
    meter.finish(at: max(end, meter.since), &final)
    if network != nil {
      for port in network!.localPorts {
        let until = max(end, network!.now)
        let totals = network!.totals(port: port, at: until)
        let queueing = network!.queueing(port: port)
        let spec = network!.model(of: port)
        final.append(
          .port(
            PortRecord(
              port: Int32(port), bytesIn: totals.bitsIn.bytes, bytesOut: totals.bitsOut.bytes,
              bytesDropped: totals.dropped.bytes,
              utilisation: spec.utilisation(of: totals.bitsOut, until: end),
              queueMicrosecondsMean: queueing.mean, queueMicrosecondsP99: queueing.p99,
              queueMicrosecondsMax: queueing.maximum, availability: spec.availability(until: end))))
      }
    }
    return final
  }

  /// What must always hold.
  public func checkInvariants() {
    var gpus = 0
    var all: Int64 = 0
    var waiting: Int64 = 0
    for job in jobs.values {
      gpus += Int(job.command.gpus)
      all += job.meter.draw.all
      waiting += job.meter.draw.waiting
    }
    precondition(gpus == held && held <= configuration.gpus, "GPUs of a site are oversubscribed")
    precondition(
      meter.busy == Int64(held) && meter.held == Draw(all: all, waiting: waiting), "the meter does not know all jobs")
    if let allowance = configuration.energy.allowance(at: meter.since) {
      precondition(meter.power <= allowance, "a site draws more than its power cap")
    }
    network?.checkInvariants()
  }
}
