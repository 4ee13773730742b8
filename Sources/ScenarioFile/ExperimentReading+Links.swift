// SPDX-License-Identifier: Apache-2.0

import Quantities
import Topology

extension ExperimentReading {
  /// What a link may say about its ports; fabrics take the same.
  static let portFields = ["buffer", "marking", "phantom", "pfc", "loss", "balancing", "telemetry"]

  func readLinks(_ root: Section) throws(ScenarioError) -> [Experiment.Link] {
    var links = fabricLinks
    for field in try root.optional("links")?.items() ?? [] {
      let section = try field.section(
        ["between", "rate", "delay", "distance", "medium", "extra_delay", "one_way", "parallel"] + Self.portFields)
      let between = try section.required("between", example: "between: [near, tor]")
      let rate = try section.required("rate", example: "rate: 400 Gb/s").positiveRate()
      var link = Experiment.Link(
        ends: try readEnds(between), rate: rate, delay: try readDelay(section), origin: field.origin)
      if let field = section.optional("one_way") { link.oneWay = try field.flag() }
      if let field = section.optional("parallel") { link.parallel = try field.integer(1...4096, "a number of links") }
      try readPort(section, into: &link)
      links.append(link)
    }
    var seen: [Experiment.Ends: Int] = [:]
    for (index, link) in links.enumerated() {
      for ends in link.ends {
        for direction in link.oneWay ? [ends] : [ends, ends.reversed] {
          if let twin = seen.updateValue(index, forKey: direction) {
            let line = links[twin].origin.line.map { " in line \($0)" } ?? ""
            throw link.origin.error(
              "'\(nodes.nodes[direction.from].name)' and '\(nodes.nodes[direction.to].name)' are joined already\(line)",
              "For links side by side write 'parallel: 2'.")
          }
        }
      }
    }
    try checkEveryHostHasLinks(links)
    return links
  }

  private func checkEveryHostHasLinks(_ links: [Experiment.Link]) throws(ScenarioError) {
    var joined = [Bool](repeating: false, count: nodes.nodes.count)
    for link in links {
      for ends in link.ends {
        joined[ends.from] = true
        joined[ends.to] = true
      }
    }
    if let lonely = joined.firstIndex(of: false) {
      let node = nodes.nodes[lonely]
      throw node.origin.error(
        "no link leads to '\(node.name)'", "Add one under 'links:', or remove the \(node.isHost ? "host" : "switch").")
    }
  }

  /// Every member of the first name with every member of the second.
  func readEnds(_ between: Field) throws(ScenarioError) -> [Experiment.Ends] {
    let fields = try between.items()
    guard fields.count == 2 else {
      throw between.error("expected two names, found \(fields.count)", "For example: between: [near, tor]")
    }
    let (first, second) = (try nodes.resolve(fields[0]), try nodes.resolve(fields[1]))
    guard first.count * second.count <= 1_000_000 else {
      throw between.error(
        "\(first.count) times \(second.count) links are too many", "Use a 'fabric:' for large networks.")
    }
    var ends: [Experiment.Ends] = []
    for from in first {
      for to in second {
        guard from != to else { throw between.error("the link joins '\(nodes.nodes[from].name)' to itself") }
        ends.append(Experiment.Ends(from: from, to: to))
      }
    }
    return ends
  }

  /// `delay`, or `distance` with its medium and what comes on top.
  private func readDelay(_ section: Section) throws(ScenarioError) -> Time {
    let delay: Time
    if let field = section.optional("delay") {
      for name in ["distance", "medium", "extra_delay"] {
        if let other = section.optional(name) {
          throw other.error("'delay' is the whole delay, so '\(name)' has no place beside it", "Give one of the two.")
        }
      }
      delay = try field.quantity(Time.parse)
    } else if let field = section.optional("distance") {
      let kilometres = try field.quantity(Quantity.parseKilometres)
      guard kilometres <= 100_000 else {
        throw field.error("\(Quantity.text(kilometres: kilometres)) is no distance on Earth")
      }
      let name =
        try section.optional("medium")?.word(of: FibreCatalogue.media.map(\.name), catalogue: "fibres") ?? "smf"
      guard let medium = FibreCatalogue.lookup(name) else { throw field.error("medium '\(name)' is not known") }
      let extra = try section.optional("extra_delay")?.quantity(Time.parse) ?? .zero
      delay = medium.delay(kilometres: kilometres) + extra
    } else {
      throw section.field.error(
        "the field 'delay' is missing", "Add it, for example: delay: 1 us, or give a distance: 80 km")
    }
    guard delay < .seconds(Int64(3600)) else { throw section.field.error("its delay of \(delay.text) is over an hour") }
    return max(.tick, delay)
  }

  func readPort(_ section: Section, into link: inout Experiment.Link) throws(ScenarioError) {
    if let field = section.optional("buffer") {
      let buffer = try field.extent("a buffer")
      guard ![.bytes(0), .lineTime(.zero), .roundTrips(0)].contains(buffer) else {
        throw field.error("expected a buffer above zero, found '\(try field.text())'")
      }
      link.buffer = buffer
    }
    link.telemetry = try readTelemetry(section)
    if let field = section.optional("marking") { link.marking = try readMarking(field) }
    if let field = section.optional("phantom") { link.phantom = try readPhantom(field) }
    if let field = section.optional("pfc") {
      let inner = try field.section(["pause", "resume", "headroom"])
      link.flowControl = Experiment.FlowControl(
        pause: try inner.required("pause", example: "pause: 500 kB").extent("a length of queue"),
        resume: try inner.optional("resume")?.extent("a length of queue"),
        headroom: try inner.optional("headroom")?.extent("a length of queue"))
    }
    if let field = section.optional("loss") { link.loss = try readLoss(field) }
    if let field = section.optional("balancing") {
      let word = try field.word(of: Experiment.Balancing.allCases.map(\.rawValue))
      link.balancing = Experiment.Balancing(rawValue: word) ?? .ecmp
    }
  }

