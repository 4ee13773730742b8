// SPDX-License-Identifier: Apache-2.0

import Foundation
import ScenarioFile
import Testing

/// Folders that tests read: the repository, and the data beside it where there is some.
enum Folders {
  /// The repository's root: from the environment, or three levels above this file.
  static let root: String = {
    if let root = ProcessInfo.processInfo.environment["LONGHAUL_ROOT"] { return root }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
  }()

  static var scenarios: String { root + "/Scenarios" }

  /// The path of a file of real data; nil, said aloud, where it is absent. On a build server that is a failure.
  static func data(_ name: String) -> String? {
    let path = root + "/../shared/data/" + name
    if FileManager.default.fileExists(atPath: path) { return path }
    print("SKIPPED: no file shared/data/\(name)")
    if ProcessInfo.processInfo.environment["CI"] != nil { Issue.record("no file shared/data/\(name)") }
    return nil
  }
}

/// A folder that is gone after the test.
final class Folder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "scenario-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ text: String) throws {
    try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
  }
}

/// A scenario of two sites, line by line, for tests to spoil.
let twoSites = """
  name: two
  calendar: 2023-10-09T00:00:00Z
  sites:
    - id: omaha
      at: {latitude: 41.26, longitude: -95.94}
      gpus: {model: h100, count: 64}
      power: {pue: 1.15}
      price: {constant: 35 USD/MWh}
      carbon: {constant: 400 g/kWh}
    - id: columbus
      at: {latitude: 39.96, longitude: -83.00}
      gpus:
        model: h100
        count: 32
      price: {profile: pjm}
      carbon: {profile: pjm}
  links:
    - between: [omaha, columbus]
      distance: 1445 km
      medium: smf
      optics: 800zr-plus
      wavelengths: 8
      buffer: 64 MB
  coordinator: {site: omaha, processing_delay: 1 ms}
  network: {level: fluid, congestion_control: distance-aware}
  scheduler: {policy: fifo, estimates: exact}
  workloads:
    - {synthetic: philly, jobs: 100, seed: 3}

  """

func parse(
  _ yaml: String, _ overrides: ScenarioOverrides = ScenarioOverrides(), in folder: String = "/nowhere"
) throws -> Scenario {
  try ScenarioReader.parse(yaml: yaml, file: "s.yaml", baseDirectory: folder, overrides: overrides)
}

/// The message that reading `yaml` ends with.
func message(
  _ yaml: String, _ overrides: ScenarioOverrides = ScenarioOverrides(), in folder: String = "/nowhere",
  sourceLocation: SourceLocation = #_sourceLocation
) -> String {
  do {
    _ = try parse(yaml, overrides, in: folder)
    Issue.record("nothing was wrong", sourceLocation: sourceLocation)
    return ""
  } catch {
    return "\(error)"
  }
}

extension String {
  /// This text with one line of it replaced, which has to be there.
  func replacing(line old: String, by new: String, sourceLocation: SourceLocation = #_sourceLocation) -> String {
    var found = false
    let lines = split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
      if !found, line.contains(old) {
        found = true
        return String(line).replacingOccurrences(of: old, with: new)
      }
      return String(line)
    }
    if !found { Issue.record("no line with '\(old)'", sourceLocation: sourceLocation) }
    return lines.joined(separator: "\n")
  }
}
