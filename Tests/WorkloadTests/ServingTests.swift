// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation
import Testing
import Workload

@Suite struct ServingTests {
  /// An H100: 989 Tflop/s, 80 GB at 3.35 TB/s.
  static let h100 = ServingHardware(flops: 989e12, memoryBytes: 80e9, memoryBytesPerSecond: 3.35e12)

  static func llama(gpus: Int = 8, bits: Int = 16, maxBatch: Int = 64) throws -> ServingModel {
    let index = try #require(ModelCatalogue.index(of: "llama-3-70b"))
    return try #require(
      ServingModel(ModelCatalogue.models[index], bits: bits, gpus: gpus, hardware: h100, maxBatch: maxBatch))
  }

  static func simulation(
    _ model: ServingModel, _ sites: [ServingSimulation.Site], userDelays: [[Int64]] = [[0]], rate: Double = 1e12,
    routing: ServingSimulation.Routing = .nearest, price: @escaping (Int, Time) -> Double = { _, _ in 0 }
  ) -> ServingSimulation {
    let n = sites.count
    return ServingSimulation(
      model: model, sites: sites, userDelays: userDelays.map { $0.map { Time.microseconds($0 * 1000) } },
      siteDelays: (0..<n).map { a in (0..<n).map { $0 == a ? .zero : .microseconds(10_000) } },
      siteRates: Array(repeating: Array(repeating: rate, count: n), count: n), routing: routing, price: price)
  }

  static func request(_ seconds: Double, _ input: Int, _ output: Int) -> Request {
    Request(arrival: .seconds(seconds), inputTokens: input, outputTokens: output)
  }

  // MARK: Roofline

  /// 70 B on eight H100: 1,000 tokens take 2 x 70.6e9 x 1000 + 2 x 80 x 8192 x 1e6 = 1.425e14 flop at half of 7.912
  /// Pflop/s: 36.0 ms. Weights of 141.2 GB are read at 60 % of 26.8 TB/s in 8.78 ms: a token for each request of a small
  /// batch. 0.9 x 640 - 141.2 = 434.8 GB hold 1.327 M tokens of 327,680 bytes.
  @Test func rooflineByHand() throws {
    let model = try Self.llama()
    #expect(abs(model.prefill(tokens: 1000) - 0.03603) < 1e-5)
    #expect(abs(model.step(batch: 1, context: 0) - 0.008781) < 1e-6)
    #expect(abs(Double(model.kvTokens) - 434.8e9 / 327_680) < 2)
    // Keys and values of 64 requests of 4,000 tokens add 83.9 GB: 60 % more.
    #expect(abs(model.step(batch: 64, context: 256_000) - (141.2e9 + 256_000 * 327_680) / 16.08e12) < 1e-6)
    // A short prompt cannot be quicker than its weights are read.
    #expect(model.prefill(tokens: 1) == model.step(batch: 1, context: 0))
    // From 246 requests on (half of 989 over 60 % of 3.35, and 2 bytes for 2 flop) arithmetic is the limit.
    #expect(model.step(batch: 300, context: 0) > model.step(batch: 1, context: 0))
    #expect(model.step(batch: 240, context: 0) == model.step(batch: 1, context: 0))
    // Two GPUs hold 144 GB at most: in 16 bits hardly a token more than the weights, in 8 bits half of it is free.
    #expect(try Self.llama(gpus: 2).kvTokens < 10_000)
    #expect(try Self.llama(gpus: 1).kvTokens < 0)
    #expect(try Self.llama(gpus: 2, bits: 8).kvTokens > 200_000)
  }

  @Test func whatGeneratesNoTokensIsNotServed() throws {
    for name in ["resnet-50", "bert-large", "dlrm", "sdxl"] {
      let index = try #require(ModelCatalogue.index(of: name))
      #expect(ServingModel(ModelCatalogue.models[index], bits: 16, gpus: 8, hardware: Self.h100, maxBatch: 8) == nil)
    }
  }

  // MARK: Single requests

  /// 20 ms to the site, the prompt, 20 ms back; then 99 steps whose context grows from 1001 tokens on.
  @Test func oneRequestByHand() throws {
    let model = try Self.llama()
    var run = Self.simulation(model, [.init(replicas: 1)], userDelays: [[20]])
    let outcome = run.run([Self.request(1, 1000, 100)], users: [0])[0]
    #expect(outcome.site == 0)
    #expect(abs(outcome.firstToken.seconds - (0.040 + model.prefill(tokens: 1000))) < 1e-9)
    let steps = (0..<99).reduce(0.0) { $0 + model.step(batch: 1, context: 1001 + $1) }
    #expect(abs(outcome.perToken.seconds - steps / 99) < 1e-9)
    #expect(abs(outcome.total.seconds - (outcome.firstToken.seconds + steps)) < 1e-8)
    #expect(abs(run.end.seconds - (1.020 + model.prefill(tokens: 1000) + steps)) < 1e-8)
  }

  /// The second prompt waits for the first, and its computing delays the first one's tokens.
  @Test func requestsWaitInOrder() throws {
    let model = try Self.llama()
    var run = Self.simulation(model, [.init(replicas: 1)])
    let outcomes = run.run([Self.request(0, 1000, 2), Self.request(0.001, 4000, 2)], users: [0, 0])
    let (a, b) = (model.prefill(tokens: 1000), model.prefill(tokens: 4000))
    #expect(abs(outcomes[0].firstToken.seconds - a) < 1e-9)
    #expect(abs(outcomes[1].firstToken.seconds - (a + b - 0.001)) < 1e-9)
    // Both make their second token in one step.
    let step = model.step(batch: 2, context: 5002)
    #expect(abs(outcomes[0].perToken.seconds - (b + step)) < 1e-9)
    #expect(abs(outcomes[1].perToken.seconds - step) < 1e-9)
  }

  @Test func whatFitsNowhereIsRefused() throws {
    var run = Self.simulation(try Self.llama(gpus: 2), [.init(replicas: 4)])
    let outcomes = run.run([Self.request(0, 100_000, 10), Self.request(0, 100, 10)], users: [0, 0])
    #expect(outcomes[0].site == -1 && outcomes[1].site == 0)
  }

  /// Replicas that start late serve what has queued.
  @Test func requestsWaitForTheStart() throws {
    let model = try Self.llama()
    var run = Self.simulation(model, [.init(replicas: 1, start: .seconds(Int64(5)))])
    let outcome = run.run([Self.request(1, 1000, 1)], users: [0])[0]
    #expect(abs(outcome.firstToken.seconds - (4 + model.prefill(tokens: 1000))) < 1e-9)
    #expect(outcome.perToken == .zero)
  }

  // MARK: Many requests

  /// Prompts of one length and one token each make the replica an M/D/1 queue: the mean wait is rho S / (2 (1 - rho)).
  @Test(arguments: [0.3, 0.6, 0.8]) func aReplicaIsAQueue(rho: Double) throws {
    let model = try Self.llama()
    let service = model.prefill(tokens: 2000)
    var stream = RandomStream(seed: 11, name: "arrivals")
    var at = 0.0
    let requests = (0..<40_000).map { _ in
      at += stream.exponential(mean: service / rho)
      return Self.request(at, 2000, 1)
    }
    var run = Self.simulation(model, [.init(replicas: 1)])
    let outcomes = run.run(requests, users: requests.map { _ in 0 })
    let mean = outcomes.reduce(0.0) { $0 + $1.firstToken.seconds } / Double(outcomes.count)
    let expected = service * (1 + rho / (2 * (1 - rho)))
    #expect(abs(mean / expected - 1) < 0.05, "\(mean) against \(expected)")
    #expect(abs(run.busy[0].seconds / run.end.seconds - rho) < 0.02)
  }

  /// Every request is served once, in finite time, at no less than its time alone; and again in the same way.
  @Test func nothingIsLost() throws {
    let model = try Self.llama(gpus: 4, maxBatch: 16)
    let requests = RequestSynthesis.requests(count: 1500, perSecond: 12, seed: 3)
    let users = requests.indices.map { $0 % 2 }
    func serve() -> [ServingSimulation.Outcome] {
      var run = Self.simulation(model, [.init(replicas: 2), .init(replicas: 1)], userDelays: [[5, 40], [40, 5]])
      return run.run(requests, users: users)
    }
    let outcomes = serve()
    #expect(outcomes == serve())
    for (request, outcome) in zip(requests, outcomes) {
      #expect(outcome.site >= 0)
      #expect(outcome.firstToken.seconds >= 0.010 + model.prefill(tokens: request.inputTokens) - 1e-9)
      #expect(outcome.total >= outcome.firstToken)
      if request.outputTokens > 1 { #expect(outcome.perToken.seconds >= model.step(batch: 1, context: 0) - 1e-9) }
    }
    // More replicas, and no request waits longer on the mean.
    var more = Self.simulation(model, [.init(replicas: 4), .init(replicas: 4)], userDelays: [[5, 40], [40, 5]])
    let better = more.run(requests, users: users)
    func mean(_ list: [ServingSimulation.Outcome]) -> Double { list.reduce(0) { $0 + $1.firstToken.seconds } }
    #expect(mean(better) < mean(outcomes))
  }

  // MARK: Routing

  @Test func usersGoToTheNearestSiteWithRoom() throws {
    let model = try Self.llama(maxBatch: 1)
    var run = Self.simulation(model, [.init(replicas: 1), .init(replicas: 1)], userDelays: [[30, 5]])
    // Three at once: the near site has room for one, then the far one, then both are full alike.
    let outcomes = run.run((0..<3).map { _ in Self.request(0, 1000, 5) }, users: [0, 0, 0])
    #expect(outcomes.map(\.site) == [1, 0, 1])
  }

  @Test func orToTheCheapest() throws {
    let model = try Self.llama()
    var run = Self.simulation(
      model, [.init(replicas: 1), .init(replicas: 1)], userDelays: [[5, 30]], routing: .cheapest,
      price: { site, now in site == 0 ? 50 : now < .seconds(Int64(10)) ? 40 : 60 })
    let outcomes = run.run([Self.request(0, 1000, 5), Self.request(20, 1000, 5)], users: [0, 0])
    #expect(outcomes.map(\.site) == [1, 0])
  }

  // MARK: Prompts apart from generation

  /// Keys and values of 2,000 tokens are 655 MB: 52.4 ms at 100 Gb/s, and 10 ms of distance.
  @Test func keysAndValuesTravel() throws {
    let model = try Self.llama()
    var run = Self.simulation(
      model, [.init(replicas: 0, prefillReplicas: 1), .init(replicas: 1)], userDelays: [[5, 15]], rate: 100e9)
    let outcome = run.run([Self.request(0, 2000, 2)], users: [0])[0]
    let bytes = 2000.0 * 327_680
    #expect(outcome.prefillSite == 0 && outcome.site == 1)
    #expect(abs(outcome.firstToken.seconds - (0.010 + model.prefill(tokens: 2000))) < 1e-9)
    let expected = bytes * 8 / 100e9 + 0.010 + model.step(batch: 1, context: 2001)
    #expect(abs(outcome.perToken.seconds - expected) < 1e-9)
    #expect(abs(run.movedBytes - bytes) < 1)
    // At one site nothing travels.
    var local = Self.simulation(model, [.init(replicas: 1, prefillReplicas: 1)], userDelays: [[5]])
    let near = local.run([Self.request(0, 2000, 2)], users: [0])[0]
    #expect(local.movedBytes == 0 && abs(near.perToken.seconds - model.step(batch: 1, context: 2001)) < 1e-9)
  }

  /// With prompts apart, no prompt delays a token.
  @Test func promptsApartKeepTokensSteady() throws {
    let model = try Self.llama()
    let requests = (0..<20).map { Self.request(Double($0) * 0.05, 8000, 50) }
    var mixed = Self.simulation(model, [.init(replicas: 1)])
    var apart = Self.simulation(model, [.init(replicas: 1, prefillReplicas: 1)])
    let users = requests.map { _ in 0 }
    func worst(_ list: [ServingSimulation.Outcome]) -> Time { list.map(\.perToken).max() ?? .zero }
    #expect(worst(apart.run(requests, users: users)) < worst(mixed.run(requests, users: users)))
  }

  // MARK: Real requests

  /// Azure's code requests on 70 B, with replicas to spare. Published orders of magnitude: a token in 20-50 ms on four to
  /// eight GPUs, the first in 0.2-1 s; a roofline is the lower bound of both.
  @Test func azureCode() throws {
    guard let path = Shared.path("data/llm/azure-llm-2023/AzureLLMInferenceTrace_code.csv") else { return }
    let trace = try TraceReader.readRequests(path: path)
    #expect(trace.requests.count == 8819)
    var run = Self.simulation(try Self.llama(), [.init(replicas: 4)], userDelays: [[10]])
    let outcomes = run.run(trace.requests, users: trace.requests.map { _ in 0 })
    #expect(outcomes.allSatisfy { $0.site == 0 && $0.total > .zero })
    let first = outcomes.map(\.firstToken.seconds).sorted()
    let token = outcomes.map(\.perToken.seconds).filter { $0 > 0 }.sorted()
    #expect(first[first.count / 2] > 0.05 && first[first.count / 2] < 1, "\(first[first.count / 2])")
    #expect(token[token.count / 2] > 0.0087 && token[token.count / 2] < 0.05, "\(token[token.count / 2])")
  }
}
