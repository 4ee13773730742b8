// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Topology

/// Places where a fleet could stand, and what is asked of them.
///
/// Every criterion is money a year for each kW of IT at full load, so that criteria add up and a weight is a price:
///
///     energy     mean price x 8,766 h
///     cooling    the same for what PUE adds to it in the hours when it does, and its water
///     carbon     mean intensity x PUE x 8,766 h x price of carbon
///     land       price of land and shell, spread evenly over years
///     distance   mean round trip to the others x what a millisecond is worth
///     fibre      half of what wavelengths to each of the others cost a year
///
/// Each term is multiplied by its weight. A place by itself is held against all other candidates; a set of places
/// against each other, which is what is chosen.
public struct SitingStudy: Sendable {
  public enum Criterion: String, CaseIterable, Sendable {
    case energy, cooling, carbon, land, distance, fibre
  }

  /// A place, with what does not depend on the others.
  public struct Candidate: Sendable {
    public var spec: SiteSpec
    public var energy: SiteEnergy
    /// USD for each MW of IT, land and shell.
    public var landUSDPerMW: Double
    /// Means over the period, for each MWh of IT: USD without and with PUE, kg of carbon dioxide, litres.
    public var usdPerMWh: Double
    public var usdPerMWhWithPUE: Double
    public var kilogramsPerMWh: Double
    public var litresPerMWh: Double
    public var pue: Double
    /// All GPUs at work with their network, before PUE.
    public var kilowatts: Double
  }

  /// Terms in USD for each kW of IT and year, weighted.
  public struct Score: Sendable {
    /// In the order of ``Criterion/allCases``.
    public var terms: [Double]
    /// Mean over the others; zero if there are none.
    public var roundTripMilliseconds: Double
    public var total: Double { terms.reduce(0, +) }
  }

  /// Places chosen together.
  public struct Choice: Sendable {
    /// Indices in ``SitingStudy/candidates``, ascending.
    public var members: [Int]
    public var scores: [Score]
    /// Mean over all kW of IT.
    public var total: Double
  }

  static let hoursPerYear = 8766.0

  public var name: String
  /// Sorted by id.
  public var candidates: [Candidate]
  /// The line between two candidates, `lines[a][b]` with a < b; nil elsewhere.
  public var lines: [[LinkSpec?]]
  public var choose: Int
  public var period: Time
  /// In the order of ``Criterion/allCases``.
  public var weights: [Double]
  public var usdPerTonne: Double
  public var usdPerCubicMetre: Double
  public var usdPerMillisecond: Double
  public var landYears: Double
  public var assumptions: [String]
  let template: SitingTemplate

  /// The score of a candidate against `others`.
  public func score(of index: Int, against others: [Int]) -> Score {
    let place = candidates[index]
    let hours = SitingStudy.hoursPerYear / 1000
    var roundTrip = 0.0
    var fibre = 0.0
    for other in others where other != index {
      guard let line = lines[min(index, other)][max(index, other)] else { continue }
      roundTrip += 2000 * line.delay.seconds
      let lease = LinkCost(of: line).leaseUSDPerMonth
      fibre += 12 * (lease.lowerBound * lease.upperBound).squareRoot() / 2
    }
    let count = Double(others.filter { $0 != index }.count)
    let mean = count > 0 ? roundTrip / count : 0
    let terms = [
      place.usdPerMWh * hours,
      (place.usdPerMWhWithPUE - place.usdPerMWh) * hours + place.litresPerMWh / 1000 * usdPerCubicMetre * hours,
      place.kilogramsPerMWh / 1000 * usdPerTonne * hours,
      place.landUSDPerMW / 1000 / landYears,
      mean * usdPerMillisecond,
      fibre / place.kilowatts,
    ]
    return Score(terms: zip(terms, weights).map { $0 * $1 }, roundTripMilliseconds: mean)
  }

  /// All candidates by their score against all others, best first.
  public func ranking() -> [(index: Int, score: Score)] {
    let all = Array(candidates.indices)
    return all.map { ($0, score(of: $0, against: all)) }.sorted {
      ($0.1.total, candidates[$0.0].spec.id) < ($1.1.total, candidates[$1.0].spec.id)
    }
  }

  /// The `count` best sets of ``choose`` places, best first: every set is looked at.
  public func choices(_ count: Int) -> [Choice] {
    var best: [Choice] = []
    var members: [Int] = []
    func visit(from first: Int) {
      if members.count == choose {
        let scores = members.map { score(of: $0, against: members) }
        let power = members.reduce(0) { $0 + candidates[$1].kilowatts }
        let total = zip(members, scores).reduce(0) { $0 + $1.1.total * candidates[$1.0].kilowatts } / power
        let choice = Choice(members: members, scores: scores, total: total)
        let place = best.firstIndex { total < $0.total } ?? best.count
        if place < count { best.insert(choice, at: place) }
        if best.count > count { best.removeLast() }
        return
      }
      for index in first..<candidates.count where candidates.count - index >= choose - members.count {
        members.append(index)
        visit(from: index + 1)
        members.removeLast()
      }
    }
    visit(from: 0)
    return best
  }

  /// More sets than this are not looked at.
  public static let mostSets = 200_000

  /// The scenario of a fleet that stands at chosen places, each pair of them joined.
  public func scenario(of choice: Choice) throws(ScenarioError) -> Scenario {
    try template.scenario(of: choice.members.map { candidates[$0].spec.id })
  }
}
