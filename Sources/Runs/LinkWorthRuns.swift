// SPDX-License-Identifier: Apache-2.0

import Results
import ScenarioFile

/// What one more wavelength on the busiest links is worth: the first window run again at the fluid level, as it is and
/// with one more on each of them in turn.
extension ComparisonRunner {
  /// Links that are tried.
  private static var linksTried: Int { 2 }

  func addLinkWorth(_ data: inout ComparisonData) throws {
    guard let first = data.cases.first, let chosen = Self.reference(first) else { return }
    let portrait = first.portraits[chosen][0]
    guard portrait.ports.contains(where: { ($0.bytes ?? 0) > 0 }) else { return }
    let unit = plan.units[0]
    let policy = request.policies[chosen]
    func fluid(_ overrides: inout ScenarioOverrides) { overrides.network = "fluid" }
    expectMore(1 + Self.linksTried)
    let before: RunPortrait
    if portrait.network == "fluid" {
      before = portrait
    } else {
      before = try perform(unit, 0, policy: policy, change: fluid)
    }
    // Queues first, use second, names last.
    func burden(_ port: RunPortrait.Port) -> (Double, Double) {
      (port.queueMicrosecondsP99 ?? 0, port.busiestHour ?? 0)
    }
    let ports = before.ports.sorted {
      let (a, b) = (burden($0), burden($1))
      return a == b ? $0.id < $1.id : a > b
    }
    var links: [String] = []
    for port in ports where !links.contains(port.link) && links.count < Self.linksTried { links.append(port.link) }
    for link in links {
      guard let count = before.ports.first(where: { $0.link == link })?.wavelengths else { continue }
      let after = try perform(unit, 0, policy: policy) { overrides in
        fluid(&overrides)
        overrides.set.append((path: "links[\(link)].wavelengths", value: String(count + 1)))
      }
      data.links.append(
        ComparisonData.LinkWorth(
          link: link, policy: policy, window: first.windows[0].label, network: "fluid", wavelengths: count,
          before: before.ports.filter { $0.link == link }, after: after.ports.filter { $0.link == link },
          metricsBefore: Self.values(before), metricsAfter: Self.values(after)))
    }
  }

  private static func values(_ portrait: RunPortrait) -> [String: Double] {
    var values: [String: Double] = [:]
    for (name, value) in portrait.metrics.values { values[name] = value }
    return values
  }

  /// The policy of the least mean completion time among those that left nothing undone.
  private static func reference(_ first: ComparisonData.Case) -> Int? {
    let means = first.portraits.enumerated().compactMap { index, windows -> (Int, Double)? in
      guard let portrait = windows.first, let mean = portrait.metrics["jct_mean_s"],
        portrait.metrics["unfinished"] == 0
      else { return nil }
      return (index, mean)
    }
    return means.min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
  }
}
