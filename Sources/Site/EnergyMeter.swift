// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Records
import Simulation

/// Exact energy: microwatts before PUE, times thousandths of PUE, times ticks.
typealias EnergyTicks = Int128

extension EnergyTicks {
  /// 1 kWh = 1e9 uW x 1000 x 3600 s x 1e11 ticks/s.
  var kilowattHours: Double { Double(self) / 3.6e26 }
}

/// Integrates the power of a site and reports it hour by hour.
///
/// Power changes only when a job's state does, so nothing ticks: hours are filled in when the next change comes.
struct EnergyMeter: Sendable {
  let site: Int32
  let gpus: Int64
  let idleAll: Int64
  let energy: SiteEnergy

  /// Idle power of the GPUs that jobs hold, and what these take now.
  var heldIdle: Int64 = 0
  var heldPower: Int64 = 0
  var busy: Int64 = 0
  var since = Time.zero
  // Of the hour that `since` is in.
  var hourEnergy: EnergyTicks = 0
  var hourIdleEnergy: EnergyTicks = 0
  var hourBusy: Int128 = 0
  var hourCost = 0.0
  var hourCarbon = 0.0

  init(configuration: SiteConfiguration) {
    site = Int32(configuration.site)
    gpus = Int64(configuration.gpus)
    idleAll = configuration.idlePower
    energy = configuration.energy
  }

  /// Lets time pass; hours that end are appended to `records`.
  mutating func advance(to now: Time, _ records: inout [Record]) {
    while since < now {
      let hour = since.ticks / Time.hour.ticks
      let hourEnd = Time(ticks: (hour + 1) * Time.hour.ticks)
      let end = min(now, hourEnd)
      let span = Int128(end.ticks - since.ticks)
      let idle = Int128(idleAll - heldIdle) * Int128(energy.pueMilli) * span
      let all = idle + Int128(heldPower) * Int128(energy.pueMilli) * span
      hourIdleEnergy += idle
      hourEnergy += all
      // Mean power over the span, in megawatts: exact where the series is constant in it.
      let megawatts = Double(idleAll - heldIdle + heldPower) * Double(energy.pueMilli) / 1e15
      hourCost += megawatts * energy.price.integral(from: since, to: end)
      hourCarbon += megawatts * energy.carbon.integral(from: since, to: end)
      hourBusy += Int128(busy) * span
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
    let price = energy.price.integral(from: start, to: start + span) / hours
    let carbon = energy.carbon.integral(from: start, to: start + span) / hours
    let kWh = hourEnergy.kilowattHours
    let busyHours = Double(hourBusy) / Double(Time.hour.ticks)
    records.append(
      .siteHour(
        SiteHourRecord(
          site: site, hour: hour, span: span, busyGPUHours: busyHours,
          idleGPUHours: Double(gpus) * hours - busyHours, energyKWh: kWh,
          idleEnergyKWh: hourIdleEnergy.kilowattHours, pue: Double(energy.pueMilli) / 1000, priceUSDPerMWh: price,
          carbonGramsPerKWh: carbon, costUSD: hourCost, carbonKg: hourCarbon)))
    hourEnergy = 0
    hourIdleEnergy = 0
    hourBusy = 0
    hourCost = 0
    hourCarbon = 0
  }
}

/// Integrates what one stay takes and costs.
struct StayMeter: Sendable {
  /// Microwatts now, before PUE.
  var power: Int64
  var since: Time
  var energyTicks: EnergyTicks = 0
  var costUSD = 0.0
  var carbonKg = 0.0

  init(power: Int64, at now: Time) {
    self.power = power
    since = now
  }

  mutating func advance(to now: Time, _ energy: SiteEnergy) {
    guard now > since else { return }
    energyTicks += Int128(power) * Int128(energy.pueMilli) * Int128(now.ticks - since.ticks)
    // Megawatts at the meter times USD/MWh x hours; kilowatts times g/kWh x hours.
    let watts = Double(power) * Double(energy.pueMilli) / 1e9
    costUSD += watts / 1e6 * energy.price.integral(from: since, to: now)
    carbonKg += watts / 1e6 * energy.carbon.integral(from: since, to: now)
    since = now
  }
}
