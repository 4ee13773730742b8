// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// DCQCN (Zhu et al., "Congestion Control for Large-Scale RDMA Deployments", SIGCOMM 2015): the reaction point. Ports
/// mark by RED, the receiver turns marks into at most one congestion notification (CNP) per interval, the sender keeps a
/// current rate Rc, a target rate Rt and an estimate alpha of how much of the time is congested.
///
///     notification:         Rt = Rc,  Rc = Rc (1 - alpha/2),  alpha = (1 - g) alpha + g,  counters and timers restart
///     alpha timer without:  alpha = (1 - g) alpha
///     increase event:       Rc = (Rc + Rt) / 2, after raising Rt by
///                           0         while both counters are at most F (fast recovery),
///                           additive  when one of them is past F,
///                           hyper     when both are
///
/// Increase events come from a timer of period T and from every B bytes sent, counted apart.
///
/// Constants of the paper: g 1/256, alpha timer and T 55 us, notification interval 50 us, B 10 MB, F 5, steps of 40 and
/// 400 Mb/s. Network interfaces differ, as far as their settings and the code published with HPCC (SIGCOMM 2019) show:
///
/// - At most one cut in each decrease interval. A notification that comes sooner raises alpha at once and cuts when the
///   interval ends; it is not forgotten, or two notifications that the network has pushed together would count as one.
/// - Unless the target is clamped (CLAMP_TGT_RATE), only the first cut after an increase sets Rt = Rc.
/// - A cut never goes below a least share of the current rate (RPG_MIN_DEC_FAC).
/// - There is no byte counter, so that the timer alone counts: event F + 1 takes the additive step, later ones hyper.
///
/// Choices where the sources leave one, and deviations:
///
/// - alpha starts at one, and its clock with the first notification: until then the rate limiter is off.
/// - The bytes sent are what delivered, lost and in flight have grown by since the last call, spread evenly over the
///   time between; several notifications in one call are spread evenly as well, the last of them now.
/// - A rate within a millionth of the line rate counts as the line rate, and the limiter is off again. By halves it
///   would never get there.
public struct DCQCN: CongestionController, Equatable {
  public static let information = AlgorithmInformation(
    name: "dcqcn",
    definition:
      "rate-based: cuts by an estimate of congestion on each notification, recovers by timer and byte counter",
    source: "Zhu et al., SIGCOMM 2015",
    parameters: [
      Parameter("g", 1.0 / 256, in: 0...0.99, "weight of a notification in alpha"),
      Parameter("alpha_timer_us", 55, in: 0.01...1e6, "time without a notification after which alpha decays"),
      Parameter("notification_interval_us", 50, in: 0.1...1e6, "least time between two notifications of a receiver"),
      Parameter("decrease_interval_us", 0, in: 0...1e6, "least time between two cuts; 0: each notification cuts"),
      Parameter("increase_timer_us", 55, in: 0.1...1e6, "time between increases"),
      Parameter(
        "byte_counter", 10e6, in: 0...1e15, "bytes between increases; 0: no byte counter", isRateOrAmount: true),
      Parameter("fast_recovery", 5, in: 0...1000, "increases that only halve the distance to the target"),
      Parameter("additive_mbps", 40, in: 0...1e6, "additive step of the target", isRateOrAmount: true),
      Parameter("hyper_mbps", 400, in: 0...1e6, "hyper step of the target", isRateOrAmount: true),
      Parameter(
        "step_line_gbps", 0, in: 0...1e5, "line rate that the steps are for, to scale them; 0: any",
        isRateOrAmount: true),
      Parameter("minimum_mbps", 100, in: 0.001...1e6, "least rate", isRateOrAmount: true),
      Parameter("minimum_decrease_factor", 0, in: 0...1, "least share of the rate that a cut leaves"),
      Parameter("clamp_target", 1, in: 0...1, "1: every cut lowers the target; 0: only the first after an increase"),
    ],
    presets: [
      Preset("paper", [], source: "Zhu et al., SIGCOMM 2015, least rate excepted: not given there"),
      Preset(
        "vendor",
        [
          ("alpha_timer_us", 1), ("notification_interval_us", 4), ("decrease_interval_us", 4),
          ("increase_timer_us", 300), ("byte_counter", 0), ("fast_recovery", 1), ("additive_mbps", 5),
          ("hyper_mbps", 50), ("step_line_gbps", 25), ("minimum_mbps", 1000), ("clamp_target", 0),
        ], source: "suggested by the vendor, as in the simulations published with HPCC (SIGCOMM 2019)"),
      Preset(
        "long-haul",
        [
          ("alpha_timer_us", 1), ("notification_interval_us", 4), ("decrease_interval_us", 4),
          ("increase_timer_us", 5000), ("byte_counter", 0), ("additive_mbps", 5), ("hyper_mbps", 5),
          ("minimum_decrease_factor", 0.95),
        ],
        source: "fitted, not published: timer, least decrease factor and clamped target as tuned for 50-400 km by HPE "
          + "Juniper (2026), the rest fitted to its measurements. State the links' marking: Kmin 0.75, Kmax 1.5 round "
          + "trips"),
    ])

