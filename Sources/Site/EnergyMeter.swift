// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Records
import Simulation

/// What a job's GPUs at a site draw at one instant, in microwatts before PUE.
struct Draw: Equatable, Sendable {
  var all: Int64
  /// Of that, what GPUs draw that wait: for data, for other sites, for gradients, for a checkpoint.
  var waiting: Int64
}

/// Integrates the power of a site and reports it hour by hour.
///
/// Power changes only when a job's state, the weather or the cap does, so nothing ticks: hours are filled in when the
/// next change comes.
struct EnergyMeter: Sendable {
  let site: Int32
  let gpus: Int64
  let idleAll: Int64
  let energy: SiteEnergy

  /// Idle power of the GPUs that jobs hold, and what these draw now.
  var heldIdle: Int64 = 0
  var held = Draw(all: 0, waiting: 0)
  var busy: Int64 = 0
  /// The power cap holds work back.
  var isCapped = false
  /// Nothing here has power.
  var isDown = false
  var since = Time.zero
  // Of the hour that `since` is in.
  var hourEnergy: EnergyTicks = 0
  var hourIdleEnergy: EnergyTicks = 0
  var hourWaitingEnergy: EnergyTicks = 0
  var hourBusy: Int128 = 0
  var hourWeight: Int128 = 0
  var hourCapped = Time.zero
  /// Microwatts times thousandths of PUE.
  var hourPeak: Int128 = 0
  var hourCost = 0.0
  var hourCarbon = 0.0
  var hourWater = 0.0

  init(configuration: SiteConfiguration) {
    site = Int32(configuration.site)
    gpus = Int64(configuration.gpus)
    idleAll = configuration.idlePower
    energy = configuration.energy
  }

  /// What all machines draw now, in microwatts before PUE.
  var power: Int64 { isDown ? 0 : idleAll - heldIdle + held.all }

  /// Lets time pass; hours that end are appended to `records`.
  mutating func advance(to now: Time, _ records: inout [Record]) {
    while since < now {
      let hour = since.ticks / Time.hour.ticks
      let hourEnd = Time(ticks: (hour + 1) * Time.hour.ticks)
      let end = min(now, hourEnd, energy.cooling.nextChange(after: since))
      let metered = MeteredSpan(energy, from: since, to: end)
      hourPeak = max(hourPeak, Int128(power) * Int128(energy.cooling.pueMilli(at: since)))
      if !isDown { hourIdleEnergy += Int128(idleAll - heldIdle) * metered.weight }
      hourEnergy += Int128(power) * metered.weight
      hourWaitingEnergy += Int128(held.waiting) * metered.weight
      hourWeight += metered.weight
      let megawatts = Double(power) / 1e12
      hourCost += megawatts * metered.usd
      hourCarbon += megawatts * metered.kilograms
      hourWater += megawatts * metered.litres
      hourBusy += Int128(busy) * Int128(end.ticks - since.ticks)
      if isCapped { hourCapped += end - since }
      since = end
      if end == hourEnd { closeHour(Int32(hour), span: .hour, &records) }
    }
  }

  /// Reports the hour that has not ended yet.
  mutating func finish(at end: Time, _ records: inout [Record]) {
    advance(to: end, &records)
    let hour = end.ticks / Time.hour.ticks
    let span = Time(ticks: end.ticks - hour * Time.hour.ticks)
    if span > .zero { closeHour(Int32(hour), span: span, &records) }
  }

  private mutating func closeHour(_ hour: Int32, span: Time, _ records: inout [Record]) {
    let start = Time(ticks: Int64(hour) * Time.hour.ticks)
    // Series change on hours of the calendar, which need not be hours of the run: what is printed is the mean.
    let hours = span.seconds / 3600
    let price = energy.price.mean(from: start, to: start + span)
    let carbon = energy.carbon.mean(from: start, to: start + span)
    let busyHours = Double(hourBusy) / Double(Time.hour.ticks)
    records.append(
      .siteHour(
        SiteHourRecord(
          site: site, hour: hour, span: span, busyGPUHours: busyHours,
          idleGPUHours: Double(gpus) * hours - busyHours, energyKWh: hourEnergy.kilowattHours,
          idleEnergyKWh: hourIdleEnergy.kilowattHours, waitingEnergyKWh: hourWaitingEnergy.kilowattHours,
          pue: Double(hourWeight) / Double(span.ticks) / 1000, priceUSDPerMWh: price, carbonGramsPerKWh: carbon,
          costUSD: hourCost, carbonKg: hourCarbon, waterLitres: hourWater, peakKW: Double(hourPeak) / 1e12,
          capped: hourCapped)))
    hourEnergy = 0
    hourIdleEnergy = 0
    hourWaitingEnergy = 0
    hourBusy = 0
    hourWeight = 0
    hourCapped = .zero
    hourPeak = 0
    hourCost = 0
    hourCarbon = 0
    hourWater = 0
  }
}

/// What changes of it; the rest is the site's configuration.
extension EnergyMeter {
  func encode(into writer: inout ByteWriter) {
    for value in [heldIdle, held.all, held.waiting, busy] { writer.write(value) }
    writer.write(isCapped)
    writer.write(isDown)
    writer.write(since)
    for value in [hourEnergy, hourIdleEnergy, hourWaitingEnergy, hourBusy, hourWeight, hourPeak] { writer.write(value) }
    writer.write(hourCapped)
    for value in [hourCost, hourCarbon, hourWater] { writer.write(value) }
  }

  mutating func read(from reader: inout ByteReader) throws(WireError) {
    heldIdle = try reader.read()
    held = Draw(all: try reader.read(), waiting: try reader.read())
    busy = try reader.read()
    isCapped = try reader.readBool()
    isDown = try reader.readBool()
    since = try reader.readTime()
    hourEnergy = try reader.read()
    hourIdleEnergy = try reader.read()
    hourWaitingEnergy = try reader.read()
    hourBusy = try reader.read()
    hourWeight = try reader.read()
    hourPeak = try reader.read()
    hourCapped = try reader.readTime()
    hourCost = try reader.readDouble()
    hourCarbon = try reader.readDouble()
    hourWater = try reader.readDouble()
  }
}

/// Integrates what one stay takes and costs.
struct StayMeter: Sendable {
  var draw: Draw
  var since: Time
  var energyTicks: EnergyTicks = 0
  var waitingTicks: EnergyTicks = 0
  var costUSD = 0.0
  var carbonKg = 0.0

  init(draw: Draw, at now: Time) {
    self.draw = draw
    since = now
  }

  mutating func advance(to now: Time, _ energy: SiteEnergy) {
    guard now > since else { return }
    let metered = MeteredSpan(energy, from: since, to: now)
    energyTicks += Int128(draw.all) * metered.weight
    waitingTicks += Int128(draw.waiting) * metered.weight
    costUSD += Double(draw.all) / 1e12 * metered.usd
    carbonKg += Double(draw.all) / 1e12 * metered.kilograms
    since = now
  }
}

extension StayMeter: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    writer.write(draw.all)
    writer.write(draw.waiting)
    writer.write(since)
    writer.write(energyTicks)
    writer.write(waitingTicks)
    writer.write(costUSD)
    writer.write(carbonKg)
  }

  init(from reader: inout ByteReader) throws(WireError) {
    self.init(draw: Draw(all: try reader.read(), waiting: try reader.read()), at: try reader.readTime())
    energyTicks = try reader.read()
    waitingTicks = try reader.read()
    costUSD = try reader.readDouble()
    carbonKg = try reader.readDouble()
  }
}
