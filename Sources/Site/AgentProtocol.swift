// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Records
import Simulation

/// What the driver asks of an agent. One frame each, versioned.
public enum AgentRequest: Sendable {
  /// Be this site; from `state` if it was another process's before.
  case configure(SiteConfiguration, state: [UInt8]?)
  case advance(to: Time, inbox: [Message])
  /// Write the whole state to bytes.
  case snapshot
  /// The run is over.
  case finish(at: Time)
  case quit
  /// Be this part of a network under experiment, at this level; from `state` if it was another process's before.
  case configurePart(NetworkPlan, level: ExperimentLevel, partOf: [Int], part: Int, state: [UInt8]?)
  case advancePart(to: Time, inbox: [[UInt8]])
  case finishPart
}

/// What an agent answers: one frame to each request but `quit`.
public enum AgentReply: Sendable {
  case configured
  case advanced(SiteMachine.Output, events: UInt64)
  case state([UInt8])
  case records([Record])
  /// The request made no sense; the agent ends.
  case refused(String)
  case partAdvanced([PartMessage], next: Time)
  case partFinished(ExperimentResult)
}

extension AgentRequest: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(Message.version)
    switch self {
    case .configure(let configuration, let state):
      writer.write(UInt8(0))
      writer.write(configuration)
      writer.write(state != nil)
      if let state { writer.write(bytes: state) }
    case .advance(let horizon, let inbox):
      writer.write(UInt8(1))
      writer.write(horizon)
      writer.write(inbox)
    case .snapshot: writer.write(UInt8(2))
    case .finish(let end):
      writer.write(UInt8(3))
      writer.write(end)
    case .quit: writer.write(UInt8(4))
    case .configurePart(let plan, let level, let partOf, let part, let state):
      writer.write(UInt8(5))
      writer.write(plan)
      writer.write(level.rawValue)
      writer.write(integers: partOf.map { UInt32($0) })
      writer.write(UInt32(part))
      writer.write(state != nil)
      if let state { writer.write(bytes: state) }
    case .advancePart(let horizon, let inbox):
      writer.write(UInt8(6))
      writer.write(horizon)
      writer.write(UInt32(inbox.count))
      for bytes in inbox { writer.write(bytes: bytes) }
    case .finishPart: writer.write(UInt8(7))
    }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    try reader.checkVersion()
    let tag: UInt8 = try reader.read()
    switch tag {
    case 0:
      let configuration: SiteConfiguration = try reader.read()
      let state = try reader.readBool() ? Array(try reader.readBytes()) : nil
      self = .configure(configuration, state: state)
    case 1: self = .advance(to: try reader.readTime(), inbox: try reader.readArray())
    case 2: self = .snapshot
    case 3: self = .finish(at: try reader.readTime())
    case 4: self = .quit
    case 5:
      let plan: NetworkPlan = try reader.read()
      let name = try reader.readString()
      guard let level = ExperimentLevel(rawValue: name) else { throw .badValue("level of the network '\(name)'") }
      let partOf = (try reader.readIntegers(UInt32.self)).map { Int($0) }
      let part = Int(try reader.read(UInt32.self))
      let state = try reader.readBool() ? Array(try reader.readBytes()) : nil
      self = .configurePart(plan, level: level, partOf: partOf, part: part, state: state)
    case 6:
      let horizon = try reader.readTime()
      var inbox: [[UInt8]] = []
      for _ in 0..<(try reader.readCount(minimumSize: 4)) { inbox.append(Array(try reader.readBytes())) }
      self = .advancePart(to: horizon, inbox: inbox)
    case 7: self = .finishPart
    default: throw .badValue("kind of request \(tag)")
    }
  }
}

