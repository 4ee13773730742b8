// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Scheduling
import Simulation
import Testing

struct JSONValueTests {
  private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

  @Test func readsWhatRFC8259Allows() throws {
    let value = try parse(#" {"a": [1, -2.50e+3, true, false, null], "b": "\u00e9\n\"\ud83d\ude00", "c": {}} "#)
    #expect(value["a"]?.items?.map(\.number) == [1, -2500, nil, nil, nil])
    #expect(value["b"]?.text == "\u{e9}\n\"\u{1F600}")
    #expect(value["a"]?.items?.first?.whole == 1)
    // Numbers keep their text, so nothing is rounded before it has to be.
    #expect(try parse("12345678901234567890.000000000012").line == "12345678901234567890.000000000012")
    #expect(try parse(value.line) == value)
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "01", "1.", "+1", ".5", "nan", "\"\u{1}\"", "\"\\x\"", "\"open", "1 2",
    "\"\\ud800\"", "{'a': 1}", "tru", "-",
  ])
  func refusesWhatItDoesNot(text: String) { #expect(throws: JSONError.self) { try parse(text) } }

  @Test func depthHasALimit() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONError.self) { try parse(deep) }
    #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
  }

  @Test func timesAreExact() throws {
    #expect(JSONValue.seconds(Time(ticks: 1)) == "0.00000000001")
    #expect(JSONValue.seconds(.seconds(604_800) + .tick) == "604800.00000000001")
    #expect(JSONValue.seconds(.never) == "null")
    for ticks: Int64 in [1, 7, 99_999_999_999, 100_000_000_000, 60_480_000_000_000_001, 91_234_567_890_123_456] {
      #expect(try Time.parse(JSONValue.seconds(Time(ticks: ticks)) + " s") == Time(ticks: ticks))
    }
  }
}

struct PolicySourceTests {
  @Test func sourcesAreToldApart() throws {
    func source(_ text: String) throws -> PolicySource { try PolicySource(parsing: text) }
    #expect(try source("external:python3 a.py --x") == .command("python3 a.py --x"))
    #expect(try source("external:tcp://host:5555") == .server("tcp://host:5555"))
    #expect(try source("recorded:runs/a") == .recorded("runs/a"))
    #expect(try source("fifo+easy@most-free") == .composed(PolicySpec(parsing: "fifo+easy@most-free")))
    guard case .milp(let settings) = try source("milp(slot=5min,jobs=3)") else {
      Issue.record("expected milp")
      return
    }
    #expect(settings.slot == .seconds(300) && settings.jobs == 3 && settings.slots == 16)
    for text in ["external:python3 a.py", "recorded:x", "milp(slot=5min,jobs=3)", "milp", "sjf-skip@first-fit"] {
      #expect(try source(try source(text).text) == (try source(text)))
    }
  }

  @Test(arguments: [
    "external:", "external:  ", "external:tcp://", "external:tcp://host", "external:tcp://host:0",
    "external:tcp://host:70000", "recorded:", "milp(", "milp(slot=5)", "milp(depth=2)", "milp()x", "milpx",
  ])
  func whatCannotBeMeantIsRefused(text: String) {
    #expect(throws: PolicySpecError.self) { try PolicySource(parsing: text) }
  }
}

/// The other side of the protocol: what a policy knows, from nothing but the messages.
private struct Mirror {
  var queue: [Int64: JSONValue] = [:]
  var running: [Int64: JSONValue] = [:]
  var free: [Int: [Int64: Int64]] = [:]
  var price: [Int: Double] = [:]

