// SPDX-License-Identifier: Apache-2.0

import Quantities
import Report
import Topology

/// What `catalog` prints of fibres, optics and switches: a row at the left, what is said about it indented.
enum NetworkCatalogue {
  static func printFibres() {
    for row in FibreCatalogue.media {
      var figures = ["\(Readable.fixed(row.microsecondsPerKilometre, 3)) us/km"]
      figures.append(row.attenuation.map { Readable.fixed($0, 3) + " dB/km" } ?? "loss not stated")
      print("\(row.name)  \(figures.joined(separator: "  "))")
      var facts = [row.kind.rawValue]
      if row.kind == .singleMode || row.kind == .hollowCore {
        facts.append(row.attenuation1310.map { "\(Readable.fixed($0, 2)) dB/km at 1310 nm" } ?? "not for 1310 nm")
      }
      if let dispersion = row.dispersion { facts.append("\(Readable.amount(dispersion)) ps/(nm km)") }
      print("    \(facts.joined(separator: ", "))")
      printSource(row.certainty, row.source)
    }
  }

  static func printOptics() {
    for row in OpticsCatalogue.rows {
      print(
        "\(row.name)  \(row.rate.text)  reach \(Readable.fixed(row.reachKilometres, row.reachKilometres < 0.01 ? 3 : 2)) "
          + "km  \(Readable.fixed(row.watts, 1)) W")
      var facts = ["\(row.tier.rawValue), \(row.kind.rawValue), \(row.integration.rawValue)"]
      if row.ports > 1 { facts.append("\(row.ports) ports") }
      facts.append("\(Readable.fixed(row.wattsPerGigabit * 1000, 1)) pJ/bit an end")
      facts.append("\(Readable.duration(row.latency.seconds)) one way, correction \(row.correction)")
      print("    \(facts.joined(separator: ", "))")
      if let limits = limits(of: row) { print("    \(limits)") }
      if let price = row.priceUSD { print("    price, order of magnitude (recalled): \(range(price)) USD") }
      printSource(row.certainty, row.source)
    }
    for row in LineCatalogue.amplifiers {
      print(
        "amplifier \(row.name)  gain \(Readable.amount(row.gain.lowerBound))-\(Readable.amount(row.gain.upperBound)) dB  "
          + "noise figure \(Readable.amount(row.noiseFigure)) dB  \(row.wattsPerGigabit) W per Gb/s  "
          + Readable.duration(row.latency.seconds))
      printSource(row.certainty, row.source)
    }
    for row in LineCatalogue.corrections {
      print(
        "error correction \(row.name)  \(Readable.fixed(row.nanoseconds.lowerBound, 0))-"
          + "\(Readable.fixed(row.nanoseconds.upperBound, 0)) ns one way")
      print("    \(row.definition)")
      printSource(row.certainty, row.source)
    }
    for row in LineCatalogue.equipment {
      print("equipment \(row.name)  \(row.fixed.text) one way  \(row.perKilometre.text) a kilometre")
      printSource(row.certainty, row.source)
    }
    for row in CostCatalogue.rows {
      print("cost \(row.name)  order of magnitude \(range(row.usd)) USD for \(row.unit)")
      printSource(row.certainty, row.source)
    }
  }

  static func printSwitches() {
    for row in SwitchCatalogue.rows {
      print(
        "\(row.name)  \(row.ports) x \(row.portRate.text)  "
          + "\(row.watts.map { Readable.fixed($0, 0) + " W" } ?? "power not published")  "
          + "hop \(row.latency.map { Readable.duration($0.seconds) } ?? "not published")")
      print("    \(row.kind.rawValue)\(row.coPackaged ? ", co-packaged optics" : "")")
      printSource(row.certainty, row.source)
    }
    for row in CircuitSwitchCatalogue.rows {
      print(
        "ocs \(row.name)  \(row.ports) ports  \(Readable.amount(row.insertionLoss)) dB  reconfigures in "
          + "\(Readable.duration(row.reconfiguration.seconds))  traffic after \(Readable.duration(row.reacquisition.seconds)) "
          + "more  \(Readable.fixed(row.watts, 0)) W")
      printSource(row.certainty, row.source)
    }
  }

  static func printScaleUp() {
    for row in ScaleUpCatalogue.rows {
      print(
        "scale-up \(row.name)  \(Readable.bytes(row.bytesPerSecond))/s a GPU each way  up to \(row.domain) GPUs, "
          + "\(Readable.amount(row.reachMetres)) m  \(Readable.fixed(row.wattsPerGPU, 0)) W a GPU beyond copper  "
          + "\(Readable.duration(row.latency.seconds)) from GPU to GPU")
      printSource(row.certainty, row.source)
    }
  }

  private static func limits(of row: OpticsRow) -> String? {
    var parts: [String] = []
    if let loss = row.lossBudget { parts.append("\(Readable.amount(loss)) dB without amplifiers") }
    if let span = row.spanBudget { parts.append("one amplified span of \(Readable.amount(span)) dB") }
    if let dispersion = row.dispersionLimit { parts.append("\(Readable.fixed(dispersion, 0)) ps/nm") }
    if let osnr = row.publishedOSNR { parts.append("OSNR \(Readable.amount(osnr)) dB") }
    if row.kind == .coherent, row.spanBudget == nil {
      let needed = LinkBudget.standardOSNR(kilometres: row.reachKilometres)
      parts.append("any number of spans, OSNR \(Readable.amount(needed)) dB (derived from its reach)")
    }
    return parts.isEmpty ? nil : "closes " + parts.joined(separator: ", ")
  }

  private static func range(_ usd: ClosedRange<Double>) -> String {
    "\(Readable.fixed(usd.lowerBound, 0))-\(Readable.fixed(usd.upperBound, 0))"
  }

  private static func printSource(_ certainty: Certainty, _ source: String) {
    print("    \(certainty.rawValue): \(source)")
  }
}
