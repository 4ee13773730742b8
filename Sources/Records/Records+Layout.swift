// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

extension Record: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    switch self {
    case .job(let r):
      writer.write(UInt8(0))
      writer.write(r.job)
      writer.write(r.status.rawValue)
      writer.write(r.start)
      writer.write(r.end)
      writer.write(r.sites)
      writer.write(r.networkTime)
      writer.write(r.wanBytes)
      writer.write(r.preemptions)
      writer.write(r.migrations)
      writer.write(r.reason)
    case .stay(let r):
      writer.write(UInt8(1))
      writer.write(r.job)
      writer.write(r.segment)
      writer.write(r.site)
      writer.write(r.gpus)
      writer.write(r.start)
      writer.write(r.end)
      writer.write(r.computeStart)
      writer.write(r.energyKWh)
      writer.write(r.waitingEnergyKWh)
      writer.write(r.costUSD)
      writer.write(r.carbonKg)
    case .siteHour(let r):
      writer.write(UInt8(2))
      writer.write(r.site)
      writer.write(r.hour)
      writer.write(r.span)
      for value in [
        r.busyGPUHours, r.idleGPUHours, r.energyKWh, r.idleEnergyKWh, r.waitingEnergyKWh, r.pue, r.priceUSDPerMWh,
        r.carbonGramsPerKWh, r.costUSD, r.carbonKg, r.waterLitres, r.peakKW,
      ] { writer.write(value) }
      writer.write(r.capped)
    case .port(let r):
      writer.write(UInt8(3))
      writer.write(r.port)
      writer.write(r.bytesIn)
      writer.write(r.bytesOut)
      writer.write(r.bytesDropped)
      for value in [
        r.utilisation, r.queueMicrosecondsMean, r.queueMicrosecondsP99, r.queueMicrosecondsMax, r.availability,
      ] { writer.write(value) }
    case .flow(let r):
      writer.write(UInt8(4))
      writer.write(r.kind.rawValue)
      writer.write(r.job)
      writer.write(r.segment)
      writer.write(r.from)
      writer.write(r.to)
      writer.write(r.bytes)
      writer.write(r.start)
      writer.write(r.end)
      writer.write(r.alone)
    case .loss(let r):
      writer.write(UInt8(5))
      writer.write(r.job)
      writer.write(r.segment)
      writer.write(r.site)
      writer.write(r.at)
      writer.write(r.lost)
      writer.write(r.gpus)
    case .fabric(let r):
      writer.write(UInt8(6))
      for value in [r.job, r.segment, r.site, r.gpus, r.domains, r.leastDomains, r.leaves] { writer.write(value) }
      writer.write(UInt32(r.terms.count))
      for term in r.terms { writer.write(term) }
    case .retune(let r):
      writer.write(UInt8(7))
      writer.write(r.at)
      writer.write(r.settled)
      writer.write(r.moved)
      writer.write(integers: r.wavelengths)
    }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    let tag: UInt8 = try reader.read()
    switch tag {
    case 0:
      let job: Int32 = try reader.read()
      let raw: UInt8 = try reader.read()
      guard let status = JobStatus(rawValue: raw) else { throw .badValue("job status \(raw)") }
      self = .job(
        JobRecord(
          job: job, status: status, start: try reader.readTime(), end: try reader.readTime(),
          sites: try reader.read(), networkTime: try reader.readTime(), wanBytes: try reader.read(),
          preemptions: try reader.read(), migrations: try reader.read(), reason: try reader.readString()))
    case 1:
      self = .stay(
        StayRecord(
          job: try reader.read(), segment: try reader.read(), site: try reader.read(), gpus: try reader.read(),
          start: try reader.readTime(), end: try reader.readTime(), computeStart: try reader.readTime(),
          energyKWh: try reader.readDouble(), waitingEnergyKWh: try reader.readDouble(),
          costUSD: try reader.readDouble(), carbonKg: try reader.readDouble()))
    case 2:
      self = .siteHour(
        SiteHourRecord(
          site: try reader.read(), hour: try reader.read(), span: try reader.readTime(),
          busyGPUHours: try reader.readDouble(), idleGPUHours: try reader.readDouble(),
          energyKWh: try reader.readDouble(), idleEnergyKWh: try reader.readDouble(),
          waitingEnergyKWh: try reader.readDouble(), pue: try reader.readDouble(),
          priceUSDPerMWh: try reader.readDouble(), carbonGramsPerKWh: try reader.readDouble(),
          costUSD: try reader.readDouble(), carbonKg: try reader.readDouble(), waterLitres: try reader.readDouble(),
          peakKW: try reader.readDouble(), capped: try reader.readTime()))
    case 3:
      self = .port(
        PortRecord(
          port: try reader.read(), bytesIn: try reader.read(), bytesOut: try reader.read(),
          bytesDropped: try reader.read(), utilisation: try reader.readDouble(),
          queueMicrosecondsMean: try reader.readDouble(), queueMicrosecondsP99: try reader.readDouble(),
          queueMicrosecondsMax: try reader.readDouble(), availability: try reader.readDouble()))
    case 4:
      let raw: UInt8 = try reader.read()
      guard let kind = FlowKind(rawValue: raw) else { throw .badValue("kind of flow \(raw)") }
      self = .flow(
        FlowRecord(
          kind: kind, job: try reader.read(), segment: try reader.read(), from: try reader.read(),
          to: try reader.read(), bytes: try reader.read(), start: try reader.readTime(), end: try reader.readTime(),
          alone: try reader.readTime()))
    case 5:
      self = .loss(
        LossRecord(
          job: try reader.read(), segment: try reader.read(), site: try reader.read(), at: try reader.readTime(),
          lost: try reader.readTime(), gpus: try reader.read()))
    case 6:
      var r = FabricRecord(
        job: try reader.read(), segment: try reader.read(), site: try reader.read(), gpus: try reader.read(),
        domains: try reader.read(), leastDomains: try reader.read(), leaves: try reader.read(), terms: [])
      for _ in 0..<(try reader.readCount(minimumSize: 8)) { r.terms.append(try reader.readDouble()) }
      self = .fabric(r)
    case 7:
      self = .retune(
        RetuneRecord(
          at: try reader.readTime(), settled: try reader.readTime(), moved: try reader.read(),
          wavelengths: try reader.readIntegers()))
    default: throw .badValue("kind of record \(tag)")
    }
  }
}
