// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Scheduling
import Simulation
import Site

/// The whole state as bytes; the plan is rebuilt from scenario and traces.
extension CoordinatorMachine {
  public func encode(into writer: inout ByteWriter) {
    writer.write(UInt32(nextArrival))
    writer.write(sequence)
    writer.write(eventCount)
    writer.write(lastEnd)
    writer.write(UInt32(finishedJobs))
    writer.write(view.now)
    writer.write(look)
    writer.write(decisionCount)
    writer.write(UInt32(nextNews))
    for flag in down { writer.write(flag) }
    light?.encode(into: &writer)
    writer.write(view.usage)
    writer.write(view.history)
    writer.write(integers: view.queue.map(\.job))
    for job in view.queue {
      writer.write(job.stretch.from)
      writer.write(job.stretch.until)
    }
    writer.write(UInt32(view.running.count))
    for job in view.running {
      writer.write(job.job)
      writer.write(job.start)
      writer.write(job.expectedEnd)
      writer.write(job.work)
      writer.write(job.stopping)
      writer.write(job.stretch.from)
      writer.write(job.stretch.until)
      writer.write(job.pieces)
    }
    for site in view.sites { writer.write(integers: site.nodeFree) }
    let ids = states.keys.sorted()
    writer.write(UInt32(ids.count))
    for id in ids {
      writer.write(id)
      writer.write(states[id]!)
    }
    writer.write(UInt32(load.transfers.count))
    for transfer in load.transfers {
      writer.write(transfer.job)
      writer.write(transfer.from)
      writer.write(transfer.to)
      writer.write(transfer.until)
      writer.write(integers: transfer.ports)
    }
    writer.write(UInt32(load.reservations.count))
    for reservation in load.reservations {
      writer.write(reservation.job)
      writer.write(reservation.from)
      writer.write(reservation.to)
      writer.write(reservation.rate)
      writer.write(integers: reservation.ports)
    }
    writer.write(integers: load.capacities)
    for row in load.ways { writer.write(integers: row) }
    writer.write(UInt32(inbox.count))
    for entry in inbox.entries { writer.write(entry.payload) }
    writer.write(optional: ideal)
    let flows = idealStarts.keys.sorted()
    writer.write(UInt32(flows.count))
    for flow in flows {
      writer.write(flow.raw)
      writer.write(idealStarts[flow]!)
    }
  }

  public init(plan: FleetPlan, from reader: inout ByteReader) throws(WireError) {
    self.init(plan: plan)
    nextArrival = Int(try reader.read(UInt32.self))
    sequence = try reader.read()
    eventCount = try reader.read()
    lastEnd = try reader.readTime()
    finishedJobs = Int(try reader.read(UInt32.self))
    view.now = try reader.readTime()
    look = try reader.readTime()
    decisionCount = try reader.read()
    nextNews = Int(try reader.read(UInt32.self))
    for site in down.indices { down[site] = try reader.readBool() }
    if light != nil { try light!.restore(from: &reader) }
    view.usage = try reader.read()
    view.history = try reader.read()
    let waiting: [Int32] = try reader.readIntegers()
    var stretches: [Stretch] = []
    for _ in waiting { stretches.append(Stretch(from: try reader.readTime(), until: try reader.readTime())) }
    var running: [(Int32, Time, Time, Time, Bool, Stretch, [Piece])] = []
    for _ in 0..<(try reader.readCount()) {
      running.append(
        (
          try reader.read(), try reader.readTime(), try reader.readTime(), try reader.readTime(),
          try reader.readBool(), Stretch(from: try reader.readTime(), until: try reader.readTime()),
          try reader.readArray()
        ))
    }
    for k in view.sites.indices {
      view.sites[k].nodeFree = try reader.readIntegers()
      guard view.sites[k].nodeFree.count == view.sites[k].nodeSize.count else {
        throw .badValue("nodes of site \(view.sites[k].name): the scenario has changed")
      }
      view.sites[k].free = view.sites[k].nodeFree.reduce(0, +)
    }
    for _ in 0..<(try reader.readCount()) {
      let id: Int32 = try reader.read()
      states[id] = try reader.read()
    }
    for (job, stretch) in zip(waiting, stretches) {
      guard Int(job) < plan.jobs.count, let state = states[job] else { throw .badValue("queued job \(job)") }
      var queued = queuedJob(Int(job), state: state)
      queued.stretch = stretch
      view.queue.append(queued)
    }
    for (job, start, expectedEnd, work, stopping, stretch, pieces) in running {
      if job < 0 {
        view.running.append(outage(of: Int(-1 - job), pieces, from: start, until: expectedEnd))
        continue
      }
      guard Int(job) < plan.jobs.count, let state = states[job] else { throw .badValue("running job \(job)") }
      var stay = RunningJob(
        job: job, submit: plan.jobs[Int(job)].submit, gpus: pieces.reduce(0) { $0 + $1.gpus },
        pieces: pieces,
        start: start, expectedEnd: expectedEnd, work: work, stopping: stopping, user: plan.users[Int(job)],
        attainedBefore: state.attained, asQueued: asQueued(Int(job), state: state, work: work))
      stay.stretch = stretch
      view.running.append(stay)
    }
    var transfers: [LinkLoad.Transfer] = []
    for _ in 0..<(try reader.readCount()) {
      transfers.append(
        LinkLoad.Transfer(
          job: try reader.read(), from: try reader.read(), to: try reader.read(), until: try reader.readTime(),
          ports: try reader.readIntegers()))
    }
    var reservations: [LinkLoad.Reservation] = []
    for _ in 0..<(try reader.readCount()) {
      reservations.append(
        LinkLoad.Reservation(
          job: try reader.read(), from: try reader.read(), to: try reader.read(), rate: try reader.readRate(),
          ports: try reader.readIntegers()))
    }
    let capacities: [Int64] = try reader.readIntegers()
    var ways: [[UInt16]] = []
    for _ in plan.sites { ways.append(try reader.readIntegers()) }
    guard capacities.count == plan.network.ports.count else { throw .badValue("ports: the scenario has changed") }
    load.restore(transfers, reservations, capacities: capacities, ways: ways)
    view.capacity = capacityNow()
    view.residual = load.residual()
    for _ in 0..<(try reader.readCount()) {
      let message: Message = try reader.read()
      inbox.nextSequence = message.sequence
      inbox.push(message, at: message.at, rank: UInt64(message.from.raw))
    }
    ideal = try reader.readOptional()
    for _ in 0..<(try reader.readCount()) {
      idealStarts[FlowID(raw: try reader.read())] = try reader.readTime()
    }
  }
}
