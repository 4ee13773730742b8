// SPDX-License-Identifier: Apache-2.0

import Quantities
import Scheduling
import Testing

struct PlacementTests {
  /// Where one queued job goes; nil if it is not started.
  private func place(_ job: QueuedJob, _ spec: String, _ view: FleetView) throws -> [Piece]? {
    var view = view
    view.queue = [job]
    let model = SpeedModel(speeds: view.sites.map(\.speed))
    let decisions = ComposedPolicy(try PolicySpec(parsing: spec)).decide(view, model: model)
    try checkDecisions(decisions, against: view)
    guard case .start(_, let pieces)? = decisions.first else { return nil }
    return pieces
  }

  private func job(_ gpus: Int32, hours: Int64 = 1) -> QueuedJob {
    QueuedJob(job: 0, submit: .zero, gpus: gpus, estimate: .hour * hours)
  }

  @Test(
    arguments: [
      (3, [1: 3]), (2, [4: 2]), (4, [2: 4]), (8, [0: 8]), (12, [0: 8, 3: 4]), (16, [0: 8, 3: 8]),
      (20, [0: 8, 2: 4, 3: 8]), (22, nil),
    ] as [(Int32, [Int32: Int32]?)])
  func consolidatedBestFit(gpus: Int32, expected: [Int32: Int32]?) throws {
    // Free of 8: 8, 3, 5, 8, 2. A remainder goes to the next node in order of most free: a whole one while there is.
    let state = SiteState(name: "a", nodeSize: [8, 8, 8, 8, 8], nodeFree: [8, 3, 5, 8, 2])
    let pieces = try place(job(gpus), "fifo@consolidated", idleView([state]))
    let found = pieces.map { Dictionary(uniqueKeysWithValues: $0[0].nodes.map { ($0.node, $0.gpus) }) }
    #expect(found == expected)
  }

