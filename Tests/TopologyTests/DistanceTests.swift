// SPDX-License-Identifier: Apache-2.0

import Quantities
import Testing
import Topology

/// Distances and delays against figures from outside: great circles of a published table of site pairs, the speed of
/// light, and the fibres' group indices.
@Suite struct DistanceTests {
  static let cities: [String: Coordinates] = [
    "mount-pleasant": Coordinates(latitude: 42.70, longitude: -87.88),
    "atlanta": Coordinates(latitude: 33.75, longitude: -84.39),
    "council-bluffs": Coordinates(latitude: 41.26, longitude: -95.86),
    "columbus": Coordinates(latitude: 40.08, longitude: -82.81),
    "abilene": Coordinates(latitude: 32.45, longitude: -99.73),
    "memphis": Coordinates(latitude: 35.15, longitude: -90.05),
    "phoenix": Coordinates(latitude: 33.45, longitude: -112.07),
    "ashburn": Coordinates(latitude: 39.04, longitude: -77.49),
    "quincy": Coordinates(latitude: 47.23, longitude: -119.85),
    "san-francisco": Coordinates(latitude: 37.77, longitude: -122.42),
    "new-york": Coordinates(latitude: 40.71, longitude: -74.01),
    "dublin": Coordinates(latitude: 53.35, longitude: -6.26),
    "london": Coordinates(latitude: 51.51, longitude: -0.13),
    "frankfurt": Coordinates(latitude: 50.11, longitude: 8.68),
    "stockholm": Coordinates(latitude: 59.33, longitude: 18.07),
    "tokyo": Coordinates(latitude: 35.68, longitude: 139.69),
  ]

  /// Pairs whose places are known, in km.
  static let pairs: [(String, String, Double)] = [
    ("mount-pleasant", "atlanta", 1047), ("council-bluffs", "columbus", 1112), ("abilene", "mount-pleasant", 1540),
    ("quincy", "ashburn", 3509), ("san-francisco", "new-york", 4130), ("dublin", "london", 464),
    ("frankfurt", "stockholm", 1187), ("ashburn", "dublin", 5462), ("tokyo", "quincy", 7878),
  ]

  @Test(arguments: pairs)
  func greatCircles(_ from: String, _ to: String, _ kilometres: Double) throws {
    let a = try #require(Self.cities[from])
    let b = try #require(Self.cities[to])
    // The table knows cities, not buildings: one per cent.
    #expect(abs(a.greatCircleKilometres(to: b) - kilometres) <= 0.01 * kilometres)
    #expect(a.greatCircleKilometres(to: b) == b.greatCircleKilometres(to: a))
  }

  /// Pairs of which the table has a campus some 25 km from the city, without saying where.
  static let loosePairs: [(String, String, Double)] = [
    ("abilene", "memphis", 933), ("abilene", "atlanta", 1416), ("phoenix", "abilene", 1180),
    ("phoenix", "mount-pleasant", 2367), ("ashburn", "atlanta", 877),
  ]

  @Test(arguments: loosePairs)
  func greatCirclesOfCampuses(_ from: String, _ to: String, _ kilometres: Double) throws {
    let a = try #require(Self.cities[from])
    let b = try #require(Self.cities[to])
    #expect(abs(a.greatCircleKilometres(to: b) - kilometres) <= 26)
  }

  @Test func quarterOfTheEarth() {
    let pole = Coordinates(latitude: 90, longitude: 0)
    let quarter = Double.pi / 2 * Coordinates.earthRadius
    for longitude in [-180.0, -90, 0, 45, 180] {
      let there = Coordinates(latitude: 0, longitude: longitude)
      #expect(abs(pole.greatCircleKilometres(to: there) - quarter) < 1e-6)
    }
    // Across the date line the way is short.
    let east = Coordinates(latitude: 0, longitude: 179.5)
    let west = Coordinates(latitude: 0, longitude: -179.5)
    #expect(abs(east.greatCircleKilometres(to: west) - quarter / 90) < 1e-6)
    #expect(pole.greatCircleKilometres(to: pole) == 0)
  }

  @Test(arguments: [("smf", 1.4675), ("hollow-core", 1.003), ("mmf-om4", 1.48), ("free-space", 1.0)])
  func mediaFollowFromTheirIndex(_ name: String, _ index: Double) throws {
    let medium = try #require(FibreCatalogue.lookup(name))
    let microseconds = index / 299_792.458 * 1e6
    #expect(abs(medium.microsecondsPerKilometre - microseconds) < 0.002 * microseconds)
  }

  @Test func roundTripOverOrdinaryFibre() throws {
    // Fairwater: 1,361 km of ordinary fibre, a round trip of 13.3 ms; of hollow-core 9.1 ms.
    let smf = try #require(FibreCatalogue.lookup("smf"))
    let hollow = try #require(FibreCatalogue.lookup("hollow-core"))
    #expect(abs(2 * smf.delay(kilometres: 1361).seconds - 13.3e-3) < 0.05e-3)
    #expect(abs(2 * hollow.delay(kilometres: 1361).seconds - 9.1e-3) < 0.05e-3)
  }

  @Test func delaysAreRoundedUp() throws {
    let smf = try #require(FibreCatalogue.lookup("smf"))
    #expect(smf.delay(kilometres: 1) == Time.nanoseconds(4895))
    #expect(smf.delay(kilometres: 1445.3) == Time(ticks: 707_474_350))
    // One metre is 489.5 ticks.
    #expect(smf.delay(kilometres: 0.001) == Time(ticks: 490))
    #expect(smf.delay(kilometres: 0) == .zero)
  }

  @Test func catalogueNamesAreUnique() {
    #expect(Set(OpticsCatalogue.rows.map(\.name)).count == OpticsCatalogue.rows.count)
    #expect(Set(FibreCatalogue.media.map(\.name)).count == FibreCatalogue.media.count)
    for row in OpticsCatalogue.rows {
      #expect(row.rate > .zero && row.reachKilometres > 0 && row.latency > .zero)
      #expect(row.watts > 0 || row.integration == .cable)
      #expect(!row.source.isEmpty)
    }
    // Published pJ/bit of one end: watts over Gb/s times 1000.
    for (name, picojoules) in [("400g-dr4", 22.0), ("800g-2xdr4", 21), ("800zr", 31), ("1.6t-dr8", 16)] {
      guard let row = OpticsCatalogue.lookup(name) else {
        Issue.record("no row '\(name)'")
        continue
      }
      #expect(abs(row.watts / (row.rate.double / 1e9) * 1000 - picojoules) < 1)
    }
  }
}
