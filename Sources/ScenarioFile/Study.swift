// SPDX-License-Identifier: Apache-2.0

/// A study of congestion control as its file states it: one experiment in many variations, and algorithms to be compared
/// in each. `Documentation/Experiments.md` describes the file.
public struct Study: Sendable {
  /// What is varied, and what its values are called.
  public struct Axis: Equatable, Sendable {
    public var name: String
    public var labels: [String]
  }

  /// One combination of a value of every axis.
  public struct Cell: Sendable {
    /// One label for each axis.
    public var labels: [String]
    /// What is run: one experiment for each entry of ``Study/settings``.
    public var experiments: [Experiment]
    /// Factor of rates and amounts, already applied.
    public var scale: Double
    /// Names of groups of flows whose completion times count; nil for all that have an end.
    public var groups: [String]?
    /// The port whose utilisation, queue and drops are told; nil for the busiest.
    public var port: String?
    public var origin: Experiment.Origin

    /// "distance 10 km, buffer 1 bdp"
    public func title(_ axes: [Axis]) -> String {
      zip(axes, labels).map { "\($0.name) \($1)" }.joined(separator: ", ")
    }
  }

  /// An algorithm with one choice of its constants.
  public struct Point: Sendable {
    public var algorithm: Experiment.Algorithm
    /// Position in ``Study/settings``: what this choice changes in the experiment.
    public var setting: Int
    /// What is chosen, for people: "beta 0.85, hystart 0"; "as published" for the first.
    public var text: String
  }

  /// An algorithm that takes part.
  public struct Contender: Sendable {
    public enum Role: String, Sendable {
      /// What the others' completion times are divided by.
      case reference
      /// What is held against the best of the baselines.
      case candidate
      case baseline
    }
    public var role: Role
    /// The first is the algorithm as published, or as the file states it; the others are what tuning may choose.
    public var points: [Point]
    public var name: String { points[0].algorithm.spec.name }
  }

  /// What tuning goes by.
  public enum Objective: String, CaseIterable, Sendable {
    /// The least mean completion time.
    case meanFCT = "mean-fct"
    /// The most payload delivered.
    case goodput
  }

  public var name: String
  /// The file as it was named.
  public var file: String
  /// What the study asks, for its readers; may be empty.
  public var about = ""
  public var network = NetworkLevel.packet
  public var axes: [Axis] = []
  /// In order, the last axis running fastest.
  public var cells: [Cell] = []
  /// What points change in the experiment, as text; the first changes nothing.
  public var settings: [String] = [""]
  /// Reference and candidate first, then the baselines in the order of the file.
  public var contenders: [Contender] = []
  public var objective = Objective.meanFCT
  /// None of them is among ``seeds``. Empty if nothing is tuned.
  public var tuningSeeds: [UInt64] = []
  public var seeds: [UInt64] = [1]
  /// Core-seconds that the study may take, as its author states it; nil if not stated.
  public var budget: Double?
}

/// What the command line changes in a study; applied before anything is checked.
public struct StudyOptions: Sendable {
  public var network: NetworkLevel?
  public var scale: Double?
  public var seeds: [UInt64]?
  /// Names of the baselines to keep; reference and candidate always stay.
  public var algorithms: [String]?
  /// "AXIS=VALUE": only cells with this label, or any of those named for the same axis.
  public var only: [String] = []
  public init() {}
}
