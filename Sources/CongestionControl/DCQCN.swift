// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// DCQCN (Zhu et al., SIGCOMM 2015), the reaction point, for marks that arrive as a share of packets.
///
/// On a congestion notification: Rt = Rc, Rc = Rc (1 - alpha/2), alpha = (1 - g) alpha + g. Each alpha timer without
/// one: alpha = (1 - g) alpha. Increase events come from a timer and a byte counter; the first F of either halve the
/// distance to Rt, later ones raise Rt by the additive step, and when both are past F by the hyper step.
///
/// Deviations: notifications come at the expected rate (1 - (1 - p)^m) per interval for m packets in an interval, not
/// by chance; several intervals are taken in one call with the mark share held, at most an eighth of a round trip at a
/// time, because that is how fast the share itself can change at the sender.
public struct DCQCN: CongestionController, Equatable {
  /// Constants of the paper, of the vendor set used by later studies, and for long haul.
  public struct Parameters: Equatable, Sendable {
    public var g = 1.0 / 256
    public var alphaTimer = Time.microseconds(55)
    public var notificationInterval = Time.microseconds(50)
    public var increaseTimer = Time.microseconds(55)
    public var byteCounter = 10e6
    public var fastRecovery = 5
    public var additive = 40e6
    public var hyper = 400e6
    public var minimumRate = 100e6
    public init() {}

    /// SIGCOMM 2015: g 1/256, timers 55 us, byte counter 10 MB, F 5, 40 and 400 Mb/s.
    public static let paper = Parameters()

    /// The vendor set of the HPCC artefact: alpha 1 us, notification interval 4 us, increase timer 300 us, F 1.
    public static var vendor: Parameters {
      var p = Parameters()
      p.alphaTimer = .microseconds(1)
      p.notificationInterval = .microseconds(4)
      p.increaseTimer = .microseconds(300)
      p.fastRecovery = 1
      return p
    }

    /// Increase timer of 5 ms, as tuned on 50-400 km links by HPE Juniper (2026); the rest as vendor.
    public static var longHaul: Parameters {
      var p = Parameters.vendor
      p.increaseTimer = .microseconds(5000)
      return p
    }
  }

  let parameters: Parameters
  let lineRate: Double
  let packetBits: Double
  var current: Double
  var target: Double
  var alpha = 1.0
  /// Notifications that are due, as an expected number below one.
  var credit = 0.0
  var timerEvents: Int32 = 0
  var byteEvents: Int32 = 0
  var bytesSinceEvent = 0.0
  var timerElapsed = 0.0
  var marked = 0.0
  var limited = false
  var clock: Time
  var step: Time
  public private(set) var decreases: UInt32 = 0
  public private(set) var deadline: Time

  public init(context: FlowContext, parameters: Parameters = .paper) {
    self.parameters = parameters
    lineRate = context.lineRate.double
    packetBits = Double(context.packetBytes * 8)
    current = lineRate
    target = lineRate
    clock = context.now
    step = Time(ticks: max(parameters.notificationInterval.ticks, context.roundTrip.ticks / 8))
    deadline = .never
  }

  public var rate: BitRate { BitRate(Int64(current)) }
  public var window: Double? { nil }

  public mutating func update(_ feedback: Feedback) {
    advance(to: feedback.now)
    marked = feedback.markedFraction
    limited = feedback.applicationLimited
    let atLine = current >= lineRate && target >= lineRate
    deadline = marked > 0 || !(atLine || limited) ? clock + step : .never
  }

  /// Takes the steps between the last call and `now` with the share of marks held, one notification interval each.
  mutating func advance(to now: Time) {
    let interval = parameters.notificationInterval
    var left = now - clock
    while left > .zero {
      if marked == 0, (current >= lineRate && target >= lineRate) || limited {
        // Nothing moves but alpha, which decays in closed form.
        let timers = Double(left.ticks) / Double(parameters.alphaTimer.ticks)
        alpha *= DeterministicMath.exp(timers * DeterministicMath.log(1 - parameters.g))
        break
      }
      let span = min(left, interval)
      advanceOne(span)
      left = left - span
    }
    clock = now
  }

  mutating func advanceOne(_ span: Time) {
    let seconds = span.seconds
    let packets = current * seconds / packetBits
    if marked > 0 {
      let share = Double(span.ticks) / Double(parameters.notificationInterval.ticks)
      credit +=
        marked >= 1 ? share : share * (1 - DeterministicMath.exp(packets / share * DeterministicMath.log(1 - marked)))
    }
    if credit >= 1 {
      credit -= 1
      target = current
      current = max(parameters.minimumRate, current * (1 - alpha / 2))
      alpha = (1 - parameters.g) * alpha + parameters.g
      timerEvents = 0
      byteEvents = 0
      bytesSinceEvent = 0
      timerElapsed = 0
      decreases += 1
      return
    }
    let timers = Double(span.ticks) / Double(parameters.alphaTimer.ticks)
    alpha *= 1 - min(1, parameters.g * timers)
    if limited { return }
    timerElapsed += seconds
    bytesSinceEvent += current * seconds / 8
    let period = parameters.increaseTimer.seconds
    while timerElapsed >= period {
      timerElapsed -= period
      timerEvents += 1
      increase()
    }
    while bytesSinceEvent >= parameters.byteCounter {
      bytesSinceEvent -= parameters.byteCounter
      byteEvents += 1
      increase()
    }
  }

  mutating func increase() {
    let f = Int32(parameters.fastRecovery)
    if timerEvents > f && byteEvents > f {
      target += parameters.hyper
    } else if timerEvents > f || byteEvents > f {
      target += parameters.additive
    }
    target = min(target, lineRate)
    current = min(lineRate, (current + target) / 2)
    if lineRate - current < 1 { current = lineRate }
  }

  public mutating func skip(from: Time, to: Time) { clock += to - from }

  public func encode(into writer: inout ByteWriter) {
    writer.write(parameters.g)
    writer.write(parameters.alphaTimer)
    writer.write(parameters.notificationInterval)
    writer.write(parameters.increaseTimer)
    writer.write(parameters.byteCounter)
    writer.write(Int32(parameters.fastRecovery))
    for value in [
      parameters.additive, parameters.hyper, parameters.minimumRate, lineRate, packetBits, current, target, alpha,
      credit, bytesSinceEvent, timerElapsed, marked,
    ] { writer.write(value) }
    writer.write(timerEvents)
    writer.write(byteEvents)
    writer.write(limited)
    for time in [clock, step, deadline] { writer.write(time) }
    writer.write(decreases)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    var p = Parameters()
    p.g = try reader.readDouble()
    p.alphaTimer = try reader.readTime()
    p.notificationInterval = try reader.readTime()
    p.increaseTimer = try reader.readTime()
    p.byteCounter = try reader.readDouble()
    p.fastRecovery = Int(try reader.read(Int32.self))
    p.additive = try reader.readDouble()
    p.hyper = try reader.readDouble()
    p.minimumRate = try reader.readDouble()
    parameters = p
    lineRate = try reader.readDouble()
    packetBits = try reader.readDouble()
    current = try reader.readDouble()
    target = try reader.readDouble()
    alpha = try reader.readDouble()
    credit = try reader.readDouble()
    bytesSinceEvent = try reader.readDouble()
    timerElapsed = try reader.readDouble()
    marked = try reader.readDouble()
    timerEvents = try reader.read()
    byteEvents = try reader.read()
    limited = try reader.readBool()
    clock = try reader.readTime()
    step = try reader.readTime()
    deadline = try reader.readTime()
    decreases = try reader.read()
  }
}
