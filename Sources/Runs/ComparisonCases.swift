// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities
import Results
import ScenarioFile
import Scheduling
import Workload

/// The cases of a comparison and their windows, found before anything runs, so that mistakes cost no time.
struct ComparisonCases {
  /// One window of one case: everything that its runs share.
  struct Unit: Sendable {
    var index: Int
    var window: Int
    var path: String
    var overrides: ScenarioOverrides
    var measured: MeasuredWindow
  }

  var cases: [ComparisonData.Case] = []
  var units: [Unit] = []
  private(set) var rule = ""
  private var spans: [String: TraceSpan] = [:]
  private(set) var first: Scenario

  init(_ request: ComparisonRequest) throws {
    for policy in request.policies {
      do {
        _ = try PolicySource(parsing: policy)
      } catch {
        throw ScenarioError(file: "--policies \(policy)", line: nil, field: "", message: "\(error)")
      }
    }
    let base = request.scenarios.first ?? ""
    first = try ScenarioReader.read(
      path: base, overrides: Self.overrides(request, trace: request.traces.first, settings: []))
    let traces: [String?] = request.traces.isEmpty ? [nil] : request.traces
    for scenario in request.scenarios {
      for trace in traces {
        for settings in Self.product(request.vary) {
          try add(request, scenario: scenario, trace: trace, settings: settings)
        }
      }
    }
    rule = Self.sentence(request, cases)
  }

  private static func overrides(
    _ request: ComparisonRequest, trace: String?, settings: [ComparisonData.Setting]
  ) -> ScenarioOverrides {
    var overrides = request.overrides
    overrides.trace = trace ?? overrides.trace
    overrides.policy = request.policies.first
    overrides.set += settings.map { ($0.path, $0.value) }
    return overrides
  }

  /// The overrides as `emulate` would be told them, but for the policy.
  private static func arguments(_ overrides: ScenarioOverrides) -> [String] {
    var list: [String] = []
    func add(_ option: String, _ value: String?) { if let value { list += [option, value] } }
    add("--trace", overrides.trace)
    add("--format", overrides.format)
    add("--start", overrides.start)
    add("--until", overrides.until)
    add("--network", overrides.network)
    add("--congestion-control", overrides.congestionControl)
    add("--seed", overrides.seed.map(String.init))
    for (path, value) in overrides.set { add("--set", "\(path)=\(value)") }
    return list
  }

  private static func product(_ axes: [ComparisonRequest.Axis]) -> [[ComparisonData.Setting]] {
    axes.reduce([[]]) { lists, axis in
      lists.flatMap { list in axis.values.map { list + [ComparisonData.Setting(path: axis.path, value: $0)] } }
    }
  }

  private mutating func add(
    _ request: ComparisonRequest, scenario path: String, trace: String?, settings: [ComparisonData.Setting]
  ) throws {
    let overrides = Self.overrides(request, trace: trace, settings: settings)
    let scenario = try ScenarioReader.read(path: path, overrides: overrides)
    var title: [String] = []
    if request.scenarios.count > 1 { title.append(scenario.name) }
    if request.traces.count > 1, let trace {
      title.append(URL(fileURLWithPath: trace).lastPathComponent)
    }
    title += settings.map { "\($0.path)=\($0.value)" }
    let windows = try windows(request, scenario)
    let number = cases.count
    cases.append(
      ComparisonData.Case(
        title: title.isEmpty ? scenario.name : title.joined(separator: ", "), scenario: path, trace: trace,
        settings: settings, arguments: Self.arguments(overrides), windows: windows))
    for (index, window) in windows.enumerated() {
      var all = overrides
      all.set += window.settings.map { ($0.path, $0.value) }
      let measured = MeasuredWindow(
        from: Time.seconds(window.warmUp),
        length: window.warmUp > 0 || request.replicates > 1 ? window.length.map { Time.seconds($0) } : nil)
      let unit = Unit(index: number, window: index, path: path, overrides: all, measured: measured)
      // A window that the scenario's reader refuses is refused now.
      if index > 0 || !window.settings.isEmpty { _ = try ScenarioReader.read(path: path, overrides: all) }
      units.append(unit)
    }
  }

  // MARK: Windows

