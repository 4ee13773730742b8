// SPDX-License-Identifier: Apache-2.0

import Foundation
import Results

extension ComparisonReport {
  /// The map, the links, and their queues.
  var network: String {
    guard let (policy, portrait) = reference, !portrait.ports.isEmpty else { return "" }
    let rows = portrait.ports.map { port in
      [
        HTML.escaped(port.id.replacingOccurrences(of: "->", with: " → ")),
        "\(Readable.amount(port.gigabits)) Gb/s", "\(port.wavelengths) × \(HTML.escaped(port.optics))",
        "\(Readable.fixed(port.kilometres, 0)) km", HTML.escaped(port.medium),
        Readable.percent(port.utilisation), Readable.percent(port.busiestHour),
        Readable.bytes(port.bytes.map(Double.init)),
        port.queueMicrosecondsP99.map { Readable.duration($0 / 1e6) } ?? "–",
      ]
    }
    return
      "<h2 id=\"network\">Network</h2>\n<figure class=\"wide\">\(map(portrait))<figcaption>Sites by their coordinates, areas by their "
      + "GPUs; links by the busier direction's busiest hour, under <code>\(HTML.escaped(data.policies[policy]))</code> in "
      + "window \(HTML.escaped(data.cases.first?.windows.first?.label ?? "")).</figcaption></figure>\n"
      + HTML.table(
        portrait.network == "ideal" ? "The ideal network has no queues; see below for those of the fluid level." : nil,
        head: [
          "Direction", "Capacity", "Wavelengths", "Length", "Medium", "Mean use", "Busiest hour", "Carried",
          "Queue p99",
        ], rows: rows)
  }

  /// What one more wavelength was worth, or how to find out.
  var wavelengths: String {
    guard let portrait = reference?.portrait, !portrait.ports.isEmpty else { return "" }
    var out = "<h3 id=\"wavelengths\">Queues of the busiest links, and one more wavelength</h3>\n"
    guard let first = data.links.first else {
      let link = portrait.ports.max { ($0.busiestHour ?? 0) < ($1.busiestHour ?? 0) }
      guard let link, let one = data.cases.first else { return "" }
      let command = [
        "./longhaul", "compare", one.scenario, "--policies", data.policies.first ?? "", "--network", "fluid", "--vary",
        "links[\(link.link)].wavelengths=\(link.wavelengths),\(link.wavelengths + 1)",
      ]
      return out + "<p>Not computed here. This tells:</p><pre>"
        + HTML.escaped(command.map(ShellText.quoted).joined(separator: " ")) + "</pre>\n"
    }
    func show(_ a: Double?, _ b: Double?, _ text: (Double) -> String) -> String {
      "\(a.map(text) ?? "–") → \(b.map(text) ?? "–")"
    }
    let rows = data.links.map { worth -> [String] in
      func change(_ name: String, _ text: (Double) -> String) -> String {
        show(worth.metricsBefore[name], worth.metricsAfter[name], text)
      }
      func most(_ ports: [RunPortrait.Port], _ key: (RunPortrait.Port) -> Double?) -> Double? {
        ports.compactMap(key).max()
      }
      let gain = worth.metricsBefore["jct_mean_s"].flatMap { a in worth.metricsAfter["jct_mean_s"].map { a - $0 } }
      return [
        HTML.escaped(worth.link), "\(worth.wavelengths) → \(worth.wavelengths + 1)",
        show(most(worth.before) { $0.queueMicrosecondsP99 }, most(worth.after) { $0.queueMicrosecondsP99 }) {
          Readable.duration($0 / 1e6)
        },
        show(most(worth.before) { $0.busiestHour }, most(worth.after) { $0.busiestHour }) { Readable.percent($0) },
        change("fct_slowdown_mean") { Readable.fixed($0, 3) },
        change("network_share") { Readable.fixed($0 * 100, 3) + " %" },
        gain.map { ($0 < 0 ? "−" : "") + Readable.duration(abs($0)) } ?? "–",
        change("jobs_cost_usd") { Readable.amount($0) },
      ]
    }
    out += "<p class=\"note\">The window \(HTML.escaped(first.window)) run again at the \(first.network) level under "
    out +=
      "<code>\(HTML.escaped(first.policy))</code>, as it is and with one wavelength more on one link. A gain of seconds "
    out += "either way may be a queue that was shuffled.</p>\n"
    return out
      + HTML.table(
        nil,
        head: [
          "Link", "Wavelengths", "Queue p99", "Busiest hour", "Slowdown of transfers", "Time on the network",
          "Mean completion time saved", "Energy cost, USD",
        ], rows: rows)
  }

