// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Words that the coordinator sends to a policy in another process. Each is one line of JSON; every field is described in
/// Documentation/ExternalPolicies.md.
public enum PolicyProtocol {
  /// Changes whenever a field changes its meaning or goes; new fields alone do not change it.
  public static let version: Int64 = 1

  /// What does not change during a run.
  public static func hello(_ view: FleetView, run: String, seed: UInt64, estimates: String) -> String {
    let sites = view.sites.enumerated().map { index, site in
      "{\"site\":\(index),\"name\":\(JSONText.quote(site.name)),\"gpus\":\(site.total),\"nodes\":["
        + site.nodeSize.map { "\($0)" }.joined(separator: ",") + "],\"speed\":\(JSONValue.number(site.speed))"
        + ",\"egress_usd_per_gb\":\(JSONValue.number(site.egressUSDPerByte * 1e9))}"
    }
    func matrix<Element>(_ rows: [[Element]], _ text: (Element) -> String) -> String {
      "[" + rows.map { "[" + $0.map(text).joined(separator: ",") + "]" }.joined(separator: ",") + "]"
    }
    return "{\"type\":\"hello\",\"protocol\":\(version),\"run\":\(JSONText.quote(run)),\"seed\":\(seed)"
      + ",\"estimates\":\(JSONText.quote(estimates)),\"sites\":[\(sites.joined(separator: ","))]"
      + ",\"delay_s\":\(matrix(view.oneWayDelay) { JSONValue.seconds($0) })"
      + ",\"capacity_bps\":\(matrix(view.capacity) { rate($0) })}"
  }

  public static func bye(_ reason: String) -> String { "{\"type\":\"bye\",\"reason\":\(JSONText.quote(reason))}" }

  /// The answer to a question for a run time.
  public static func told(_ time: Time) -> String { "{\"type\":\"told\",\"run_time_s\":\(JSONValue.seconds(time))}" }

  /// The answer to a question for prices to come: of one active GPU, all the time from `from` to `until`.
  public static func told(_ view: FleetView, site: Int32, from: Time, until: Time) -> String {
    var (usd, carbon) = ("null", "null")
    if view.outlook.indices.contains(Int(site)) {
      let outlook = view.outlook[Int(site)]
      // USD/MWh, and g/kWh: both a thousand times what a kilowatt-hour has.
      let kilowatts = outlook.kilowattsPerGPU / 1000
      usd = JSONValue.number(outlook.price.view(at: view.now).integral(from: from, to: until) * kilowatts)
      carbon = JSONValue.number(outlook.carbon.view(at: view.now).integral(from: from, to: until) * kilowatts)
    }
    return "{\"type\":\"told\",\"usd_per_gpu\":\(usd),\"carbon_kg_per_gpu\":\(carbon)}"
  }

  static func rate(_ rate: BitRate) -> String { rate >= .unlimited ? "null" : "\(rate.bitsPerSecond)" }

  static func pieces(_ pieces: [Piece]) -> String {
    let list = pieces.map { piece in
      let nodes = piece.nodes.map { "[\($0.node),\($0.gpus)]" }.joined(separator: ",")
      return "{\"site\":\(piece.site),\"gpus\":\(piece.gpus),\"nodes\":[\(nodes)]}"
    }
    return "[" + list.joined(separator: ",") + "]"
  }
}

/// Tells a policy what has changed since it was last asked: a queue of thousands is sent once.
public struct ViewChanges: Sendable {
  private struct Known: Sendable {
    var queue: [QueuedJob]
    var running: [RunningJob]
    var sites: [SiteState]
    var residual: [[BitRate]]
  }

  private var known: Known?

  public init() {}

  /// The request for one decision. The first one, and the first after ``forget()``, is complete (`"full": true`).
  public mutating func request(_ view: FleetView, decision: UInt64) -> String {
    var text =
      "{\"type\":\"decide\",\"decision\":\(decision),\"now_s\":\(JSONValue.seconds(view.now))"
      + ",\"full\":\(known == nil)"
    let old = known ?? Known(queue: [], running: [], sites: [], residual: [])
    text += queue(from: old.queue, to: view.queue)
    text += running(from: old.running, to: view.running)
    text += sites(from: old.sites, to: view.sites)
    text += residual(from: old.residual, to: view.residual)
    note(view)
    return text + "}"
  }

  /// Takes a view as known without a word, because what told the policy of it was said before.
  public mutating func note(_ view: FleetView) {
    known = Known(queue: view.queue, running: view.running, sites: view.sites, residual: view.residual)
  }

  /// The next request is complete.
  public mutating func forget() { known = nil }

  /// Both are sorted by job.
  private func queue(from old: [QueuedJob], to new: [QueuedJob]) -> String {
    var set: [String] = []
    var gone: [String] = []
    var position = 0
    for job in new {
      while position < old.count, old[position].job < job.job {
        gone.append("\(old[position].job)")
        position += 1
      }
      if position < old.count, old[position].job == job.job {
        if old[position] != job { set.append(text(of: job)) }
        position += 1
      } else {
        set.append(text(of: job))
      }
    }
    for job in old[position...] { gone.append("\(job.job)") }
    return lists("queue", set, gone)
  }