  /// Windows of one length that do not overlap, whole lengths away from the stated one, those nearest to it, in order
  /// of time. Synthetic jobs are drawn anew in each.
  private mutating func windows(
    _ request: ComparisonRequest, _ scenario: Scenario
  ) throws -> [ComparisonData.Window] {
    let traces = scenario.workloads.enumerated().filter { $0.element.trace != nil }
    let count = request.replicates
    func fail(_ message: String, _ advice: String) -> ScenarioError {
      ScenarioError(file: scenario.path, line: nil, field: "workloads", message: message, advice: advice)
    }
    if count == 1, request.warmUp == .zero {
      let first = traces.first?.element
      let parts = [first?.start ?? (first == nil ? "as drawn" : "whole trace"), first?.length.map(Self.days)]
      return [
        ComparisonData.Window(
          label: parts.compactMap { $0 }.joined(separator: ", "), start: nil, calendar: scenario.calendarText,
          settings: [], warmUp: 0, length: first?.length?.seconds)
      ]
    }
    guard let leader = traces.first else { return try draws(request, scenario) }
    var length = leader.element.length
    if let other = traces.first(where: { $0.element.length != length }) {
      throw fail(
        "workloads \(leader.offset) and \(other.offset) have windows of different lengths",
        "Replicates need one length: give --until.")
    }
    if length == nil {
      guard count > 1 else {
        throw fail("a warm-up needs a window to come before", "Give the window's length with --until.")
      }
      let span = try span(leader.element)
      let from = try span.start(of: TraceWindow(start: leader.element.start), file: leader.element.trace ?? "")
      let seconds = (span.last + 1 - from) / Int128(Time.ticksPerSecond) / Int128(count)
      guard seconds > 0 else { throw fail("the trace is too short for \(count) windows", "Ask for fewer.") }
      length = Time.seconds(Int64(seconds))
    }
    guard let length, length.ticks % Time.ticksPerSecond == 0, request.warmUp.ticks % Time.ticksPerSecond == 0 else {
      throw fail("windows and warm-up are whole seconds", "Change --until or --warm-up.")
    }
    var starts: [(workload: Int, span: TraceSpan, start: Int128)] = []
    for (index, spec) in traces {
      let span = try span(spec)
      starts.append(
        (index, span, try span.start(of: TraceWindow(start: spec.start), file: spec.trace ?? "")))
    }
    /// Whether every trace has jobs throughout the window that begins `k` lengths later.
    func fits(_ k: Int) -> Bool {
      starts.allSatisfy { entry in
        let start = entry.start + Int128(k) * Int128(length.ticks)
        // The last hours may have no job: a day's end, or a minute of a trace without dates, is close enough.
        let slack = entry.span.hasDates ? Int128(Time.hour.ticks) : Int128(length.ticks) / 20
        return start >= entry.span.beginning && start + Int128(length.ticks) <= entry.span.last + slack
      }
    }
    var chosen: [Int] = []
    var distance = 0
    while chosen.count < count, distance < 10_000 {
      for k in distance == 0 ? [0] : [distance, -distance] where chosen.count < count && (k == 0 || fits(k)) {
        chosen.append(k)
      }
      distance += 1
    }
    guard chosen.count == count else {
      throw fail(
        "the trace has \(chosen.count) windows of \(Self.days(length)) that begin whole lengths away from its stated "
          + "start, and \(count) replicates are asked for",
        "Ask for --replicates \(chosen.count), or shorten the windows with --until.")
    }
    chosen.sort()
    return chosen.enumerated().map { replicate, k in
      let shift = Int128(k) * Int128(length.ticks)
      // A trace has nothing before its beginning.
      let room = starts.map { $0.start + shift - $0.span.beginning }.min() ?? 0
      let warmUp = Time(ticks: Int64(min(Int128(request.warmUp.ticks), max(0, room))))
      var settings: [ComparisonData.Setting] = []
      for entry in starts {
        let start = entry.start + shift - Int128(warmUp.ticks)
        settings.append(
          .init(path: "workloads[\(entry.workload)].start", value: entry.span.text(start)))
        settings.append(
          .init(path: "workloads[\(entry.workload)].duration", value: Self.text(length + warmUp)))
      }
      settings += synthetic(scenario, replicate: replicate - (chosen.firstIndex(of: 0) ?? 0), length + warmUp)
      var calendar = scenario.calendar
      if let instant = calendar {
        calendar = instant + Int64((shift - Int128(warmUp.ticks)) / Int128(Time.ticksPerSecond))
        settings.append(.init(path: "calendar", value: Scenario.instantText(calendar ?? instant)))
      }
      let begin = starts[0].span.text(starts[0].start + shift)
      return ComparisonData.Window(
        label: "\(begin.replacingOccurrences(of: "T00:00:00", with: "")), \(Self.days(length))",
        start: starts[0].span.text(starts[0].start + shift - Int128(warmUp.ticks)),
        calendar: calendar.map(Scenario.instantText), settings: settings, warmUp: warmUp.seconds,
        length: length.seconds)
    }
  }

