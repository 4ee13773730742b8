// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// What a source remembers to turn the words of ports into amounts.
struct SignalState: Sendable {
  var history = SendHistory()
  /// The last call of the controller.
  var updated: Time
  /// When the bit was sent that is acknowledged now.
  var acknowledgedTo: Time
  /// Bytes known to have arrived.
  var delivered: Int64 = 0
  /// Losses known, those told to the controller in whole packets, and bytes until the next of them.
  var lostKnown: Int64 = 0
  var lostTold: Int64 = 0
  var lossCredit = 0.0
  var lossThreshold = 0.0
  /// Parts of marked bytes that did not add up to one.
  var markedCredit = 0.0
  var notifications: NotificationTimes
  var losses: ExponentialDraws
  /// The controller's answer, and since when it has been the same.
  var answeredRate = BitRate.zero
  var answeredWindow = 0.0
  var calmSince: Time
  /// What had been delivered then.
  var calmDelivered: Int64 = 0
  /// What the last call covered, and for how long the controller may be left alone now.
  var span = Time.zero
  var stride = Time.zero

  init(seed: UInt64, packetBytes: Int64, at now: Time) {
    updated = now
    acknowledgedTo = now
    calmSince = now
    notifications = NotificationTimes(seed: seed)
    losses = ExponentialDraws(seed: seed, name: "losses")
    lossThreshold = Double(packetBytes) * losses.next()
  }
}

extension Demands {
  /// Signals that come with every acknowledgement: their algorithms are called as time passes. Losses alone, beside a rate
  /// that is told, move nothing.
  var listensToAcknowledgements: Bool {
    let told: Signals = [.explicitRate, .oracle]
    let all: Signals = [.marks, .delay, .notifications, .telemetry, .deliveryRate]
    return !signals.isDisjoint(with: all) || signals.contains(.loss) && signals.isDisjoint(with: told)
  }

  /// Acknowledgements themselves move the controller. Where only notifications do, it hears of nothing while nothing is
  /// marked, and its own timers are all that goes on.
  var followsAcknowledgements: Bool {
    !signals.isDisjoint(with: [.marks, .delay, .telemetry, .deliveryRate, .loss])
  }
}

extension FluidSource {

  /// Feedback over the span since the last call. Call with `emitted` up to date.
  ///
  /// Truth about amounts is the history of what was sent: what is acknowledged now was sent a round trip and the queueing
  /// delay earlier, but for what ports report as lost.
  mutating func collect(at now: Time, demands: Demands, packetBytes: Int64) -> Feedback {
    var feedback = Feedback(now: now)
    feedback.explicitRate =
      demands.signals.contains(.explicitRate) ? book.granted : demands.signals.contains(.oracle) ? told : .unlimited
    let isIdle = available.map { $0 <= emitted - lost(at: now) } ?? false
    feedback.applicationLimited = isIdle || usage < allowed(at: now)
    heard.span = now - heard.updated
    guard demands.listensToAcknowledgements else {
      heard.updated = now
      return feedback
    }
    let delay = roundTrip + queueDelay(at: now)
    let arrivedBefore = heard.delivered
    heard.acknowledgedTo = max(heard.acknowledgedTo, now - delay)
    let passed = heard.history.emitted(by: heard.acknowledgedTo).bytes
    heard.lostKnown = max(heard.lostKnown, lost(at: now).bytes)
    heard.delivered = max(heard.delivered, passed - heard.lostKnown)
    feedback.acknowledged = heard.delivered - arrivedBefore
    feedback.delivered = heard.delivered
    feedback.priorDelivered = heard.history.delivered(by: heard.acknowledgedTo)
    feedback.inFlight = max(0, emitted.bytes - heard.delivered - heard.lostKnown)
    if feedback.acknowledged > 0 {
      feedback.roundTrip = delay
      let span = (now - heard.acknowledgedTo).seconds
      if span > 0 {
        feedback.deliveryRate = BitRate(Int64(Double(feedback.delivered - feedback.priorDelivered) * 8 / span))
      }
      let share = marked
      if share > 0 {
        heard.markedCredit += Double(feedback.acknowledged) * share
        feedback.marked = min(feedback.acknowledged, Int64(heard.markedCredit))
        heard.markedCredit -= Double(feedback.marked)
        if demands.signals.contains(.notifications), now > heard.updated {
          let packets = Double(feedback.acknowledged) / Double(packetBytes) / (now - heard.updated).seconds
          feedback.notifications = heard.notifications.count(
            from: heard.updated, to: now, marked: share, packets: packets, interval: demands.notificationInterval)
        }
      }
    }
    feedback.lost = newlyLost(packetBytes, exactly: !demands.signals.contains(.loss))
    if demands.signals.contains(.telemetry), hops.allSatisfy(\.answered) {
      feedback.hops = min(hops.count, Feedback.maximumHops)
      for hop in 0..<feedback.hops { feedback.telemetry[hop] = hops[hop].telemetry(at: now) }
    }
    heard.updated = now
    return feedback
  }

