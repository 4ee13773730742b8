// SPDX-License-Identifier: Apache-2.0

import Quantities
import Testing
import Workload

@Suite struct ModelTests {
  static func job(_ id: String, gpus: Int64 = 1, hours: Int64 = 2) -> Job {
    Job(id: id, submit: .zero, milliGPUs: gpus * 1000, duration: .hour * hours)
  }

  static let sites = ["atlanta", "columbus", "omaha"]

  static func assigned(_ jobs: [Job], seed: UInt64 = 7) throws -> [Job] {
    var jobs = jobs
    try ModelAssignment(seed: seed).assign(&jobs, siteNames: sites)
    return jobs
  }

  /// Published sizes: 8 B parameters make 16 GB of bf16 gradients and 0.11 TB of checkpoint, 405 B make 0.81 TB and
  /// 5.7 TB, DeepSeek-V3 1.34 TB and 9.4 TB.
  @Test func sizesAreThePublishedOnes() throws {
    func check(_ name: String, _ gradient: Double, _ checkpoint: Double) throws {
      let model = ModelCatalogue.models[try #require(ModelCatalogue.index(of: name))]
      let gradientRatio: Double = Double(model.gradientBytes) / gradient
      let checkpointRatio: Double = Double(model.checkpointBytes) / checkpoint
      #expect(abs(gradientRatio - 1) < 0.02)
      #expect(abs(checkpointRatio - 1) < 0.03)
    }
    try check("llama-3-8b", 16e9, 0.11e12)
    try check("llama-3-70b", 141e9, 0.99e12)
    try check("llama-3.1-405b", 0.81e12, 5.7e12)
    try check("deepseek-v3", 1.34e12, 9.4e12)
    try check("mixtral-8x7b", 93e9, 0.65e12)
    try check("gpt2-xl", 3e9, 21e9)
    // 405B: 16 M tokens in a step of 6 s on 16,384 GPUs, 4 bytes each, is what its GPUs read.
    let big = ModelCatalogue.models[try #require(ModelCatalogue.index(of: "llama-3.1-405b"))]
    let expected: Double = 16e6 / 6 / 16_384 * 4
    let relative: Double = Double(big.readBytesPerGPUSecond) / expected
    #expect(abs(relative - 1) < 0.05)
  }

  @Test func aJobsModelAndHomeDoNotDependOnOthers() throws {
    let jobs = (0..<500).map { ModelTests.job("job-\($0)", gpus: [1, 8, 32, 64, 256, 512][$0 % 6]) }
    let together = try ModelTests.assigned(jobs)
    let reversed = try ModelTests.assigned(jobs.reversed())
    #expect(together == reversed.reversed())
    let alone = try jobs.map { try ModelTests.assigned([$0])[0] }
    #expect(together == alone)
    let otherSeed = try ModelTests.assigned(jobs, seed: 8)
    #expect(zip(together, otherSeed).contains { $0.model != $1.model })
    #expect(zip(together, otherSeed).contains { $0.dataHome != $1.dataHome })
  }

  /// Uniform homes: 9,000 jobs over three sites give 3,000 each, standard deviation 45; five of them allowed.
  @Test func homesAndModelsFollowTheirWeights() throws {
    let jobs = try ModelTests.assigned((0..<9000).map { ModelTests.job("job-\($0)", gpus: 64) })
    for site in 0..<3 { #expect(abs(jobs.filter { $0.dataHome == site }.count - 3000) < 224) }
    // 64 GPUs: gpt2-xl 30 %, sdxl 20 %, llama-3-8b 50 %; sigma at most sqrt(9000 / 4) = 47.4.
    for (name, share) in [("gpt2-xl", 2700), ("sdxl", 1800), ("llama-3-8b", 4500)] {
      let index = ModelCatalogue.index(of: name)
      #expect(abs(jobs.filter { $0.model == index }.count - share) < 238)
    }
    let short = try ModelTests.assigned(
      (0..<50).map {
        Job(id: "s\($0)", submit: .zero, milliGPUs: 64_000, duration: .seconds(Int64(3599)))
      })
    #expect(short.allSatisfy { $0.model == ModelCatalogue.index(of: "gpt2-xl") })
  }

  @Test func whatTheTraceNamesWins() throws {
    var named = ModelTests.job("named")
    named.model = ModelCatalogue.index(of: "deepseek-v3")
    named.dataHomeName = "omaha"
    named.pin = "atlanta"
    var pinned = ModelTests.job("pinned")
    pinned.pin = "columbus"
    let jobs = try ModelTests.assigned([named, pinned])
    #expect(jobs[0].model == named.model)
    #expect(jobs[0].dataHome == 2)
    #expect(jobs[1].dataHome == 1)
    var plain = [ModelTests.job("plain"), named]
    try ModelAssignment(rule: .none, dataHome: .none, seed: 1).assign(&plain, siteNames: ModelTests.sites)
    #expect(plain[0].model == nil && plain[0].dataHome == nil)
    #expect(plain[1].dataHome == 2)
  }

  @Test func unknownSitesAreNamedWithTheJob() {
    var lost = ModelTests.job("lost")
    lost.pin = "atlantis"
    let error = #expect(throws: TraceError.self) { try ModelTests.assigned([lost]) }
    #expect(error?.field == "pin of job 'lost'")
  }

  @Test func stagedBytesAreConsumedBytesUpToTheDataSet() throws {
    var job = ModelTests.job("a", gpus: 2, hours: 1)
    #expect(job.stagedBytes == 0)
    job.model = ModelCatalogue.index(of: "sdxl")
    #expect(job.stagedBytes == 5_300_000 * 2 * 3600)
    job.milliGPUs = 500
    #expect(job.stagedBytes == 5_300_000 / 2 * 3600)
    job.milliGPUs = 512_000
    job.duration = .hour * 5000
    #expect(job.stagedBytes == 100_000_000_000_000)
  }

  @Test func everySizeFindsAModelAndTheRuleIsPrinted() throws {
    for gpus: Int64 in [1, 7, 8, 31, 32, 63, 64, 255, 256, 511, 512, 1535, 1536, 8191, 8192, 100_000] {
      #expect(try ModelTests.assigned([ModelTests.job("a", gpus: gpus)])[0].model != nil)
      var short = ModelTests.job("a", gpus: gpus)
      short.duration = .seconds(Int64(60))
      #expect(try ModelTests.assigned([short])[0].model != nil)
    }
    let text = ModelAssignment(seed: 42).description
    #expect(text.contains("seed 42"))
    #expect(text.contains("8-31 GPUs: resnet-50 40 %, bert-large 40 %, gpt2-xl 20 %"))
  }
}
