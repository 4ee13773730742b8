// SPDX-License-Identifier: Apache-2.0

import Foundation

extension ScenarioOverrides {
  /// Changes the tree of a scenario before it is checked: first the options that have names of their own, then
  /// `--set` in order.
  func apply(to root: inout Value, _ assumptions: inout Assumptions) throws(ScenarioError) {
    func put(_ option: String, _ path: String, _ text: String) throws(ScenarioError) {
      let place = Place(file: "\(option) \(text)", line: nil)
      try OverridePath(path, place: place).put(Value(content: .scalar(text), place: place), into: &root)
    }
    if let seed { try put("--seed", "seed", String(seed)) }
    if let policy { try put("--policy", "scheduler.policy", policy) }
    if let network { try put("--network", "network.level", network) }
    if let congestionControl { try put("--congestion-control", "network.congestion_control", congestionControl) }
    try applyWorkloads(to: &root, &assumptions)
    for (path, text) in set {
      let place = Place(file: "--set \(path)=\(text)", line: nil)
      let value = try Value.parse(text, at: place)
      if case .null = value.content {
        throw ScenarioError(
          file: place.file, line: nil, field: path, message: "expected a value after '=', found nothing")
      }
      try OverridePath(path, place: place).put(value, into: &root)
    }
  }

  private func applyWorkloads(to root: inout Value, _ assumptions: inout Assumptions) throws(ScenarioError) {
    guard trace != nil || format != nil || start != nil || until != nil else { return }
    var items: [Value] = []
    if case .sequence(let list) = root["workloads"]?.content { items = list }
    if let trace { items = Self.replaceTraces(in: items, by: trace, &assumptions) }

    func put(_ option: String, _ field: String, _ text: String, onlyTraces: Bool) throws(ScenarioError) {
      let place = Place(file: "\(option) \(text)", line: nil)
      var count = 0
      for index in items.indices where items[index]["trace"] != nil || !onlyTraces {
        let path = try OverridePath(field, place: place)
        try path.put(Value(content: .scalar(text), place: place), into: &items[index])
        count += 1
      }
      if count == 0 {
        throw ScenarioError(
          file: place.file, line: nil, field: "workloads",
          message: onlyTraces ? "there is no trace that this could apply to" : "there is no workload",
          advice: "Give one with --trace FILE.")
      }
    }
    if let format {
      // Like the trace itself, a mapping of columns is looked for from where the command was given.
      let text =
        MappingReader.isPath(format)
        ? Reading.absolute(format, from: FileManager.default.currentDirectoryPath) : format
      try put("--format", "format", text, onlyTraces: true)
    }
    if let start { try put("--start", "start", start, onlyTraces: true) }
    if let until { try put("--until", "duration", until, onlyTraces: false) }
    let place = root["workloads"]?.place ?? Place(file: "--trace \(trace ?? "")", line: nil)
    try OverridePath("workloads", place: place).put(Value(content: .sequence(items), place: place), into: &root)
  }

  /// The new trace in the place of the old ones. Which jobs may be split is the scenario's matter and stays.
  private static func replaceTraces(
    in items: [Value], by trace: String, _ assumptions: inout Assumptions
  ) -> [Value] {
    let place = Place(file: "--trace \(trace)", line: nil)
    let replaced = items.filter { $0["trace"] != nil || $0.scalar("stand_in") == "true" }
    let kept = items.filter { !($0["trace"] != nil || $0.scalar("stand_in") == "true") }
    let path = Reading.absolute(trace, from: FileManager.default.currentDirectoryPath)
    var fields = [Value.Entry(key: "trace", place: place, value: Value(content: .scalar(path), place: place))]
    if let splittable = replaced.lazy.compactMap({ $0["splittable_from"] }).first {
      fields.append(Value.Entry(key: "splittable_from", place: place, value: splittable))
    }
    if !kept.isEmpty {
      assumptions.add(
        "The trace of the command line replaced the scenario's traces and stand-ins; \(kept.count) synthetic "
          + "\(kept.count == 1 ? "workload was" : "workloads were") kept beside it.")
    }
    return [Value(content: .mapping(fields), place: place)] + kept
  }
}
