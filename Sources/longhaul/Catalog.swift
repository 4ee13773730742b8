// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CongestionControl
import Energy
import Quantities
import Report
import Scheduling
import Topology
import Workload

struct Catalog: ParsableCommand {
  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case optics, fibres, gpus, switches, models, policies, algorithms, traces, faults
  }

  static let configuration = CommandConfiguration(
    abstract: "Prints what scenarios can name, each row with its source.")

  @Argument(help: "optics, fibres, gpus, switches, models, policies, algorithms, traces or faults.") var kind: Kind

  func run() throws {
    switch kind {
    case .policies:
      for part in PolicyCatalogue.parts {
        print("\(part.kind.rawValue)  \(part.name)")
        print("    \(part.definition)")
        for parameter in part.parameters {
          print("    \(parameter.name)=\(parameter.defaultText): \(parameter.meaning), \(parameter.form)")
        }
        print("    source: \(part.source)")
      }
      for preset in PolicyCatalogue.presets {
        print("preset  \(preset.name) = \(preset.spec)")
        print("    \(preset.definition)")
        print("    source: \(preset.source)")
      }
      print(PolicySource.catalogue)
    case .algorithms:
      for type in Algorithm.all {
        let row = type.information
        print("\(row.name)\n    \(row.definition)")
        for preset in row.presets { print("    preset \(preset.name): \(preset.source)") }
        for parameter in row.parameters {
          print(
            "    \(parameter.name) = \(Readable.amount(parameter.value)), "
              + "\(Readable.amount(parameter.limits.lowerBound)) to \(Readable.amount(parameter.limits.upperBound)): "
              + parameter.meaning)
        }
        print("    source: \(row.source)")
      }
    case .gpus:
      for row in GPUCatalogue.models {
        func watts(_ value: Double) -> String { "\(Readable.fixed(value, 0)) W" }
        print(
          "\(row.name)  speed \(Readable.fixed(row.relativeSpeed, 3))  active \(watts(row.activeWatts))  "
            + "stalled \(watts(row.stalledWatts))  idle \(watts(row.idleWatts))  nic \(row.nicRate.text)")
        print(
          "    \(row.perNode) a server, scale-up domain of \(row.scaleUpDomain) at "
            + "\(Readable.bytes(row.scaleUpBytesPerSecond))/s a GPU each way")
        print("    \(row.certainty.rawValue): \(row.source)")
      }
      NetworkCatalogue.printScaleUp()
    case .models:
      for row in ModelCatalogue.models {
        print(
          "\(row.name)  gradients \(Readable.bytes(Double(row.gradientBytes)))  checkpoint "
            + "\(Readable.bytes(Double(row.checkpointBytes)))  data \(Readable.bytes(Double(row.datasetBytes)))  "
            + "step \(Readable.fixed(row.stepSeconds, 2)) s")
        var facts = ["parameters \(Readable.amount(Double(row.parameters) / 1e9)) billion"]
        if row.activeParameters != row.parameters {
          facts.append("active \(Readable.amount(Double(row.activeParameters) / 1e9)) billion")
        }
        facts.append("layers \(row.layers)")
        if row.hidden > 0 { facts.append("width \(row.hidden)") }
        facts.append(
          "\(row.typicalGPUs.lowerBound)-\(row.typicalGPUs.upperBound) GPUs at \(Readable.percent(row.flopUtilisation))"
        )
        if row.trainingTokens > 0 { facts.append("\(Readable.amount(row.trainingTokens / 1e9)) billion tokens") }
        if row.kvBytesPerToken > 0 {
          facts.append("keys and values \(Readable.bytes(Double(row.kvBytesPerToken))) a token")
        }
        print("    \(facts.joined(separator: ", "))")
        if let reason = row.siteBound { print("    not split over sites: \(reason)") }
        print("    \(row.certainty.rawValue): \(row.source)")
      }
    case .fibres: NetworkCatalogue.printFibres()
    case .optics: NetworkCatalogue.printOptics()
    case .switches: NetworkCatalogue.printSwitches()
    case .faults:
      for row in FaultCatalogue.rates {
        print(
          "\(row.name)  one failure every \(Readable.amount(row.mtbfHours)) h for each \(row.unit.rawValue)  repair "
            + "\(Readable.amount(row.repairHours)) h")
        print("    \(row.certainty.rawValue): \(row.source)")
      }
    case .traces:
      print("Formats: \(TraceFormat.allCases.map(\.rawValue).joined(separator: ", "))")
      print("or a YAML file that says what the columns of a CSV mean. Traces that 'longhaul trace fetch' knows:")
      for home in TraceHomes.all {
        print("\(home.name)  format \(home.format.rawValue)  \(home.summary)")
        for file in home.files {
          print(
            "    \(file.url)" + (file.bytes.map { "  \(Readable.bytes(Double($0)))" } ?? "")
              + (file.sha256 == nil ? "  checksum not stated" : "  checksum stated"))
        }
        print("    licence: \(home.licence)")
        print("    cite: \(home.cite)")
        print("    source: \(home.source)")
      }
    }
  }
}