  /// The marking is what Alibaba runs (Kmin 100 KB, Kmax 400 KB for each 25 Gb/s, Pmax 0.2; issue 21 of HPCC's
  /// repository); the paper's Kmin of 5 KB does not work in production, by the same source. Thresholds for long haul
  /// depend on the round trip, which is not known here: the link has to state them.
  public static func demands(_ parameters: ParameterValues) -> Demands {
    var demands = Demands([.notifications])
    demands.notificationInterval = .seconds(parameters[2] / 1e6)
    demands.marking = MarkingRule(minimum: .microseconds(32), maximum: .microseconds(128), probability: 0.2)
    demands.cycle = .roundTrips(32)
    return demands
  }

  public static func makeBank() -> any ControllerStore { ControllerBank<DCQCN>() }

  let g: Double
  /// ln(1 - g)
  let decay: Double
  let alphaTimer: Time
  let decreaseInterval: Time
  let increaseTimer: Time
  /// Bytes; infinite if there is no byte counter.
  let byteCounter: Double
  let fastRecovery: Int32
  let additive: Double
  let hyper: Double
  let minimumRate: Double
  let leastFactor: Double
  let clampTarget: Bool
  let lineRate: Double

  var current: Double
  var target: Double
  var alpha = 1.0
  /// When the alpha timer was started last. alpha is brought up to date when it is needed.
  var alphaSince: Time
  var timerSince: Time
  var nextCut: Time
  var cutWaits = false
  /// There has been an increase since the last cut.
  var increased = true
  /// The rate is below the line rate: timers and counters run.
  var limited = false
  var timerEvents: Int32 = 0
  var byteEvents: Int32 = 0
  var bytes = 0.0
  /// Bytes delivered or in flight, as of the last call; -1 after a leap, whose bytes count for nothing.
  var accounted: Int64 = 0
  var clock: Time
  public private(set) var decreases: UInt32 = 0

  public init(context: FlowContext, parameters: ParameterValues) {
    g = parameters[0]
    decay = g < 1 ? DeterministicMath.log(1 - g) : -.infinity
    alphaTimer = .seconds(parameters[1] / 1e6)
    decreaseInterval = .seconds(parameters[3] / 1e6)
    increaseTimer = .seconds(parameters[4] / 1e6)
    byteCounter = parameters[5] > 0 ? parameters[5] : .infinity
    fastRecovery = Int32(parameters[6])
    lineRate = context.lineRate.double
    let scale = parameters[9] > 0 ? lineRate / (parameters[9] * 1e9) : 1
    additive = parameters[7] * 1e6 * scale
    hyper = parameters[8] * 1e6 * scale
    minimumRate = min(lineRate, parameters[10] * 1e6)
    leastFactor = parameters[11]
    clampTarget = parameters[12] != 0
    current = lineRate
    target = lineRate
    alphaSince = context.now
    timerSince = context.now
    nextCut = context.now
    clock = context.now
  }

  @inline(__always) public var rate: BitRate { BitRate(Int64(current)) }
  @inline(__always) public var window: Double { .infinity }

