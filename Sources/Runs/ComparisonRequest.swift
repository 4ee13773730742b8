// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities
import ScenarioFile

/// What is to be compared.
public struct ComparisonRequest: Sendable {
  /// A field of the scenario that takes several values.
  public struct Axis: Equatable, Sendable {
    public var path: String
    public var values: [String]

    public init(path: String, values: [String]) {
      self.path = path
      self.values = values
    }

    /// `PATH=A,B`: commas inside of brackets belong to a value.
    ///
    /// - Throws: ``ScenarioError`` without an equals sign or without values.
    public static func parse(_ text: String) throws(ScenarioError) -> Axis {
      func fail(_ message: String) -> ScenarioError {
        ScenarioError(
          file: "--vary \(text)", line: nil, field: "", message: message,
          advice: "For example: --vary 'links[*].wavelengths=1,2,4'")
      }
      guard let (path, value) = try? ScenarioOverrides.split(text) else {
        throw fail("expected PATH=A,B, found no '='")
      }
      let values = ComparisonRequest.split(value)
      guard !values.isEmpty else { throw fail("expected values after '=', found nothing") }
      return Axis(path: path, values: values)
    }
  }

  public var name: String?
  public var scenarios: [String]
  /// In place of the scenarios' own; empty for those.
  public var traces: [String] = []
  public var policies: [String]
  public var replicates = 1
  public var vary: [Axis] = []
  /// What the command line changes in every scenario.
  public var overrides = ScenarioOverrides()
  /// Time before each measured window in which jobs run that are not counted.
  public var warmUp = Time.zero
  public var bounds = true
  /// Whether to find out what one more wavelength on the busiest links would be worth.
  public var links = true
  /// As typed.
  public var command = ""

  public init(scenarios: [String], policies: [String]) {
    self.scenarios = scenarios
    self.policies = policies
  }

  /// Parts of a text between commas outside of brackets.
  public static func split(_ text: String) -> [String] {
    var parts: [String] = []
    var current = ""
    var depth = 0
    for character in text {
      if "([{".contains(character) { depth += 1 }
      if ")]}".contains(character) { depth -= 1 }
      if character == ",", depth == 0 {
        parts.append(current)
        current = ""
      } else {
        current.append(character)
      }
    }
    parts.append(current)
    return parts.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }
}
