// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Energy
import Network
import Quantities
import Records
import Simulation
import Site
import Testing
import Topology
import Workload

/// Two sites 1,000 km apart; the machine under test is the first.
func configuration(site: Int = 0) throws -> SiteConfiguration {
  let fleet = try Fleet(
    sites: ["a", "b"].map {
      SiteSpec(
        id: $0, at: Coordinates(latitude: 0, longitude: 0),
        pools: [GPUPool(model: "h100", count: 16, perNode: 8, scaleUpDomain: 8)], nicRate: .gigabits(400),
        oversubscription: 1)
    },
    links: [
      LinkSpec(
        id: "a-b", ends: (0, 1), kilometres: 1000, medium: "smf", optics: "", wavelengths: 1,
        capacity: .gigabits(400), delay: .microseconds(4895), bufferBytes: 64_000_000)
    ])
  let model = NetworkModel(fleet: fleet, algorithm: try Algorithm(name: "distance-aware", preset: nil, parameters: []))
  return SiteConfiguration(
    site: site, name: "a", gpus: 16, idlePower: 16 * 325_000_000,
    energy: SiteEnergy(
      pueMilli: 1200, price: EnergySeries(start: .zero, values: [10, 100]), carbon: .constant(400)),
    controlDelay: .microseconds(1000), siteDelays: [.zero, .microseconds(4895)],
    echoes: [.never, .microseconds(4895), .microseconds(1000)], network: model)
}

func start(job: Int32, gpus: Int32, work: Time, at time: Time, sequence: UInt64) -> Message {
  Message(
    from: .coordinator, to: MachineID(site: 0), at: time, sequence: sequence,
    body: .command(
      .start(
        StartCommand(
          job: job, segment: 0, gpus: gpus, members: [Member(site: 0, gpus: gpus)], leader: 0, inputs: [], work: work,
          restore: .zero, iteration: IterationTime(speed: 1), flowLimit: .gigabits(400),
          activePower: Int64(gpus) * 1_350_000_000, idlePower: Int64(gpus) * 325_000_000,
          stalledPower: Int64(gpus) * 725_000_000))))
}

@Suite struct SiteMachineTests {
  /// 8 GPUs at 1,350 W from 0:30 to 1:30 and PUE 1.2: 12.96 kWh, half at 10 and half at 100 USD/MWh.
  @Test func energyOfOneStayByHand() throws {
    var machine = SiteMachine(configuration: try configuration())
    let output = machine.advance(
      to: .never, inbox: [start(job: 7, gpus: 8, work: .seconds(3600), at: .seconds(1800), sequence: 0)])
    machine.checkInvariants()
    let stays = output.records.compactMap { record -> StayRecord? in
      if case .stay(let stay) = record { return stay }
      return nil
    }
    #expect(stays.count == 1)
    let stay = try #require(stays.first)
    #expect(stay.start == .seconds(1800) && stay.end == .seconds(5400))
    #expect(abs(stay.energyKWh - 12.96) < 1e-12)
    #expect(abs(stay.costUSD - (6.48 * 0.010 + 6.48 * 0.100)) < 1e-12)
    #expect(abs(stay.carbonKg - 12.96 * 0.4) < 1e-12)
    // The report travels for the control delay.
    let report = try #require(output.outbox.first)
    #expect(report.at == .seconds(5400) + .microseconds(1000))
    #expect(report.to == .coordinator)
  }

