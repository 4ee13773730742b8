// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// What a distance-aware flow does about ports of its path that grant no rates: it goes by the delay of its own packets, and
/// by marks and losses.
///
/// The law is Copa's (Arun and Balakrishnan, NSDI 2018): a flow that sees the queueing delay q aims at the rate α/q, so that
/// each keeps α bytes in the queue whatever its distance, and rates are equal where q is. It moves towards its aim by v α a
/// round trip; v doubles each round trip that goes on in one direction, and is one again after a turn. Such flows empty the
/// queue every few round trips, which is when all of them see what the round trip is without it.
///
/// Deviations:
/// - α is 1 us of the sender's line, not packets. A flow never rises by more than 100 us of its own rate in a round trip:
///   what all of them add before the first of them can know is then 100 us of line at any distance. So gains follow from
///   the distance, and there is no constant for near or far.
/// - Slow start ends at the first 10 us of queue, a mark or a loss that counts, at what was delivered in the last round trip.
/// - The base round trip is the least measured within two spans of 64 round trips. What the sender was told of it is not used.
/// - A loss counts as congestion only with evidence: over 100 us of queue in the same round trip, or more than 1 % lost in
///   it. Then the window falls by 30 %, once a round trip. Otherwise the fibre is to blame, and nothing is cut.
/// - Marks cut by half their share, as DCTCP's do.
/// - There is no mode that competes with flows that fill buffers: such flows win.
struct DelayFallback: Equatable, Sendable {
  /// Seconds.
  static let queuePerFlow = 2e-6
  static let reach = 100e-6
  static let firstSign = 10e-6
  /// Round trips in one of the two spans that the base is the least of.
  static let spanRoundTrips: Int64 = 64

  let packet: Double
  /// α and the least window, in bytes.
  let step: Double
  let least: Double
  let lineRate: Double
  /// Bytes that may be in flight.
  private(set) var window: Double
  private var base = Time.never
  private var baseBefore = Time.never
  private var spanLeft = spanRoundTrips
  private var smoothed = 0.0
  private var recent = 0.0
  /// Least round trip in the present and in the last round.
  private var standing = Time.never
  private var lastStanding = Time.never
  private var isStarting = true
  private var velocity = 1.0
  private var direction = 0.0
  private var persistence: Int64 = 0
  /// At the beginnings of this round and of the one before.
  private var windowBefore: Double
  private var windowSent: Double
  private var rounds = RoundTripCount()
  // Of the present round: bytes.
  private var acknowledged = 0.0
  private var marked = 0.0
  private var lost = 0.0
  private var grows = false
  private(set) var decreases: UInt32 = 0

  init(context: FlowContext) {
    packet = Double(context.packetBytes)
    lineRate = context.lineRate.double
    step = max(packet, DelayFallback.queuePerFlow * lineRate / 8)
    least = 2 * packet
    window = max(10 * packet, step)
    windowBefore = window
    windowSent = window
  }

  /// Paced so that a window takes a round trip; a little faster, or the window would never be full.
  var rate: BitRate {
    guard smoothed > 0 else { return BitRate(Int64(lineRate)) }
    return BitRate(Int64(max(1, min(9e17, 1.05 * window * 8 / smoothed))))
  }

  /// Seconds of queue in the last round trip.
  private var queue: Double {
    let sample = min(standing, lastStanding)
    let least = min(base, baseBefore)
    return sample < .never && least < .never ? max(0, recent - least.seconds) : 0
  }

  mutating func update(_ feedback: borrowing Feedback) {
    if feedback.roundTrip > .zero {
      let sample = feedback.roundTrip.seconds
      smoothed = smoothed == 0 ? sample : smoothed + (sample - smoothed) / 8
      recent = recent == 0 ? sample : recent + (sample - recent) / 2
      standing = min(standing, feedback.roundTrip)
      base = min(base, feedback.roundTrip)
    }
    acknowledged += Double(feedback.acknowledged)
    marked += Double(feedback.marked)
    lost += Double(feedback.lost)
    if feedback.timedOut { return cut(to: window / 2) }
    // A window that is not used says nothing about the path.
    let isIdle = feedback.applicationLimited
    let isFull = Double(feedback.inFlight + feedback.acknowledged) >= 0.8 * window && !isIdle
    if isFull { grows = true }
    if rounds.ends(feedback) { endRound(feedback) }
    guard feedback.acknowledged > 0, smoothed > 0 else { return }
    if isStarting {
      if queue > DelayFallback.firstSign {
        leaveStart(feedback)
      } else if isFull {
        window += Double(feedback.acknowledged)
      }
      return
    }
    let part = min(1, Double(feedback.acknowledged) / window)
    // What of the queue is its own. A cut since the packet was sent that is acknowledged now has still to show.
    let own = window * queue / max(1e-9, smoothed)
    if own <= step {
      guard isFull else { return }
      window += min(velocity * step, max(step, DelayFallback.reach * lineRate / 64)) * part
    } else {
      let sentAt = windowSent + min(1, acknowledged / windowBefore) * (windowBefore - windowSent)
      let excess = own + min(0, window - sentAt) - step
      if excess > 0 { window = max(least, window - min(excess, window / 2) * part) }
    }
  }

  private mutating func leaveStart(_ feedback: borrowing Feedback) {
    isStarting = false
    let arrived = Double(feedback.delivered - feedback.priorDelivered)
    let full = arrived * min(base, baseBefore).seconds / max(1e-9, smoothed)
    window = max(least, min(window, max(full, step)))
    windowBefore = window
  }

  private mutating func endRound(_ feedback: borrowing Feedback) {
    let share = marked / max(1, acknowledged)
    let missing = lost / max(1, acknowledged + lost)
    if isStarting, share > 0 || missing > 0.01 || lost > 0 && queue > DelayFallback.reach { leaveStart(feedback) }
    if missing > 0.01 || lost > 0 && queue > DelayFallback.reach {
      cut(to: window * 0.7)
    } else if share > 0 {
      cut(to: window * (1 - share / 2))
    } else if !isStarting {
      let now = window > windowBefore ? 1.0 : -1.0
      persistence = now == direction ? persistence + 1 : 0
      direction = now
      if persistence == 0 { velocity = 1 } else if persistence >= 3, grows { velocity = min(velocity * 2, 1e6) }
    }
    windowSent = windowBefore
    windowBefore = window
    acknowledged = 0
    marked = 0
    lost = 0
    grows = false
    lastStanding = standing
    standing = .never
    spanLeft -= 1
    if spanLeft <= 0 {
      spanLeft = DelayFallback.spanRoundTrips
      baseBefore = base
      base = lastStanding
    }
  }

  private mutating func cut(to size: Double) {
    guard size < window else { return }
    window = max(least, size)
    windowBefore = window
    velocity = 1
    direction = -1
    persistence = 0
    decreases += 1
  }

  mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&base)
    try coder.value(&baseBefore)
    try coder.value(&standing)
    try coder.value(&lastStanding)
    try coder.value(&window)
    try coder.value(&smoothed)
    try coder.value(&velocity)
    try coder.value(&direction)
    try coder.value(&windowBefore)
    try coder.value(&windowSent)
    try coder.value(&recent)
    try coder.value(&acknowledged)
    try coder.value(&marked)
    try coder.value(&lost)
    try coder.value(&spanLeft)
    try coder.value(&persistence)
    try coder.value(&isStarting)
    try coder.value(&grows)
    try rounds.code(with: &coder)
    try coder.value(&decreases)
  }
}