  /// An equirectangular map about the fleet, with parallels and meridians.
  private func map(_ portrait: RunPortrait) -> String {
    let (width, height, margin) = (1000.0, 460.0, 70.0)
    let latitudes = portrait.sites.map(\.latitude)
    let longitudes = portrait.sites.map(\.longitude)
    guard let south = latitudes.min(), let north = latitudes.max(), let west = longitudes.min(),
      let east = longitudes.max()
    else { return "" }
    let middle = (south + north) / 2
    let stretch = max(0.2, cos(middle * .pi / 180))
    let spanX = max((east - west) * stretch, 1e-6)
    let spanY = max(north - south, 1e-6)
    let scale = min((width - 2 * margin) / max(spanX, 2), (height - 2 * margin) / max(spanY, 2))
    func point(_ latitude: Double, _ longitude: Double) -> (x: Double, y: Double) {
      (
        width / 2 + (longitude - (west + east) / 2) * stretch * scale,
        height / 2 - (latitude - middle) * scale
      )
    }
    func text(_ value: Double) -> String { String(format: "%.1f", value) }
    var svg =
      "<svg class=\"map\" viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\" aria-label=\"map of the fleet\">"
    // Parallels and meridians at a round distance.
    let step = [1.0, 2, 5, 10, 15, 30].first { $0 * scale > 60 } ?? 45
    let low = middle - height / 2 / scale
    let high = middle + height / 2 / scale
    var at = (low / step).rounded(.up) * step
    while at <= high {
      let y = point(at, west).y
      svg += "<line x1=\"0\" x2=\"\(Int(width))\" y1=\"\(text(y))\" y2=\"\(text(y))\" stroke=\"#e3e7ea\"/>"
      svg += "<text x=\"6\" y=\"\(text(y - 4))\" font-size=\"11\" style=\"fill:#59636e\">"
      svg += "\(Self.degrees(at, "N", "S"))</text>"
      at += step
    }
    let left = (west + east) / 2 - width / 2 / stretch / scale
    let right = (west + east) / 2 + width / 2 / stretch / scale
    at = (left / step).rounded(.up) * step
    while at <= right {
      let x = point(middle, at).x
      svg += "<line x1=\"\(text(x))\" x2=\"\(text(x))\" y1=\"0\" y2=\"\(Int(height))\" stroke=\"#e3e7ea\"/>"
      svg += "<text x=\"\(text(x + 4))\" y=\"\(Int(height) - 6)\" font-size=\"11\" style=\"fill:#59636e\">"
      svg += "\(Self.degrees(at, "E", "W"))</text>"
      at += step
    }
    var drawn: Set<String> = []
    for port in portrait.ports where drawn.insert(port.link).inserted {
      let (a, b) = (portrait.sites[port.from], portrait.sites[port.to])
      let (p, q) = (point(a.latitude, a.longitude), point(b.latitude, b.longitude))
      let load = portrait.ports.filter { $0.link == port.link }.compactMap(\.busiestHour).max() ?? 0
      let thick = min(9, 2.5 + 1.2 * log2(1 + port.gigabits / 400))
      svg += "<line x1=\"\(text(p.x))\" y1=\"\(text(p.y))\" x2=\"\(text(q.x))\" y2=\"\(text(q.y))\" "
      svg += "stroke=\"\(Self.colour(load))\" stroke-width=\"\(text(thick))\" stroke-linecap=\"round\">"
      svg += "<title>\(HTML.escaped(port.link)): \(Readable.percent(load)) in the busiest hour</title></line>"
      // Beside a short link, over a long one.
      let isShort = hypot(q.x - p.x, q.y - p.y) < 90
      let (x, y) = ((p.x + q.x) / 2 + (isShort ? 22 : 0), (p.y + q.y) / 2 + (isShort ? 4 : -8))
      svg += "<text x=\"\(text(x))\" y=\"\(text(y))\" font-size=\"12\" "
      svg += "text-anchor=\"\(isShort ? "start" : "middle")\" "
      svg += "paint-order=\"stroke\" stroke=\"#fbfcfd\" stroke-width=\"4\">\(Readable.percent(load))</text>"
    }
    let largest = Double(portrait.sites.map(\.gpus).max() ?? 1)
    for (index, site) in portrait.sites.enumerated() {
      let p = point(site.latitude, site.longitude)
      let radius = 5 + 9 * (Double(site.gpus) / max(1, largest)).squareRoot()
      let colour = ReportStyle.colours[index % ReportStyle.colours.count]
      svg += "<circle cx=\"\(text(p.x))\" cy=\"\(text(p.y))\" r=\"\(text(radius))\" fill=\"\(colour)\" stroke=\"#fff\" "
      svg += "stroke-width=\"2\"><title>\(HTML.escaped(site.id)): \(site.gpus) GPUs</title></circle>"
      // Above where another site stands close below.
      let isCrowded = portrait.sites.contains { other in
        let q = point(other.latitude, other.longitude)
        return abs(q.x - p.x) < 70 && q.y > p.y && q.y - p.y < 60
      }
      let y = isCrowded ? p.y - radius - 7 : p.y + radius + 16
      svg += "<text x=\"\(text(p.x))\" y=\"\(text(y))\" font-size=\"14\" font-weight=\"600\" "
      svg += "text-anchor=\"middle\" paint-order=\"stroke\" stroke=\"#fbfcfd\" stroke-width=\"4\">"
      svg += "\(HTML.escaped(site.id))</text>"
    }
    // What the colours mean.
    for (index, share) in [0.0, 0.25, 0.5, 0.75, 1].enumerated() {
      let x = width - 230 + Double(index) * 42
      svg += "<rect x=\"\(text(x))\" y=\"14\" width=\"42\" height=\"9\" fill=\"\(Self.colour(share))\"/>"
      svg += "<text x=\"\(text(x + 21))\" y=\"37\" font-size=\"11\" text-anchor=\"middle\">\(Int(share * 100)) %</text>"
    }
    return svg + "</svg>"
  }

  private static func degrees(_ value: Double, _ positive: String, _ negative: String) -> String {
    value == 0 ? "0°" : "\(Int(abs(value)))° \(value > 0 ? positive : negative)"
  }

  /// From light blue over dark blue to dark red, with lightness that falls all the way: it can be read in grey, too.
  private static func colour(_ share: Double) -> String {
    let stops: [(Double, Double, Double)] = [
      (158, 202, 225), (66, 146, 198), (117, 107, 177), (152, 52, 110), (103, 0, 31),
    ]
    let place = min(max(share, 0), 1) * Double(stops.count - 1)
    let index = min(Int(place), stops.count - 2)
    let t = place - Double(index)
    let (a, b) = (stops[index], stops[index + 1])
    func mix(_ x: Double, _ y: Double) -> Int { Int((x + (y - x) * t).rounded()) }
    return String(format: "#%02x%02x%02x", mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
  }
}
