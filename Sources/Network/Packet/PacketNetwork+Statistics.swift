// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// What is written down while packets fly.
extension PacketNetwork {
  /// Looks at all queues of this part; begins the statistics when the warm-up is over; takes a row of the time series.
  mutating func sample() {
    if !isWarm, now >= warmup { beginStatistics() }
    if isWarm {
      for place in 0..<portCount where partOf[Int(ports[place].from)] == part {
        histograms[place].add(ports[place].backlog(at: now))
      }
    }
    if now >= nextSeries {
      takeSeries()
      nextSeries += plan.seriesInterval.ticks
    }
    var next = now + plan.sampleInterval.ticks
    next = min(next, nextSeries)
    if !isWarm { next = min(next, warmup) }
    if next <= plan.duration.ticks { queue.push(PacketEvent(time: max(next, now + 1), kind: .sample, place: 0)) }
  }

  private mutating func beginStatistics() {
    isWarm = true
    for place in 0..<portCount {
      let port = ports + place
      port.pointee.measure(at: now)
      port.pointee.area = 0
      port.pointee.most = port.pointee.backlog(at: now)
      port.pointee.bytesOutInWarmup = port.pointee.bytesOut - unsent(place)
      port.pointee.bytesInInWarmup = port.pointee.bytesIn
    }
    for flow in 0..<flowCount { receivers[flow].bytesInWarmup = receivers[flow].bytes }
  }

  /// Bytes that a plain port counts as sent but has still to send.
  private func unsent(_ place: Int) -> Int64 {
    ports[place].hasLists ? 0 : Int64(ports[place].backlog(at: now))
  }

  private mutating func takeSeries() {
    let span = Double(now - lastSample) / Double(Time.ticksPerSecond)
    lastSample = now
    var rows: [(flow: Int, rate: Double, window: Double)] = []
    for flow in 0..<flowCount {
      let r = receivers + flow
      let arrived = r.pointee.bytes - r.pointee.bytesAtSample
      r.pointee.bytesAtSample = r.pointee.bytes
      let isOpen = senders[flow].phase == .open
      guard arrived > 0 || isOpen else { continue }
      let window = senders[flow].window
      rows.append(
        (flow, Double(arrived) * 8 / span, isOpen && window < .max ? Double(window) : .infinity))
    }
    let queues = (0..<portCount).map { Int64(ports[$0].backlog(at: now)) }
    series.append(ExperimentResult.Sample(at: Time(ticks: now), flows: rows, queues: queues))
  }

  /// The results of this part. Call once, when everything up to the end of the plan has been handled.
  mutating func finish() -> ExperimentResult {
    now = plan.duration.ticks
    if !isWarm { beginStatistics() }
    var result = ExperimentResult()
    let span = max(1, plan.duration.ticks - warmup)
    for place in 0..<portCount {
      let port = ports + place
      port.pointee.measure(at: now)
      var p = ExperimentResult.Port()
      if partOf[Int(port.pointee.from)] == part {
        let sent = port.pointee.bytesOut - unsent(place) - port.pointee.bytesOutInWarmup
        p.bytesOut = sent
        p.bytesIn = port.pointee.bytesIn - port.pointee.bytesInInWarmup
        p.utilisation = Double(sent) * 8 / capacity(of: place)
        p.queueBytes = histograms[place].distribution(mean: port.pointee.area / Double(span), max: port.pointee.most)
        let scale = plan.ports[place].rate > .zero ? 8e6 / plan.ports[place].rate.double : 0
        p.queueMicroseconds = p.queueBytes.scaled(by: scale)
        p.drops = port.pointee.drops - port.pointee.dropsInWarmup
        p.dropsInWarmup = port.pointee.dropsInWarmup
        p.losses = port.pointee.losses
        p.marks = port.pointee.marks
      }
      // Pauses come from the other end of the link, so they are counted where that is.
      p.pauses = port.pointee.pauses
      result.ports.append(p)
    }
    for flow in 0..<flowCount { result.flows.append(outcome(of: flow)) }
    for (index, times) in finished.enumerated() {
      let hosts = Set(collectives[index].schedule.connections.map(\.destination)).filter { partOf[$0] == part }.count
      for (repetition, time) in times.enumerated() {
        // A part without hosts of the collective has nothing against any end.
        let isComplete = completions[index][repetition] == hosts
        result.collectives.append(
          ExperimentResult.Collective(
            collective: index, start: plan.collectives[index].start,
            end: isComplete ? Time(ticks: max(0, time)) : .never))
      }
    }
    result.series = series
    result.events = events
    result.packetHops = hops
    return result
  }

