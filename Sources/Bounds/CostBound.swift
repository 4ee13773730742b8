// SPDX-License-Identifier: Apache-2.0

/// The least cost (of energy, or of carbon) of the jobs' own stays that any schedule within the horizon can have, if its
/// mean completion time is to be at most `meanCompletion` hours.
///
/// A linear programme over hours and sites. Its variables are the work x[c, h] that the jobs of class c do in hour h and
/// the busy GPU-hours y[s, h] of each site, under
///
///     sum over h of x[c, h] >= work of the class,          x[c, h] = 0 before its first job arrives,
///     sum over c of x[c, h] <= sum over s of speed_s y[s, h],      y[s, h] <= GPUs_s        (pinned classes site by site)
///     x[c, h] <= GPUs of the class x greatest speed,
///     sum over c, h of x[c, h] max(0, h - latest arrival of c) / largest job of c  <=  jobs x budget - sum of work / speed / 2
///
/// and it minimises the sum of unitCost[s, h] y[s, h]. Why no schedule costs less: any schedule gives such x and y, by
/// adding up what its jobs do in each hour. It meets every line: gangs, nodes, staging and checkpoints only take more
/// GPU-hours than its work; an hour's cheapest instant stands for the hour. The last line is the mean busy time of
/// ``completionBound(_:)``, each job's share made no larger by taking the hour's beginning, the class's latest arrival and
/// its largest job. Work may exceed what is needed, so that hours of negative prices can be filled.
///
/// - Parameters:
///   - meanCompletion: hours; infinity for no limit.
///   - sizeStep: classes hold jobs whose GPU-time differs by up to this factor. Nearer to 1 is tighter and slower. Not
///     used without a limit.
/// - Throws: ``ProgramError/infeasible`` if the work does not fit into the horizon, or not within the limit.
public func costBound(
  _ problem: BoundProblem, meanCompletion: Double = .infinity, sizeStep: Double = 2
) throws(ProgramError) -> Double {
  // A little slack, so that the bound itself is a limit that can be kept.
  if meanCompletion < completionBound(problem) * (1 - 1e-9) { throw .infeasible }
  let classes = classify(problem, sizeStep: meanCompletion < .infinity ? sizeStep : .infinity)
  let hours = problem.hours
  var program = LinearProgram()
  // The balance of each hour for classes that may run anywhere, and for those of each site.
  let isPinned = problem.sites.indices.map { site in classes.contains { $0.site == site } }
  let balance = (0..<hours).map { _ in program.addRow(upper: 0) }
  var pinnedBalance: [[Int]] = []
  for site in problem.sites.indices {
    pinnedBalance.append(isPinned[site] ? (0..<hours).map { _ in program.addRow(upper: 0) } : [])
  }
  for (index, site) in problem.sites.enumerated() {
    for hour in 0..<hours {
      let cost = site.unitCost[hour]
      guard isPinned[index] else {
        _ = program.addColumn(cost: cost, upper: site.gpus, entries: [(balance[hour], -site.speed)])
        continue
      }
      let room = program.addRow(upper: site.gpus)
      _ = program.addColumn(cost: cost, entries: [(room, 1), (balance[hour], -site.speed)])
      _ = program.addColumn(cost: cost, entries: [(room, 1), (pinnedBalance[index][hour], -site.speed)])
    }
  }
  var budget: Int?
  if meanCompletion < .infinity {
    var halves = 0.0
    for job in problem.jobs where job.gpuWork > 0 { halves += job.work / problem.greatestSpeed(of: job) / 2 }
    budget = program.addRow(upper: meanCompletion * Double(problem.jobs.count) - halves)
  }
  for group in classes {
    let work = program.addRow(lower: group.work)
    let speed = group.site.map { problem.sites[$0].speed } ?? problem.sites.map(\.speed).max() ?? 0
    for hour in min(Int(group.earliest), hours)..<hours {
      var entries = [(row: work, 1.0), (row: group.site.map { pinnedBalance[$0][hour] } ?? balance[hour], 1.0)]
      if let budget, Double(hour) > group.latest {
        entries.append((row: budget, (Double(hour) - group.latest) / group.largest))
      }
      _ = program.addColumn(cost: 0, upper: group.gpus * speed, entries: entries)
    }
  }
  return try program.solve().objective
}

/// Jobs that the programme need not tell apart.
private struct JobClass {
  var site: Int?
  /// Of its arrivals, in hours.
  var earliest: Double
  var latest: Double
  var gpus: Double
  /// GPU-hours on reference GPUs, of all and of the largest job.
  var work: Double
  var largest: Double
}

/// Jobs of one hour of arrival, one step of size and one site, in a fixed order.
private func classify(_ problem: BoundProblem, sizeStep: Double) -> [JobClass] {
  struct Key: Hashable, Comparable {
    var hour: Int
    var step: Int
    var site: Int
    static func < (a: Key, b: Key) -> Bool { (a.hour, a.step, a.site) < (b.hour, b.step, b.site) }
  }
  var classes: [Key: JobClass] = [:]
  for job in problem.jobs where job.gpuWork > 0 {
    var step = 0
    if sizeStep < .infinity {
      var limit = 1e-4
      while limit < job.gpuWork {
        limit *= sizeStep
        step += 1
      }
    }
    let key = Key(hour: Int(job.submit), step: step, site: job.site ?? -1)
    var group =
      classes[key]
      ?? JobClass(site: job.site, earliest: job.submit, latest: job.submit, gpus: 0, work: 0, largest: 0)
    group.earliest = min(group.earliest, job.submit)
    group.latest = max(group.latest, job.submit)
    group.gpus += job.gpus
    group.work += job.gpuWork
    group.largest = max(group.largest, job.gpuWork)
    classes[key] = group
  }
  return classes.keys.sorted().map { classes[$0]! }
}
