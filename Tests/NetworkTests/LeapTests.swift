// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Testing
import Topology

/// What it costs to leap over the steady state of a controller that never rests.
@Suite struct LeapTests {
  struct Case: CustomTestStringConvertible {
    var name: String
    var preset: String?
    /// Round trip of the nearer flow; that of the other is a fifth longer.
    var roundTrip: Int64
    var gigabytes: Int64

    var testDescription: String { "\(name) \(preset ?? "") at \(roundTrip) us, \(gigabytes) GB" }
  }

  /// Their blocks settle while the flows last.
  static let settling = [
    Case(name: "dcqcn", preset: "paper", roundTrip: 100, gigabytes: 40),
    Case(name: "dcqcn", preset: "paper", roundTrip: 5000, gigabytes: 40),
    Case(name: "dcqcn", preset: "vendor", roundTrip: 100, gigabytes: 40),
    Case(name: "dcqcn", preset: "vendor", roundTrip: 5000, gigabytes: 40),
    Case(name: "dcqcn", preset: "paper", roundTrip: 5000, gigabytes: 100),
    // A cycle of CUBIC with this buffer takes 22 s.
    Case(name: "cubic", preset: nil, roundTrip: 100, gigabytes: 400),
  ]

  /// This one cuts too seldom.
  static let wandering = [
    Case(name: "dcqcn", preset: "long-haul", roundTrip: 5000, gigabytes: 40)
  ]

  /// Transfers take as long with leaps as without, but for a difference that is printed here and stated where leaps are
  /// explained. A fleet leaps after so many blocks whatever they show, so it may be off by more than an experiment.
  @Test(arguments: settling) func meanTransferTime(one: Case) throws {
    let (with, without) = (try transferTimes(one, leaps: true), try transferTimes(one, leaps: false))
    let mean = (with: (with.fct[0] + with.fct[1]) / 2, without: (without.fct[0] + without.fct[1]) / 2)
    let difference = (mean.with - mean.without) / mean.without
    print(
      "\(one.testDescription): \(with.fct) s with leaps (\(with.events) events), \(without.fct) s without",
      "(\(without.events) events), the mean differs by \(difference * 100) %")
    #expect(abs(difference) < 0.02)
    // Something was leapt over; else nothing is compared here.
    #expect(with.events < without.events * 2 / 3)
  }

  /// What does not repeat itself is followed rather than guessed.
  @Test(arguments: wandering) func wanderersAreFollowed(one: Case) throws {
    let (with, without) = (try transferTimes(one, leaps: true), try transferTimes(one, leaps: false))
    print("\(one.testDescription): \(with.fct), \(with.events) events; without leaps \(without.fct), \(without.events)")
    #expect(with.fct == without.fct && with.events == without.events)
  }

  /// Two flows from different sites share a port of 100 Gb/s; the second joins after 3 s.
  private func transferTimes(_ one: Case, leaps: Bool) throws -> (fct: [Double], events: UInt64) {
    let unit = one.roundTrip / 10
    let map = try fleet(["a", "b", "m", "z"], [(0, 2, 200, unit), (1, 2, 200, 2 * unit), (2, 3, 100, 4 * unit)])
    let model = NetworkModel(fleet: map, algorithm: try algorithm(one.name, preset: one.preset), leaps: leaps)
    var simulation = FluidSimulation(model: model)
    simulation.open(flow(0, 0, 3, bytes: one.gigabytes * 1_000_000_000))
    simulation.run(until: .seconds(3))
    simulation.open(flow(1, 1, 3, bytes: one.gigabytes * 1_000_000_000))
    simulation.run(until: .seconds(1000))
    expectConserved(&simulation, model)
    let done = simulation.deliveries
    return ([try #require(done[0]).seconds, try #require(done[1]).seconds - 3], simulation.events)
  }
}