  @inline(__always) public var deadline: Time {
    let increase = limited ? timerSince + increaseTimer : .never
    return cutWaits ? min(increase, nextCut) : increase
  }

  public mutating func update(_ feedback: borrowing Feedback) {
    let now = feedback.now
    let total = feedback.delivered + feedback.inFlight
    var sent = accounted < 0 ? 0 : Double(max(0, total - accounted + feedback.lost))
    accounted = total
    let notifications = Int64(feedback.notifications)
    if notifications == 0 && !limited && !cutWaits {
      clock = now
      return
    }
    let start = clock
    var taken: Int64 = 0
    while true {
      let notified = taken < notifications ? Self.instant(taken + 1, of: notifications, from: start, to: now) : .never
      let timer = limited ? timerSince + increaseTimer : .never
      let waiting = cutWaits ? nextCut : .never
      let next = min(min(notified, timer), min(waiting, now))
      // Nothing but byte events can happen before `next`.
      let share =
        next < now ? sent * Double(max(0, next.ticks - clock.ticks)) / Double(now.ticks - clock.ticks) : sent
      sent -= share
      clock = max(clock, next)
      if limited {
        bytes += share
        while bytes >= byteCounter && limited {
          bytes -= byteCounter
          byteEvents &+= 1
          increase()
        }
      }
      if limited && timer <= clock {
        timerSince = timer
        timerEvents &+= 1
        increase()
      } else if waiting <= clock {
        decayAlpha(to: clock)
        cut()
      } else if notified <= clock {
        taken += 1
        notify()
      } else {
        break
      }
    }
  }

  /// The `i`-th of `n` instants that are spread evenly over the time from `start` to `end`, the last of them `end`.
  @inline(__always) static func instant(_ i: Int64, of n: Int64, from start: Time, to end: Time) -> Time {
    let span = end.ticks - start.ticks
    return i == n ? end : Time(ticks: start.ticks + Int64(Double(span) * Double(i) / Double(n)))
  }

  mutating func notify() {
    if decreases > 0 { decayAlpha(to: clock) }
    if clock >= nextCut { cut() } else { cutWaits = true }
    alpha += g * (1 - alpha)
    alphaSince = clock
  }

  mutating func decayAlpha(to now: Time) {
    let periods = (now.ticks - alphaSince.ticks) / alphaTimer.ticks
    guard periods > 0 else { return }
    alpha *= DeterministicMath.exp(Double(periods) * decay)
    alphaSince += alphaTimer * periods
  }

  mutating func cut() {
    if clampTarget || increased { target = current }
    current = max(minimumRate, current * max(1 - alpha / 2, leastFactor))
    increased = false
    cutWaits = false
    limited = current < lineRate
    nextCut = clock + decreaseInterval
    timerSince = clock
    timerEvents = 0
    byteEvents = 0
    bytes = 0
    decreases &+= 1
  }

  mutating func increase() {
    increased = true
    let hyperStage =
      byteCounter == .infinity
      ? timerEvents > fastRecovery &+ 1 : timerEvents > fastRecovery && byteEvents > fastRecovery
    if hyperStage {
      target += hyper
    } else if timerEvents > fastRecovery || byteEvents > fastRecovery {
      target += additive
    }
    target = min(target, lineRate)
    current = (current + target) / 2
    if current >= lineRate * (1 - 1e-6) {
      current = lineRate
      limited = false
    }
  }

  public mutating func skip(from: Time, to: Time) {
    let length = to - from
    clock += length
    alphaSince += length
    timerSince += length
    nextCut += length
    accounted = -1
  }

  public mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&current)
    try coder.value(&target)
    try coder.value(&alpha)
    try coder.value(&alphaSince)
    try coder.value(&timerSince)
    try coder.value(&nextCut)
    try coder.value(&cutWaits)
    try coder.value(&increased)
    try coder.value(&limited)
    try coder.value(&timerEvents)
    try coder.value(&byteEvents)
    try coder.value(&bytes)
    try coder.value(&accounted)
    try coder.value(&clock)
    try coder.value(&decreases)
  }
}
