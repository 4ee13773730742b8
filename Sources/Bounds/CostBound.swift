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
///     sum over c of tier t and h of x[c, h] k[c, h] - late[t]  <=  their sum of runs - constants,     late[t] >= 0
///     sum over t of late[t]  <=  jobs x budget - sum of all runs
///
/// and it minimises the sum of unitCost[s, h] y[s, h]. Why no schedule costs less: any schedule gives such x and y, by
/// adding up what its jobs do in each hour. It meets every line: gangs, nodes, staging and checkpoints only take more
/// GPU-hours than its work; an hour's cheapest instant stands for the hour. Work may exceed what is needed, so that hours
/// of negative prices can be filled.
///
/// The last line. A job that arrives at s, never works faster than at its full rate, at which it takes `run`, and has its
/// work done at instants t of mean M, ends at or after M + run / 2 (``completionBound(_:)``). A share p of its work done
/// in hour h is done at or after max(h, s) + p run / 2 on the mean, because it takes p run at least. The square is above
/// its tangent: p^2 run / 2 >= p o - o^2 / (2 run), whatever o is. With o[h], the part of hour h in which the job would
/// run if it began at once,
///
///     completion - s  >=  run / 2 - sum over h of o[h]^2 / (2 run) + sum over h of p[h] v[h],   v[h] = max(0, h - s) + o[h]
///
/// which is `run` itself if the job runs at once. Since the p add up to one, v may be counted from its least value, that
/// of the hour of arrival; k[c, h] is the least of (v[h] - least v) / work among the jobs of the class. late[t] is how much
/// longer the jobs of a tier of run times take together than their runs, which no job is shorter than: what short jobs
/// seem to gain by being many in one class cannot be given to long ones. In the hour of its arrival a class works for the rest of that hour at most.
///
/// - Parameters:
///   - meanCompletion: hours; infinity for no limit.
///   - sizeStep: classes hold jobs whose run times differ by up to this factor; jobs of more than six hours are classes
///     of their own. Nearer to 1 is tighter and slower. Not used without a limit.
/// - Throws: ``ProgramError/infeasible`` if the work does not fit into the horizon, or not within the limit.
public func costBound(
  _ problem: BoundProblem, meanCompletion: Double = .infinity, sizeStep: Double = 2
) throws(ProgramError) -> Double {
  try costBoundPoint(problem, meanCompletion: meanCompletion, sizeStep: sizeStep).cost
}

/// One point of the bound as a function of the budget, and its slope there.
public struct CostBoundPoint: Equatable, Sendable {
  /// Hours of mean completion time; infinity for no limit.
  public var meanCompletion: Double
  public var cost: Double
  /// What another hour of budget takes off the cost; never above zero.
  public var slope: Double

  public init(meanCompletion: Double, cost: Double, slope: Double) {
    self.meanCompletion = meanCompletion
    self.cost = cost
    self.slope = slope
  }

  /// The least cost at another budget can be no less than this: the bound is convex in the budget, and lies above each
  /// of its tangents.
  public func tangent(at budget: Double) -> Double {
    meanCompletion == .infinity ? cost : cost + slope * (budget - meanCompletion)
  }
}

/// ``costBound(_:meanCompletion:sizeStep:)`` with its slope.
///
/// The programme of a long horizon has millions of columns, of which next to none matter. It is solved by generating
/// columns: beginning with the hours that follow each class's arrival, those with a negative reduced cost come in until
/// none is left. What is returned is not the solver's objective but the value of its prices in the dual programme, over
/// *all* columns, added up here: by weak duality that is a bound whatever the solver's tolerances are.
public func costBoundPoint(
  _ problem: BoundProblem, meanCompletion: Double = .infinity, sizeStep: Double = 2
) throws(ProgramError) -> CostBoundPoint {
  // A little slack, so that the bound itself is a limit that can be kept.
  if meanCompletion < completionBound(problem) * (1 - 1e-9) { throw .infeasible }
  var model = CostModel(problem, meanCompletion: meanCompletion, sizeStep: sizeStep)
  return try model.solve()
}

