// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// What a source sends until it looks again.
extension FluidSource {
  /// The rate from now on, and when to look again: at `end` at the latest.
  ///
  /// A window lets go what acknowledgements make room for, no more and no less, so the account of what is in flight
  /// decides and not a quotient of window and round trip. What there is room for now leaves as fast as the card allows;
  /// behind it, what there will be room for by the next look. That is known unless a port says something new, which
  /// brings the source here again: the history tells what comes back, and a copy of the controller what it makes of it.
  /// Without that look ahead each round trip would take the time between two looks longer. Rates that move in between, as
  /// by timers much shorter than the round trip, count with their mean.
  func planned(
    from now: Time, to end: Time, demands: Demands, packetBytes: Int64
  ) -> (rate: Int64, until: Time) {
    let span = end - now
    let loop = roundTrip + queueDelay(at: now)
    // Who is not to be called for so long rests.
    guard span > .zero, span.ticks / 2 <= loop.ticks || !min(controller.window, inflightLimit).isFinite, end < .never
    else { return (allowed(at: now), end) }
    var copy = controller
    var heard = heard
    let credit = room(copy, heard)
    var sent: BitTicks = 0
    var at = now
    // A rate alone is even enough between its timers for a mean over fewer parts.
    let step = max(1, span.ticks / (min(copy.window, inflightLimit).isFinite ? 16 : 4))
    while at < end {
      let next = min(end, max(min(copy.deadline, end), at + Time(ticks: step)))
      let length = Int128((next - at).ticks)
      let before = min(copy.rate, spec.limit).bitsPerSecond
      let most = emitted + room(copy, heard)
      follow(&copy, &heard, from: at, to: next, demands: demands, packetBytes: packetBytes) { time in
        min(most, emitted + sent + Int128(before) * Int128((time - at).ticks))
      }
      sent += (Int128(before) + Int128(min(copy.rate, spec.limit).bitsPerSecond)) * length / 2
      at = next
    }
    let room = room(copy, heard)
    let most = sent / Int128(span.ticks)
    guard sent > room else { return (Int64(most), end) }
    // Crumbs of a packet wait for the rest of it. What there is room for now would, spread until the next look, blur the
    // gap between two bursts, unless acknowledgements come in between.
    let crumb = BitTicks(bytes: packetBytes) / 16
    let steady = max(0, room - credit) / Int128(span.ticks)
    if credit > BitTicks(bytes: 2 * packetBytes) || credit > crumb && credit > room / 2, steady < most {
      let burst = credit / (most - steady)
      if burst < Int128(span.ticks) { return (Int64(most), now + Time(ticks: max(1, Int64(burst)))) }
    }
    guard room > crumb else { return (0, end) }
    return (Int64(room / Int128(span.ticks)), end)
  }

  /// Tells a controller what comes in over a span of time.
  ///
  /// All of it at once, unless that makes a controller give way that steers by delays or telemetry: how far it does
  /// depends on when, as one that cuts once a round trip cuts little if it is told as soon as the queue passes its target.
  /// Then the span is told in parts.
  func follow(
    _ controller: inout any CongestionController, _ heard: inout SignalState, from start: Time, to end: Time,
    demands: Demands, packetBytes: Int64, emitted: (Time) -> BitTicks
  ) {
    let (controllerBefore, heardBefore) = (controller, heard)
    controller.update(
      signals(&heard, emitted: emitted(end), at: end, demands: demands, packetBytes: packetBytes))
    let bySteps: Signals = [.delay, .telemetry]
    guard controller.decreases != controllerBefore.decreases, !demands.signals.isDisjoint(with: bySteps) else { return }
    (controller, heard) = (controllerBefore, heardBefore)
    let parts: Int64 = 32
    for part in 1...parts {
      let time = start + Time(ticks: (end - start).ticks * part / parts)
      controller.update(
        signals(&heard, emitted: emitted(time), at: time, demands: demands, packetBytes: packetBytes))
    }
  }

  /// Brings the controller up to date. Call with `emitted` up to date.
  mutating func listen(at now: Time, demands: Demands, packetBytes: Int64) {
    guard isExact, demands.listensToAcknowledgements, now > heard.updated else {
      controller.update(collect(at: now, demands: demands, packetBytes: packetBytes))
      return
    }
    var (controller, heard) = (controller, heard)
    let (sent, rate, since) = (emitted, rate, now)
    follow(
      &controller, &heard, from: heard.updated, to: now, demands: demands, packetBytes: packetBytes
    ) { time in
      sent - Int128(rate) * Int128((since - time).ticks)
    }
    if heard.acknowledgedTo >= heard.roundStart { heard.roundStart = now }
    self.controller = controller
    self.heard = heard
  }

  /// What a window has room for with what has been acknowledged, over what has been sent until now.
  private func room(_ controller: any CongestionController, _ heard: SignalState) -> BitTicks {
    let window = min(controller.window, inflightLimit)
    guard window < 1e15 else { return .max / 2 }
    // The packet that crosses the edge still goes: half a packet in the mean.
    let bytes = window + (window < inflightLimit ? Double(context.packetBytes) / 2 : 0)
    return max(0, BitTicks(bytes: heard.delivered + heard.lostKnown) + BitTicks(bytes * 8e11) - emitted)
  }

