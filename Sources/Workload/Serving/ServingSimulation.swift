// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Serves a stream of requests by replicas at several sites, event by event, and tells how long each one took.
///
/// A request leaves its user, is routed at that moment, and reaches its site after the delay between them. A site serves
/// in the order of arrival: whenever one of its replicas ends what it does, it takes the next prompt if there is room for
/// its keys and values, else it makes one more token for all requests that it holds. A prompt is computed alone
/// (prompts are not cut into chunks); its first token goes back to the user at once.
///
/// With replicas for prompts apart from those that generate, keys and values go from one to the other; between sites
/// they travel one after another over the rate of the path.
///
/// Deterministic: events have a total order, times are whole ticks.
public struct ServingSimulation {
  public struct Site: Equatable, Sendable {
    /// Replicas that serve requests from prompt to last token, or only generate where `prefillReplicas` exist anywhere.
    public var replicas: Int
    /// Replicas for prompts alone.
    public var prefillReplicas: Int
    /// From when on they serve.
    public var start: Time

    public init(replicas: Int, prefillReplicas: Int = 0, start: Time = .zero) {
      self.replicas = replicas
      self.prefillReplicas = prefillReplicas
      self.start = start
    }
  }

  public enum Routing: String, CaseIterable, Sendable {
    /// The site with the least delay to the user.
    case nearest
    /// The site with the least price of energy at that moment; of equal ones the nearest.
    case cheapest
  }

  /// What became of one request.
  public struct Outcome: Equatable, Sendable {
    /// Where its tokens were generated; -1 if it was refused because no replica could ever hold it.
    public var site: Int = -1
    public var prefillSite: Int = -1
    /// From leaving the user to the first token's return.
    public var firstToken = Time.zero
    /// The mean from token to token after the first; zero for a single token.
    public var perToken = Time.zero
    /// From leaving the user to the last token's return.
    public var total = Time.zero
  }

  public let model: ServingModel
  public let sites: [Site]
  /// One way, from each place of users to each site.
  public let userDelays: [[Time]]
  /// Between sites: one way, and the rate of a path in bits per second.
  public let siteDelays: [[Time]]
  public let siteRates: [[Double]]
  public let routing: Routing
  /// Price of energy at a site at a time; only asked for when routing by it.
  public let price: (Int, Time) -> Double

  public init(
    model: ServingModel, sites: [Site], userDelays: [[Time]], siteDelays: [[Time]], siteRates: [[Double]],
    routing: Routing, price: @escaping (Int, Time) -> Double = { _, _ in 0 }
  ) {
    self.model = model
    self.sites = sites
    self.userDelays = userDelays
    self.siteDelays = siteDelays
    self.siteRates = siteRates
    self.routing = routing
    self.price = price
  }

  /// Keys and values that moved between sites, bytes.
  public private(set) var movedBytes = 0.0
  /// When the last replica ended its last work.
  public private(set) var end = Time.zero
  /// Time in which replicas of each site computed, over all of its replicas.
  public private(set) var busy: [Time] = []

  private enum Event {
    /// A request leaves its user.
    case leave(Int32)
    case reach(Int32, site: Int32)
    /// Keys and values are there.
    case handOver(Int32, site: Int32)
    /// A replica ends what it does.
    case ready(Int32)
    /// A site begins to serve.
    case open(Int32)
  }

  private struct Replica {
    var site: Int
    var takesPrompts: Bool
    var generates: Bool
    var isIdle = true
    /// The prompt that is being computed.
    var prompt: Int32 = -1
    /// Requests that generate, with the tokens that they still need.
    var running: [(request: Int32, left: Int)] = []
    /// Tokens kept, and tokens that room is kept for.
    var context = 0
    var reserved = 0
  }

  /// First in, first out.
  private struct Line {
    var items: [Int32] = []
    var head = 0
    var count: Int { items.count - head }
    var first: Int32? { head < items.count ? items[head] : nil }
    mutating func append(_ item: Int32) { items.append(item) }
    mutating func removeFirst() {
      head += 1
      if head > 1024, head * 2 > items.count {
        items.removeFirst(head)
        head = 0
      }
    }
  }