/// The programme in the course of being solved.
private struct CostModel {
  let problem: BoundProblem
  let meanCompletion: Double
  let classes: [JobClass]
  let hours: Int
  /// Balance of each hour for classes that may run anywhere; of each site with pinned classes.
  private var rowLower: [Double] = []
  private var rowUpper: [Double] = []
  private var pinnedBalance: [Int?] = []
  private var room: [Int?] = []
  private var budget: Int?
  /// Of each tier: what the work of its classes says of how late they are, against its variable of the budget.
  private var firstLate = 0
  private var firstWork = 0
  private let greatestSpeed: Double
  /// Hours of each class that are in the programme.
  private var included: [[Bool]] = []

  init(_ problem: BoundProblem, meanCompletion: Double, sizeStep: Double) {
    self.problem = problem
    self.meanCompletion = meanCompletion
    classes = classify(problem, sizeStep: meanCompletion < .infinity ? sizeStep : .infinity)
    hours = problem.hours
    greatestSpeed = problem.sites.map(\.speed).max() ?? 0
    func rows(_ count: Int, lower: Double = -.infinity, upper: Double) -> Int {
      rowLower += repeatElement(lower, count: count)
      rowUpper += repeatElement(upper, count: count)
      return rowUpper.count - count
    }
    _ = rows(hours, upper: 0)
    for (index, site) in problem.sites.enumerated() {
      let isPinned = classes.contains { $0.site == index }
      pinnedBalance.append(isPinned ? rows(hours, upper: 0) : nil)
      room.append(isPinned ? rows(hours, upper: site.gpus) : nil)
    }
    if meanCompletion < .infinity {
      let alone = classes.reduce(0) { $0 + $1.runs }
      budget = rows(1, upper: meanCompletion * Double(problem.jobs.count) - alone)
      firstLate = rowUpper.count
      for tier in 0..<JobClass.tiers {
        let members = classes.filter { $0.tier == tier }
        _ = rows(1, upper: members.reduce(0) { $0 + $1.runs - $1.constant })
      }
    }
    firstWork = rowUpper.count
    for group in classes { _ = rows(1, lower: group.work, upper: .infinity) }
  }

  /// Columns of sites: busy GPU-hours, used by jobs that may run anywhere or by pinned ones.
  private func forEachSiteColumn(_ body: (_ cost: Double, _ upper: Double, _ entries: [(row: Int, Double)]) -> Void) {
    for (index, site) in problem.sites.enumerated() {
      for hour in 0..<hours {
        let cost = site.unitCost[hour]
        guard let pinned = pinnedBalance[index], let room = room[index] else {
          body(cost, site.gpus, [(hour, -site.speed)])
          continue
        }
        body(cost, site.gpus, [(room + hour, 1), (hour, -site.speed)])
        body(cost, site.gpus, [(room + hour, 1), (pinned + hour, -site.speed)])
      }
    }
  }

  private func upper(_ group: JobClass) -> Double {
    group.gpus * (group.site.map { problem.sites[$0].speed } ?? greatestSpeed)
  }

  /// In the hour of its arrival a job works for the rest of that hour at most.
  private func upper(_ group: JobClass, _ hour: Int) -> Double {
    hour == group.hour ? upper(group) * group.firstShare : upper(group)
  }

  private func balance(_ group: JobClass, _ hour: Int) -> Int {
    (group.site.flatMap { pinnedBalance[$0] } ?? 0) + hour
  }

  private func cost(_ group: JobClass, _ hour: Int) -> Double {
    group.isDiscounted && !problem.discount.isEmpty ? -problem.discount[hour] : 0
  }

  /// Hours that a GPU-hour of work in `hour` adds to the sum of completion times.
  private func delay(_ group: JobClass, _ hour: Int) -> Double { group.delays[hour - group.hour] }

  private mutating func include(_ index: Int, _ hour: Int, _ columns: inout ColumnProgram.Columns) {
    let group = classes[index]
    included[index][hour] = true
    var entries = [(row: firstWork + index, 1.0), (row: balance(group, hour), 1.0)]
    if budget != nil {
      let delay = delay(group, hour)
      if delay > 0 { entries.append((row: firstLate + group.tier, delay)) }
    }
    columns.add(cost: cost(group, hour), upper: upper(group, hour), entries)
  }

