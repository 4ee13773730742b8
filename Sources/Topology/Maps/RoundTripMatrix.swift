// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities

/// Measured round trips between places, and how they compare with light on the great circle.
public struct RoundTripMatrix: Sendable {
  public struct Pair: Equatable, Sendable {
    public var from: String
    public var to: String
    /// Great circle.
    public var kilometres: Double
    /// Mean of the measurement, of both directions where both are there.
    public var milliseconds: Double

    /// Measured round trip over that of light in fibre along the great circle.
    public var stretch: Double { milliseconds / (2 * kilometres * RoundTripMatrix.microsecondsPerKilometre / 1000) }
  }

  /// G.652 fibre.
  public static let microsecondsPerKilometre = 4.895

  /// Each unordered pair once, by names.
  public var pairs: [Pair]

  /// Reads one `REGION.dat` for each region of AWS out of a folder, with lines `min/avg/max/mdev:region` in
  /// milliseconds, as the measurements of Enes et al. (EuroSys 2020) are published.
  ///
  /// - Throws: ``MapError`` for a folder without such files, a line that cannot be read, or a region of unknown place.
  public init(folder: String) throws(MapError) {
    let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".dat") }
    guard !files.isEmpty else {
      throw MapError(
        file: folder, message: "expected a folder with files such as us-east-1.dat, found none",
        advice: "each has lines 'min/avg/max/mdev:region' in milliseconds")
    }
    var sums: [String: (total: Double, count: Int)] = [:]
    for name in files.sorted() {
      let path = folder + "/" + name
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
        throw MapError(file: path, message: "it cannot be read as UTF-8 text")
      }
      let from = String(name.dropLast(4))
      guard RegionCatalogue.place(of: from) != nil else {
        throw MapError(file: path, message: "'\(from)' is a region of unknown place")
      }
      for (k, line) in text.split(whereSeparator: \.isNewline).enumerated() {
        let halves = line.split(separator: ":")
        let numbers = halves.first?.split(separator: "/").compactMap { Quantity.parseNumber(String($0)) } ?? []
        guard halves.count == 2, numbers.count == 4, numbers[1] > 0 else {
          throw MapError(file: path, line: k + 1, message: "expected min/avg/max/mdev:region, found '\(line)'")
        }
        let to = String(halves[1])
        guard RegionCatalogue.place(of: to) != nil else {
          throw MapError(file: path, line: k + 1, message: "'\(to)' is a region of unknown place")
        }
        if from == to { continue }
        let key = from < to ? "\(from) \(to)" : "\(to) \(from)"
        let sum = sums[key] ?? (0, 0)
        sums[key] = (sum.total + numbers[1], sum.count + 1)
      }
    }
    pairs = []
    for (key, sum) in sums.sorted(by: { $0.key < $1.key }) {
      let names = key.split(separator: " ").map(String.init)
      guard let a = RegionCatalogue.place(of: names[0]), let b = RegionCatalogue.place(of: names[1]) else { continue }
      pairs.append(
        Pair(
          from: names[0], to: names[1], kilometres: a.greatCircleKilometres(to: b),
          milliseconds: sum.total / Double(sum.count)))
    }
  }

  /// Pairs of a class of distance, and the quantiles of their stretch.
  public struct Class: Equatable, Sendable {
    public var kilometres: Range<Double>
    public var pairs: Int
    public var least: Double
    public var median: Double
    public var ninth: Double
    public var most: Double
  }

  /// By great circle; the last class is that of all pairs.
  public var classes: [Class] {
    [0..<1000, 1000..<3000, 3000..<6000, 6000..<10_000, 10_000..<20_100, 0..<20_100].compactMap { range in
      let stretch = pairs.filter { range.contains($0.kilometres) }.map(\.stretch).sorted()
      guard let least = stretch.first, let most = stretch.last else { return nil }
      return Class(
        kilometres: range, pairs: stretch.count, least: least, median: RoundTripMatrix.quantile(stretch, 0.5),
        ninth: RoundTripMatrix.quantile(stretch, 0.9), most: most)
    }
  }

  /// The straight line through the pairs, by the medians of Theil and Sen, which single detours do not bend: a fixed part
  /// in milliseconds, and what the rest is of light on the great circle.
  public var line: (milliseconds: Double, stretch: Double) {
    var slopes: [Double] = []
    for (k, a) in pairs.enumerated() {
      // Pairs of nearly one distance say nothing of the slope.
      for b in pairs[..<k] where abs(a.kilometres - b.kilometres) > 100 {
        slopes.append((a.milliseconds - b.milliseconds) / (a.kilometres - b.kilometres))
      }
    }
    guard !slopes.isEmpty else { return (0, 0) }
    let slope = RoundTripMatrix.quantile(slopes.sorted(), 0.5)
    let rest = pairs.map { $0.milliseconds - slope * $0.kilometres }.sorted()
    return (
      RoundTripMatrix.quantile(rest, 0.5), slope * 1000 / (2 * RoundTripMatrix.microsecondsPerKilometre)
    )
  }

  /// Share of pairs whose round trip is at least that of a fibre of `routeFactor` times the great circle: for these
  /// the distance model is no slower than what was measured.
  public func shareAbove(routeFactor: Double) -> Double {
    Double(pairs.filter { $0.stretch >= routeFactor }.count) / Double(max(1, pairs.count))
  }

  /// Between the two nearest ranks.
  static func quantile(_ sorted: [Double], _ p: Double) -> Double {
    let place = p * Double(sorted.count - 1)
    let low = Int(place)
    let high = min(low + 1, sorted.count - 1)
    return sorted[low] + (place - Double(low)) * (sorted[high] - sorted[low])
  }
}

/// Where the regions of a cloud are, by city: the provider names the metropolitan area, not the buildings.
public enum RegionCatalogue {
  public static let certainty = Certainty.recalled
  public static let source = "cities that AWS names for its regions; coordinates of the city centres"

  static let places: [(name: String, latitude: Double, longitude: Double)] = [
    ("af-south-1", -33.92, 18.42),  // Cape Town
    ("ap-east-1", 22.32, 114.17),  // Hong Kong
    ("ap-northeast-1", 35.68, 139.69),  // Tokyo
    ("ap-south-1", 19.08, 72.88),  // Mumbai
    ("ap-southeast-1", 1.35, 103.82),  // Singapore
    ("ap-southeast-2", -33.87, 151.21),  // Sydney
    ("ca-central-1", 45.50, -73.57),  // Montreal
    ("eu-central-1", 50.11, 8.68),  // Frankfurt
    ("eu-north-1", 59.33, 18.07),  // Stockholm
    ("eu-south-1", 45.46, 9.19),  // Milan
    ("eu-west-1", 53.35, -6.26),  // Dublin
    ("eu-west-2", 51.51, -0.13),  // London
    ("eu-west-3", 48.86, 2.35),  // Paris
    ("me-south-1", 26.07, 50.55),  // Bahrain
    ("sa-east-1", -23.55, -46.63),  // Sao Paulo
    ("us-east-1", 39.04, -77.49),  // Ashburn
    ("us-east-2", 39.96, -83.00),  // Columbus
    ("us-west-1", 37.35, -121.96),  // San Jose
    ("us-west-2", 45.84, -119.70),  // Boardman
  ]

  public static func place(of name: String) -> Coordinates? {
    places.first { $0.name == name }.map { Coordinates(latitude: $0.latitude, longitude: $0.longitude) }
  }
}