extension AgentReply: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(Message.version)
    switch self {
    case .configured: writer.write(UInt8(0))
    case .advanced(let output, let events):
      writer.write(UInt8(1))
      writer.write(output.outbox)
      writer.write(output.records)
      writer.write(output.promise.next)
      writer.write(output.promise.nextToSites)
      writer.write(output.promise.idle)
      writer.write(events)
    case .state(let bytes):
      writer.write(UInt8(2))
      writer.write(bytes: bytes)
    case .records(let records):
      writer.write(UInt8(3))
      writer.write(records)
    case .refused(let reason):
      writer.write(UInt8(4))
      writer.write(reason)
    case .partAdvanced(let messages, let next):
      writer.write(UInt8(5))
      writer.write(UInt32(messages.count))
      for message in messages {
        writer.write(UInt32(message.to))
        writer.write(message.at)
        writer.write(bytes: message.bytes)
      }
      writer.write(next)
    case .partFinished(let result):
      writer.write(UInt8(6))
      writer.write(result)
    }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    try reader.checkVersion()
    let tag: UInt8 = try reader.read()
    switch tag {
    case 0: self = .configured
    case 1:
      let output = SiteMachine.Output(
        outbox: try reader.readArray(), records: try reader.readArray(),
        promise: Promise(
          next: try reader.readTime(), nextToSites: try reader.readTime(), idle: try reader.readBool()))
      self = .advanced(output, events: try reader.read())
    case 2: self = .state(Array(try reader.readBytes()))
    case 3: self = .records(try reader.readArray())
    case 4: self = .refused(try reader.readString())
    case 5:
      var messages: [PartMessage] = []
      for _ in 0..<(try reader.readCount(minimumSize: 16)) {
        let to = Int(try reader.read(UInt32.self))
        let at = try reader.readTime()
        messages.append(PartMessage(to: to, at: at, bytes: Array(try reader.readBytes())))
      }
      self = .partAdvanced(messages, next: try reader.readTime())
    case 6: self = .partFinished(try reader.read())
    default: throw .badValue("kind of reply \(tag)")
    }
  }
}

extension ByteReader {
  mutating func checkVersion() throws(WireError) {
    let version: UInt16 = try read()
    guard version == Message.version else { throw .version(expected: Message.version, found: version) }
  }
}

/// The agent's side of the protocol, without sockets: bytes in, bytes out.
public struct AgentShell {
  var machine: SiteMachine?
  var experiment: (any ExperimentPart)?

  public init() {}

  /// Answers one request; nil means that the agent should end.
  public mutating func answer(_ frame: [UInt8]) -> [UInt8]? {
    var writer = ByteWriter()
    do {
      guard let reply = try reply(to: frame) else { return nil }
      writer.write(reply)
    } catch {
      writer.write(AgentReply.refused("\(error)"))
    }
    return writer.bytes
  }

  private mutating func reply(to frame: [UInt8]) throws(WireError) -> AgentReply? {
    var reader = ByteReader(frame)
    let request = try AgentRequest(from: &reader)
    try reader.finish()
    switch request {
    case .configure(let configuration, let state):
      if let state {
        var stateReader = ByteReader(state)
        machine = try SiteMachine(configuration: configuration, from: &stateReader)
        try stateReader.finish()
      } else {
        machine = SiteMachine(configuration: configuration)
      }
      return .configured
    case .configurePart(let plan, let level, let partOf, let part, let state):
      if let state {
        experiment = try plan.makePart(level: level, partOf: partOf, part: part, state: state)
      } else {
        experiment = plan.makePart(level: level, partOf: partOf, part: part)
      }
      return .configured
    case .snapshot where experiment != nil:
      guard let state = experiment?.snapshot() else { throw .badValue("a request for a state that this level has not") }
      return .state(state)
    case .advancePart(let horizon, let inbox):
      guard let experiment else { throw .badValue("a request before the configuration") }
      return .partAdvanced(try experiment.advance(to: horizon, inbox: inbox), next: experiment.nextTime)
    case .finishPart:
      guard let experiment else { throw .badValue("a request before the configuration") }
      return .partFinished(experiment.finish())
    case .quit: return nil
    case .advance, .snapshot, .finish:
      guard machine != nil else { throw .badValue("a request before the configuration") }
    }
    switch request {
    case .advance(let horizon, let inbox):
      let output = machine!.advance(to: horizon, inbox: inbox)
      return .advanced(output, events: machine!.eventCount)
    case .snapshot:
      var writer = ByteWriter()
      machine!.encode(into: &writer)
      return .state(writer.bytes)
    case .finish(let end): return .records(machine!.finish(at: end))
    case .configure, .configurePart, .advancePart, .finishPart, .quit: return nil
    }
  }
}
