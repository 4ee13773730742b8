// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Statistics of Microsoft's Philly cluster, computed from the public trace: Jeon et al., "Analysis of Large-Scale
/// Multi-Tenant GPU Clusters for DNN Training Workloads", USENIX ATC 2019, CC-BY-4.0, in the CSV that the authors of
/// Pollux (OSDI 2021) derived from it. Four whole weeks, 2017-10-02 to 2017-10-29, 46,070 jobs.
enum PhillyFigures {
  /// Jobs by hour of the day, wall clock.
  static let byHour: [Double] = [
    2782, 2422, 2830, 1847, 868, 2470, 3582, 5095, 2135, 1849, 1504, 1088,
    1321, 968, 768, 728, 1987, 1264, 1043, 826, 2360, 1734, 2552, 2047,
  ]

  /// Jobs by day of the week, Monday first.
  static let byWeekday: [Double] = [5243, 6834, 6703, 8943, 9560, 4927, 3860]

  static let jobs = 46_070.0
  static let days = 28.0

  /// GPUs that jobs ask for, how many jobs did, and the row of ``durations`` that is theirs.
  static let sizes: [(gpus: Int64, jobs: Int, durations: Int)] = [
    (1, 43_982, 0), (2, 722, 1), (4, 753, 2), (8, 542, 3), (12, 7, 4), (16, 41, 4), (24, 4, 4), (32, 19, 4),
  ]

  static let probabilities: [Double] = [
    0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 1,
  ]

  /// Quantiles of the run time in seconds at ``probabilities``, for 1, 2, 4, 8 and more GPUs.
  static let durations: [[Double]] = [
    [
      1, 41, 58, 69, 320, 809, 1281, 1715, 2174, 2648, 3930, 8177, 14_522, 23_719, 53_568, 86_404, 124_305, 260_486,
      572_807, 2_597_076,
    ],
    [
      2, 5, 9, 11, 14, 16, 18, 20, 25, 248, 89_623, 214_832, 343_945, 467_815, 597_608, 942_695, 1_399_002, 1_521_148,
      2_582_803, 2_582_803,
    ],
    [
      31, 50, 90, 139, 342, 839, 4669, 26_081, 48_063, 86_630, 116_034, 196_037, 311_797, 515_829, 598_090, 1_213_031,
      2_059_338, 2_641_566, 2_750_674, 2_750_674,
    ],
    [
      17, 30, 148, 412, 1330, 12_141, 33_107, 73_203, 132_089, 174_300, 227_586, 379_422, 590_523, 649_291, 767_941,
      1_102_767, 2_010_727, 2_014_843, 2_214_025, 2_214_025,
    ],
    [
      108, 108, 120, 200, 345, 566, 4196, 45_025, 51_170, 56_479, 98_970, 167_367, 350_667, 1_152_387, 1_369_876,
      1_710_643, 1_710_643, 1_710_643, 1_710_643, 1_710_643,
    ],
  ]

  /// Jobs a second: the mean rate times the weight of the hour of the day times that of the weekday.
  static func rate(hour: Int) -> Double {
    let byDay = byWeekday[hour / 24 % 7] / jobs * 7
    let byTime = byHour[hour % 24] / jobs * 24
    return jobs / (days * 86_400) * byDay * byTime
  }

  static func job(id: String, submit: Time, _ stream: inout RandomStream) -> Job {
    var ticket = stream.below(sizes.reduce(0) { $0 + $1.jobs })
    var size = sizes[0]
    for candidate in sizes {
      size = candidate
      ticket -= candidate.jobs
      if ticket < 0 { break }
    }
    let seconds = quantile(stream.uniform(), of: durations[size.durations])
    return Job(
      id: id, submit: submit, milliGPUs: size.gpus * 1000, duration: .seconds(Int64(seconds.rounded())))
  }

  /// Straight lines in the logarithm between the figures.
  static func quantile(_ p: Double, of figures: [Double]) -> Double {
    let upper = probabilities.firstIndex { $0 > p } ?? probabilities.count - 1
    let (p0, p1) = (probabilities[upper - 1], probabilities[upper])
    let (a, b) = (DeterministicMath.log(figures[upper - 1]), DeterministicMath.log(figures[upper]))
    return DeterministicMath.exp(a + (b - a) * (p - p0) / (p1 - p0))
  }

  static let description = [
    "profile philly is SYNTHETIC: made from statistics, not a trace",
    """
    figures computed from the public Philly trace (Jeon et al., USENIX ATC 2019, CC-BY-4.0; CSV derived by Qiao et \
    al., OSDI 2021): 46,070 jobs of 2017-10-02 to 2017-10-29
    """,
    "arrivals: 1,645 a day on average, times weights by hour of the day (0.38 to 2.65) and weekday (0.59 to 1.45)",
    "GPUs: 1 in 95.5 % of jobs, 2 in 1.6 %, 4 in 1.6 %, 8 in 1.2 %, 12 to 32 in 0.15 %",
    "durations: 20 quantiles for each of 1, 2, 4, 8 and more GPUs, straight lines in the logarithm between them",
    "assumption: arrivals are Poisson within the hour (real ones come in bursts), so queues are shorter than in truth",
    "assumption: size, duration and arrival are independent but for duration by size; users and restarts are left out",
    "the derived CSV keeps only jobs with a usable duration: 82,247 of the original 117,325 in the whole trace",
  ]
}
