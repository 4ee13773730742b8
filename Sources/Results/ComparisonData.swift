// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Everything that a comparison has found out: what was compared, a portrait of each run, and the bounds.
///
/// Tables, files and the report are made of this alone, and a report can be made again from it.
public struct ComparisonData: Codable, Sendable {
  /// A change that a column of a what-if makes.
  public struct Setting: Codable, Equatable, Sendable {
    public var path: String
    public var value: String

    public init(path: String, value: String) {
      self.path = path
      self.value = value
    }
  }

  /// One replicate.
  public struct Window: Codable, Equatable, Sendable {
    /// For people: `2017-10-09, 7 d`.
    public var label: String
    /// Where the run, warm-up included, begins in the trace; nil for its beginning, and for synthetic jobs.
    public var start: String?
    /// The instant of prices, carbon and weather at which the run begins; nil if none is stated.
    public var calendar: String?
    /// `--set` that make this window of the scenario.
    public var settings: [Setting]
    public var warmUp: Double
    public var length: Double?

    public init(
      label: String, start: String?, calendar: String?, settings: [Setting], warmUp: Double, length: Double?
    ) {
      self.label = label
      self.start = start
      self.calendar = calendar
      self.settings = settings
      self.warmUp = warmUp
      self.length = length
    }
  }

  /// A point of a bound of cost over mean completion time, see `CostBoundPoint`: hours (nil for no limit), cost, slope.
  public struct CurvePoint: Codable, Equatable, Sendable {
    public var budget: Double?
    public var cost: Double
    public var slope: Double

    public init(budget: Double?, cost: Double, slope: Double) {
      self.budget = budget
      self.cost = cost
      self.slope = slope
    }
  }

  /// What no schedule of one set of jobs in one window can beat.
  public struct Bound: Codable, Equatable, Sendable {
    /// See ``RunPortrait/completedHash``.
    public var completedHash: String
    /// Hours.
    public var completion: Double
    /// In USD and kg; empty if not computed.
    public var cost: [CurvePoint]
    public var carbon: [CurvePoint]

    public init(completedHash: String, completion: Double, cost: [CurvePoint], carbon: [CurvePoint]) {
      self.completedHash = completedHash
      self.completion = completion
      self.cost = cost
      self.carbon = carbon
    }

    /// The highest of what the points say about a budget in hours; nil without points.
    public static func value(_ points: [CurvePoint], at budget: Double) -> Double? {
      points.map { point in point.budget.map { point.cost + point.slope * (budget - $0) } ?? point.cost }.max()
    }

    /// Without a limit of completion time.
    public static func free(_ points: [CurvePoint]) -> Double? { points.first { $0.budget == nil }?.cost }
  }

  /// One scenario with one trace and one choice of what is varied.
  public struct Case: Codable, Sendable {
    public var title: String
    public var scenario: String
    public var trace: String?
    public var settings: [Setting]
    /// What the command line said of every run, to be said again to repeat one.
    public var arguments: [String]
    public var windows: [Window]
    /// `[policy][window]`.
    public var portraits: [[RunPortrait]]
    /// `[window]`, one for each set of jobs that some policy completed.
    public var bounds: [[Bound]]

    public init(
      title: String, scenario: String, trace: String?, settings: [Setting], arguments: [String] = [], windows: [Window]
    ) {
      self.arguments = arguments
      self.title = title
      self.scenario = scenario
      self.trace = trace
      self.settings = settings
      self.windows = windows
      portraits = []
      bounds = windows.map { _ in [] }
    }
  }

  /// What one more wavelength on a busy link was worth, by running the same window again with it.
  public struct LinkWorth: Codable, Equatable, Sendable {
    public var link: String
    public var policy: String
    public var window: String
    public var network: String
    public var wavelengths: Int
    /// Ports of the run without and with it.
    public var before: [RunPortrait.Port]
    public var after: [RunPortrait.Port]
    /// Metrics by name, without and with it.
    public var metricsBefore: [String: Double]
    public var metricsAfter: [String: Double]

    public init(
      link: String, policy: String, window: String, network: String, wavelengths: Int, before: [RunPortrait.Port],
      after: [RunPortrait.Port], metricsBefore: [String: Double], metricsAfter: [String: Double]
    ) {
      self.link = link
      self.policy = policy
      self.window = window
      self.network = network
      self.wavelengths = wavelengths
      self.before = before
      self.after = after
      self.metricsBefore = metricsBefore
      self.metricsAfter = metricsAfter
    }
  }

  public var name: String
  /// As typed, for the report.
  public var command: String
  public var policies: [String]
  public var network: String
  public var driver: String
  public var seed: UInt64
  /// How the windows were chosen, in words.
  public var windowRule: String
  public var cases: [Case]
  public var links: [LinkWorth]
  public var notes: [String]

  public init(
    name: String, command: String, policies: [String], network: String, driver: String, seed: UInt64,
    windowRule: String, cases: [Case]
  ) {
    self.name = name
    self.command = command
    self.policies = policies
    self.network = network
    self.driver = driver
    self.seed = seed
    self.windowRule = windowRule
    self.cases = cases
    links = []
    notes = []
  }

  public static let file = "comparison-data.json"

  public func write(to folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try FileOutput.writeAtomically(
      String(decoding: try encoder.encode(self), as: UTF8.self), to: folder + "/" + Self.file)
  }

  /// - Throws: ``ResultsError`` if the folder holds no finished comparison.
  public static func read(_ folder: String) throws(ResultsError) -> ComparisonData {
    let path = folder + "/" + file
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .badFile(path: path, problem: "cannot be read: this folder holds no finished comparison")
    }
    do {
      return try JSONDecoder().decode(ComparisonData.self, from: data)
    } catch {
      throw .badFile(path: path, problem: "is not the data of a comparison of this program: \(error)")
    }
  }
}