  private func isNone(_ field: Field) -> Bool {
    if case .scalar("none") = field.value.content { return true }
    return false
  }

  private func readMarking(_ field: Field) throws(ScenarioError) -> Experiment.Setting<Experiment.Marking> {
    if isNone(field) { return .none }
    let inner = try field.section(["min", "max", "probability"])
    let minimum = try inner.required("min", example: "min: 1 MB").extent("a length of queue")
    let maximumField = inner.optional("max")
    let maximum = try maximumField?.extent("a length of queue") ?? minimum
    let probability = try inner.optional("probability")?.quantity(Quantity.parsePercentOrNumber) ?? 1
    guard probability > 0, probability <= 1 else {
      throw field.error(
        "expected a probability above 0 and up to 1, found \(Quantity.number(probability))",
        "'marking: none' switches marking off.")
    }
    try checkOrder(minimum, maximum, maximumField ?? field)
    return .stated(Experiment.Marking(minimum: minimum, maximum: maximum, probability: probability))
  }

  private func checkOrder(
    _ minimum: Experiment.Extent, _ maximum: Experiment.Extent, _ field: Field
  ) throws(ScenarioError) {
    let isInOrder: Bool
    switch (minimum, maximum) {
    case (.bytes(let a), .bytes(let b)): isInOrder = a <= b
    case (.lineTime(let a), .lineTime(let b)): isInOrder = a <= b
    case (.roundTrips(let a), .roundTrips(let b)): isInOrder = a <= b
    default:
      throw field.error("expected 'min' and 'max' in one unit: bytes, time, or rtt", "Write both alike.")
    }
    guard isInOrder else { throw field.error("expected 'max' to be at least 'min'") }
  }

  private func readPhantom(_ field: Field) throws(ScenarioError) -> Experiment.Setting<Experiment.Phantom> {
    if isNone(field) { return .none }
    let inner = try field.section(["drain", "size", "min", "max"])
    let drainField = try inner.required("drain", example: "drain: 0.95")
    let drain = try drainField.quantity(Quantity.parsePercentOrNumber)
    guard drain > 0, drain <= 1 else {
      throw drainField.error("expected a share of the line rate above 0 and up to 1, found '\(try drainField.text())'")
    }
    let minimum = try inner.required("min", example: "min: 0.02 rtt").extent("a length of queue")
    let maximumField = try inner.required("max", example: "max: 0.6 rtt")
    let maximum = try maximumField.extent("a length of queue")
    try checkOrder(minimum, maximum, maximumField)
    let size = try inner.required("size", example: "size: 1 rtt").extent("a length of queue")
    return .stated(Experiment.Phantom(drain: drain, size: size, minimum: minimum, maximum: maximum))
  }

  private func readLoss(_ field: Field) throws(ScenarioError) -> Experiment.Loss {
    if case .scalar = field.value.content {
      let share = try field.share(of: "packets")
      return share == 0 ? .none : .random(share)
    }
    let section = try field.section(["every", "bursts"])
    switch (section.optional("every"), section.optional("bursts")) {
    case (let every?, nil): return .every(Int64(try every.integer(1...Int.max, "a number of packets")))
    case (nil, let bursts?):
      let inner = try bursts.section(["probability", "length"])
      let probability = try inner.required("probability", example: "probability: 1e-6").share(of: "packets")
      let length = try inner.required("length", example: "length: 10").number(1...1e9, "a number of packets")
      return .bursts(probability: probability, length: length)
    default:
      throw field.error(
        "expected a share, {every: n} or {bursts: {probability: p, length: n}}", "For example: loss: 1e-7")
    }
  }

  func readChanges(_ root: Section, links: [Experiment.Link]) throws(ScenarioError) -> [Experiment.Change] {
    var changes: [Experiment.Change] = []
    for field in try root.optional("changes")?.items() ?? [] {
      let section = try field.section(["at", "link", "rate", "delay", "one_way"])
      let atField = try section.required("at", example: "at: 2 s")
      let at = try atField.quantity(Time.parse)
      guard at < duration else {
        throw atField.error("the run of \(duration.text) is over by then", "Change something earlier, or run longer.")
      }
      let linkField = try section.required("link", example: "link: [tor, sink]")
      let ends = try readEnds(linkField)
      for pair in ends {
        let isThere = links.contains { link in
          link.ends.contains { $0 == pair || (!link.oneWay && $0.reversed == pair) }
        }
        guard isThere else {
          throw linkField.error(
            "no link joins '\(nodes.nodes[pair.from].name)' to '\(nodes.nodes[pair.to].name)'",
            "Name the two ends of a link as under 'links:'.")
        }
      }
      let rate = try section.optional("rate")?.quantity(BitRate.parse)
      let delay = try section.optional("delay")?.positiveTime()
      guard rate != nil || delay != nil else {
        throw field.error("expected 'rate' or 'delay': nothing changes", "For example: rate: 20 Gb/s")
      }
      let oneWay = try section.optional("one_way")?.flag() ?? false
      changes.append(
        Experiment.Change(at: at, ends: ends, rate: rate, delay: delay, oneWay: oneWay, origin: field.origin))
    }
    return changes
  }
}
