// SPDX-License-Identifier: Apache-2.0

extension ComparisonData {
  /// Runs side by side, each with a window of its own.
  ///
  /// - Throws: ``ResultsError`` for a directory that holds no finished run, or one of an older program.
  public static func ofRuns(_ folders: [String], command: String) throws(ResultsError) -> ComparisonData {
    var portraits: [RunPortrait] = []
    for folder in folders {
      guard RunDirectory.isFinished(folder) else { throw .notFinished(folder) }
      let path = folder + "/portrait.json"
      guard FileOutput.isFile(path) else {
        throw .badFile(
          path: path,
          problem: "is missing: an older program made this run. Run it again, for example with "
            + "'longhaul emulate \(folder)/scenario.yaml'")
      }
      portraits.append(try RunPortrait.read(path))
    }
    // Two runs of one policy are told apart by their folders.
    let names = portraits.map(\.policy)
    let policies = names.enumerated().map { index, name in
      names.count { $0 == name } > 1 ? "\(name) (\(folders[index]))" : name
    }
    let first = portraits.first
    var data = ComparisonData(
      name: first?.name ?? "", command: command, policies: policies, network: first?.network ?? "",
      driver: first?.driver ?? "", seed: first?.seed ?? 0, windowRule: "Finished runs, each as it was made.", cases: [])
    var one = Case(
      title: first?.name ?? "", scenario: (folders.first ?? "") + "/scenario.yaml", trace: nil, settings: [],
      windows: [
        Window(
          label: first?.workloads.first?.start ?? "the run", start: nil, calendar: first?.calendar, settings: [],
          warmUp: 0, length: nil)
      ])
    one.portraits = portraits.map { [$0] }
    data.cases = [one]
    data.notes = differences(portraits)
    return data
  }

  /// In what runs differ beside their policies.
  private static func differences(_ runs: [RunPortrait]) -> [String] {
    guard let first = runs.first else { return [] }
    var notes: [String] = []
    func differ(_ what: String, _ value: (RunPortrait) -> String) {
      if runs.contains(where: { value($0) != value(first) }) {
        notes.append("The runs do not share the same \(what): differences are not those of the policies alone.")
      }
    }
    differ("scenario") { $0.name }
    differ("seed") { "\($0.seed)" }
    differ("network") { $0.network }
    differ("congestion control") { $0.congestionControl }
    differ("estimates") { $0.estimates }
    differ("GPUs") { $0.sites.map { "\($0.id) \($0.gpus)" }.joined(separator: ",") }
    differ("workloads") { $0.workloads.map { "\($0.path) \($0.sha256 ?? "") \($0.jobs)" }.joined(separator: ",") }
    return notes
  }
}
