// SPDX-License-Identifier: Apache-2.0

/// Which jobs to start where in which slot of time, so that the sum of their costs is least: a time-indexed mixed-integer
/// programme (Sousa and Wolsey, Mathematical Programming 54, 1992).
///
/// Its variables are x[j, s, t], 1 if job j starts on site s at the beginning of slot t, and z[j], 1 if it starts after the
/// horizon:
///
///     least  sum of cost[j, s, t] x[j, s, t] + deferred[j] z[j]
///     sum over s, t of x[j, s, t] + z[j] = 1                                             for each job
///     sum over j, t <= u < t + slots[j, s] of gpus[j] x[j, s, t] <= free[s, u]           for each site s and slot u
///
/// A job holds all its GPUs from its start to its end, so that capacity within the horizon is exact to the slot; behind it
/// there is no limit.
public struct SlotProgram: Sendable {
  public struct Option: Sendable {
    public var site: Int
    /// Slots that the job holds its GPUs there, at least 1.
    public var slots: Int
    /// What a start at the beginning of each slot costs; infinity where it may not start.
    public var costs: [Double]

    public init(site: Int, slots: Int, costs: [Double]) {
      self.site = site
      self.slots = slots
      self.costs = costs
    }
  }

  public struct Job: Sendable {
    public var gpus: Double
    public var options: [Option]
    /// What it costs to start behind the horizon.
    public var deferred: Double

    public init(gpus: Double, options: [Option], deferred: Double) {
      self.gpus = gpus
      self.options = options
      self.deferred = deferred
    }
  }

  /// Where and when a job starts.
  public struct Start: Equatable, Sendable {
    public var site: Int
    public var slot: Int

    public init(site: Int, slot: Int) {
      self.site = site
      self.slot = slot
    }
  }

  /// Free GPUs of each site in each slot.
  public var free: [[Double]]
  public var jobs: [Job]

  public init(free: [[Double]], jobs: [Job]) {
    self.free = free
    self.jobs = jobs
  }

  /// - Returns: the start of each job, nil for those behind the horizon, and the cost of all.
  /// - Throws: ``ProgramError``; never infeasible, as all may be deferred.
  public func solve() throws(ProgramError) -> (starts: [Start?], cost: Double) {
    if jobs.isEmpty { return ([], 0) }
    let slots = free.first?.count ?? 0
    var program = LinearProgram()
    let once = jobs.map { _ in program.addRow(lower: 1, upper: 1) }
    let room = free.map { row in row.map { program.addRow(upper: $0) } }
    var columns: [(job: Int, start: Start)] = []
    for (index, job) in jobs.enumerated() {
      _ = program.addColumn(cost: job.deferred, upper: 1, isWhole: true, entries: [(once[index], 1)])
      columns.append((index, Start(site: -1, slot: -1)))
      for option in job.options {
        for slot in 0..<min(slots, option.costs.count) where option.costs[slot] < .infinity {
          let held = slot..<min(slots, slot + max(1, option.slots))
          // What could not stand there alone needs no variable.
          if held.contains(where: { free[option.site][$0] < job.gpus }) { continue }
          var entries = [(row: once[index], 1.0)]
          for step in held { entries.append((row: room[option.site][step], job.gpus)) }
          _ = program.addColumn(cost: option.costs[slot], upper: 1, isWhole: true, entries: entries)
          columns.append((index, Start(site: option.site, slot: slot)))
        }
      }
    }
    let solution = try program.solve()
    var starts = [Start?](repeating: nil, count: jobs.count)
    for (column, value) in solution.values.enumerated() where value > 0.5 && columns[column].start.slot >= 0 {
      starts[columns[column].job] = columns[column].start
    }
    return (starts, solution.objective)
  }
}
