// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Simulation

/// The whole state as bytes. The configuration is not part of it: it is the same for the life of a run.
extension SiteMachine {
  public func encode(into writer: inout ByteWriter) {
    writer.write(sequence)
    writer.write(handled)
    writer.write(UInt32(held))
    meter.encode(into: &writer)
    writer.write(throttle)
    writer.write(weatherEventAt)
    writer.write(isDown)
    let ids = jobs.keys.sorted()
    writer.write(UInt32(ids.count))
    for id in ids { writer.write(jobs[id]!) }
    writer.write(integers: early.map(\.raw).sorted())
    writer.write(integers: abandoned.map(\.raw).sorted())
    let waiting = earlyReady.keys.sorted()
    writer.write(UInt32(waiting.count))
    for id in waiting {
      writer.write(id)
      writer.write(integers: earlyReady[id]!)
    }
    writer.write(UInt32(events.count))
    for entry in events.entries {
      writer.write(entry.time)
      writer.write(entry.sequence)
      switch entry.payload {
      case .job(let job, let version):
        writer.write(job)
        writer.write(version)
      case .weather:
        writer.write(Int32(-1))
        writer.write(UInt32(0))
      case .outage(let number):
        writer.write(Int32(-2))
        writer.write(number)
      }
    }
    writer.write(events.nextSequence)
    writer.write(UInt32(inbox.count))
    for entry in inbox.entries { writer.write(entry.payload) }
    network?.encode(into: &writer)
  }

  public init(configuration: SiteConfiguration, from reader: inout ByteReader) throws(WireError) {
    self.init(configuration: configuration)
    sequence = try reader.read()
    handled = try reader.read()
    held = Int(try reader.read(UInt32.self))
    try meter.read(from: &reader)
    throttle = try reader.read()
    weatherEventAt = try reader.readTime()
    isDown = try reader.readBool()
    for _ in 0..<(try reader.readCount()) {
      let job: SiteJob = try reader.read()
      jobs[job.command.job] = job
    }
    for raw in try reader.readIntegers(UInt64.self) { early.insert(FlowID(raw: raw)) }
    for raw in try reader.readIntegers(UInt64.self) { abandoned.insert(FlowID(raw: raw)) }
    for _ in 0..<(try reader.readCount()) {
      let id: Int32 = try reader.read()
      earlyReady[id] = try reader.readIntegers()
    }
    var entries: [EventQueue<Event>.Entry] = []
    for _ in 0..<(try reader.readCount(minimumSize: 24)) {
      let time = try reader.readTime()
      let sequence: UInt64 = try reader.read()
      let job: Int32 = try reader.read()
      let version: UInt32 = try reader.read()
      entries.append(
        .init(
          time: time, rank: UInt64(UInt32(bitPattern: job)), sequence: sequence,
          payload: job == -1 ? .weather : job == -2 ? .outage(version) : .job(job, version)))
    }
    events = EventQueue(entries: entries, nextSequence: try reader.read())
    var messages: [EventQueue<Message>.Entry] = []
    for _ in 0..<(try reader.readCount()) {
      let message: Message = try reader.read()
      messages.append(
        .init(time: message.at, rank: UInt64(message.from.raw), sequence: message.sequence, payload: message))
    }
    inbox = EventQueue(entries: messages, nextSequence: 0)
    if let model = configuration.network {
      network = try FluidNetwork(model: model, site: configuration.site, from: &reader)
    }
  }
}

extension SiteJob: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    writer.write(command)
    writer.write(phase.rawValue)
    writer.write(stayStart)
    writer.write(meter)
    writer.write(integers: missing.map(\.raw))
    writer.write(UInt32(ready))
    writer.write(work)
    writer.write(saved)
    writer.write(checkpointInterval)
    writer.write(speed)
    writer.write(progressSince)
    writer.write(runningSince)
    writer.write(integers: potentials)
    writer.write(integers: usageSent)
    writer.write(integers: throttles)
    writer.write(duty)
    writer.write(dutySent)
    writer.write(computeStart)
    writer.write(throttledTime)
    writer.write(version)
    writer.write(eventAt)
  }

  init(from reader: inout ByteReader) throws(WireError) {
    let command: StartCommand = try reader.read()
    self.init(command: command, at: .zero)
    let raw: UInt8 = try reader.read()
    guard let phase = Phase(rawValue: raw) else { throw .badValue("phase of a job \(raw)") }
    self.phase = phase
    stayStart = try reader.readTime()
    meter = try reader.read()
    missing = (try reader.readIntegers(UInt64.self)).map { FlowID(raw: $0) }
    ready = Int(try reader.read(UInt32.self))
    work = try reader.readTime()
    saved = try reader.readTime()
    checkpointInterval = try reader.readTime()
    speed = try reader.read()
    progressSince = try reader.readTime()
    runningSince = try reader.readTime()
    potentials = try reader.readIntegers()
    usageSent = try reader.readIntegers()
    throttles = try reader.readIntegers()
    duty = try reader.read()
    dutySent = try reader.read()
    computeStart = try reader.readTime()
    throttledTime = try reader.readTime()
    version = try reader.read()
    eventAt = try reader.readTime()
  }
}