  mutating func solve() throws(ProgramError) -> CostBoundPoint {
    guard !classes.isEmpty, hours > 0 else {
      if classes.isEmpty {
        return CostBoundPoint(meanCompletion: meanCompletion, cost: fillOnly(), slope: 0)
      }
      throw .infeasible
    }
    let program = ColumnProgram(rowLower: rowLower, rowUpper: rowUpper)
    var columns = ColumnProgram.Columns()
    forEachSiteColumn { columns.add(cost: $0, upper: $1, $2) }
    if let budget {
      for tier in 0..<JobClass.tiers { columns.add(cost: 0, [(firstLate + tier, -1), (budget, 1)]) }
    }
    // Few enough to take all at once: then nothing is made up, and the solver itself says if there is no answer.
    let isSmall = classes.count * hours <= 20_000
    let starts = classes.map { min($0.hour, hours) }
    included = classes.map { _ in [Bool](repeating: false, count: hours) }
    for (index, group) in classes.enumerated() {
      let needed = group.work / max(upper(group), 1e-300)
      let end = isSmall || !(needed < Double(hours)) ? hours : min(hours, starts[index] + Int(needed) + 4)
      if starts[index] < end { for hour in starts[index]..<end { include(index, hour, &columns) } }
    }
    // Work that nobody does, dear enough to be done if it can be.
    let penalty = 1e3 * max(1e-9, problem.sites.flatMap(\.unitCost).map(abs).max() ?? 1)
    let firstUndone = columns.count
    if !isSmall { for index in classes.indices { columns.add(cost: penalty, [(firstWork + index, 1)]) } }
    program.add(columns)
    var best = CostBoundPoint(meanCompletion: meanCompletion, cost: -.infinity, slope: 0)
    for _ in 0..<200 {
      let solution = try program.solve()
      var more = ColumnProgram.Columns()
      let value = dual(solution.prices, &more)
      if value > best.cost {
        let slope = budget.map { min(0, solution.prices[$0]) * Double(problem.jobs.count) } ?? 0
        best = CostBoundPoint(meanCompletion: meanCompletion, cost: value, slope: slope)
      }
      let undone = isSmall ? 0 : solution.values[firstUndone..<firstUndone + classes.count].reduce(0, +)
      let gap = solution.objective - best.cost
      if more.count == 0 || (undone < 1e-9 && gap <= 5e-4 * abs(solution.objective)) {
        if undone > 1e-6 { throw .infeasible }
        return best
      }
      program.add(more)
    }
    return best
  }

  /// The value of the rows' prices in the dual programme, and the columns of classes that they make worth having.
  private mutating func dual(_ given: [Double], _ more: inout ColumnProgram.Columns) -> Double {
    var prices = given
    for row in prices.indices {
      // Of the sign that its limit allows; tolerances of the solver may leave a trace of the other.
      if rowUpper[row] == .infinity { prices[row] = max(0, prices[row]) }
      if rowLower[row] == -.infinity { prices[row] = min(0, prices[row]) }
    }
    var value = 0.0
    for row in prices.indices where prices[row] != 0 {
      value += prices[row] * (prices[row] > 0 ? rowLower[row] : rowUpper[row])
    }
    forEachSiteColumn { cost, upper, entries in
      var reduced = cost
      for (row, coefficient) in entries { reduced -= prices[row] * coefficient }
      if reduced < 0 { value += reduced * upper }
    }
    if let budget {
      // The variables of lateness have no limit: no tier may pay more for it than the budget does.
      for tier in 0..<JobClass.tiers {
        let row = firstLate + tier
        let allowed = max(prices[row], prices[budget])
        if prices[row] != 0 { value -= prices[row] * rowUpper[row] }
        prices[row] = allowed
        if allowed != 0 { value += allowed * rowUpper[row] }
      }
    }
    for (index, group) in classes.enumerated() {
      let delayPrice = budget == nil ? 0 : prices[firstLate + group.tier]
      let workPrice = prices[firstWork + index]
      let limit = upper(group)
      var worth: [(reduced: Double, hour: Int)] = []
      let start = min(group.hour, hours)
      guard start < hours else { continue }
      for hour in start..<hours {
        var reduced = cost(group, hour) - workPrice - prices[balance(group, hour)]
        if delayPrice < 0 { reduced -= delayPrice * delay(group, hour) }
        guard reduced < 0 else { continue }
        value += reduced * upper(group, hour)
        if !included[index][hour] { worth.append((reduced, hour)) }
      }
      worth.sort { $0 < $1 }
      // As many as the class could fill, and a few to choose from.
      for entry in worth.prefix(Int(min(group.work / max(limit, 1e-300), Double(hours))) + 4) {
        include(index, entry.hour, &more)
      }
    }
    return value
  }

