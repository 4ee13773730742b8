// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// What ports of distance-aware traffic measure for themselves: what classes before it use, and queues that should not be.
extension PacketNetwork {
  /// A queue below this much line time is what packets of many flows make by chance.
  private static let tolerance = 20e-6

  /// Begins to look at a port now and then, if there is anything to see: traffic of classes served before, or a queue.
  mutating func watch(_ number: Int) {
    guard !control.desks[number].isWatching, sharesPort(number) || needsDrain(number) else { return }
    control.desks[number].isWatching = true
    control.desks[number].lookedAt = now
    control.desks[number].sentBefore = sentBefore(number)
    lookLater(number)
  }

  private func sharesPort(_ number: Int) -> Bool { number % 3 > 0 && classesInUse > 1 }

  private func needsDrain(_ number: Int) -> Bool {
    let rate = Double(ports[number / 3].rate)
    return rate > 0 && queue(number) * 8 / rate > PacketNetwork.tolerance
  }

  /// Bytes that are served before a new packet of the desk's class.
  private func queue(_ number: Int) -> Double {
    let port = ports[number / 3]
    guard port.hasLists else { return port.backlog(at: now) }
    var sum: Int64 = 0
    for c in 0...(number % 3) { sum += port.classBytes[c] }
    return Double(sum)
  }

  private func sentBefore(_ number: Int) -> Int64 {
    var sum: Int64 = 0
    for c in 0..<(number % 3) { sum += ports[number / 3].classSent[c] }
    return sum
  }

  /// From one look to the next: an eighth of the longest loop, or of what the buffer holds if that is longer, for what is
  /// shorter the buffer takes.
  private func interval(_ number: Int) -> Int64 {
    var loop: Int64 = 0
    for entry in control.desks[number].ledger.entries { loop = max(loop, entry.loop.ticks) }
    let place = number / 3
    let buffer = ports[place].buffer
    // At least 10 us and at most 1 ms of buffer: a card has no limit, an outage no speed.
    let held = min(max(buffer / max(1e-30, ports[place].speed), 1e6), 1e8)
    return Int64(max(Double(loop), held) / 8)
  }

  private mutating func lookLater(_ number: Int) {
    let word = ControlWord.look(desk: Int32(number))
    control.queue.push(word, at: Time(ticks: now + interval(number)), rank: word.rank)
  }

  mutating func look(_ number: Int) {
    let place = number / 3
    let span = Double(now - control.desks[number].lookedAt) / Double(Time.ticksPerSecond)
    let sent = sentBefore(number)
    if sharesPort(number), span > 0 {
      let used = Double(sent - control.desks[number].sentBefore) * 8 / span
      // As RFC 6298 does for round trips: the first look counts in full.
      if control.desks[number].mean == 0 {
        control.desks[number].mean = used
        control.desks[number].deviation = used / 2
      }
      let change = used - control.desks[number].mean
      control.desks[number].mean += change / 8
      control.desks[number].deviation += (abs(change) - control.desks[number].deviation) / 8
      control.desks[number].before = control.desks[number].mean + control.desks[number].deviation
    }
    control.desks[number].sentBefore = sent
    control.desks[number].lookedAt = now
    // What is queued leaves within about the time in which sources can react.
    let excess = queue(number) * 8 - PacketNetwork.tolerance * Double(ports[place].rate)
    let time = Double(8 * interval(number)) / Double(Time.ticksPerSecond)
    control.desks[number].drain = excess > 0 ? min(excess / time, Double(ports[place].rate) / 2) : 0
    touchDesk(number)
    let isBusy = !control.desks[number].members.isEmpty
    if isBusy, sharesPort(number) || excess > 0 {
      lookLater(number)
    } else {
      control.desks[number].isWatching = false
      control.desks[number].drain = 0
    }
  }
}
