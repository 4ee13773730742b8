// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// What both versions of BBR keep of a path in the same way: round trips, the least round trip and when to probe for it,
/// and which delivery rates say something of the path (draft-ietf-ccwg-bbr, "Updating Network Path Model Parameters").
///
/// The two filters are those of the draft before the interval of ProbeRTT and the length of the filter became one
/// number: a short one that schedules ProbeRTT, and a long one for what is believed. Version 1 has the same length for
/// both, which makes them one.
struct BBRPath: Sendable {
  let probeInterval: Time
  let filterLength: Time
  let probeDuration: Time
  let packet: Double
  let lineRate: Double
  let initialWindow: Double

  var round = RoundTripCount()
  var rounds: Int64 = 0
  var roundStarted = false
  /// The least round trip; never until there is one.
  var roundTrip = Time.never
  var roundTripAt: Time
  /// The least round trip since the last ProbeRTT.
  var recent = Time.never
  var recentAt: Time
  /// There has been no lower round trip for the interval: time to probe for it.
  var expired = false
  /// Packets sent until this has been delivered were held back by the controller itself.
  var heldBackUntil: Int64 = -1
  /// Nothing was in flight after the last call.
  var idle = true
  var limited = false

  init(context: FlowContext, parameters: ParameterValues) {
    packet = Double(context.packetBytes)
    lineRate = context.lineRate.double
    initialWindow = parameters[1] * packet
    probeInterval = .seconds(parameters[2])
    filterLength = .seconds(parameters[3])
    probeDuration = .seconds(parameters[4] / 1e3)
    roundTripAt = context.now
    recentAt = context.now
  }

  /// Takes an acknowledgement. Rounds, and whether its packet was held back.
  mutating func take(_ feedback: Feedback) {
    roundStarted = round.ends(feedback)
    if roundStarted { rounds += 1 }
    limited = feedback.applicationLimited || feedback.priorDelivered <= heldBackUntil
  }

  mutating func takeRoundTrip(_ feedback: Feedback) {
    let now = feedback.now
    expired = now >= recentAt + probeInterval
    if feedback.roundTrip < recent || expired {
      recent = feedback.roundTrip
      recentAt = now
    }
    if recent < roundTrip || now >= roundTripAt + filterLength {
      roundTrip = recent
      roundTripAt = recentAt
    }
  }

  mutating func holdBack(_ feedback: Feedback) { heldBackUntil = feedback.delivered + feedback.inFlight }

  /// Bytes that `rate` has in flight without a queue, times `gain`.
  func bytes(_ rate: Double, gain: Double) -> Double {
    roundTrip == .never ? initialWindow : gain * rate / 8 * roundTrip.seconds
  }

  /// The first of two instants and the next ProbeRTT that is still to come.
  func nextDeadline(_ first: Time, _ second: Time, after now: Time) -> Time {
    var next = recentAt + probeInterval
    if next <= now { next = .never }
    if first > now { next = min(next, first) }
    if second > now { next = min(next, second) }
    return next
  }

  mutating func skip(_ length: Time) {
    roundTripAt += length
    recentAt += length
  }

  mutating func code(with coder: inout StateCoder) throws(WireError) {
    try round.code(with: &coder)
    try coder.value(&rounds)
    try coder.value(&roundStarted)
    try coder.value(&roundTrip)
    try coder.value(&roundTripAt)
    try coder.value(&recent)
    try coder.value(&recentAt)
    try coder.value(&expired)
    try coder.value(&heldBackUntil)
    try coder.value(&idle)
    try coder.value(&limited)
  }
}