  /// Scenarios without a trace: other jobs of the same kind.
  private func draws(_ request: ComparisonRequest, _ scenario: Scenario) throws -> [ComparisonData.Window] {
    guard request.warmUp == .zero else {
      throw ScenarioError(
        file: scenario.path, line: nil, field: "workloads", message: "a warm-up is for windows of a trace",
        advice: "Leave out --warm-up, or give --trace FILE.")
    }
    return (0..<request.replicates).map { replicate in
      ComparisonData.Window(
        label: "draw \(replicate + 1)", start: nil, calendar: scenario.calendarText,
        settings: synthetic(scenario, replicate: replicate, nil), warmUp: 0,
        length: nil)
    }
  }

  /// Seeds of synthetic workloads, one further for each replicate, and their lengths where windows have one.
  private func synthetic(_ scenario: Scenario, replicate: Int, _ length: Time?) -> [ComparisonData.Setting] {
    var settings: [ComparisonData.Setting] = []
    for (index, spec) in scenario.workloads.enumerated() where spec.synthetic != nil {
      let seed = (spec.seed ?? scenario.seed) &+ UInt64(bitPattern: Int64(replicate))
      settings.append(.init(path: "workloads[\(index)].seed", value: String(seed)))
      if let length, spec.length != nil {
        settings.append(.init(path: "workloads[\(index)].duration", value: Self.text(length)))
      }
    }
    return settings
  }

  private mutating func span(_ spec: WorkloadSpec) throws -> TraceSpan {
    let path = spec.trace ?? ""
    let key = path + " " + spec.format
    if let known = spans[key] { return known }
    let isMapped = MappingReader.isPath(spec.format)
    let span = try TraceSpan(
      path: path, format: isMapped ? .auto : try TraceFormat.named(spec.format),
      columns: isMapped ? try MappingReader.read(path: spec.format) : nil)
    spans[key] = span
    return span
  }

  private static func text(_ time: Time) -> String { "\(time.ticks / Time.ticksPerSecond) s" }

  private static func days(_ time: Time) -> String {
    let seconds = time.ticks / Time.ticksPerSecond
    if seconds % 86_400 == 0 { return "\(seconds / 86_400) d" }
    return seconds % 3600 == 0 ? "\(seconds / 3600) h" : "\(seconds) s"
  }

  private static func sentence(_ request: ComparisonRequest, _ cases: [ComparisonData.Case]) -> String {
    let windows = cases.first?.windows ?? []
    guard request.replicates > 1 || request.warmUp > .zero else {
      return "One window, the scenario's own, from an empty fleet; every job of it runs to its end."
    }
    if windows.first?.start == nil {
      return
        "\(windows.count) draws of the synthetic jobs, with seeds that follow each other, from an empty fleet; every "
        + "job runs to its end."
    }
    let warmUps = Set(windows.map(\.warmUp)).sorted()
    let warm =
      warmUps == [0]
      ? "Each begins with an empty fleet."
      : "Each is preceded by a warm-up of "
        + warmUps.map { days(Time.seconds($0)) }.joined(separator: " or ")
        + " whose jobs run but are not counted (as far as the trace reaches back)."
    return "\(windows.count) windows of the trace that do not overlap, whole lengths away from the scenario's own and "
      + "those nearest to it; prices, carbon and weather move along with the calendar. \(warm) No job arrives after the "
      + "window, and every job of it runs to its end."
  }
}
