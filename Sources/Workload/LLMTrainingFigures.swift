// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Jobs that train language and image models on 16 to 512 GPUs. There is no public trace of such a mix, so what is
/// not in ``ModelCatalogue`` is an assumption and called one.
enum LLMTrainingFigures {
  /// One job every four hours: about 570 GPUs busy on average.
  static let meanIntervalSeconds = 14_400.0

  /// Durations are log-normal, cut off at both ends.
  static let medianSeconds = 43_200.0
  static let sigma = 1.0
  static let leastSeconds = 3600.0
  static let mostSeconds = 345_600.0

  /// Share of each size in per cent, and the models trained at it, in per cent.
  static let sizes: [(gpus: Int64, share: Int, models: [(name: String, share: Int)])] = [
    (16, 15, [("bert-large", 40), ("gpt2-xl", 60)]),
    (32, 20, [("bert-large", 30), ("gpt2-xl", 70)]),
    (64, 25, [("gpt2-xl", 20), ("llama-3-8b", 50), ("llama-3-70b", 15), ("sdxl", 15)]),
    (128, 20, [("llama-3-8b", 50), ("llama-3-70b", 20), ("sdxl", 30)]),
    (256, 12, [("llama-3-8b", 40), ("llama-3-70b", 10), ("mixtral-8x7b", 30), ("sdxl", 20)]),
    (512, 8, [("llama-3-8b", 40), ("llama-3-70b", 40), ("mixtral-8x7b", 20)]),
  ]

  static func job(id: String, submit: Time, _ stream: inout RandomStream) -> Job {
    let size = pick(sizes, share: \.share, &stream)
    let model = pick(size.models, share: \.share, &stream)
    let draw = medianSeconds * DeterministicMath.exp(sigma * stream.normal())
    let seconds = min(max(draw, leastSeconds), mostSeconds)
    return Job(
      id: id, submit: submit, milliGPUs: size.gpus * 1000, duration: .seconds(Int64(seconds.rounded())),
      model: ModelCatalogue.index(of: model.name), splittable: true)
  }

  private static func pick<Choice>(
    _ choices: [Choice], share: (Choice) -> Int, _ stream: inout RandomStream
  ) -> Choice {
    var ticket = stream.below(choices.reduce(0) { $0 + share($1) })
    for choice in choices {
      ticket -= share(choice)
      if ticket < 0 { return choice }
    }
    return choices[choices.count - 1]
  }

  static let description: [String] = {
    var lines = [
      "profile llm-training is SYNTHETIC: made from assumptions, not a trace",
      """
      models: sizes, gradients, checkpoints and data sets from the model catalogue; GPU counts within or near the \
      typical ones there (70b below 512 GPUs: fine-tuning)
      """,
      "assumption: arrivals are Poisson, one job every 4 h on average, day and night",
      "assumption: durations are log-normal, median 12 h, sigma 1, cut off at 1 h and 96 h",
      "assumption: every job may be split over sites, data-parallel; experts of a mixture stay within a site",
    ]
    for size in sizes {
      let models = size.models.map { "\($0.name) \($0.share) %" }.joined(separator: ", ")
      lines.append("assumption: \(size.gpus) GPUs in \(size.share) % of jobs: \(models)")
    }
    return lines
  }()
}
