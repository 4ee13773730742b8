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
  /// When the present round trip began, when the window was cut last, and how often it had been by then.
  var roundStart: Time
  var cutAt: Time
  var cuts: UInt32 = 0

  init(seed: UInt64, packetBytes: Int64, at now: Time) {
    updated = now
    acknowledgedTo = now
    calmSince = now
    roundStart = now
    cutAt = now
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
  mutating func collect(at now: Time, demands: Demands, packetBytes: Int64) -> Feedback {
    var heard = self.heard
    let feedback = signals(&heard, emitted: emitted, at: now, demands: demands, packetBytes: packetBytes)
    if heard.acknowledgedTo >= heard.roundStart { heard.roundStart = now }
    self.heard = heard
    return feedback
  }

  /// What a sender hears at `now` that has heard `heard` so far and has sent `emitted`, if ports go on as they said.
  ///
  /// Truth about amounts is the history of what was sent: what is acknowledged now was sent a round trip and the queueing
  /// delay earlier, but for what ports report as lost.
  func signals(
    _ heard: inout SignalState, emitted: BitTicks, at now: Time, demands: Demands, packetBytes: Int64
  ) -> Feedback {
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
    if answered { heard.acknowledgedTo = max(heard.acknowledgedTo, now - delay) }
    let passed = heard.history.emitted(by: heard.acknowledgedTo).bytes
    heard.lostKnown = max(heard.lostKnown, lost(at: now).bytes)
    heard.delivered = max(heard.delivered, passed - heard.lostKnown)
    feedback.acknowledged = heard.delivered - arrivedBefore
    feedback.delivered = heard.delivered
    feedback.priorDelivered = heard.history.delivered(by: heard.acknowledgedTo)
    feedback.inFlight = max(0, emitted.bytes - heard.delivered - heard.lostKnown)
    if feedback.acknowledged > 0 {
      feedback.roundTrip = delay
      // The packet acknowledged now was sent when another one was acknowledged; packets are counted that came back after
      // that one, over the time in which they came or in which they were sent, whichever is longer.
      let sentAt = heard.acknowledgedTo
      let span = max(now - sentAt, sentAt - heard.history.acknowledged(at: sentAt)).seconds
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
    feedback.lost = newlyLost(&heard, packetBytes, exactly: !demands.signals.contains(.loss))
    if demands.signals.contains(.telemetry), answered {
      feedback.hops = min(hops.count, Feedback.maximumHops)
      for hop in 0..<feedback.hops { feedback.telemetry[hop] = hops[hop].telemetry(at: now) }
    }
    heard.updated = now
    return feedback
  }

  /// Losses come to a controller in whole packets: as many as are missing when a queue overflows, and one at a time, at
  /// random intervals, from fibres. A trickle of parts of packets would be an event that no sender ever sees. Where losses
  /// are no signal, amounts are all that is asked for.
  private func newlyLost(_ heard: inout SignalState, _ packetBytes: Int64, exactly: Bool) -> Int64 {
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
    heard.history.add(
      SendHistory.Point(
        at: now, emitted: emitted, rate: rate, delivered: heard.delivered,
        acknowledged: heard.acknowledgedTo))
    // What had been acknowledged when that was sent is asked for as well.
    heard.history.forget(before: heard.history.acknowledged(at: heard.acknowledgedTo))
  }

  /// Whether only a timeout tells that `bytes` are missing after all has been sent. A sender misses a packet when three
  /// that were sent later have been acknowledged (RFC 6675); packets that are sent again count as later ones, so that of
  /// fewer missing packets only the last three sent are not missed. Which ones are missing is left to chance.
  mutating func losesTail(_ bytes: Int64, packetBytes: Int64) -> Bool {
    let missing = Double(bytes) / Double(packetBytes)
    guard missing < 3 else { return false }
    // An expected number: how many are missing among the last is a Poisson number.
    let amongLast = missing * min(1, 3 * Double(packetBytes) / max(1, Double(flightAtEnd)))
    return heard.losses.next() < amongLast
  }
}
