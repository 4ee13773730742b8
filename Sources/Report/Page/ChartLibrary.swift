// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Chart.js as Debian's package libjs-chart.js brings it, to be put into pages, so that they need nothing else.
public struct ChartLibrary: Sendable {
  public var script: String

  public init(script: String) { self.script = script }

  static let paths = [
    "/usr/share/javascript/chart.js/chart.min.js", "/usr/share/javascript/chart.js/Chart.min.js",
    "/usr/share/nodejs/chart.js/dist/chart.min.js",
  ]

  public static let advice =
    "the page has tables but no charts: Chart.js is not installed. Install it (apt-get install libjs-chart.js), or name "
    + "its chart.min.js in LONGHAUL_CHART_JS, and run 'longhaul report' on the same directory."

  /// Nil where it is not installed.
  public static func find() -> ChartLibrary? {
    let named = ProcessInfo.processInfo.environment["LONGHAUL_CHART_JS"].map { [$0] } ?? []
    for path in named + paths {
      if let data = FileManager.default.contents(atPath: path), let text = String(validating: data, as: UTF8.self) {
        return ChartLibrary(script: text)
      }
    }
    return nil
  }
}
