// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// UnoCC, the congestion control of Uno (Bonato et al., "Uno: A One-Stop Solution for Inter- and Intra-Data Center
/// Congestion Control and Reliable Connectivity", SC 2025), as its public artefact has it. Windows in bytes:
///
///     W += a acked / W for bytes without a mark,  a = 0.001 BDP
///     every epoch:  f = bytes marked / bytes acknowledged,  E = (1 - gain) E + gain f;  if f > 0:
///         E fell and is not above 0.9:  W += a acked / W for the whole epoch
///         else  W = W (1 - E m),  m = 4 K / (K + BDP);  m x 0.35 while the round trip is below 1.055 base, when only
///         phantom queues can have marked
///     quick adapt, every target round trip (1.05 base): if less than W / 2 arrived in it, W = 0.96 of what arrived;
///         then neither law acts until a packet sent after that is acknowledged
///     MSS <= W <= BDP
///
/// An epoch is a round trip x (intra-data-centre round trip / base), counted on the time of sending: far flows decide
/// as often as near ones. K = BDP / 7, so m = 1/2 for every flow; preset `artefact` takes K = BDP / 42, m = 0.093, as
/// its scripts scale it by 6. Ports mark like RED from 20 to 60 us of line time (25 and 75 % of 1 MB at 100 Gb/s), and
/// by a phantom queue of 1,792 us of line time (22.4 MB at 100 Gb/s) that drains at 0.95 of the line, from 2 to 60 % of
/// it.
///
/// Deviations: a flow that the application limits is not measured by quick adapt. An update that spans several epochs
/// takes as many decisions on its mean share of marks, at most 64. n bytes acknowledged at once take W to sqrt(W^2 + 2
/// a n). Loss is left to quick adapt, a timeout halves the window. UnoRC, the coding and re-routing, is not part of a
/// controller.
public struct Uno: CongestionController, Equatable {
  public static let information = AlgorithmInformation(
    name: "uno", definition: "one epoch for near and far flows, marks from phantom queues, quick adapt",
    source: "Bonato et al., SC 2025, with its public artefact",
    parameters: [
      Parameter("increase", 0.001, in: 1e-9...10, "a, share of the BDP that a round trip adds"),
      Parameter("gain", 0.5, in: 1e-3...1, "weight of the newest share of marks"),
      Parameter("threshold_bdp", 1.0 / 7, in: 1e-6...1.0 / 3, "K, in line rate x round trip"),
      Parameter("gentle", 0.35, in: 0...1, "strength of decreases when only phantom queues have marked"),
      Parameter("gentle_round_trip", 1.055, in: 1...100, "round trip, in base ones, below which that is so"),
      Parameter("adapt_share", 0.5, in: 0...0.999, "share of the window that has to arrive; 0: no quick adapt"),
      Parameter("target_round_trip", 1.05, in: 1...100, "period of quick adapt, in base round trips"),
      Parameter("initial_bdp", 1, in: 1e-6...1, "window at the start, in line rate x round trip"),
      Parameter("marking_low_us", 20, in: 0...1e7, "ports begin to mark, line time"),
      Parameter("marking_high_us", 60, in: 0...1e7, "ports mark everything, line time"),
      Parameter("phantom_drain", 0.95, in: 0.01...1, "rate of the phantom queue, in line rates"),
      Parameter("phantom_us", 1792, in: 0.01...1e7, "size of the phantom queue, line time"),
    ],
    presets: [
      Preset("paper", [], source: "SC 2025"),
      Preset("artefact", [("threshold_bdp", 1.0 / 42)], source: "scripts of the public artefact"),
    ])

  public static func demands(_ parameters: ParameterValues) -> Demands {
    var demands = Demands([.marks, .delay, .loss])
    demands.marking = MarkingRule(
      minimum: .seconds(parameters[8] * 1e-6), maximum: .seconds(max(parameters[8], parameters[9]) * 1e-6),
      probability: 1)
    let size = parameters[11] * 1e-6
    demands.phantom = PhantomRule(
      drain: parameters[10], size: .seconds(size), minimum: .seconds(0.02 * size), maximum: .seconds(0.6 * size))
    demands.cycle = .roundTrips(64)
    return demands
  }

  public static func makeBank() -> any ControllerStore { ControllerBank<Uno>() }

  static let mostEpochs = 64.0
  static let adaptMargin = 0.96
  static let heavy = 0.9

  /// Bytes a round trip.
  let step: Double
  let gain: Double
  /// m.
  let strength: Double
  let gentle: Double
  /// Round trips below this mean that real queues are empty.
  let gentleRoundTrip: Time
  let adaptShare: Double
  let period: Time
  /// Intra-data-centre round trip in base round trips of this flow, at most 1.
  let ratio: Double
  let packetBytes: Double
  let most: Double