  private var queue = EventQueue<Event>()
  private var replicas: [Replica] = []
  private var members: [[Int]] = []
  private var prompts: [Line] = []
  private var handed: [Line] = []
  /// Requests that a site has been given and not ended.
  private var load: [Int] = []
  private var promptLoad: [Int] = []
  private var freeAt: [[Time]] = []
  private var firstAt: [Time] = []

  /// Serves `requests`, sorted by arrival; `users` says where each comes from.
  public mutating func run(_ requests: [Request], users: [Int]) -> [Outcome] {
    let isSplit = sites.contains { $0.prefillReplicas > 0 }
    let n = sites.count
    var outcomes = [Outcome](repeating: Outcome(), count: requests.count)
    queue = EventQueue()
    replicas = []
    members = [[Int]](repeating: [], count: n)
    prompts = [Line](repeating: Line(), count: n)
    handed = [Line](repeating: Line(), count: n)
    load = [Int](repeating: 0, count: n)
    promptLoad = [Int](repeating: 0, count: n)
    busy = [Time](repeating: .zero, count: n)
    freeAt = [[Time]](repeating: [Time](repeating: .zero, count: n), count: n)
    firstAt = [Time](repeating: .zero, count: requests.count)
    movedBytes = 0
    end = .zero
    for (site, spec) in sites.enumerated() {
      for k in 0..<(spec.replicas + spec.prefillReplicas) {
        let isPrefill = k >= spec.replicas
        members[site].append(replicas.count)
        replicas.append(Replica(site: site, takesPrompts: isPrefill || !isSplit, generates: !isPrefill))
      }
      queue.push(.open(Int32(site)), at: spec.start)
    }
    for (k, request) in requests.enumerated() { queue.push(.leave(Int32(k)), at: request.arrival) }
    while let entry = queue.pop() {
      let now = entry.time
      switch entry.payload {
      case .leave(let id):
        let request = requests[Int(id)]
        guard request.inputTokens + request.outputTokens <= model.kvTokens,
          let site = route(user: users[Int(id)], prompt: true, isSplit: isSplit, at: now)
        else { continue }
        outcomes[Int(id)].prefillSite = site
        if isSplit { promptLoad[site] += 1 } else { load[site] += 1 }
        queue.push(.reach(id, site: Int32(site)), at: now + userDelays[users[Int(id)]][site])
      case .reach(let id, let site):
        prompts[Int(site)].append(id)
        wake(Int(site), requests, at: now)
      case .handOver(let id, let site):
        handed[Int(site)].append(id)
        wake(Int(site), requests, at: now)
      case .open(let site): wake(Int(site), requests, at: now)
      case .ready(let k):
        finish(Int(k), requests, users, &outcomes, at: now)
        work(Int(k), requests, at: now)
      }
    }
    return outcomes
  }

  /// The first site by preference that has room for one more request at once; if none has, the one with the least load
  /// for each replica.
  private func route(user: Int, prompt: Bool, isSplit: Bool, at now: Time) -> Int? {
    func count(_ site: Int) -> Int { prompt && isSplit ? sites[site].prefillReplicas : sites[site].replicas }
    func waiting(_ site: Int) -> Int { prompt && isSplit ? promptLoad[site] : load[site] }
    // A replica for prompts computes one and may have one waiting.
    let room = prompt && isSplit ? 2 : model.maxBatch
    let order = sites.indices.filter { count($0) > 0 }.sorted { a, b in
      if routing == .cheapest {
        let (first, second) = (price(a, now), price(b, now))
        if first != second { return first < second }
      }
      return (userDelays[user][a], a) < (userDelays[user][b], b)
    }
    if let free = order.first(where: { waiting($0) < count($0) * room }) { return free }
    return order.enumerated().min {
      // Compared as fractions, in whole numbers; of equal ones the preferred.
      let (a, b) = (waiting($0.element) * count($1.element), waiting($1.element) * count($0.element))
      return a != b ? a < b : $0.offset < $1.offset
    }?.element
  }

  private mutating func wake(_ site: Int, _ requests: [Request], at now: Time) {
    guard now >= sites[site].start else { return }
    for k in members[site] where replicas[k].isIdle { work(k, requests, at: now) }
  }