  /// When the controller is to be called again though nothing is heard; call after an update.
  ///
  /// The loop through the network takes a round trip with its queues, so looking at the amounts eight times in it follows
  /// them closely, but more often than once a packet there is nothing new. A controller gets its own deadlines to an
  /// eighth of the round trip, on a grid that all flows of such round trips share: what it does about them is not
  /// felt sooner, and a port looks at itself once for all who move at one instant. Ends of round trips, and the first
  /// news of what was sent after a cut, are looked at when they come: what is done once a round trip would else take
  /// longer. A controller that has said the same for a round trip while nothing moves would go on saying so.
  ///
  /// While what it hears stays the same, a controller is left alone for longer, up to ``Demands/longestSpan``: for as long
  /// as its answer should take, at the pace of late, to move by a quarter of the change that is passed on. In an
  /// experiment that is for laws in closed form only.
  mutating func nextUpdate(at now: Time, demands: Demands, packetBytes: Int64) -> Time {
    let loop = min(roundTrip + queueDelay(at: now), .seconds(1))
    // The mean that is planned looks ahead; where nothing but the rate follows from it, fewer looks are enough.
    let isRate = isExact && !min(controller.window, inflightLimit).isFinite
    let grain = Int64(1) << max(0, (isRate ? 62 : 60) - loop.ticks.leadingZeroBitCount)
    func onGrid(_ time: Time) -> Time {
      time < .seconds(90_000_000) ? Time(ticks: (time.ticks + grain - 1) / grain * grain) : .never
    }
    let own = onGrid(max(controller.deadline, now + .tick))
    guard demands.listensToAcknowledgements else { return own }
    let isMarked = marked > 0
    guard demands.followsAcknowledgements || isMarked else { return own }
    let queueMoves = hops.contains { $0.queueMoves(at: now) }
    let (answer, most) = (controller.rate, controller.window)
    let changed = max(
      SignalState.change(from: heard.answeredRate.double, to: answer.double),
      SignalState.change(from: heard.answeredWindow, to: most))
    if changed > 0 || isMarked || queueMoves || demands.signals.contains(.loss) && lossRate > 0 {
      heard.answeredRate = answer
      heard.answeredWindow = most
      heard.calmSince = now
      heard.calmDelivered = heard.delivered
    }
    if controller.decreases != heard.cuts {
      heard.cuts = controller.decreases
      heard.cutAt = now
    }
    let window = min(most, inflightLimit)
    if isOpening(at: now) {
      let left = window * 8 - emitted.double / 1e11
      let sent = left > 0 && rate > 0 ? now + .seconds(left / Double(rate)) + .tick : .never
      return min(own, sent, now < started + roundTrip ? started + roundTrip : .never)
    }
    // It rests when it has heard a round trip long of packets and stayed as it was; not while nothing comes back.
    let hasHeard = rate == 0 || heard.delivered >= heard.calmDelivered + 2 * packetBytes
    if now - heard.calmSince > loop, hasHeard { return own }
    let usual = max(rate, allowed(at: now))
    let packet = usual > 0 ? Int64(min(1e11, Double(packetBytes * 8) / Double(usual) * 1e11)) : 0
    let least = max(1, loop.ticks / (isRate ? 4 : 8), min(packet, loop.ticks))
    let isBusy = isMarked || queueMoves && demands.followsQueues || isExact && demands.longestSpan < 2
    heard.stretch(changed, least: least, most: isBusy ? least : loop.ticks * demands.longestSpan)
    var look = onGrid(now + heard.stride)
    // What is left alone for longer is not followed burst by burst.
    guard isExact, heard.stride.ticks <= loop.ticks else { return min(own, look) }
    if window.isFinite {
      let burst = Int64(Double(packetBytes * 8 * 4) / spec.limit.double * 1e11)
      let (rate, edge) = heard.history.edge(
        after: heard.acknowledgedTo, least: max(1, spec.limit.bitsPerSecond / 1000))
      if let edge {
        let change = max(returns(edge, at: now, least: least), now + Time(ticks: max(1, burst)))
        look = rate == 0 ? change : min(look, change)
      }
    }
    return min(
      own, look, returns(heard.roundStart, at: now, least: least),
      returns(heard.cutAt, at: now, least: least))
  }

  /// When what was sent at a time will be acknowledged; never if it has been. What should have been, but is not known to
  /// be, is asked for again after `least` ticks.
  private func returns(_ time: Time, at now: Time, least: Int64) -> Time {
    let delay = queueDelay(at: now)
    // Behind a port that serves other classes alone, nothing comes back for now.
    guard time > heard.acknowledgedTo, delay < .seconds(1_000_000) else { return .never }
    let shift = (time + roundTrip + delay - now).ticks
    guard shift > 0 else { return now + Time(ticks: least) }
    var stretch = 1.0
    for hop in hops where hop.queueMoves(at: now) {
      let growth = Double(hop.feedback.queueTrend) / hop.feedback.capacity.double
      stretch -= growth / max(0.01, 1 + growth)
    }
    return now + Time(ticks: max(1, Int64((Double(shift) / max(0.05, stretch)).rounded(.up))))
  }
}

extension SignalState {
  /// Relative change of what a controller answers.
  static func change(from old: Double, to new: Double) -> Double {
    old == new ? 0 : abs(new - old) / max(old.isFinite ? abs(old) : 0, 1)
  }

  /// Sets for how long the controller is left alone: its answer has `changed` over the last span.
  mutating func stretch(_ changed: Double, least: Int64, most: Int64) {
    guard span > .zero else {
      stride = max(stride, Time(ticks: least))
      return
    }
    let aim = FluidNetwork.rateThreshold / 4
    let next = changed > 0 ? Double(span.ticks) * aim / changed : .infinity
    // No more than twice as long as before.
    let bound = max(least, min(most, max(least, stride.ticks) * 2))
    stride = Time(ticks: max(least, Int64(min(next, Double(bound)))))
  }
}
