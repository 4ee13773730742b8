// SPDX-License-Identifier: Apache-2.0

import Simulation

/// A distribution of flow sizes: a cumulative table, linear between its points.
public struct FlowSizes: Equatable, Sendable {
  public struct Point: Equatable, Sendable {
    public var bytes: Double
    /// Share of flows of at most ``bytes``, 0...1.
    public var probability: Double
    public init(bytes: Double, probability: Double) {
      self.bytes = bytes
      self.probability = probability
    }
  }

  public let name: String
  public let source: String
  /// Bytes and probabilities ascend, the former strictly; the first probability is 0, the last 1.
  public private(set) var points: [Point]

  /// - Throws: ``FlowSizesError`` with the position of the first point that does not fit.
  public init(name: String, source: String, points: [Point]) throws(FlowSizesError) {
    guard let first = points.first, points.count >= 2 else {
      throw FlowSizesError(point: 0, message: "expected at least two points")
    }
    guard first.bytes >= 0, first.probability >= 0 else {
      throw FlowSizesError(point: 0, message: "expected no negative numbers")
    }
    for index in 1..<points.count {
      let (before, point) = (points[index - 1], points[index])
      guard point.bytes > before.bytes else {
        throw FlowSizesError(point: index, message: "expected more bytes than in the row before")
      }
      guard point.probability >= before.probability else {
        throw FlowSizesError(point: index, message: "expected a probability not below that of the row before")
      }
    }
    guard points[points.count - 1].probability == 1 else {
      throw FlowSizesError(point: points.count - 1, message: "expected the last probability to be 1")
    }
    self.name = name
    self.source = source
    // A first point above probability 0 is a share of flows of exactly that size.
    self.points = first.probability == 0 ? points : [Point(bytes: first.bytes, probability: 0)] + points
  }

  private init(_ name: String, _ table: [(bytes: Double, percent: Double)], source: String) {
    self.name = name
    self.source = source
    points = table.map { Point(bytes: $0.bytes, probability: $0.percent / 100) }
  }

  /// Every size from `least` to `most` bytes equally likely; `least` is less than `most`.
  public init(uniformFrom least: Double, to most: Double) throws(FlowSizesError) {
    try self.init(
      name: "uniform", source: "stated",
      points: [Point(bytes: least, probability: 0), Point(bytes: most, probability: 1)])
  }

  /// The same distribution of sizes times `factor`, which is above zero.
  public func scaled(by factor: Double) -> FlowSizes {
    var result = self
    result.points = points.map { Point(bytes: $0.bytes * factor, probability: $0.probability) }
    return result
  }

  /// Mean size in bytes.
  public var mean: Double {
    zip(points, points.dropFirst()).reduce(0) { sum, pair in
      sum + (pair.1.probability - pair.0.probability) * (pair.0.bytes + pair.1.bytes) / 2
    }
  }

  /// The size that a share of `u` of all flows, 0...1, does not exceed; at least one byte.
  public func quantile(_ u: Double) -> Int64 {
    var low = 0
    var high = points.count - 1
    // The first point whose probability is at least u.
    while low < high {
      let middle = (low + high) / 2
      if points[middle].probability < u { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return max(1, Int64(points[0].bytes.rounded())) }
    let (a, b) = (points[low - 1], points[low])
    let share = b.probability > a.probability ? (u - a.probability) / (b.probability - a.probability) : 1
    return max(1, Int64((a.bytes + min(1, max(0, share)) * (b.bytes - a.bytes)).rounded()))
  }

  public func sample(_ stream: inout RandomStream) -> Int64 { quantile(stream.uniform()) }

  /// Every published table, in the order of the documentation.
  public static let published = [websearch, hadoop, alibabaWAN]

  public static let websearch = FlowSizes(
    "websearch",
    [
      (0, 0), (10_000, 15), (20_000, 20), (30_000, 30), (50_000, 40), (80_000, 53), (200_000, 60), (1_000_000, 70),
      (2_000_000, 80), (5_000_000, 90), (10_000_000, 97), (30_000_000, 100),
    ],
    source: "web search cluster of the DCTCP paper (SIGCOMM 2010), as tabulated in HPCC's artefact "
      + "(alibaba-edu/High-Precision-Congestion-Control, traffic_gen/WebSearch_distribution.txt)")

  public static let hadoop = FlowSizes(
    "hadoop",
    [
      (0, 0), (100, 1), (200, 2), (300, 5), (350, 15), (400, 20), (500, 30), (600, 40), (700, 50), (1000, 60),
      (2000, 67), (7000, 70), (30_000, 72), (50_000, 82), (80_000, 87), (120_000, 90), (300_000, 95),
      (1_000_000, 97.5), (2_000_000, 99), (10_000_000, 100),
    ],
    source: "Facebook's Hadoop cluster (SIGCOMM 2015), as tabulated in HPCC's artefact "
      + "(alibaba-edu/High-Precision-Congestion-Control, traffic_gen/FbHdp_distribution.txt)")

  public static let alibabaWAN = FlowSizes(
    "alibaba-wan",
    [
      (0, 0), (1_056_444, 2.38), (2_992_438, 9.47), (7_000_286, 14.07), (12_230_868, 16.49), (17_461_450, 17.87),
      (22_692_031, 19.27), (27_922_613, 20.67), (33_153_195, 21.25), (38_383_776, 22.01), (43_614_358, 22.72),
      (48_153_292, 24.43), (51_697_984, 67.02), (97_267_446, 69.39), (99_418_551, 84.93), (104_954_816, 87.63),
      (146_086_208, 88.56), (149_177_006, 95.33), (154_407_588, 96.27), (196_252_241, 97.77), (201_482_822, 99.10),
      (245_340_314, 99.94), (300_000_000, 100),
    ],
    source: "Alibaba's traffic between data centres, 2021, as tabulated in Uno's artefact "
      + "(spcl/Uno_SC25, traffic_gen/cdf_files/AliInterDC2021.txt)")
}

/// A table that is no distribution.
public struct FlowSizesError: Error, Equatable {
  /// Counted from 0.
  public var point: Int
  public var message: String
}