  mutating func hear(_ request: String) throws {
    let message = try JSONValue(parsing: Array(request.utf8))
    func apply(_ name: String, _ jobs: inout [Int64: JSONValue]) throws {
      if message["full"] == .bool(true) { jobs = [:] }
      for job in message[name]?["gone"]?.items ?? [] {
        let number = try #require(job.whole)
        #expect(jobs.removeValue(forKey: number) != nil, "what goes has to have been there")
      }
      for job in message[name]?["set"]?.items ?? [] { jobs[try #require(job["job"]?.whole)] = job }
    }
    try apply("queue", &queue)
    try apply("running", &running)
    for site in message["sites"]?.items ?? [] {
      let index = Int(try #require(site["site"]?.whole))
      for pair in site["free"]?.items ?? [] {
        let node = try #require(pair.items)
        let (number, gpus) = (try #require(node[0].whole), node[1].whole)
        free[index, default: [:]][number] = gpus
      }
      if let value = site["usd_per_gpu_hour"]?.number { price[index] = value }
    }
  }

  func check(_ view: FleetView) {
    #expect(queue.keys.sorted() == view.queue.map { Int64($0.job) })
    #expect(running.keys.sorted() == view.running.map { Int64($0.job) }.sorted())
    for job in view.queue {
      #expect(queue[Int64(job.job)]?["estimate_s"]?.number == job.estimate.seconds)
      #expect(queue[Int64(job.job)]?["gpus"]?.whole == Int64(job.gpus))
    }
    for job in view.running {
      #expect(running[Int64(job.job)]?["on"]?.items?.count == job.pieces.count)
      #expect((running[Int64(job.job)]?["stopping"] == .bool(true)) == job.stopping)
    }
    for (index, site) in view.sites.enumerated() {
      #expect(free[index]?.sorted { $0.key < $1.key }.map(\.value) == site.nodeFree.map { Int64($0) })
      #expect(price[index] == site.usdPerGPUHour)
    }
  }
}

struct ViewChangesTests {
  private func fleet(sites: Int, nodes: Int) -> FleetView {
    let list = (0..<sites).map {
      SiteState(name: "site-\($0)", nodeSize: [Int32](repeating: 8, count: nodes), usdPerGPUHour: 0.1 * Double($0))
    }
    let rates = [[BitRate]](repeating: [BitRate](repeating: .gigabits(400), count: sites), count: sites)
    let delays = [[Time]](repeating: [Time](repeating: .microseconds(500), count: sites), count: sites)
    return FleetView(
      now: .zero, queue: [], running: [], sites: list, oneWayDelay: delays, residual: rates, capacity: rates)
  }

  private func job(_ id: Int32, _ random: inout RandomStream) -> QueuedJob {
    QueuedJob(
      job: id, submit: .seconds(Int64(id)), gpus: Int32(1 + random.below(8)),
      estimate: .seconds(Int64(1 + random.below(90_000))), user: Int32(random.below(50)))
  }

  /// Whatever changes from decision to decision, a policy that knows only the messages knows the view.
  @Test func aMirrorOfTheMessagesIsTheView() throws {
    for seed in 0..<20 {
      var random = RandomStream(seed: UInt64(seed), name: "view-changes")
      var view = fleet(sites: 3, nodes: 4)
      var changes = ViewChanges()
      var mirror = Mirror()
      var next: Int32 = 0
      for step in 0..<60 {
        view.now = .seconds(Int64(step * 10))
        for _ in 0..<random.below(4) {
          view.queue.append(job(next, &random))
          next += 1
        }
        if !view.queue.isEmpty, random.below(2) == 0 {
          let started = view.queue.remove(at: random.below(view.queue.count))
          let site = random.below(3)
          if let piece = SitePool.piece(of: started.gpus, on: view.sites[site], index: site) {
            view.sites[site].take(piece)
            view.running.append(
              RunningJob(
                job: started.job, submit: started.submit, gpus: started.gpus, pieces: [piece], start: view.now,
                expectedEnd: view.now + started.estimate))
          }
        }
        if !view.running.isEmpty, random.below(3) == 0 {
          let index = random.below(view.running.count)
          if random.below(2) == 0 {
            view.running[index].stopping = true
          } else {
            // Ended, or back in the queue, where jobs stand in order of arrival.
            let ended = view.running.remove(at: index)
            for piece in ended.pieces { view.sites[Int(piece.site)].give(piece) }
            if random.below(2) == 0 {
              let place = view.queue.firstIndex { $0.job > ended.job } ?? view.queue.count
              var again = job(ended.job, &random)
              again.attained = .seconds(5)
              view.queue.insert(again, at: place)
            }
          }
        }
        if random.below(5) == 0 { view.sites[random.below(3)].usdPerGPUHour = random.uniform() }
        if random.below(9) == 0 { changes.forget() }
        try mirror.hear(changes.request(view, decision: UInt64(step)))
        mirror.check(view)
      }
    }
  }

  /// 10,000 jobs wait. The first request tells of all, each later one of what has changed since: a start and an arrival.
  @Test func aQueueOfTenThousandIsSentOnce() throws {
    var random = RandomStream(seed: 1, name: "view-changes")
    var view = fleet(sites: 5, nodes: 24)
    view.queue = (0..<10_000).map { job($0, &random) }
    var changes = ViewChanges()
    let first = changes.request(view, decision: 0).utf8.count
    var later = 0
    let decisions = 200
    for step in 1...decisions {
      view.now = .seconds(Int64(step))
      view.queue.remove(at: random.below(view.queue.count))
      view.queue.append(job(Int32(9_999 + step), &random))
      view.sites[step % 5].nodeFree[step % 24] = Int32(step % 8)
      later += changes.request(view, decision: UInt64(step)).utf8.count
    }
    let mean = later / decisions
    print("bytes of a request, 10,000 jobs queued: first \(first), then \(mean) on average")
    #expect(first > 10_000 * 40)
    #expect(mean < 400)
    // And nothing but the time when nothing has changed.
    #expect(changes.request(view, decision: 500).utf8.count < 80)
  }
}

struct PolicyWordTests {
  private let view: FleetView = {
    let sites = [
      SiteState(name: "a", nodeSize: [8, 8], nodeFree: [3, 8]), SiteState(name: "b", nodeSize: [8], nodeFree: [0]),
    ]
    let queue = (0..<4).map { QueuedJob(job: $0, submit: .zero, gpus: 4, estimate: .seconds(60)) }
    return FleetView(
      now: .seconds(10), queue: queue, running: [], sites: sites, oneWayDelay: [], residual: [], capacity: [])
  }()

  private func word(_ text: String) throws -> PolicyWord { try PolicyWord(parsing: Array(text.utf8), view: view) }
  private func decisions(_ text: String) throws -> PolicyAnswer {
    guard case .answer(let answer) = try word("{\"type\":\"decisions\",\"decisions\":[\(text)]}") else {
      throw AnswerError(decision: text, problem: "expected decisions")
    }
    return answer
  }

  @Test func nodesThatAreLeftOutAreFilledInOrder() throws {
    let answer = try decisions(
      """
      {"type":"start","job":2,"on":[{"site":0,"gpus":4}]}, {"type":"start","job":0,"on":[{"site":"a","gpus":4}]},
      {"type":"preempt","job":7}
      """)
    let first = Piece(site: 0, gpus: 4, nodes: [NodeShare(node: 0, gpus: 3), NodeShare(node: 1, gpus: 1)])
    let second = Piece(site: 0, gpus: 4, nodes: [NodeShare(node: 1, gpus: 4)])
    #expect(
      answer.decisions == [.start(job: 2, pieces: [first]), .start(job: 0, pieces: [second]), .preempt(job: 7)])
    // What is recorded reads back as the same.
    #expect(try word(answer.line) == .answer(answer))
  }

  @Test func itMayAskToBeAskedAgain() throws {
    let text = "{\"type\":\"decisions\",\"decisions\":[],\"look_s\":604800.00000000001}"
    guard case .answer(let answer) = try word(text) else { return }
    #expect(answer.look == .seconds(604_800) + .tick)
    #expect(try word(answer.line) == .answer(answer))
    #expect(throws: AnswerError.self) { try word("{\"type\":\"decisions\",\"decisions\":[],\"look_s\":10}") }
  }

  /// 30 USD/MWh in the first hour, 60 in the second, 500 g/kWh, 1.5 kW a GPU: the half hour before and the one after the
  /// change cost 0.5 x 1.5 x (0.03 + 0.06) USD, and emit 1.5 kWh x 0.5 kg.
  @Test func forecastsAreAnswered() throws {
    var priced = view
    let price = EnergySeries(start: .zero, values: [30, 60, 90])
    priced.outlook = [
      EnergyOutlook(
        price: Forecaster(price, rule: .perfect, name: "a/price"),
        carbon: Forecaster(.constant(500), rule: .perfect, name: "a/carbon"), kilowattsPerGPU: 1.5)
    ]
    let text = "{\"type\":\"forecast\",\"site\":\"a\",\"from_s\":1800,\"until_s\":5400}"
    guard case .forecast(let site, let from, let until) = try PolicyWord(parsing: Array(text.utf8), view: priced) else {
      Issue.record("expected a question for a forecast")
      return
    }
    let told = try JSONValue(
      parsing: Array(PolicyProtocol.told(priced, site: site, from: from, until: until).utf8))
    #expect(abs(try #require(told["usd_per_gpu"]?.number) - 0.0675) < 1e-12)
    #expect(abs(try #require(told["carbon_kg_per_gpu"]?.number) - 0.75) < 1e-12)
    for wrong in ["\"from_s\":5,\"until_s\":50", "\"from_s\":50,\"until_s\":50", "\"from_s\":50"] {
      #expect(throws: AnswerError.self) { try word("{\"type\":\"forecast\",\"site\":0,\(wrong)}") }
    }
    #expect(throws: AnswerError.self) { try word("{\"type\":\"forecast\",\"site\":7,\"from_s\":50,\"until_s\":60}") }
  }

  @Test func refusalsShowTheDecision() {
    let cases = [
      ("{\"type\":\"start\",\"job\":1,\"on\":[{\"site\":1,\"gpus\":4}]}", "of which 0 are free"),
      ("{\"type\":\"start\",\"job\":1,\"on\":[{\"site\":\"c\",\"gpus\":4}]}", "no site 'c'"),
      ("{\"type\":\"start\",\"job\":1,\"on\":[{\"site\":9,\"gpus\":4}]}", "from 0 to 1"),
      ("{\"type\":\"start\",\"job\":1}", "'on'"), ("{\"type\":\"start\",\"on\":[]}", "'job'"),
      ("{\"type\":\"start\",\"job\":1.5,\"on\":[]}", "'job'"),
      ("{\"type\":\"stop\",\"job\":1}", "start, preempt or retune"),
      ("{\"type\":\"start\",\"job\":1,\"on\":[{\"site\":0,\"gpus\":-4}]}", "at least 0"),
      ("{\"type\":\"start\",\"job\":1,\"on\":[{\"site\":0,\"gpus\":4,\"nodes\":[4]}]}", "pairs"),
    ]
    for (text, reason) in cases {
      let error = #expect(throws: AnswerError.self) { try decisions(text) }
      #expect(error?.decision == text)
      #expect(error?.problem.contains(reason) == true, "\(text): \(error?.problem ?? "")")
    }
    for text in ["", "[]", "{\"type\":\"dance\"}", "{\"type\":\"decisions\"}", "{\"type\":\"hello\",\"protocol\":9}"] {
      #expect(throws: AnswerError.self) { try word(text) }
    }
  }

  /// Numbers that a hostile policy could send are refused by the check of decisions, not trapped on.
  @Test func absurdNumbersAreRefused() throws {
    for text in [
      "{\"type\":\"start\",\"job\":0,\"on\":[{\"site\":0,\"gpus\":4,\"nodes\":[[0,2000000000],[1,2000000000]]}]}",
      "{\"type\":\"start\",\"job\":0,\"on\":[{\"site\":0,\"gpus\":4,\"nodes\":[[-5,4]]}]}",
      "{\"type\":\"start\",\"job\":0,\"on\":[{\"site\":0,\"gpus\":4,\"nodes\":[[0,-4],[1,8]]}]}",
      "{\"type\":\"start\",\"job\":-2147483648,\"on\":[{\"site\":0,\"gpus\":4}]}",
    ] {
      let answer = try decisions(text)
      #expect(throws: DecisionError.self, "\(text)") { try checkDecisions(answer.decisions, against: view) }
    }
  }
}
