// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Simulation
import Workload

/// Names a machine: a site by its index in order of id, or the coordinator.
public struct MachineID: Hashable, Comparable, Sendable {
  public var raw: UInt16
  public init(site: Int) { raw = UInt16(site) }
  init(raw: UInt16) { self.raw = raw }
  /// Comes after all sites: at one instant its messages are handled last.
  public static let coordinator = MachineID(raw: .max)
  public static func < (a: MachineID, b: MachineID) -> Bool { a.raw < b.raw }
  public var isCoordinator: Bool { self == .coordinator }
  public var site: Int { Int(raw) }
}

/// What one machine wants another to hear at a point in virtual time.
public struct Message: Equatable, Sendable {
  public enum Body: Equatable, Sendable {
    case network(NetworkMessage)
    case job(JobMessage)
    case command(Command)
    case report(Report)
    case ideal(IdealMessage)
    /// A site to the coordinator: an outage has begun here, or is over.
    case outage(isOver: Bool)
  }

  public var from: MachineID
  public var to: MachineID
  /// When it arrives.
  public var at: Time
  /// Counts the messages of its sender.
  public var sequence: UInt64
  public var body: Body

  public init(from: MachineID, to: MachineID, at: Time, sequence: UInt64, body: Body) {
    self.from = from
    self.to = to
    self.at = at
    self.sequence = sequence
    self.body = body
  }

  /// The order in which messages are handled: (time, origin, sequence).
  public static func precedes(_ a: Message, _ b: Message) -> Bool {
    if a.at != b.at { return a.at < b.at }
    if a.from != b.from { return a.from < b.from }
    return a.sequence < b.sequence
  }
}

/// The part of a job at one site.
public struct Member: Equatable, Sendable {
  public var site: UInt16
  public var gpus: Int32
  public init(site: Int, gpus: Int32) {
    self.site = UInt16(site)
    self.gpus = gpus
  }
}

/// The pairs of members, by position, between which a split job sends, each pair a flow of its own: around a ring, or
/// along a chain in both directions.
public struct MemberEdges: Sendable {
  public var pairs: [(Int, Int)] = []

  public init(count: Int, isChain: Bool) {
    guard count > 1 else { return }
    if isChain {
      for k in 0..<count - 1 { pairs.append((k, k + 1)) }
      for k in 0..<count - 1 { pairs.append((k + 1, k)) }
    } else {
      for k in 0..<count { pairs.append((k, (k + 1) % count)) }
    }
  }
}

/// From the coordinator to a site.
public enum Command: Equatable, Sendable {
  case start(StartCommand)
  /// Send a data set or checkpoint to another site.
  case transfer(FlowSpec)
  /// Preempt: write a checkpoint, which takes `write`, and release the GPUs. Goes to the leader.
  case stop(job: Int32, segment: Int32, write: Time)
  /// Another site of the job has been lost: it goes back to its last checkpoint.
  case fail(job: Int32, segment: Int32)
  /// From `at` on the wavelengths of a port that leaves from here carry `rate`.
  case light(port: Int32, rate: BitRate, at: Time)
}

/// Between the sites of a split job.
public enum JobMessage: Equatable, Sendable {
  /// To the leader: the inputs are here.
  case ready(job: Int32, segment: Int32)
  /// From the leader: compute.
  case go(job: Int32, segment: Int32)
  /// To the leader: the rate that the network would give a flow that starts here, one of ``MemberEdges``.
  case potential(job: Int32, segment: Int32, edge: Int32, rate: BitRate)
  /// From the leader: the rate that the job needs of a flow, because it is slower elsewhere.
  case usage(job: Int32, segment: Int32, edge: Int32, rate: BitRate)
  /// To the leader: how much of its full speed the power cap leaves the member, times 2^32.
  case throttle(job: Int32, segment: Int32, share: Int64)
  /// From the leader: the share of full speed at which the job runs, times 2^32, for the meter.
  case pace(job: Int32, segment: Int32, duty: Int64)
  /// From the leader: the job is over or stopped.
  case finish(job: Int32, segment: Int32)
}

/// From a site to the coordinator: the GPUs of a stay are free.
public struct Report: Equatable, Sendable {
  public var job: Int32
  public var segment: Int32
  public var gpus: Int32
  /// When, in the site's own time.
  public var at: Time
  /// The rest is told by the leader only.
  public var isLeader: Bool
  public var ended: Bool
  /// Reference work left after a preemption.
  public var remaining: Time
  public var networkTime: Time
  public var gradientBytes: Int64
  /// The stay was ended by an outage, of this site or of another one.
  public var failed: Bool
  /// Reference work done since the last checkpoint, which is to be done again.
  public var lost: Time

  public init(
    job: Int32, segment: Int32, gpus: Int32, at: Time, isLeader: Bool, ended: Bool, remaining: Time, networkTime: Time,
    gradientBytes: Int64, failed: Bool = false, lost: Time = .zero
  ) {
    self.job = job
    self.segment = segment
    self.gpus = gpus
    self.at = at
    self.isLeader = isLeader
    self.ended = ended
    self.remaining = remaining
    self.networkTime = networkTime
    self.gradientBytes = gradientBytes
    self.failed = failed
    self.lost = lost
  }
}

/// Between sites and the ideal network, which stands beside the coordinator and takes no time.
public enum IdealMessage: Equatable, Sendable {
  case open(FlowSpec, demand: BitRate)
  case close(FlowID)
  case rate(FlowID, BitRate)
  case delivered(FlowSpec)
}

/// Everything that a site has to know to run its part of a job.
public struct StartCommand: Equatable, Sendable {
  public var job: Int32
  public var segment: Int32
  public var gpus: Int32
  /// All members in order of site; the leader among them keeps the account of progress.
  public var members: [Member]
  public var leader: UInt16
  /// Flows that must arrive before the job can compute.
  public var inputs: [FlowID]
  /// Reference work to do.
  public var work: Time
  /// To read a checkpoint, before computing.
  public var restore: Time
  public var iteration: IterationTime
  /// Limit of the hosts for the flow to the next member.
  public var flowLimit: BitRate
  /// Microwatts of all its GPUs here, before PUE.
  public var activePower: Int64
  public var idlePower: Int64
  /// While it waits between steps, or for a checkpoint to be read or written.
  public var stalledPower: Int64

  public init(
    job: Int32, segment: Int32, gpus: Int32, members: [Member], leader: Int, inputs: [FlowID], work: Time,
    restore: Time, iteration: IterationTime, flowLimit: BitRate, activePower: Int64, idlePower: Int64,
    stalledPower: Int64
  ) {
    self.job = job
    self.segment = segment
    self.gpus = gpus
    self.members = members
    self.leader = UInt16(leader)
    self.inputs = inputs
    self.work = work
    self.restore = restore
    self.iteration = iteration
    self.flowLimit = flowLimit
    self.activePower = activePower
    self.idlePower = idlePower
    self.stalledPower = stalledPower
  }
}
