// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Where the decisions of a run come from: what a scenario writes as its policy.
public enum PolicySource: Equatable, Sendable {
  /// A policy put together from parts of the catalogue.
  case composed(PolicySpec)
  /// `external:COMMAND`: a program that the run starts and ends; the shell cuts the command into words.
  case command(String)
  /// `external:tcp://HOST:PORT`: a program that somebody else runs and that listens there.
  case server(String)
  /// `milp(...)`: a mixed-integer programme over a rolling horizon.
  case milp(RollingHorizon)
  /// `recorded:PATH`: the decisions that another run left in its directory; a path may also name their file.
  case recorded(String)

  /// - Throws: ``PolicySpecError``.
  public init(parsing text: String) throws(PolicySpecError) {
    func wrong(_ problem: String) -> PolicySpecError {
      PolicySpecError(spec: text, found: text, column: 1, problem: problem)
    }
    if text.hasPrefix("external:") {
      let rest = String(text.dropFirst("external:".count))
      guard rest.contains(where: { $0 != " " }) else {
        throw wrong("nothing follows: write external:COMMAND or external:tcp://HOST:PORT")
      }
      guard rest.hasPrefix("tcp://") else {
        self = .command(rest)
        return
      }
      let address = rest.dropFirst("tcp://".count)
      guard let colon = address.lastIndex(of: ":"), colon > address.startIndex,
        UInt16(address[address.index(after: colon)...]) ?? 0 > 0
      else { throw wrong("expected external:tcp://HOST:PORT with a port from 1 to 65535") }
      self = .server(rest)
    } else if text.hasPrefix("recorded:") {
      let path = String(text.dropFirst("recorded:".count))
      guard !path.isEmpty else { throw wrong("nothing follows: write recorded:RUN, the directory of a run") }
      self = .recorded(path)
    } else if text == RollingHorizon.part.name || text.hasPrefix(RollingHorizon.part.name + "(") {
      var parser = PolicySpecParser(text)
      self = .milp(RollingHorizon(try parser.parseAlone(RollingHorizon.part)))
    } else {
      self = .composed(try PolicySpec(parsing: text))
    }
  }

  /// Written out again; parsing it gives an equal source.
  public var text: String {
    switch self {
    case .composed(let spec): return spec.text
    case .command(let command): return "external:\(command)"
    case .server(let endpoint): return "external:\(endpoint)"
    case .milp(let settings): return settings.use.description
    case .recorded(let path): return "recorded:\(path)"
    }
  }

  /// What the catalogue of policies says of those that are not composed.
  public static let catalogue: String = {
    let part = RollingHorizon.part
    let parameters = part.parameters.map { "\($0.name): \($0.meaning), \($0.form)" }
    return """
      other  \(part.name)
          \(part.definition)
          parameters: \(parameters.joined(separator: "; "))
          source: \(part.source)
      other  external:COMMAND, external:tcp://HOST:PORT
          A program of yours, in any language, asked in JSON over ZeroMQ.
          source: Documentation/ExternalPolicies.md; a decision process behind a protocol as in Batsim (JSSPP 2016)
      other  recorded:RUN
          The decisions that another run of the same scenario left in its directory, if it was under one of these.
          source: Documentation/ExternalPolicies.md, Records, interruptions, replays
      """
  }()

  /// Whether another process is asked.
  public var isExternal: Bool {
    switch self {
    case .command, .server: return true
    case .composed, .milp, .recorded: return false
    }
  }
}

/// What `milp` weighs and how far it looks; see Documentation/RollingHorizon.md.
public struct RollingHorizon: Equatable, Sendable {
  public static let part = PolicyPart(
    kind: .order, name: "milp",
    definition:
      "At each decision a mixed-integer programme chooses a site and a slot of time for each of the first jobs "
      + "of the queue, so that cost, carbon and time weigh least over the horizon; what falls into the first slot is "
      + "started. For small cases.",
    source: "Rolling-horizon time-indexed formulation after Sousa and Wolsey, Mathematical Programming 54, 1992",
    parameters: [
      PolicyParameter(
        name: "cost", meaning: "what a dollar of energy or egress weighs", kind: .number, defaultValue: 1),
      PolicyParameter(name: "carbon", meaning: "dollars that a kilogram of CO2 weighs", kind: .number, defaultValue: 0),
      PolicyParameter(
        name: "time", meaning: "dollars that an hour of a job's completion time weighs", kind: .number, defaultValue: 1),
      PolicyParameter(
        name: "slot", meaning: "length of a slot of time", kind: .duration, defaultValue: 900, least: 1),
      PolicyParameter(
        name: "slots", meaning: "slots of the horizon", kind: .whole, defaultValue: 16, least: 1, greatest: 400),
      PolicyParameter(
        name: "jobs", meaning: "jobs, from the head of the queue, that are planned", kind: .whole, defaultValue: 12,
        least: 1, greatest: 200),
    ])

  let use: PolicyPartUse
  public let cost: Double
  public let carbon: Double
  public let time: Double
  public let slot: Time
  public let slots: Int
  public let jobs: Int

  init(_ use: PolicyPartUse) {
    self.use = use
    let values = ParameterValues(part: RollingHorizon.part, given: use.arguments)
    cost = values["cost"]
    carbon = values["carbon"]
    time = values["time"]
    slot = .seconds(values["slot"])
    slots = Int(values["slots"])
    jobs = Int(values["jobs"])
  }
}
