// SPDX-License-Identifier: Apache-2.0

import Emulation
import Foundation
import Quantities
import Results
import Runs
import ScenarioFile
import Testing

/// The repository, found from this file or named by LONGHAUL_ROOT.
let root: String = {
  if let named = ProcessInfo.processInfo.environment["LONGHAUL_ROOT"] { return named }
  return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
}()

/// A folder that goes when the test does.
final class Scratch {
  let path: String
  init() throws {
    path = NSTemporaryDirectory() + "longhaul-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
  func file(_ name: String) -> String { path + "/" + name }
}

/// Three sites in a row, so that a and c are two hops apart, with jobs that queue, split, stage and migrate.
struct SmallFleet {
  var price = "40 USD/MWh"
  var pue = "1.2"
  /// The whole of beta's `power`, in place of `pue`.
  var betaPower: String?
  var distance = "1000 km"
  var wavelengths = 1
  var gpus = 32
  var loss = "0"
  var controller = "distance-aware"
  var level = "fluid"
  var policy = "fifo-skip@first-fit"
  var philly = 400
  var llm = 12
  var order = ["alpha", "beta", "gamma"]
  var coordinator = "{site: beta, processing_delay: 1 ms}"
  var extra = ""

  var yaml: String {
    let places = ["alpha": (41.0, -95.0), "beta": (39.0, -83.0), "gamma": (33.0, -84.0)]
    let sites = order.map { id in
      """
        - id: \(id)
          at: {latitude: \(places[id]!.0), longitude: \(places[id]!.1)}
          gpus: {model: h100, count: \(gpus), per_node: 8, scale_up_domain: 8}
          fabric: {optics: 800g-2xdr4, oversubscription: 1}
          power: \(id == "beta" ? betaPower ?? "{pue: \(pue)}" : "{pue: 1.2}")
          price: {constant: \(id == "beta" ? price : "40 USD/MWh")}
          carbon: {constant: 400 g/kWh}
      """
    }.joined(separator: "\n")
    return """
      name: small
      seed: 5
      calendar: 2023-10-09T00:00:00Z
      sites:
      \(sites)
      links:
        - {between: [alpha, beta], distance: \(distance), medium: smf, optics: 400zr-plus, wavelengths: \(wavelengths), buffer: 64 MB, loss: \(loss)}
        - {between: [beta, gamma], distance: \(distance), medium: smf, optics: 400zr-plus, wavelengths: \(wavelengths), buffer: 64 MB, loss: \(loss)}
      coordinator: \(coordinator)
      network: {level: \(level), congestion_control: \(controller)}
      scheduler: {policy: '\(policy)', estimates: exact}
      workloads:
        - {synthetic: philly, jobs: \(philly), seed: 1, splittable_from: 33}
        \(llm > 0 ? "- {synthetic: llm-training, jobs: \(llm), seed: 7}" : "")
      models: {assignment: by-size, data_home: uniform, seed: 7}
      \(extra)
      """
  }

  func scenario() throws -> Scenario {
    try ScenarioReader.parse(yaml: yaml, file: "small.yaml", baseDirectory: root, overrides: ScenarioOverrides())
  }
}

let agentProgram = root + "/.build/release/longhaul-site"

func options(_ driver: RunOptions.Driver) -> RunOptions {
  var options = RunOptions()
  options.driver = driver
  options.agentProgram = agentProgram
  return options
}

/// Runs a scenario in a scratch folder and returns its summary.
func run(_ scenario: Scenario, driver: RunOptions.Driver = .inline, leaps: Bool = true) throws -> Summary {
  let scratch = try Scratch()
  var chosen = options(driver)
  chosen.leaps = leaps
  return try EmulationRun.new(scenario, at: scratch.file("run"), options: chosen).run()
}

func run(_ fleet: SmallFleet, driver: RunOptions.Driver = .inline) throws -> Summary {
  try run(try fleet.scenario(), driver: driver)
}
