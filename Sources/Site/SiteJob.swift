// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Simulation
import Workload

/// One stay of a job at this site.
struct SiteJob: Sendable {
  enum Phase: UInt8, Sendable {
    /// For data and checkpoints.
    case waitingForInputs = 0
    /// For the other sites of a split job.
    case waitingForPeers = 1
    /// Reading a checkpoint.
    case restoring = 2
    case running = 3
    /// Writing a checkpoint.
    case writing = 4
  }

  var command: StartCommand
  var phase = Phase.waitingForInputs
  var stayStart: Time
  var meter: StayMeter
  /// Flows still to arrive.
  var missing: [FlowID]
  // The rest is kept by the leader.
  var ready = 0
  /// Reference work left at `progressSince`.
  var work: Time
  /// Reference work left as of the last checkpoint.
  var saved: Time
  /// While it runs, it writes a checkpoint every so often.
  var checkpointInterval = Time.never
  /// Reference work per tick of running, times 2^32.
  var speed: Int64 = 0
  var progressSince = Time.zero
  var runningSince = Time.zero
  /// Pairs of members between which it sends.
  let edges: [(Int, Int)]
  /// Rates that the network would give each of these flows; negative before the first word.
  var potentials: [Int64]
  /// What each was told to use last.
  var usageSent: [Int64]
  /// How much of its full speed the power cap leaves each member, times 2^32.
  var throttles: [Int64]
  /// What the leader told the members of its pace last, as a share of the pace without network, times 2^32.
  var dutySent: Int64 = 0
  /// When the job first computed here; never if it has not.
  var computeStart = Time.never
  /// Time that power caps have cost the job.
  var throttledTime = Time.zero
  /// The share of the time in which the GPUs here compute and do not wait for other sites, as far as this site knows
  /// it, times 2^32; in a throttled time of slower computing.
  var duty: Int64 = 0
  /// Invalidates events that were scheduled before the last change, those of the job's earlier stays here among them: each
  /// segment counts from a start of its own, spread over all numbers by the golden ratio.
  var version: UInt32
  var eventAt = Time.never

  init(command: StartCommand, at now: Time) {
    self.command = command
    version = UInt32(truncatingIfNeeded: Int64(command.segment) &* 0x9E37_79B1)
    stayStart = now
    meter = StayMeter(draw: Draw(all: command.idlePower, waiting: command.idlePower), at: now)
    missing = command.inputs
    work = command.work
    saved = command.work
    edges = MemberEdges(count: command.members.count, isChain: command.iteration.isChain).pairs
    potentials = [Int64](repeating: -1, count: edges.count)
    throttles = [Int64](repeating: SiteJob.one, count: command.members.count)
    usageSent = [Int64](repeating: Int64(command.iteration.demand.rounded(.up)), count: edges.count)
  }

  var isSplit: Bool { command.members.count > 1 }
  func isLeader(_ site: Int) -> Bool { Int(command.leader) == site }
  func memberIndex(_ site: Int) -> Int { command.members.firstIndex { Int($0.site) == site } ?? 0 }

  /// The edges that leave from a site.
  func edges(from site: Int) -> [Int] {
    let me = memberIndex(site)
    return edges.indices.filter { edges[$0].0 == me }
  }

  /// The flow along an edge; only the site that it leaves from knows its limit.
  func gradientFlow(_ edge: Int) -> FlowSpec {
    FlowSpec(
      id: FlowID(job: command.job, segment: command.segment, ordinal: FlowOrdinal.gradient(edge: edge)),
      source: Int(command.members[edges[edge].0].site), destination: Int(command.members[edges[edge].1].site),
      amount: 0, limit: command.flowLimit)
  }

  static let one: Int64 = 1 << 32

  /// Work done until `now` at the present speed, exactly.
  func workDone(until now: Time) -> Time {
    // Shifts bind tighter than products: without the brackets any pace below one would count as none.
    Time(ticks: Int64((Int128(now.ticks - progressSince.ticks) * Int128(speed)) >> 32))
  }

  /// The pace that the slowest member's power cap allows, as a share of full speed.
  var throttle: Double { Double(throttles.min() ?? SiteJob.one) / Double(SiteJob.one) }

  mutating func settleProgress(at now: Time) {
    if phase == .running {
      noteCheckpoint(until: now)
      let done = workDone(until: now)
      work = Time(ticks: max(0, work.ticks - done.ticks))
      let throttle = throttle
      if throttle > 0, throttle < 1 {
        throttledTime += .seconds(done.seconds * (1 / throttle - 1) / command.iteration.localSpeed)
      } else if throttle == 0 {
        throttledTime += now - progressSince
      }
    }
    progressSince = now
  }

  /// What the last checkpoint before `now` holds, while the pace has been the same since the progress was settled.
  private mutating func noteCheckpoint(until now: Time) {
    guard checkpointInterval < .never else { return }
    let last = runningSince + checkpointInterval * ((now - runningSince).ticks / checkpointInterval.ticks)
    if last > progressSince, last > runningSince {
      saved = Time(ticks: max(0, work.ticks - workDone(until: last).ticks))
    }
  }

  /// When the work left will be done at the present speed.
  func endTime() -> Time {
    guard speed > 0 else { return .never }
    let ticks = ((Int128(work.ticks) << 32) + Int128(speed) - 1) / Int128(speed)
    return ticks > Int128(Int64.max / 4) ? .never : progressSince + Time(ticks: Int64(ticks))
  }
}

/// Numbers of the flows within a stay.
public enum FlowOrdinal {
  public static func staging(to site: Int) -> Int { site }
  public static func checkpoint(to site: Int) -> Int { 4096 + site }
  public static func gradient(edge: Int) -> Int { 8192 + edge }
  public static func edge(of ordinal: Int) -> Int { ordinal - 8192 }

  public enum Kind { case staging, checkpoint, gradient }
  public static func kind(_ ordinal: Int) -> Kind {
    ordinal >= 8192 ? .gradient : ordinal >= 4096 ? .checkpoint : .staging
  }
}
