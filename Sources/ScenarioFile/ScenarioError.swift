// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a scenario, where, and what to do about it.
public struct ScenarioError: Error, Equatable, CustomStringConvertible {
  /// The scenario's file as it was named, a file that the scenario names, or the option ("--set PATH=VALUE").
  public var file: String
  /// Counted from 1; nil where there is none, as in an option.
  public var line: Int?
  /// Path of the field, as `--set` takes it: "sites[omaha].gpus.count". Empty for the file as a whole.
  public var field: String
  /// What was expected and what was found, without a full stop.
  public var message: String
  /// One or two sentences on what to do; may be empty.
  public var advice: String

  public init(file: String, line: Int?, field: String, message: String, advice: String = "") {
    self.file = file
    self.line = line
    self.field = field
    self.message = message
    self.advice = advice
  }

  public var description: String {
    let place = line.map { "\(file):\($0)" } ?? file
    let what = field.isEmpty ? message : "\(field): \(message)"
    return advice.isEmpty ? "\(place): \(what)" : "\(place): \(what). \(advice)"
  }
}
