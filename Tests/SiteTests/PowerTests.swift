// SPDX-License-Identifier: Apache-2.0

import Energy
import Network
import Quantities
import Records
import Simulation
import Site
import Testing
import Workload

/// Power caps and weather at one site of 16 H100s: idle 325 W, at work 1,350 W, stalled 725 W.
@Suite struct PowerTests {
  /// A machine with a cap and a PUE by the hour.
  func machine(capWatts: Double?, pueMilli: [Int64] = [1000]) throws -> SiteMachine {
    var configuration = try configuration()
    configuration.energy = SiteEnergy(
      cooling: Cooling(
        start: .zero, pueMilli: pueMilli, litresPerKWh: pueMilli.map { Double($0 - 1000) / 100 }),
      price: .constant(50), carbon: .constant(100), capWatts: capWatts)
    return SiteMachine(configuration: configuration)
  }

  /// Runs in windows, with invariants checked and the state written and read after each of them.
  func records(_ machine: SiteMachine, _ inbox: [Message], until end: Time) throws -> [Record] {
    var machine = machine
    var records: [Record] = []
    var pending = inbox
    for k in 1...500 {
      records += machine.advance(to: Time(ticks: end.ticks / 500 * Int64(k)), inbox: pending).records
      pending = []
      machine.checkInvariants()
      var writer = ByteWriter()
      machine.encode(into: &writer)
      var reader = ByteReader(writer.bytes)
      machine = try SiteMachine(configuration: machine.configuration, from: &reader)
      try reader.finish()
    }
    return records + machine.finish(at: end)
  }

  func stays(_ records: [Record]) -> [Int32: StayRecord] {
    var stays: [Int32: StayRecord] = [:]
    for case .stay(let stay) in records { stays[stay.job] = stay }
    return stays
  }

  func hours(_ records: [Record]) -> [SiteHourRecord] {
    records.compactMap { record in
      if case .siteHour(let hour) = record { return hour }
      return nil
    }
  }

  /// 9,300 W leave 4,100 W above idle: eight GPUs, which want 8,200, run at half speed, sixteen at a quarter.
  /// Job 1 does 1,800 s of its 3,600 s in the first hour; job 2 (900 s) then takes an hour at a quarter, in which job 1
  /// does 900 s; the last 900 s take 1,800 s at half speed.
  @Test func throttlingByHand() throws {
    let records = try records(
      machine(capWatts: 9300),
      [
        start(job: 1, gpus: 8, work: .seconds(3600), at: .zero, sequence: 0),
        start(job: 2, gpus: 8, work: .seconds(900), at: .seconds(3600), sequence: 1),
      ], until: .seconds(10_800))
    let stays = stays(records)
    #expect(try #require(stays[1]).end == .seconds(9000))
    #expect(try #require(stays[2]).end == .seconds(7200))
    let hours = hours(records)
    #expect(hours.map(\.capped) == [.hour, .hour, .seconds(1800)])
    for (hour, peak) in zip(hours, [9.3, 9.3, 9.3]) { #expect(hour.peakKW <= peak && hour.peakKW > peak - 1e-6) }
    #expect(abs(hours[0].energyKWh - 9.3) < 1e-6 && abs(hours[1].energyKWh - 9.3) < 1e-6)
    // Two jobs share what is above idle: 2,600 + 2,050 W in the first hour of job 2.
    #expect(abs(stays[2]!.energyKWh - 4.65) < 1e-6)
    // Throttled work is not waiting.
    #expect(hours.allSatisfy { $0.waitingEnergyKWh == 0 })
  }

  /// Without a cap the same work takes half an hour each, at more power.
  @Test func aLowerCapTakesLongerAndNeverMorePower() throws {
    var last = (end: Time.zero, energy: 0.0)
    for cap in [nil, 30_000, 15_000, 12_000, 9300, 8000, 7000] as [Double?] {
      let records = try records(
        machine(capWatts: cap, pueMilli: [1100, 1250]),
        [
          start(job: 1, gpus: 8, work: .seconds(1800), at: .zero, sequence: 0),
          start(job: 2, gpus: 8, work: .seconds(1800), at: .seconds(60), sequence: 1),
        ], until: .seconds(200_000))
      let end = stays(records).values.map(\.end).max()!
      #expect(end >= last.end)
      if let cap { #expect(hours(records).allSatisfy { $0.peakKW * 1000 <= cap }) }
      last.end = end
    }
    #expect(last.end > .seconds(18_000))
  }

  /// 13.4 kW feed eight GPUs at PUE 1; at 1.25 they leave 10,720 W, of which 5,520 of the wanted 8,200 are above idle.
  @Test func hotHoursSlowTheWorkDown() throws {
    let records = try records(
      machine(capWatts: 13_400, pueMilli: [1000, 1250]),
      [start(job: 1, gpus: 8, work: .seconds(7200), at: .zero, sequence: 0)], until: .seconds(14_400))
    let end = try #require(stays(records)[1]).end
    #expect(abs(end.seconds - (7200 + 3600 - 3600 * 5520 / 8200.0)) < 1e-3)
    #expect(hours(records).map(\.capped) == [.zero, .hour, .zero, .zero])
    // Water follows the weather too: 2.5 litres for each of the 10.72 kWh of the machines.
    #expect(abs(hours(records)[1].waterLitres - 2.5 * 10.72) < 1e-3 && hours(records)[0].waterLitres == 0)
  }

  /// A stopped job writes its checkpoint for 60 s: 8 GPUs at 725 W, stalled, where it computed at 1,350 W.
  @Test func writingACheckpointIsStalled() throws {
    let records = try records(
      machine(capWatts: nil),
      [
        start(job: 1, gpus: 8, work: .seconds(3600), at: .zero, sequence: 0),
        Message(
          from: .coordinator, to: MachineID(site: 0), at: .seconds(600), sequence: 1,
          body: .command(.stop(job: 1, segment: 0, write: .seconds(60)))),
      ], until: .hour)
    let stay = try #require(stays(records)[1])
    #expect(stay.end == .seconds(660) && stay.computeStart == .zero)
    #expect(abs(stay.waitingEnergyKWh - 8 * 0.725 * 60 / 3600) < 1e-9)
    #expect(abs(stay.energyKWh - 8 * (0.725 * 60 + 1.35 * 600) / 3600) < 1e-9)
    #expect(abs(hours(records)[0].waitingEnergyKWh - stay.waitingEnergyKWh) < 1e-9)
  }

  /// What waits for its data draws idle power, and counts as stalled.
  @Test func waitingForDataIsStalled() throws {
    var waiting = start(job: 1, gpus: 8, work: .seconds(3600), at: .zero, sequence: 0)
    guard case .command(.start(var command)) = waiting.body else { return }
    command.inputs = [FlowID(job: 1, segment: 0, ordinal: 0)]
    waiting.body = .command(.start(command))
    let records = try records(machine(capWatts: nil), [waiting], until: .hour)
    let hour = try #require(hours(records).first)
    #expect(abs(hour.waitingEnergyKWh - 8 * 0.325) < 1e-9 && abs(hour.idleEnergyKWh - 8 * 0.325) < 1e-9)
    #expect(hour.peakKW == 5.2)
  }
}