  @Test func poolsFillNodesByIndex() throws {
    let state = SiteState(name: "a", nodeSize: [8, 8, 8], nodeFree: [2, 0, 7])
    let pieces = try place(job(6), "fifo", idleView([state]))
    #expect(
      pieces == [Piece(site: 0, gpus: 6, nodes: [NodeShare(node: 0, gpus: 2), NodeShare(node: 2, gpus: 4)])])
  }

  private let fleet: FleetView = {
    let ms = { (n: Int64) in Time.microseconds(1000 * n) }
    return idleView(
      [
        site("a", nodes: 2, usd: 3), site("b", nodes: 8, usd: 2, speed: 0.5), site("c", nodes: 6, usd: 3.5),
        site("d", nodes: 8, usd: 3.5, speed: 1.25),
      ],
      delays: [
        [ms(0), ms(5), ms(7), ms(5)], [ms(5), ms(0), ms(2), ms(9)], [ms(7), ms(2), ms(0), ms(9)],
        [ms(5), ms(9), ms(9), ms(0)],
      ])
  }()

  @Test func eachPlacementChoosesByItsOwnMeasure() throws {
    var wanted = job(4)
    wanted.dataHome = 0
    // a has no room for 4. By name b; most free b and d, b by name; per hour of work b costs 4, c 3.5, d 2.8; from a
    // it is 5 ms to b and d.
    let expected = [
      "first-fit": 1, "consolidated": -1, "most-free": 1, "cheapest-energy": 3, "lowest-latency": 1,
    ]
    for (name, site) in expected.sorted(by: { $0.key < $1.key }) {
      // Nodes of one GPU: four whole nodes, by index.
      #expect(try place(wanted, "fifo@\(name)", fleet)?[0].site == Int32(site < 0 ? 1 : site), "\(name)")
    }
    // The checkpoint breaks the tie of latency, also where there is no data home.
    wanted.checkpointSite = 3
    #expect(try place(wanted, "fifo@lowest-latency", fleet)?[0].site == 3)
    wanted.dataHome = -1
    wanted.checkpointSite = 2
    #expect(try place(wanted, "fifo@lowest-latency", fleet)?[0].site == 2)
    // With room at home nothing is nearer.
    var small = job(2)
    small.dataHome = 0
    #expect(try place(small, "fifo@lowest-latency", fleet)?[0].site == 0)
  }

  @Test func mostFreeCountsWhatTheSameDecisionGaveAway() throws {
    var view = idleView([site("a", nodes: 5), site("b", nodes: 6)])
    view.queue = (0..<3).map { QueuedJob(job: $0, submit: .zero, gpus: 2, estimate: .hour) }
    let policy = ComposedPolicy(try PolicySpec(parsing: "fifo@most-free"))
    let sites = policy.decide(view, model: SpeedModel(speeds: [1, 1])).map { decision -> Int32 in
      if case .start(_, let pieces) = decision { return pieces[0].site }
      return -1
    }
    // b 6, then a 5 against 4, then b 4 against 3.
    #expect(sites == [1, 0, 1])
  }

  @Test func negativePricesAreTakenAtTheirWord() throws {
    let view = idleView([site("a", nodes: 4, usd: 0.1), site("b", nodes: 4, usd: -1), site("c", nodes: 4, usd: -2)])
    #expect(try place(job(4), "fifo@cheapest-energy", view)?[0].site == 2)
    #expect(try place(job(4), "fifo@balanced", view)?[0].site == 2)
  }

  @Test func balancedByHand() throws {
    // Data at a. b costs half as much, is 5 ms away, half of the route is in use, and 450 GB at 50 Gb/s take 72 s
    // beside a run of 648 s, a tenth of the stay. So C = 1 and 0.5, L = 0 and 1, Q = 0 and 1 - 0.5 * 0.9 = 0.55.
    var view = idleView(
      [site("a", nodes: 4, usd: 2), site("b", nodes: 4, usd: 1)],
      delays: [[.zero, .microseconds(5000)], [.microseconds(5000), .zero]])
    view.residual[0][1] = .gigabits(50)
    var wanted = QueuedJob(job: 0, submit: .zero, gpus: 4, estimate: .seconds(648), dataHome: 0)
    wanted.stagedBytes = 450_000_000_000
    func choice(_ weights: String) throws -> Int32? { try place(wanted, "fifo@balanced(\(weights))", view)?[0].site }
    // a scores 1, b 0.5 + 0.2 + 0.275 = 0.975, or 0.5 + 0.2 + 0.6 * 0.55 = 1.03, or 0.5 + 0.3 + 0.275 = 1.075.
    #expect(try choice("cost=1,latency=0.2,capacity=0.5") == 1)
    #expect(try choice("cost=1,latency=0.2,capacity=0.6") == 0)
    #expect(try choice("cost=1,latency=0.3,capacity=0.5") == 0)
    // The bounds of the capacity term itself: 0.5 against q * 0.55 alone turns between q = 0.909 and 0.910.
    #expect(try choice("cost=1,latency=0,capacity=0.909") == 1)
    #expect(try choice("cost=1,latency=0,capacity=0.910") == 0)
    // Nothing left of the route: Q is 1.
    view.residual[0][1] = .zero
    #expect(try choice("cost=1,latency=0,capacity=0.499") == 1)
    #expect(try choice("cost=1,latency=0,capacity=0.501") == 0)
  }

  @Test func splittingTakesFewSitesAndWholeNodes() throws {
    let a = SiteState(name: "a", nodeSize: [8], nodeFree: [4])
    let b = site("b", nodes: 1, of: 8)
    let c = site("c", nodes: 2, of: 8)
    var wanted = job(20)
    #expect(try place(wanted, "fifo", idleView([a, b, c])) == nil)
    wanted.splittable = true
    // a and c would do by number, but a's node is half taken: b and c on whole nodes.
    for spec in ["fifo", "fifo@consolidated"] {
      let pieces = try place(wanted, spec, idleView([a, b, c]))
      #expect(pieces?.map(\.site) == [1, 2] && pieces?.map(\.gpus) == [8, 12], "\(spec)")
      #expect(pieces?[1].nodes == [NodeShare(node: 0, gpus: 8), NodeShare(node: 1, gpus: 4)], "\(spec)")
    }
    // 28 GPUs exist only if a's four are taken too; node by node they are no whole node.
    wanted.gpus = 28
    #expect(try place(wanted, "fifo", idleView([a, b, c]))?.map(\.gpus) == [4, 8, 16])
    #expect(try place(wanted, "fifo@consolidated", idleView([a, b, c])) == nil)
    #expect(try place(wanted, "fifo@first-fit(max_sites=2)", idleView([a, b, c])) == nil)
    wanted.pin = 2
    #expect(try place(wanted, "fifo", idleView([a, b, c])) == nil)
  }

  @Test func splittingFollowsThePlacement() throws {
    // Any two of the three hold 6 GPUs: first-fit takes a and b, the cheapest are c, then b.
    let view = idleView([site("a", nodes: 4, usd: 3), site("b", nodes: 4, usd: 2), site("c", nodes: 4, usd: 1)])
    var wanted = job(6)
    wanted.splittable = true
    #expect(try place(wanted, "fifo", view)?.map { [$0.site, $0.gpus] } == [[0, 4], [1, 2]])
    #expect(try place(wanted, "fifo@cheapest-energy", view)?.map { [$0.site, $0.gpus] } == [[1, 2], [2, 4]])
  }

  @Test func aJobThatCanNeverRunIsToldWhy() throws {
    let sites = [site("a", nodes: 1, of: 8), site("b", nodes: 2, of: 8)]
    func reason(_ gpus: Int32, pin: Int32 = -1, splittable: Bool = false) -> String? {
      ComposedPolicy.canEverRun(
        QueuedJob(job: 0, submit: .zero, gpus: gpus, estimate: .hour, pin: pin, splittable: splittable), sites: sites)
    }
    #expect(reason(16) == nil && reason(24, splittable: true) == nil && reason(0) == nil)
    #expect(reason(17) == "it asks for 17 GPUs on one site, the largest site 'b' has 16")
    #expect(reason(25, splittable: true) == "it asks for 25 GPUs, all 2 sites together have 24")
    #expect(reason(9, pin: 0, splittable: true) == "it asks for 9 GPUs and is pinned to 'a', which has 8")
    // What only the policy knows: nodes, and how far it may split. Busy GPUs do not matter.
    var busy = [site("a", nodes: 1, of: 8), SiteState(name: "b", nodeSize: [8, 4, 4])]
    busy[1].take(Piece(site: 1, gpus: 8, nodes: [NodeShare(node: 0, gpus: 8)]))
    let nodes = ComposedPolicy(try PolicySpec(parsing: "fifo@consolidated"))
    #expect(nodes.canEverRun(job(14), sites: busy) == nil)
    let whole = ComposedPolicy(try PolicySpec(parsing: "fifo@first-fit(max_sites=1)"))
    var wide = job(24)
    wide.splittable = true
    #expect(whole.canEverRun(wide, sites: busy)?.contains("at most 1") == true)
    #expect(nodes.canEverRun(wide, sites: busy) == nil)
  }
}
