// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

extension BBRv3 {
  mutating func skip(from: Time, to: Time) {
    let length = to - from
    path.skip(length)
    cycleSince += length
    probeEnds += length
    deadline += length
  }

  mutating func code(with coder: inout StateCoder) throws(WireError) {
    try path.code(with: &coder)
    try coder.value(&waits)
    try coder.value(&state)
    try coder.value(&feedbacks)
    try coder.value(&maximumBefore)
    try coder.value(&maximumNow)
    try coder.value(&shortTermRate)
    try coder.value(&shortTermFlight)
    try coder.value(&longTermFlight)
    try coder.value(&latestRate)
    try coder.value(&latestFlight)
    try lossRound.code(with: &coder)
    try coder.value(&lostInRound)
    try coder.value(&probing)
    try coder.value(&fullBandwidth)
    try coder.value(&fullRounds)
    try coder.value(&fullNow)
    try coder.value(&full)
    try coder.value(&drainSince)
    try coder.value(&cycleSince)
    try coder.value(&probeWait)
    try coder.value(&roundsSinceProbe)
    try coder.value(&slopeRounds)
    try coder.value(&bytesPerStep)
    try coder.value(&bytesTowardsStep)
    try coder.value(&probeEnds)
    try coder.value(&probeRoundDone)
    try coder.value(&priorWindow)
    try coder.value(&pacing)
    try coder.value(&window)
    try coder.value(&deadline)
    try coder.value(&decreases)
  }
}
