// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// CUBIC (RFC 9438), as a law for the window of one flow.
///
/// In congestion avoidance W(t) = C (t - K)^3 + Wmax with K = cbrt(Wmax (1 - beta) / C), never below the Reno estimate
/// of section 4.3; on loss Wmax becomes W (less with fast convergence, section 4.7) and W is cut to beta W, at most once
/// in a round trip. Slow start doubles each round trip and ends at the first loss or, as HyStart++ (RFC 9406) does by
/// delay, when queueing exceeds an eighth of the round trip within 4...16 ms.
///
/// Deviations: the window moves in steps of at most `resolution` or half a round trip, not by acknowledgements; losses
/// are integrated from a rate, and one whole lost packet makes a loss event.
public struct Cubic: CongestionController, Equatable {
  public struct Parameters: Equatable, Sendable {
    /// RFC 9438 section 4.1: C in packets per second cubed.
    public var scale = 0.4
    public var beta = 0.7
    public var fastConvergence = true
    /// RFC 6928.
    public var initialPackets = 10.0
    /// The largest relative step of the window between two deadlines.
    public var resolution = 0.05
    public init() {}
  }

  let parameters: Parameters
  let packetBits: Double
  let lineRate: BitRate
  var inSlowStart = true
  /// All windows in packets.
  var packets: Double
  var maximum = 0.0
  var reno = 0.0
  var epoch: Time
  var crossing = 0.0
  var lost = 0.0
  var lossRate = 0.0
  var lastCut: Time
  var clock: Time
  var roundTrip: Time
  public private(set) var decreases: UInt32 = 0
  public private(set) var deadline: Time

  public init(context: FlowContext, parameters: Parameters = Parameters()) {
    self.parameters = parameters
    packetBits = Double(context.packetBytes * 8)
    lineRate = context.lineRate
    packets = parameters.initialPackets
    epoch = context.now
    lastCut = Time(ticks: context.now.ticks - Time.seconds(3600).ticks)
    clock = context.now
    roundTrip = context.roundTrip
    deadline = context.now + Time(ticks: max(1, context.roundTrip.ticks / 2))
  }

  public var window: Double? { packets * packetBits / 8 }
  public var rate: BitRate { lineRate }

  public mutating func update(_ feedback: Feedback) {
    let total = feedback.roundTrip + feedback.queueDelay
    let elapsed = (feedback.now - clock).seconds
    lost += lossRate * elapsed / packetBits
    if feedback.applicationLimited {
      // RFC 9438 section 5.8: no growth while the application does not fill the window.
      epoch += feedback.now - clock
    } else if inSlowStart {
      packets *= DeterministicMath.exp(0.6931471805599453 * elapsed / max(1e-9, total.seconds))
      let limit = lineRate.double * total.seconds / packetBits
      if packets > limit { packets = limit }
      let threshold = min(max(feedback.roundTrip.seconds / 8, 0.004), 0.016)
      if feedback.queueDelay.seconds > threshold { leaveSlowStart(at: feedback.now) }
    } else {
      grow(at: feedback.now, elapsed: elapsed, roundTrip: total)
    }
    clock = feedback.now
    roundTrip = total
    lossRate = feedback.lossRate.double
    if lost >= 1, feedback.now - lastCut >= total { cut(at: feedback.now) }
    schedule(feedback)
  }

  mutating func leaveSlowStart(at now: Time) {
    inSlowStart = false
    maximum = packets
    reno = packets
    epoch = now
    crossing = 0
  }

  mutating func grow(at now: Time, elapsed: Double, roundTrip: Time) {
    let t = (now - epoch).seconds - crossing
    let target = parameters.scale * t * t * t + maximum
    let alpha = reno < maximum ? 3 * (1 - parameters.beta) / (1 + parameters.beta) : 1
    reno += alpha * elapsed / max(1e-9, roundTrip.seconds)
    // Section 4.4: the target is held within one and a half times the window a round trip.
    packets = max(packets, min(max(target, reno), 1.5 * packets))
  }

  mutating func cut(at now: Time) {
    maximum =
      parameters.fastConvergence && packets < maximum ? packets * (1 + parameters.beta) / 2 : packets
    packets = max(2, packets * parameters.beta)
    reno = packets
    crossing = DeterministicMath.cbrt(max(0, maximum - packets) / parameters.scale)
    epoch = now
    lastCut = now
    lost = 0
    inSlowStart = false
    decreases += 1
  }

  /// When the window will have moved by one step, or the next packet will have been lost.
  mutating func schedule(_ feedback: Feedback) {
    let half = Time(ticks: max(1, roundTrip.ticks / 2))
    var next: Time
    if feedback.applicationLimited {
      next = .never
    } else if inSlowStart {
      next = clock + half
    } else {
      let goal = packets * (1 + parameters.resolution)
      // Invert the cubic; the Reno line may get there first.
      let cubicAt = crossing + DeterministicMath.cbrt((goal - maximum) / parameters.scale)
      let sinceEpoch = (clock - epoch).seconds
      let renoIn = (goal - reno) * roundTrip.seconds
      let wait = max(half.seconds, min(cubicAt - sinceEpoch, renoIn))
      next = clock + Time.seconds(wait)
    }
    if lossRate > 0 {
      let wait = max(0, 1 - lost) * packetBits / lossRate
      let lossAt = max(clock + Time.seconds(wait) + .tick, lastCut + roundTrip)
      next = min(next, max(lossAt, clock + .tick))
    }
    deadline = next
  }

  public mutating func skip(from: Time, to: Time) {
    let leap = to - from
    epoch += leap
    lastCut += leap
    clock += leap
    lost = 0
  }

  public func encode(into writer: inout ByteWriter) {
    for value in [parameters.scale, parameters.beta, parameters.initialPackets, parameters.resolution, packetBits] {
      writer.write(value)
    }
    writer.write(parameters.fastConvergence)
    writer.write(lineRate)
    writer.write(inSlowStart)
    for value in [packets, maximum, reno, crossing, lost, lossRate] { writer.write(value) }
    for time in [epoch, lastCut, clock, roundTrip, deadline] { writer.write(time) }
    writer.write(decreases)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    var parameters = Parameters()
    parameters.scale = try reader.readDouble()
    parameters.beta = try reader.readDouble()
    parameters.initialPackets = try reader.readDouble()
    parameters.resolution = try reader.readDouble()
    packetBits = try reader.readDouble()
    parameters.fastConvergence = try reader.readBool()
    self.parameters = parameters
    lineRate = try reader.readRate()
    inSlowStart = try reader.readBool()
    packets = try reader.readDouble()
    maximum = try reader.readDouble()
    reno = try reader.readDouble()
    crossing = try reader.readDouble()
    lost = try reader.readDouble()
    lossRate = try reader.readDouble()
    epoch = try reader.readTime()
    lastCut = try reader.readTime()
    clock = try reader.readTime()
    roundTrip = try reader.readTime()
    deadline = try reader.readTime()
    decreases = try reader.read()
  }
}
