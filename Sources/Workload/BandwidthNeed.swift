// SPDX-License-Identifier: Apache-2.0

import Simulation

/// How much a job needs between its sites to keep its GPUs computing.
public enum BandwidthNeed {
  /// The least rate between neighbouring sites, in bits per second, at which GPUs compute for this share of the time.
  ///
  /// The share never falls when the rate grows, so the rate is found by halving the interval on a logarithmic scale,
  /// to a relative 1e-9.
  ///
  /// - Parameter layout: where the job runs; its rate between sites is what is sought.
  /// - Returns: nil if not even an infinite rate is enough: what stays is propagation, a bubble or the tiers inside.
  public static func rate(
    utilisation target: Double, work: TrainingWork, parallelism: Parallelism, layout: IterationTime.Layout
  ) -> Double? {
    func share(_ rate: Double) -> Double {
      var layout = layout
      layout.acrossRate = rate
      return 1 - IterationTime(work: work, parallelism: parallelism, layout: layout, reference: layout).stalledShare()
    }
    guard share(.infinity) >= target else { return nil }
    var low = 1.0
    var high = 1e18
    guard share(low) < target else { return low }
    while high / low > 1 + 1e-9 {
      let middle = (low * high).squareRoot()
      if share(middle) >= target { high = middle } else { low = middle }
    }
    return high
  }
}

/// Results of others that the job models are held against, as published.
public enum PublishedTraining {
  /// One method's row: the bandwidth between two sites, in Gb/s, for each of ``utilisations``.
  public struct Row: Sendable {
    /// As the paper calls it.
    public var method: String
    public var parallelism: Parallelism
    public var gigabits: [Double]
  }

  public static let utilisations = [0.5, 0.8, 0.9, 0.95, 0.99]

  /// The 100 B model of Streaming DiLoCo (arXiv 2501.18512, table 4): two sites, 108 layers, a step of 4.9 s, one
  /// synchronisation in 100 steps, fragments of three layers, 16 bits a parameter.
  ///
  /// The paper reads its figures off a simulation at rates that seem to be 50 points from 0.1 to 1000 Gb/s on a
  /// logarithmic scale: one point is ``gridStep`` times the one before.
  public static let streamingDiLoCo: [Row] = [
    Row(method: "data-parallel", parallelism: .data, gigabits: [184.2, 323.8, 390.7, 390.7, 471.5]),
    Row(method: "DiLoCo", parallelism: row(.diloco), gigabits: [3, 11, 23.3, 49.4, 184.2]),
    Row(method: "streaming", parallelism: row(.streamingDiloco), gigabits: [2.4, 6.2, 9.1, 11, 19.3]),
    Row(
      method: "streaming, overlapped", parallelism: row(.streamingDiloco, overlap: 1),
      gigabits: [1.7, 3.6, 4.3, 5.2, 5.2]),
    Row(
      method: "streaming, overlapped, FP4", parallelism: row(.streamingDiloco, overlap: 1, bits: 4),
      gigabits: [0.5, 0.9, 1.1, 1.1, 1.4]),
  ]

  /// 10^(4/49).
  public static let gridStep = DeterministicMath.exp(DeterministicMath.log(1e4) / 49)

  /// What the table's 100 B model does in a step.
  public static let hundredBillion = TrainingWork(step: 4.9, backward: 2.0 / 3.0, gradientBytes: 200e9, layers: 108)

  /// NVIDIA's long-haul run of Nemotron-4 340B (NeMo Framework 25.02): 3,072 H100 on two sites 1,000 km apart kept at
  /// least 96 % of the throughput of one site. Steps of 10.3 s, eight GPUs in a domain at 450 GB/s and 50 GB/s each.
  /// The rate between the sites is not published.
  public static func longHaul(
    _ parallelism: Parallelism, bitsPerSecond: Double, roundTrip: Double
  ) -> IterationTime {
    let model = ModelCatalogue.models[ModelCatalogue.index(of: "nemotron-4-340b") ?? 0]
    let layout = IterationTime.Layout(
      gpus: 3072, sites: 2, domain: 8, speed: 1, scaleUpRate: 450e9, scaleOutRate: 50e9, acrossRate: bitsPerSecond,
      acrossDelay: roundTrip / 2)
    return IterationTime(work: model.work(gpus: 3072), parallelism: parallelism, layout: layout, reference: layout)
  }

  /// DiLoCoX (arXiv 2506.21263): 107 B parameters on two clusters joined by 1 Gb/s, 357 times the throughput of plain
  /// all-reduce. The abstract gives neither batch nor step. 17,900 tokens a step follow from 10.4 tokens/s of plain
  /// all-reduce (recalled from the paper) and its 1,712 s of transfer; 32 workers of one 312-Tflop/s GPU each at 40 %
  /// are an assumption, and so are 80 layers and 20 ms of round trip.
  public static let diLoCoXWork = TrainingWork(
    step: 6 * 107e9 * 17_900 / (32 * 312e12 * 0.4), backward: 2.0 / 3.0, gradientBytes: 214e9, layers: 80)

  /// Parameters travel in 4 bits, halved again by low rank, while the next 125 steps compute (the paper's one-step
  /// delay; its H and rank are recalled and assumed).
  public static let diLoCoXMethod: Parallelism = {
    var method = Parallelism(.diloco)
    method.localSteps = 125
    method.overlapSteps = 125
    method.precision = 4
    method.compression = 2
    return method
  }()

  public static func diLoCoX(_ parallelism: Parallelism) -> IterationTime {
    let layout = IterationTime.Layout.sites(2, rate: 1e9, delay: 0.010)
    return IterationTime(work: diLoCoXWork, parallelism: parallelism, layout: layout, reference: layout)
  }

  private static func row(_ kind: Parallelism.Kind, overlap: UInt16 = 0, bits: UInt16 = 16) -> Parallelism {
    var method = Parallelism(kind)
    method.overlapSteps = overlap
    method.precision = bits
    return method
  }
}