  /// Bits that a port could have sent after the warm-up.
  private func capacity(of place: Int) -> Double {
    var bits = 0.0
    var since = plan.warmup
    var rate = plan.ports[place].rate
    for change in plan.ports[place].changes {
      guard let next = change.rate else { continue }
      if change.at > since {
        bits += rate.double * (change.at - since).seconds
        since = change.at
      }
      rate = next
    }
    return bits + rate.double * (plan.duration - since).seconds
  }

  private func outcome(of flow: Int) -> ExperimentResult.Flow {
    let spec = connections[flow]
    let r = receivers[flow]
    let route = routes[flow]
    let path = (0..<Int(route.forwardLength)).map { portOf(steps[Int(route.forward) + $0]) }
    let end = Time(ticks: r.end)
    let opened = max(spec.start, plan.warmup)
    let closed = min(min(end, spec.stop), plan.duration)
    return ExperimentResult.Flow(
      group: spec.group, delivered: r.bytes - r.bytesInWarmup, bytes: r.bytes, start: spec.start, end: end,
      alone: plan.timeAlone(bytes: spec.bytes ?? plan.packetBytes, path: path),
      measured: closed > opened ? closed - opened : .zero,
      retransmitted: senders[flow].retransmitted * (plan.packetBytes - plan.headerBytes))
  }
}

/// How often a queue was how long: 32 bins for each doubling, so that a percentile is right to 2 %.
struct QueueHistogram {
  private var counts: [Int64] = []
  private var total: Int64 = 0

  mutating func add(_ bytes: Double) {
    let bin = QueueHistogram.bin(bytes)
    while counts.count <= bin { counts.append(0) }
    counts[bin] += 1
    total += 1
  }

  mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&counts)
    try coder.value(&total)
  }

  private static func bin(_ bytes: Double) -> Int {
    guard bytes >= 1 else { return 0 }
    let fraction = bytes.significand - 1
    return 1 + Int(bytes.exponent) * 32 + Int(fraction * 32)
  }

  /// The middle of a bin.
  private static func value(_ bin: Int) -> Double {
    guard bin > 0 else { return 0 }
    let exponent = (bin - 1) / 32
    let step = Double((bin - 1) % 32) + 0.5
    return (1 + step / 32) * Double(sign: .plus, exponent: exponent, significand: 1)
  }

  func percentile(_ share: Double) -> Double {
    var seen: Int64 = 0
    for (bin, count) in counts.enumerated() {
      seen += count
      if Double(seen) >= share * Double(total) { return QueueHistogram.value(bin) }
    }
    return 0
  }

  func distribution(mean: Double, max most: Double) -> ExperimentResult.Distribution {
    var d = ExperimentResult.Distribution()
    d.mean = mean
    d.max = most
    guard total > 0 else { return d }
    d.p50 = min(percentile(0.5), most)
    d.p99 = min(percentile(0.99), most)
    return d
  }
}

extension ExperimentResult.Distribution {
  func scaled(by factor: Double) -> ExperimentResult.Distribution {
    var d = self
    d.mean *= factor
    d.p50 *= factor
    d.p99 *= factor
    d.max *= factor
    return d
  }
}