  public private(set) var window: Double
  var share = 0.0
  var shareBefore = 0.0
  /// Of the epoch under way, which ends with the first packet sent at this time or later.
  var epochEnd: Time
  var acknowledged: Int64 = 0
  var marked: Int64 = 0
  /// Quick adapt measures from the first packet sent at this time or later; then `adaptEnd` holds.
  var measureFrom: Time
  var adaptEnd = Time.never
  var arrived: Int64 = 0
  /// Epochs rest after quick adapt.
  var resting = false
  public private(set) var decreases: UInt32 = 0

  public init(context: FlowContext, parameters: ParameterValues) {
    packetBytes = Double(context.packetBytes)
    let bdp = context.lineRate.double / 8 * context.roundTrip.seconds
    step = parameters[0] * bdp
    gain = parameters[1]
    strength = 4 * parameters[2] / (parameters[2] + 1)
    gentle = parameters[3]
    gentleRoundTrip = .seconds(parameters[4] * context.roundTrip.seconds)
    adaptShare = parameters[5]
    period = .seconds(parameters[6] * context.roundTrip.seconds)
    ratio = min(1, context.localRoundTrip.seconds / max(1e-12, context.roundTrip.seconds))
    most = max(packetBytes, bdp)
    window = min(most, max(packetBytes, parameters[7] * bdp))
    epochEnd = context.now
    measureFrom = context.now + period
  }

  public var rate: BitRate { .unlimited }
  public var deadline: Time { .never }

  public mutating func update(_ feedback: borrowing Feedback) {
    if feedback.timedOut { reduce(to: window / 2) }
    guard feedback.acknowledged > 0 else { return }
    let sentAt = feedback.now - feedback.roundTrip
    if !feedback.applicationLimited { grow(Double(feedback.acknowledged - feedback.marked)) }
    if adaptShare > 0 { adapt(feedback, sentAt: sentAt) }
    guard !resting else { return }
    acknowledged += feedback.acknowledged
    marked += feedback.marked
    guard sentAt >= epochEnd else { return }
    let length = max(1, Int64(Double(feedback.roundTrip.ticks) * ratio))
    let passed = (sentAt - epochEnd).ticks / length + 1
    epochEnd = epochEnd + Time(ticks: passed * length)
    let epochs = min(Double(passed), Uno.mostEpochs)
    var n = 1.0
    while n <= epochs {
      endEpoch(bytes: Double(acknowledged) / epochs, gently: feedback.roundTrip <= gentleRoundTrip)
      n += 1
    }
    acknowledged = 0
    marked = 0
  }

  private mutating func endEpoch(bytes: Double, gently: Bool) {
    let fraction = Double(marked) / Double(acknowledged)
    share += gain * (fraction - share)
    if fraction > 0 {
      if share < shareBefore, share <= Uno.heavy {
        grow(bytes)
      } else {
        reduce(to: window * (1 - share * strength * (gently ? gentle : 1)))
      }
    }
    shareBefore = share
  }

  /// Compares what arrives in a target round trip with the window.
  private mutating func adapt(_ feedback: borrowing Feedback, sentAt: Time) {
    if adaptEnd == .never {
      guard sentAt >= measureFrom else { return }
      if resting { epochEnd = sentAt }
      resting = false
      adaptEnd = feedback.now + period
      arrived = 0
      return
    }
    arrived += feedback.acknowledged
    if feedback.applicationLimited {
      adaptEnd = feedback.now + period
      arrived = 0
      return
    }
    guard feedback.now >= adaptEnd else { return }
    if Double(arrived) < adaptShare * window {
      reduce(to: Uno.adaptMargin * Double(arrived))
      measureFrom = feedback.now
      adaptEnd = .never
      resting = true
      acknowledged = 0
      marked = 0
    } else {
      adaptEnd = feedback.now + period
    }
    arrived = 0
  }

  private mutating func grow(_ bytes: Double) {
    window = min((window * window + 2 * step * bytes).squareRoot(), most)
  }

  private mutating func reduce(to size: Double) {
    let next = max(packetBytes, size)
    guard next < window else { return }
    window = next
    decreases += 1
  }

  public mutating func skip(from: Time, to: Time) {
    let leap = to - from
    epochEnd += leap
    measureFrom += leap
    adaptEnd += leap
  }

  public mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&window)
    try coder.value(&share)
    try coder.value(&shareBefore)
    try coder.value(&epochEnd)
    try coder.value(&acknowledged)
    try coder.value(&marked)
    try coder.value(&measureFrom)
    try coder.value(&adaptEnd)
    try coder.value(&arrived)
    try coder.value(&resting)
    try coder.value(&decreases)
  }
}