  private func running(from old: [RunningJob], to new: [RunningJob]) -> String {
    var before: [Int32: Int] = [:]
    for (index, job) in old.enumerated() { before[job.job] = index }
    var stays = [Bool](repeating: false, count: old.count)
    var set: [String] = []
    for job in new {
      if let index = before[job.job] {
        stays[index] = true
        if old[index] == job { continue }
      }
      set.append(text(of: job))
    }
    let gone = old.indices.filter { !stays[$0] }.map { "\(old[$0].job)" }
    return lists("running", set, gone)
  }

  private func lists(_ name: String, _ set: [String], _ gone: [String]) -> String {
    var parts: [String] = []
    if !set.isEmpty { parts.append("\"set\":[\(set.joined(separator: ","))]") }
    if !gone.isEmpty { parts.append("\"gone\":[\(gone.joined(separator: ","))]") }
    return parts.isEmpty ? "" : ",\"\(name)\":{\(parts.joined(separator: ","))}"
  }

  private func sites(from old: [SiteState], to new: [SiteState]) -> String {
    var list: [String] = []
    for (index, site) in new.enumerated() {
      let before = index < old.count ? old[index] : nil
      var fields = ""
      var nodes: [String] = []
      for node in site.nodeFree.indices where before.map({ $0.nodeFree[node] != site.nodeFree[node] }) ?? true {
        nodes.append("[\(node),\(site.nodeFree[node])]")
      }
      if !nodes.isEmpty { fields += ",\"free\":[\(nodes.joined(separator: ","))]" }
      if before?.usdPerGPUHour != site.usdPerGPUHour {
        fields += ",\"usd_per_gpu_hour\":\(JSONValue.number(site.usdPerGPUHour))"
      }
      if before?.carbonPerGPUHour != site.carbonPerGPUHour {
        fields += ",\"carbon_kg_per_gpu_hour\":\(JSONValue.number(site.carbonPerGPUHour))"
      }
      if !fields.isEmpty { list.append("{\"site\":\(index)\(fields)}") }
    }
    return list.isEmpty ? "" : ",\"sites\":[\(list.joined(separator: ","))]"
  }

  private func residual(from old: [[BitRate]], to new: [[BitRate]]) -> String {
    var list: [String] = []
    for (from, row) in new.enumerated() {
      for (to, rate) in row.enumerated() where from != to {
        if from < old.count, old[from][to] == rate { continue }
        list.append("[\(from),\(to),\(PolicyProtocol.rate(rate))]")
      }
    }
    return list.isEmpty ? "" : ",\"residual_bps\":[\(list.joined(separator: ","))]"
  }

  /// Fields that say nothing (no pin, no data, no deadline) are left out.
  private func text(of job: QueuedJob) -> String {
    var text =
      "{\"job\":\(job.job),\"submit_s\":\(JSONValue.seconds(job.submit)),\"gpus\":\(job.gpus)"
      + ",\"estimate_s\":\(JSONValue.seconds(job.estimate))"
    if job.pin >= 0 { text += ",\"pin\":\(job.pin)" }
    if job.splittable { text += ",\"splittable\":true" }
    if job.dataHome >= 0 { text += ",\"data_site\":\(job.dataHome),\"data_bytes\":\(job.stagedBytes)" }
    if job.checkpointSite >= 0 {
      text += ",\"checkpoint_site\":\(job.checkpointSite),\"checkpoint_bytes\":\(job.checkpointBytes)"
    }
    if job.user >= 0 { text += ",\"user\":\(job.user)" }
    if job.deadline < .never { text += ",\"deadline_s\":\(JSONValue.seconds(job.deadline))" }
    if job.attained > .zero { text += ",\"attained_s\":\(JSONValue.seconds(job.attained))" }
    if job.predicted > .zero { text += ",\"predicted_s\":\(JSONValue.seconds(job.predicted))" }
    return text + "}"
  }

  private func text(of job: RunningJob) -> String {
    var text =
      "{\"job\":\(job.job),\"submit_s\":\(JSONValue.seconds(job.submit)),\"gpus\":\(job.gpus)"
      + ",\"on\":\(PolicyProtocol.pieces(job.pieces)),\"start_s\":\(JSONValue.seconds(job.start))"
      + ",\"expected_end_s\":\(JSONValue.seconds(job.expectedEnd)),\"work_s\":\(JSONValue.seconds(job.work))"
    if job.stopping { text += ",\"stopping\":true" }
    if !job.preemptible { text += ",\"preemptible\":false" }
    if job.user >= 0 { text += ",\"user\":\(job.user)" }
    if job.attainedBefore > .zero { text += ",\"attained_before_s\":\(JSONValue.seconds(job.attainedBefore))" }
    return text + "}"
  }
}
