// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

extension FluidSource {
  func encode(into writer: inout ByteWriter) {
    writer.write(spec)
    writer.write(phase.rawValue)
    writer.write(context)
    var coder = StateCoder()
    var copy = controller
    do { try copy.code(with: &coder) } catch { preconditionFailure("writing state cannot fail: \(error)") }
    writer.write(bytes: coder.bytes)
    writer.write(hops)
    writer.write(book)
    writer.write(roundTrip)
    for rate in [demand, usage, rate, wanted, reported] { writer.write(rate) }
    writer.write(emitted)
    writer.write(since)
    writer.write(started)
    writer.write(pausedAt)
    writer.write(deadline)
    writer.write(finish)
    writer.write(reactPending)
    writer.write(flightAtEnd)
    writer.write(steady)
    heard.encode(into: &writer)
  }

  init(from reader: inout ByteReader, algorithm: Algorithm) throws(WireError) {
    let spec: FlowSpec = try reader.read()
    let rawPhase: UInt8 = try reader.read()
    guard let phase = Phase(rawValue: rawPhase) else { throw .badValue("phase of a flow \(rawPhase)") }
    let context: FlowContext = try reader.read()
    var controller = algorithm.controller(for: context)
    var coder = StateCoder(reading: ByteReader(try reader.readBytes()))
    try controller.code(with: &coder)
    var hops: [HopView] = []
    for _ in 0..<(try reader.readCount()) { hops.append(try reader.read()) }
    let book: ClaimBook = try reader.read()
    self.init(
      spec: spec, context: context, controller: controller, hops: hops, roundTrip: try reader.readTime(), demand: 0)
    self.phase = phase
    self.book = book
    demand = try reader.read()
    usage = try reader.read()
    rate = try reader.read()
    wanted = try reader.read()
    reported = try reader.read()
    emitted = try reader.read()
    since = try reader.readTime()
    started = try reader.readTime()
    pausedAt = try reader.readTime()
    deadline = try reader.read()
    finish = try reader.read()
    reactPending = try reader.readBool()
    flightAtEnd = try reader.read()
    steady = try reader.read()
    heard = try SignalState(from: &reader, seed: context.seed)
  }
}

extension HopView: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    writer.write(feedback)
    writer.write(answered)
    writer.write(lost)
    writer.write(since)
    writer.write(age)
  }

  init(from reader: inout ByteReader) throws(WireError) {
    feedback = try reader.read()
    answered = try reader.readBool()
    lost = try reader.read()
    since = try reader.readTime()
    age = try reader.readTime()
  }
}

extension SteadyState: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    writer.write(active)
    writer.write(rate)
    writer.write(enteredAt)
    writer.write(until)
    writer.write(watched)
    writer.write(fresh)
    writer.write(settling)
    writer.write(blockStart)
    writer.write(blockEmitted)
    writer.write(blockLost)
    writer.write(blockDecreases)
    writer.write(seen)
    writer.write(calm)
    writer.write(level)
    writer.write(fallen)
    writer.write(blocks)
    writer.write(stretch)
    writer.write(sum)
    writer.write(span)
    writer.write(squares)
    writer.write(lastMean)
  }

  init(from reader: inout ByteReader) throws(WireError) {
    active = try reader.readBool()
    rate = try reader.read()
    enteredAt = try reader.readTime()
    until = try reader.readTime()
    watched = try reader.readTime()
    fresh = try reader.read()
    settling = try reader.read()
    blockStart = try reader.readTime()
    blockEmitted = try reader.read()
    blockLost = try reader.read()
    blockDecreases = try reader.read()
    seen = try reader.read()
    calm = try reader.readTime()
    level = try reader.readDouble()
    fallen = try reader.readDouble()
    blocks = try reader.read()
    stretch = try reader.read()
    sum = try reader.read()
    span = try reader.readTime()
    squares = try reader.readDouble()
    lastMean = try reader.readDouble()
  }
}

extension SignalState {
  func encode(into writer: inout ByteWriter) {
    writer.write(history)
    for time in [updated, acknowledgedTo, calmSince, span, stride, roundStart, cutAt, notifications.quietUntil] {
      writer.write(time)
    }
    writer.write(cuts)
    for bytes in [delivered, calmDelivered, lostKnown, lostTold] { writer.write(bytes) }
    for number in [lossCredit, lossThreshold, markedCredit, notifications.exposure, answeredWindow] {
      writer.write(number)
    }
    writer.write(Int64(notifications.draws.drawn))
    writer.write(Int64(losses.drawn))
    writer.write(answeredRate)
  }

  init(from reader: inout ByteReader, seed: UInt64) throws(WireError) {
    self.init(seed: seed, packetBytes: 0, at: .zero)
    history = try reader.read()
    updated = try reader.readTime()
    acknowledgedTo = try reader.readTime()
    calmSince = try reader.readTime()
    span = try reader.readTime()
    stride = try reader.readTime()
    roundStart = try reader.readTime()
    cutAt = try reader.readTime()
    let quietUntil = try reader.readTime()
    cuts = try reader.read()
    delivered = try reader.read()
    calmDelivered = try reader.read()
    lostKnown = try reader.read()
    lostTold = try reader.read()
    lossCredit = try reader.readDouble()
    lossThreshold = try reader.readDouble()
    markedCredit = try reader.readDouble()
    let exposure = try reader.readDouble()
    answeredWindow = try reader.readDouble()
    notifications = NotificationTimes(
      seed: seed, drawn: Int(try reader.read(Int64.self)), exposure: exposure, quietUntil: quietUntil)
    losses = ExponentialDraws(seed: seed, name: "losses", drawn: Int(try reader.read(Int64.self)))
    answeredRate = try reader.readRate()
  }
}
