// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// DCTCP (RFC 8257; Alizadeh et al., SIGCOMM 2010), windows in packets:
///
///     once a window of data:  M = bytes marked / bytes acknowledged;  alpha = (1 - g) alpha + g M
///     on a mark, at most once a window:  W = W (1 - alpha / 2)
///     otherwise W += 1 / W for each packet acknowledged; in slow start W += 1
///     on loss W = W / 2 (RFC 5681);  on timeout W = 1 and slow start to half
///
/// g = 1/16, alpha begins at 1 (section 4.2), least window after a cut 2 packets. Ports mark every packet that finds
/// more than 24 us of line time waiting: 30 KB at 10 Gb/s, the step that simulations of the paper's group use.
///
/// The window rests for the round trip after a cut, as under RFC 3168 in Linux. Deviations: windows are real numbers; n
/// packets acknowledged at once take W to sqrt(W^2 + 2 n), which is the sum of 1 / W.
public struct DCTCP: CongestionController, Equatable {
  public static let information = AlgorithmInformation(
    name: "dctcp", definition: "window cut in proportion to the share of marked bytes", source: "RFC 8257",
    parameters: [
      Parameter("g", 1.0 / 16, in: 1e-6...1, "weight of the newest share of marks"),
      Parameter("initial_packets", 10, in: 1...1e9, "window at the start, packets"),
      Parameter("marking_us", 24, in: 0...1e6, "ports mark what finds more than this much line time waiting"),
    ])

  public static func demands(_ parameters: ParameterValues) -> Demands {
    var demands = Demands([.marks, .loss])
    let threshold = Time.seconds(parameters[2] * 1e-6)
    demands.marking = MarkingRule(minimum: threshold, maximum: threshold, probability: 1)
    demands.cycle = .betweenDecreases
    demands.longestSpan = 64
    return demands
  }

  public static func makeBank() -> any ControllerStore { ControllerBank<DCTCP>() }

  static let leastPackets = 2.0
  let gain: Double
  let packetBytes: Int64
  var packets: Double
  var threshold = Double.infinity
  var alpha = 1.0
  /// Bytes of the window of data under way.
  var acknowledged: Int64 = 0
  var marked: Int64 = 0
  var rounds = RoundTripCount()
  var recovery = LossRecovery()
  public private(set) var decreases: UInt32 = 0

  public init(context: FlowContext, parameters: ParameterValues) {
    gain = parameters[0]
    packets = parameters[1]
    packetBytes = context.packetBytes
  }

  public var rate: BitRate { .unlimited }
  public var window: Double { packets * Double(packetBytes) }
  public var deadline: Time { .never }

  public mutating func update(_ feedback: borrowing Feedback) {
    acknowledged += feedback.acknowledged
    marked += feedback.marked
    if rounds.ends(feedback) {
      alpha += gain * (Double(marked) / Double(max(1, acknowledged)) - alpha)
      acknowledged = 0
      marked = 0
    }
    if feedback.timedOut {
      // Only the first of several timeouts in a row tells of the window (RFC 5681, section 3.1).
      if packets > 1 { cut(to: packets / 2, feedback.delivered) }
      packets = 1
      return
    }
    // Marks that come together with the first news from after a cut may be from before it.
    let resting = recovery.active
    if recovery.update(feedback, packetBytes: packetBytes) {
      cut(to: packets / 2, feedback.delivered)
    } else if feedback.marked > 0, !resting {
      cut(to: packets * (1 - alpha / 2), feedback.delivered)
    } else if feedback.acknowledged > 0, !recovery.active, !feedback.applicationLimited {
      grow(Double(feedback.acknowledged) / Double(packetBytes))
    }
  }

  private mutating func cut(to size: Double, _ delivered: Int64) {
    packets = max(DCTCP.leastPackets, size)
    threshold = packets
    recovery.begin(delivered)
    decreases += 1
  }

  private mutating func grow(_ acknowledged: Double) {
    let starting = min(acknowledged, max(0, threshold - packets))
    packets += starting
    let rest = acknowledged - starting
    if rest > 0 { packets = (packets * packets + 2 * rest).squareRoot() }
  }

  /// Holds no instants.
  public mutating func skip(from: Time, to: Time) {}

  public mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&packets)
    try coder.value(&threshold)
    try coder.value(&alpha)
    try coder.value(&acknowledged)
    try coder.value(&marked)
    try rounds.code(with: &coder)
    try recovery.code(with: &coder)
    try coder.value(&decreases)
  }
}
