// SPDX-License-Identifier: Apache-2.0

import Results
import Simulation

/// All runs of an experiment, and the files that they leave.
public struct CongestionReport: Sendable {
  public let name: String
  /// "packet", "fluid" or "ideal".
  public let network: String
  public var runs: [CongestionRun] = []

  public init(name: String, network: String) {
    self.name = name
    self.network = network
  }

  /// SHA-256 of the results as JSON without what depends on how and where they were computed.
  public var digest: String { SHA256.hex(hashing: Array(json(withEngine: false).text.utf8)) }

  public var json: OrderedJSON { json(withEngine: true) }

  private func json(withEngine: Bool) -> OrderedJSON {
    var members: [(key: String, value: OrderedJSON)] = [
      ("name", .string(name)), ("network", .string(network)),
      ("runs", .array(runs.map { $0.json(withEngine: withEngine) })),
    ]
    if withEngine { members.append(("digest", .string(digest))) }
    return .object(members)
  }

  public var seriesCSV: String {
    SeriesTable.header + "\n"
      + runs.map { $0.series.rows(algorithm: $0.algorithm.name, preset: $0.algorithm.preset, seed: $0.seed) }.joined()
  }

  /// File name of the picture of each run: "congestion-dcqcn-paper-1.svg", with a number more where two would be the
  /// same.
  public var pictureNames: [String] {
    var names: [String] = []
    for run in runs {
      let stem = (["congestion", run.algorithm.name] + (run.algorithm.preset.map { [$0] } ?? []) + ["\(run.seed)"])
        .joined(separator: "-")
      var name = stem
      var number = 2
      while names.contains(name) {
        name = "\(stem)-\(number)"
        number += 1
      }
      names.append(name)
    }
    return names.map { $0 + ".svg" }
  }

  /// Writes `series.csv`, the pictures and, last, `congestion.json` into `directory`, which is made if need be.
  ///
  /// - Returns: the names of the files, in the order of writing.
  @discardableResult
  public func write(to directory: String) throws(ResultsError) -> [String] {
    try FileOutput.makeFolder(directory)
    var files = [("series.csv", seriesCSV)]
    for (run, file) in zip(runs, pictureNames) {
      let title = "\(name): \(run.algorithm.title), seed \(run.seed), \(network) level"
      files.append((file, CongestionPicture(run.series, title: title).svg))
    }
    files.append(("congestion.json", json.text))
    for (file, text) in files { try FileOutput.writeAtomically(text, to: "\(directory)/\(file)") }
    return files.map(\.0)
  }
}