  /// Without jobs only hours of negative prices cost anything.
  private func fillOnly() -> Double {
    problem.sites.reduce(0) { sum, site in sum + site.unitCost.reduce(0) { $0 + min(0, $1) * site.gpus } }
  }
}

/// Jobs that the programme need not tell apart.
private struct JobClass {
  var site: Int?
  var isDiscounted: Bool
  /// Of their arrivals.
  var hour: Int
  var gpus = 0.0
  /// Share of the hour of arrival, weighted by GPUs, that is left when they arrive.
  var firstShare = 0.0
  /// Sum of their run times at the full rate, hours.
  var runs = 0.0
  /// By the longest run: up to half an hour, two hours, six hours, more.
  var tier = 0
  static let tiers = 4
  /// GPU-hours on reference GPUs.
  var work = 0.0
  /// What the jobs' completion times hold besides `delays`, hours.
  var constant = 0.0
  /// By hour from ``hour`` on; empty without a limit of completion time.
  var delays: [Double] = []

  /// - Parameter run: hours at the full rate.
  mutating func add(_ job: BoundProblem.Job, run: Double, hours: Int) {
    let rest = max(0, min(1, Double(hour + 1) - job.submit))
    firstShare = gpus + job.gpus > 0 ? (firstShare * gpus + rest * job.gpus) / (gpus + job.gpus) : 1
    gpus += job.gpus
    work += job.gpuWork
    runs += run
    tier = max(tier, run <= 0.5 ? 0 : run <= 2 ? 1 : run <= 6 ? 2 : 3)
    guard hours > hour else { return }
    func overlap(_ hour: Int) -> Double {
      max(0, min(Double(hour + 1), job.submit + run) - max(Double(hour), job.submit))
    }
    let least = overlap(hour)
    constant += run / 2 + least
    let isFirst = delays.isEmpty
    if isFirst { delays = [Double](repeating: 0, count: hours - hour) }
    var squares = 0.0
    for index in hour..<hours {
      let overlap = overlap(index)
      squares += overlap * overlap
      let delay = max(0, (max(0, Double(index) - job.submit) + overlap - least) / job.gpuWork)
      let place = index - hour
      delays[place] = isFirst ? delay : min(delays[place], delay)
    }
    // Beyond the horizon nothing is done, and the tangent there is at zero.
    constant -= squares / (2 * run)
  }
}

/// Jobs of one hour of arrival, one number of GPUs, one step of run time and one site, in a fixed order.
private func classify(_ problem: BoundProblem, sizeStep: Double) -> [JobClass] {
  struct Key: Hashable, Comparable {
    var hour: Int
    var site: Int
    var discounted: Int
    var gpus: Double
    var step: Int
    static func < (a: Key, b: Key) -> Bool {
      (a.hour, a.site, a.discounted, a.gpus, a.step) < (b.hour, b.site, b.discounted, b.gpus, b.step)
    }
  }
  let isLimited = sizeStep < .infinity
  var classes: [Key: JobClass] = [:]
  for (index, job) in problem.jobs.enumerated() where job.gpuWork > 0 {
    let run = job.work / problem.greatestSpeed(of: job)
    var step = 0
    if isLimited {
      if run > 6 {
        step = 1_000_000 + index
      } else {
        var limit = 1.0 / 60
        while limit < run {
          limit *= sizeStep
          step += 1
        }
      }
    }
    let key = Key(
      hour: Int(job.submit), site: job.site ?? -1, discounted: job.isDiscounted ? 1 : 0, gpus: isLimited ? job.gpus : 0,
      step: step)
    classes[key, default: JobClass(site: job.site, isDiscounted: job.isDiscounted, hour: key.hour)]
      .add(job, run: run, hours: isLimited ? problem.hours : 0)
  }
  return classes.keys.sorted().map { classes[$0]! }
}
