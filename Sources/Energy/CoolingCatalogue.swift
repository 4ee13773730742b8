// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A way to take the heat out of a building: what it adds to the power of the machines, and the water it evaporates,
/// as a function of the weather.
public struct CoolingModel: Equatable, Sendable {
  public enum Temperature: String, Sendable {
    case dryBulb = "dry bulb"
    case wetBulb = "wet bulb"
  }

  public struct Point: Equatable, Sendable {
    public var celsius: Double
    public var share: Double
    public init(_ celsius: Double, _ share: Double) {
      self.celsius = celsius
      self.share = share
    }
  }

  public var name: String
  /// Which temperature rules it.
  public var ruledBy: Temperature
  /// Power for cooling over power of the machines, by temperature in degrees Celsius: straight between the points,
  /// flat before the first, and beyond the last one as steep as between the last two.
  public var curve: [Point]
  public var evaporates: Bool
  public var certainty: Certainty
  public var source: String

  /// Distribution losses, pumps and fans that run whatever the weather: over power of the machines.
  public static let overhead = 0.065

  /// Power usage effectiveness.
  public func pue(dryBulb: Double, wetBulb: Double) -> Double {
    1 + CoolingModel.overhead + share(at: ruledBy == .dryBulb ? dryBulb : wetBulb)
  }

  func share(at celsius: Double) -> Double {
    if celsius <= curve[0].celsius { return curve[0].share }
    for (a, b) in zip(curve, curve.dropFirst()) where celsius <= b.celsius {
      return a.share + (b.share - a.share) * (celsius - a.celsius) / (b.celsius - a.celsius)
    }
    let (a, b) = (curve[curve.count - 2], curve[curve.count - 1])
    return b.share + (b.share - a.share) * (celsius - b.celsius) / (b.celsius - a.celsius)
  }

  /// How often cooling water goes round before it is replaced: the ratio of its minerals to fresh water's. An
  /// assumption, usual in towers.
  public static let cyclesOfConcentration = 5.0

  /// Litres evaporated and drained at the site for each kWh of the machines.
  ///
  /// Towers: the regression over the wet bulb in degrees Fahrenheit by Islam et al. (recalled, not read again), whose
  /// cubic falls to nothing near 25 F and is cut off at zero. Closed loops take no water while they run. Water that
  /// power stations use is not counted.
  public func litresPerKWh(wetBulb: Double) -> Double {
    guard evaporates else { return 0 }
    let f = wetBulb * 9 / 5 + 32
    let cycles = CoolingModel.cyclesOfConcentration
    return max(0, cycles / (cycles - 1) * (6e-5 * f * f * f - 0.01 * f * f + 0.61 * f - 10.40))
  }
}

/// Kinds of cooling that a scenario can name.
public enum CoolingCatalogue {
  /// Curves are straight lines drawn through the range that hourly physical models by climate give (Lei and Masanet,
  /// Energy 2020, 117556, and Resour. Conserv. Recycl. 2022, 106323) and annual figures that operators publish:
  /// 1.08-1.15 for liquid, 1.09-1.18 for evaporative, 1.3-1.6 for chillers in warm places. The lines are assumptions.
  public static let models: [CoolingModel] = [
    CoolingModel(
      name: "liquid", ruledBy: .wetBulb, curve: [.init(24, 0.02), .init(34, 0.05)], evaporates: false,
      certainty: .assumption,
      source: "warm water at 30-40 C to dry coolers: 2 % up to a wet bulb of 24 C, then 0.3 % a degree; no water"),
    CoolingModel(
      name: "evaporative", ruledBy: .wetBulb, curve: [.init(10, 0.03), .init(26, 0.18)], evaporates: true,
      certainty: .assumption,
      source: "cooling tower and economiser: 3 % up to a wet bulb of 10 C, then straight to 18 % at 26 C"),
    CoolingModel(
      name: "air", ruledBy: .dryBulb, curve: [.init(5, 0.05), .init(38, 0.45)], evaporates: false,
      certainty: .assumption,
      source: "chiller with free cooling: 5 % up to 5 C outside, then straight to 45 % at 38 C; no water"),
  ]

  public static func lookup(_ name: String) -> CoolingModel? { models.first { $0.name == name } }
}