  /// Hours of the site: idle GPUs draw power, and stays and idle GPUs add up to the whole.
  @Test func hoursAddUp() throws {
    var machine = SiteMachine(configuration: try configuration())
    var records = machine.advance(
      to: .never, inbox: [start(job: 7, gpus: 8, work: .seconds(3600), at: .seconds(1800), sequence: 0)]
    ).records
    records += machine.finish(at: .seconds(5400))
    var energy = 0.0
    var idle = 0.0
    var cost = 0.0
    var hours: [Int32] = []
    for case .siteHour(let hour) in records {
      energy += hour.energyKWh
      idle += hour.idleEnergyKWh
      cost += hour.costUSD
      hours.append(hour.hour)
    }
    #expect(hours == [0, 1])
    // 16 idle GPUs for half an hour, then 8 for an hour.
    let idleByHand = (16 * 0.325 * 0.5 + 8 * 0.325) * 1.2
    #expect(abs(idle - idleByHand) < 1e-9)
    #expect(abs(energy - idleByHand - 12.96) < 1e-9)
    #expect(cost > 0)
  }

  /// However time is cut into windows, and with the state written and read between them, the same comes out.
  @Test func windowsAndSnapshotsChangeNothing() throws {
    let configuration = try configuration()
    let inbox = [
      start(job: 1, gpus: 8, work: .seconds(100), at: .seconds(1), sequence: 0),
      start(job: 2, gpus: 4, work: .seconds(50), at: .seconds(2), sequence: 1),
      Message(
        from: .coordinator, to: MachineID(site: 0), at: .seconds(3), sequence: 2,
        body: .command(
          .transfer(
            FlowSpec(
              id: FlowID(job: 9, segment: 0, ordinal: 1), source: 0, destination: 1,
              amount: BitTicks(bytes: 10_000_000_000), limit: .gigabits(400))))),
      Message(
        from: .coordinator, to: MachineID(site: 0), at: .seconds(60), sequence: 3,
        body: .command(.stop(job: 1, segment: 0, write: .seconds(30)))),
    ]
    var whole = SiteMachine(configuration: configuration)
    // A machine stops where an answer to its words could come back; called again, it goes on.
    var expected: ([Message], [Record]) = ([], [])
    var pending = inbox
    for _ in 0..<50 {
      let output = whole.advance(to: .seconds(500), inbox: pending)
      pending = []
      expected.0 += output.outbox
      expected.1 += output.records
    }
    var cut = SiteMachine(configuration: configuration)
    var found: ([Message], [Record]) = ([], [])
    pending = inbox
    for k in 1...1500 {
      let output = cut.advance(to: .seconds(Double(k) / 3), inbox: pending)
      pending = []
      found.0 += output.outbox
      found.1 += output.records
      cut.checkInvariants()
      var writer = ByteWriter()
      cut.encode(into: &writer)
      var reader = ByteReader(writer.bytes)
      cut = try SiteMachine(configuration: configuration, from: &reader)
      try reader.finish()
    }
    #expect(found.0 == expected.0)
    #expect(found.1 == expected.1)
    #expect(found.1.count > 2)
  }

  @Test func theShellRefusesRubbishAndGoesOn() throws {
    var shell = AgentShell()
    var state: UInt64 = 1
    for length in 0..<200 {
      var frame: [UInt8] = []
      for _ in 0..<length {
        state = state &* 6_364_136_223_846_793_005 &+ 1
        frame.append(UInt8(truncatingIfNeeded: state >> 40))
      }
      let answer = shell.answer(frame)
      var reader = ByteReader(try #require(answer))
      guard case .refused = try AgentReply(from: &reader) else {
        Issue.record("rubbish of \(length) bytes was taken for a request")
        return
      }
    }
    // Cut at every length, a real request is refused too, and whole it is taken.
    var writer = ByteWriter()
    writer.write(AgentRequest.configure(try configuration(), state: nil))
    for length in 0..<writer.bytes.count {
      let answer = shell.answer(Array(writer.bytes[..<length]))
      var reader = ByteReader(try #require(answer))
      guard case .refused = try AgentReply(from: &reader) else {
        Issue.record("a request cut at \(length) bytes was taken")
        return
      }
    }
    let answer = shell.answer(writer.bytes)
    var reader = ByteReader(try #require(answer))
    guard case .configured = try AgentReply(from: &reader) else {
      Issue.record("a whole request was refused")
      return
    }
  }
}