  /// Losses come to a controller in whole packets: as many as are missing when a queue overflows, and one at a time, at
  /// random intervals, from fibres. A trickle of parts of packets would be an event that no sender ever sees. Where losses
  /// are no signal, amounts are all that is asked for.
  private mutating func newlyLost(_ packetBytes: Int64, exactly: Bool) -> Int64 {
    let new = heard.lostKnown - heard.lostTold
    heard.lostTold = heard.lostKnown
    if exactly { return new }
    heard.lossCredit += Double(new)
    var lost: Int64 = 0
    // Of very many at once chance makes no matter.
    let many = Int64(heard.lossCredit / Double(packetBytes)) - 64
    if many > 0 {
      lost = many * packetBytes
      heard.lossCredit -= Double(lost)
    }
    while heard.lossCredit > heard.lossThreshold {
      heard.lossCredit -= heard.lossThreshold
      heard.lossThreshold = Double(packetBytes) * (losesPeriodically ? 1 : heard.losses.next())
      lost += packetBytes
    }
    return lost
  }

  /// Writes down what is being sent from now on, for those acknowledgements that are to come.
  mutating func remember(at now: Time) {
    heard.history.add(SendHistory.Point(at: now, emitted: emitted, rate: rate, delivered: heard.delivered))
    heard.history.forget(before: heard.acknowledgedTo)
  }

  /// When the controller is to be called again though nothing is heard; call after an update.
  ///
  /// The loop through the network takes a round trip with its queues, so looking at the amounts eight times in it follows
  /// them closely, but more often than once a packet there is nothing new. A controller gets its own deadlines to an
  /// eighth of the round trip, on a grid that all flows of such round trips share: what it does about them is not
  /// felt sooner, and a port looks at itself once for all who move at one instant. A controller that has said the same for
  /// a round trip while nothing moves would go on saying so.
  ///
  /// While what it hears stays the same, a controller is left alone for longer, up to ``Demands/longestSpan``: for as long
  /// as its answer should take, at the pace of late, to move by a quarter of the change that is passed on.
  mutating func nextUpdate(at now: Time, demands: Demands, packetBytes: Int64) -> Time {
    let loop = min(roundTrip + queueDelay(at: now), .seconds(1))
    let grain = Int64(1) << max(0, 60 - loop.ticks.leadingZeroBitCount)
    func onGrid(_ time: Time) -> Time {
      time < .seconds(90_000_000) ? Time(ticks: (time.ticks + grain - 1) / grain * grain) : .never
    }
    let own = onGrid(max(controller.deadline, now + .tick))
    guard demands.listensToAcknowledgements else { return own }
    let isMarked = marked > 0
    guard demands.followsAcknowledgements || isMarked else { return own }
    let queueMoves = hops.contains { $0.queueMoves(at: now) }
    let (rate, most) = (controller.rate, controller.window)
    let changed = max(
      SignalState.change(from: heard.answeredRate.double, to: rate.double),
      SignalState.change(from: heard.answeredWindow, to: most))
    if changed > 0 || isMarked || queueMoves || demands.signals.contains(.loss) && lossRate > 0 {
      heard.answeredRate = rate
      heard.answeredWindow = most
      heard.calmSince = now
      heard.calmDelivered = heard.delivered
    }
    let window = min(most, inflightLimit)
    if window.isFinite, now < started + roundTrip {
      let left = window * 8 - emitted.double / 1e11
      let sent = left > 0 && self.rate > 0 ? now + .seconds(left / Double(self.rate)) + .tick : .never
      return min(own, sent, started + roundTrip)
    }
    let packet = self.rate > 0 ? Int64(min(1e11, Double(packetBytes * 8) / Double(self.rate) * 1e11)) : loop.ticks
    // It rests when it has heard a round trip long of packets and stayed as it was; not while nothing comes back.
    let hasHeard = self.rate == 0 || heard.delivered >= heard.calmDelivered + 2 * packetBytes
    if now - heard.calmSince > loop, hasHeard { return own }
    let least = max(1, loop.ticks / 8, packet)
    let isBusy = isMarked || queueMoves && demands.followsQueues
    heard.stretch(changed, least: least, most: isBusy ? least : loop.ticks * demands.longestSpan)
    return min(own, onGrid(now + heard.stride))
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
