// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities

/// What a comparison is to run: policies x scenarios x traces x replicates x what is varied.
public struct ComparisonMatrix: Equatable, Sendable {
  public struct Axis: Equatable, Sendable {
    public var path: String
    public var values: [String]
  }

  public var name: String
  /// Absolute paths.
  public var scenarios: [String]
  public var traces: [String] = []
  public var policies: [String] = []
  public var replicates = 1
  public var warmUp = Time.zero
  public var vary: [Axis] = []
}

/// Reads matrices:
///
///     name: markets
///     scenarios: [five-markets.yaml]
///     traces: [philly.csv]              # in place of the scenarios' own
///     policies: [fifo, fifo+easy@cheapest-energy]
///     replicates: 5
///     warm_up: 1 day
///     vary:
///       'links[*].wavelengths': [1, 2]
///
/// Paths are relative to the file.
public enum MatrixReader {
  /// Whether the file at `path` is a matrix rather than a scenario. False for what cannot be read.
  public static func isMatrix(path: String) -> Bool {
    guard let data = FileManager.default.contents(atPath: path), let yaml = String(validating: data, as: UTF8.self),
      let root = try? Value.parse(yaml, at: Place(file: path, line: 1))
    else { return false }
    return root["scenarios"] != nil
  }

  /// - Throws: ``ScenarioError`` for the first thing that is wrong, with its line.
  public static func read(path: String) throws(ScenarioError) -> ComparisonMatrix {
    guard let data = FileManager.default.contents(atPath: path), let yaml = String(validating: data, as: UTF8.self)
    else {
      throw ScenarioError(file: path, line: nil, field: "", message: "cannot read this file, or it is not UTF-8 text")
    }
    let folder = Reading.absolute(
      URL(fileURLWithPath: path).deletingLastPathComponent().path, from: FileManager.default.currentDirectoryPath)
    let field = Field(value: try Value.parse(yaml, at: Place(file: path, line: 1)), path: "")
    let root = try field.section(["name", "scenarios", "traces", "policies", "replicates", "warm_up", "vary"])
    func texts(_ field: Field?) throws(ScenarioError) -> [String] {
      guard let field else { return [] }
      var list: [String] = []
      for item in try field.items() { list.append(try item.text()) }
      if list.isEmpty { throw field.error("expected at least one entry, found an empty list") }
      return list
    }
    func files(_ field: Field?) throws(ScenarioError) -> [String] {
      guard let field else { return [] }
      var list: [String] = []
      for item in try field.items() {
        let file = Reading.absolute(try item.text(), from: folder)
        guard FileManager.default.fileExists(atPath: file) else {
          throw item.error("there is no file '\(file)'", "Paths are relative to the matrix.")
        }
        list.append(file)
      }
      if list.isEmpty { throw field.error("expected at least one file, found an empty list") }
      return list
    }
    let stem = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    var matrix = ComparisonMatrix(
      name: try root.optional("name")?.text() ?? stem,
      scenarios: try files(root.required("scenarios", example: "scenarios: [five-markets.yaml]")))
    matrix.traces = try files(root.optional("traces"))
    matrix.policies = try texts(root.optional("policies"))
    matrix.replicates = try root.optional("replicates")?.integer(1...1000, "a number of windows") ?? 1
    matrix.warmUp = try root.optional("warm_up")?.quantity(Time.parse) ?? .zero
    if let vary = root.optional("vary") {
      guard case .mapping(let entries) = vary.value.content else {
        throw vary.error("expected paths and lists of values", "For example: vary: {'links[*].wavelengths': [1, 2]}")
      }
      for entry in entries {
        matrix.vary.append(
          ComparisonMatrix.Axis(
            path: entry.key, values: try texts(Field(value: entry.value, path: "vary.\(entry.key)"))))
      }
    }
    return matrix
  }
}