  /// Gives an idle replica its next work, if there is any.
  private mutating func work(_ k: Int, _ requests: [Request], at now: Time) {
    let site = replicas[k].site
    replicas[k].isIdle = true
    var seconds = 0.0
    if replicas[k].takesPrompts, let id = prompts[site].first, hasRoom(k, requests[Int(id)]) {
      prompts[site].removeFirst()
      replicas[k].prompt = id
      reserve(k, requests[Int(id)])
      seconds = model.prefill(tokens: requests[Int(id)].inputTokens)
    } else {
      while replicas[k].generates, let id = handed[site].first, hasRoom(k, requests[Int(id)]) {
        handed[site].removeFirst()
        reserve(k, requests[Int(id)])
        join(k, id, requests[Int(id)])
      }
      guard !replicas[k].running.isEmpty else { return }
      seconds = model.step(batch: replicas[k].running.count, context: replicas[k].context)
    }
    replicas[k].isIdle = false
    let length = max(.tick, Time.seconds(seconds))
    busy[site] += length
    end = max(end, now + length)
    queue.push(.ready(Int32(k)), at: now + length)
  }

  private func hasRoom(_ k: Int, _ request: Request) -> Bool {
    // A replica for prompts alone holds one at a time.
    if !replicas[k].generates { return true }
    return replicas[k].running.count < model.maxBatch
      && replicas[k].reserved + request.inputTokens + request.outputTokens <= model.kvTokens
  }

  private mutating func reserve(_ k: Int, _ request: Request) {
    if replicas[k].generates { replicas[k].reserved += request.inputTokens + request.outputTokens }
  }

  private mutating func join(_ k: Int, _ id: Int32, _ request: Request) {
    replicas[k].running.append((id, request.outputTokens - 1))
    // The first token exists already.
    replicas[k].context += request.inputTokens + 1
  }

  /// What a replica has just done takes effect.
  private mutating func finish(
    _ k: Int, _ requests: [Request], _ users: [Int], _ outcomes: inout [Outcome], at now: Time
  ) {
    let site = replicas[k].site
    if replicas[k].prompt >= 0 {
      let id = replicas[k].prompt
      replicas[k].prompt = -1
      let request = requests[Int(id)]
      let user = users[Int(id)]
      firstAt[Int(id)] = now
      outcomes[Int(id)].firstToken = now + userDelays[user][site] - request.arrival
      if !replicas[k].generates {
        promptLoad[site] -= 1
        guard request.outputTokens > 1, let next = route(user: user, prompt: false, isSplit: true, at: now) else {
          return done(id, site, request, user, &outcomes, at: now)
        }
        load[next] += 1
        outcomes[Int(id)].site = next
        var arrival = now
        if next != site {
          let bytes = Double(request.inputTokens) * model.kvBytes
          movedBytes += bytes
          let start = max(now, freeAt[site][next])
          freeAt[site][next] = start + Time.seconds(bytes * 8 / siteRates[site][next])
          arrival = freeAt[site][next] + siteDelays[site][next]
        }
        queue.push(.handOver(id, site: Int32(next)), at: arrival)
      } else if request.outputTokens > 1 {
        join(k, id, request)
      } else {
        replicas[k].reserved -= request.inputTokens + request.outputTokens
        load[site] -= 1
        done(id, site, request, user, &outcomes, at: now)
      }
      return
    }
    replicas[k].context += replicas[k].running.count
    var kept: [(request: Int32, left: Int)] = []
    kept.reserveCapacity(replicas[k].running.count)
    for (id, left) in replicas[k].running {
      if left > 1 {
        kept.append((id, left - 1))
        continue
      }
      let request = requests[Int(id)]
      replicas[k].context -= request.inputTokens + request.outputTokens
      replicas[k].reserved -= request.inputTokens + request.outputTokens
      load[site] -= 1
      done(id, site, request, users[Int(id)], &outcomes, at: now)
    }
    replicas[k].running = kept
  }

  private func done(
    _ id: Int32, _ site: Int, _ request: Request, _ user: Int, _ outcomes: inout [Outcome], at now: Time
  ) {
    outcomes[Int(id)].site = site
    outcomes[Int(id)].total = now + userDelays[user][site] - request.arrival
    if request.outputTokens > 1 {
      outcomes[Int(id)].perToken = Time(ticks: (now - firstAt[Int(id)]).ticks / Int64(request.outputTokens - 1))
    }
  }
}
