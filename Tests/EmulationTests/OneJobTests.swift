// SPDX-License-Identifier: Apache-2.0

import Emulation
import Foundation
import Quantities
import Results
import Runs
import ScenarioFile
import Testing

/// One job on an empty fleet is never faster for a longer, thinner or lossier link.
@Suite struct OneJobTests {
  /// A job of 40 GPUs that no site of 32 can hold, with its data elsewhere.
  func completion(
    controller: String, level: String = "fluid", kilometres: Int, gigabits: Int, loss: String
  ) throws -> Double {
    let scratch = try Scratch()
    try """
    job_id,submit_s,gpus,duration_s,model,data_home,splittable
    one,0,40,7200,llama-3-8b,beta,true
    """.write(toFile: scratch.file("one.csv"), atomically: true, encoding: .utf8)
    let yaml = """
      name: one
      sites:
        - {id: alpha, at: {latitude: 41, longitude: -95}, gpus: {model: h100, count: 32, per_node: 8, scale_up_domain: 8}, power: {pue: 1.1}, price: {constant: 40 USD/MWh}, carbon: {constant: 400 g/kWh}}
        - {id: beta, at: {latitude: 39, longitude: -83}, gpus: {model: h100, count: 32, per_node: 8, scale_up_domain: 8}, power: {pue: 1.1}, price: {constant: 40 USD/MWh}, carbon: {constant: 400 g/kWh}}
      links:
        - {between: [alpha, beta], distance: \(kilometres) km, medium: smf, rate: \(gigabits) Gb/s, wavelengths: 1, buffer: 64 MB, loss: \(loss)}
      coordinator: {site: alpha, processing_delay: 1 ms}
      network: {level: \(level), congestion_control: \(controller)}
      scheduler: {policy: fifo@first-fit, estimates: exact}
      workloads: [{trace: one.csv, format: native}]
      models: {assignment: by-size, data_home: uniform, seed: 7}
      """
    let scenario = try ScenarioReader.parse(
      yaml: yaml, file: "one.yaml", baseDirectory: scratch.path, overrides: ScenarioOverrides())
    let summary = try run(scenario)
    #expect(summary.jobs.completed == 1 && summary.jobs.split == 1)
    return summary.jobs.jct.mean!
  }

  @Test(arguments: ["distance-aware", "dcqcn", "cubic"])
  func neverFaster(controller: String) throws {
    let base = try completion(controller: controller, kilometres: 500, gigabits: 400, loss: "0")
    #expect(base >= 7200)
    var last = base
    for kilometres in [1000, 2000, 5000] {
      let longer = try completion(controller: controller, kilometres: kilometres, gigabits: 400, loss: "0")
      #expect(longer >= last * (1 - 1e-9), "\(kilometres) km: \(longer) s after \(last) s")
      last = longer
    }
    last = base
    for gigabits in [200, 100, 50] {
      let thinner = try completion(controller: controller, kilometres: 500, gigabits: gigabits, loss: "0")
      #expect(thinner >= last * (1 - 1e-9), "\(gigabits) Gb/s: \(thinner) s after \(last) s")
      last = thinner
    }
    last = base
    for loss in ["1e-6", "1e-4", "1e-2"] {
      let lossier = try completion(controller: controller, kilometres: 500, gigabits: 400, loss: loss)
      #expect(lossier >= last * (1 - 1e-9), "loss \(loss): \(lossier) s after \(last) s")
      last = lossier
    }
  }

  /// The formula by hand: llama-3-8b over two sites at 100 Gb/s.
  @Test func idealMatchesTheIterationTime() throws {
    let slow = try completion(controller: "distance-aware", level: "ideal", kilometres: 500, gigabits: 10, loss: "0")
    // G = 16.06 GB each way takes 12.8 s at 10 Gb/s; a step is about 4 s: the job must be several times slower.
    #expect(slow > 2.5 * 7200)
  }
}
