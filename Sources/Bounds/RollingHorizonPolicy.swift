// SPDX-License-Identifier: Apache-2.0

import Quantities
import Scheduling

/// What energy is expected to cost.
public protocol HorizonEnergy {
  /// Of one active GPU of a site from one instant to another, at the meter: USD, and kg of CO2 equivalent.
  func energy(site: Int, from: Time, to: Time) -> (usd: Double, kilograms: Double)
}

/// `milp`: plans the first jobs of the queue over a horizon of slots, starts what falls into the first slot, and plans
/// anew at the next event. Formulation: ``SlotProgram``; costs: Documentation/RollingHorizon.md.
///
/// Sites are pools: the nodes are filled in order. It neither preempts nor migrates. Jobs that only fit split over several
/// sites are started as `fifo@first-fit` would when they are at the head of the queue. Decisions depend on the solver's
/// arithmetic and are therefore recorded.
public struct RollingHorizonPolicy: Sendable {
  let settings: RollingHorizon
  private let splitting: ComposedPolicy?

  public init(_ settings: RollingHorizon) {
    self.settings = settings
    splitting = (try? PolicySpec(parsing: "fifo@first-fit(max_sites=1000)")).map { ComposedPolicy($0) }
  }

  /// - Throws: ``ProgramError`` if the solver gives up.
  public func decide<M: RunTimeModel>(
    _ view: FleetView, model: M, outlook: any HorizonEnergy
  ) throws(ProgramError) -> PolicyAnswer {
    var answer = PolicyAnswer()
    var sites = view.sites
    start(startSplitOrEmpty(view, model: model), &answer, &sites)
    let started = Set(
      answer.decisions.map { decision in
        if case .start(let job, _) = decision { return job }
        return -1
      })
    let waiting = view.queue.filter { job in
      !started.contains(job.job) && candidates(job, in: sites).contains { sites[$0].total >= job.gpus }
    }
    let planned = Array(waiting.prefix(settings.jobs))
    let program = program(planned, view, sites, model, outlook)
    let starts = try program.solve().starts
    var later = Int.max
    for (job, start) in zip(planned, starts) {
      guard let start else {
        later = min(later, settings.slots)
        continue
      }
      if start.slot > 0 {
        later = min(later, start.slot)
      } else if let piece = SitePool.piece(of: job.gpus, on: sites[start.site], index: start.site) {
        self.start([.start(job: job.job, pieces: [piece])], &answer, &sites)
      }
    }
    // Nothing may happen until a planned start; then it is to be planned again.
    if later < .max { answer.look = view.now + settings.slot * Int64(later) }
    return answer
  }

  private func start(_ decisions: [Decision], _ answer: inout PolicyAnswer, _ sites: inout [SiteState]) {
    for decision in decisions {
      answer.decisions.append(decision)
      if case .start(_, let pieces) = decision {
        for piece in pieces { sites[Int(piece.site)].take(piece) }
      }
    }
  }

  private func candidates(_ job: QueuedJob, in sites: [SiteState]) -> [Int] {
    job.pin >= 0 ? [Int(job.pin)] : Array(sites.indices)
  }

  /// Jobs without GPUs, and the head of the queue if no site could hold it as a whole.
  private func startSplitOrEmpty<M: RunTimeModel>(_ view: FleetView, model: M) -> [Decision] {
    var alone = view
    alone.queue = view.queue.filter { $0.gpus == 0 }
    if let head = view.queue.first(where: { $0.gpus > 0 }), head.splittable,
      candidates(head, in: view.sites).allSatisfy({ view.sites[$0].total < head.gpus })
    {
      alone.queue.append(head)
      alone.queue.sort { $0.job < $1.job }
    }
    return splitting?.decide(alone, model: model) ?? []
  }

  private func program<M: RunTimeModel>(
    _ jobs: [QueuedJob], _ view: FleetView, _ sites: [SiteState], _ model: M, _ outlook: any HorizonEnergy
  ) -> SlotProgram {
    let length = settings.slot.seconds
    var free = sites.map { [Double](repeating: Double($0.free), count: settings.slots) }
    for job in view.running {
      // Given back in the slot after the one in which it is expected to end; one that is late, in the next.
      let left = max(0, (job.expectedEnd - view.now).seconds)
      let slot = max(1, Int((left / length).rounded(.up)))
      for piece in job.pieces where slot < settings.slots {
        for step in slot..<settings.slots { free[Int(piece.site)][step] += Double(piece.gpus) }
      }
    }
    let planned = jobs.map { job in
      var options: [SlotProgram.Option] = []
      var deferred = Double.infinity
      for site in candidates(job, in: sites) where sites[site].total >= job.gpus {
        let run = model.runTime(of: job, on: [Piece(site: Int32(site), gpus: job.gpus, nodes: [])])
        let hours = max(0, run.seconds) / 3600
        let egress = egress(of: job, to: site, in: sites)
        let costs = (0...settings.slots).map { slot in
          let begin = view.now + settings.slot * Int64(slot)
          let energy = outlook.energy(site: site, from: begin, to: begin + run)
          let dollars = energy.usd * Double(job.gpus) + egress
          let waited = Double(slot) * length / 3600
          // What is alike in cost goes to the earlier slot, and then to the first site by name.
          return settings.cost * dollars + settings.carbon * energy.kilograms * Double(job.gpus)
            + settings.time * (waited + hours) + 1e-6 * Double(slot) + 1e-9 * Double(site)
        }
        deferred = min(deferred, costs[settings.slots])
        options.append(
          SlotProgram.Option(
            site: site, slots: max(1, Int((max(0, run.seconds) / length).rounded(.up))),
            costs: Array(costs.prefix(settings.slots))))
      }
      return SlotProgram.Job(gpus: Double(job.gpus), options: options, deferred: deferred)
    }
    return SlotProgram(free: free, jobs: planned)
  }

  /// USD for what has to leave other sites first.
  private func egress(of job: QueuedJob, to site: Int, in sites: [SiteState]) -> Double {
    var sum = 0.0
    if job.dataHome >= 0, Int(job.dataHome) != site {
      sum += sites[Int(job.dataHome)].egressUSDPerByte * Double(job.stagedBytes)
    }
    if job.checkpointSite >= 0, Int(job.checkpointSite) != site {
      sum += sites[Int(job.checkpointSite)].egressUSDPerByte * Double(job.checkpointBytes)
    }
    return sum
  }
}
