// SPDX-License-Identifier: Apache-2.0

import Quantities

/// The models that jobs can be assigned, smallest first.
///
/// Sizes follow from the parameter count P (bf16 gradients 2P bytes; Adam in mixed precision 12P + 2P bytes of
/// checkpoint, the byte counts of public training calculators). Text is 4 bytes a token (15 T tokens are about
/// 60 TB), and a GPU trains `4e14 / (6 x active parameters)` tokens a second: 400 Tflop/s, which is what the Llama
/// 3.1 405B run reports for an H100. Where the table of a paper gives batch, step and GPUs, they are used instead.
/// The overlap is 2/3 everywhere: gradients can travel during the backward pass, two thirds of a step.
///
/// Left out: recommendation models (DLRM), inference and LoRA: their traffic is not an all-reduce of gradients.
public enum ModelCatalogue {
  public static let models: [ModelProfile] = [
    model(
      "resnet-50", 25_600_000, checkpoint: 256_000_000, dataset: 150 * gigabyte, read: 320_000_000, step: 0.09,
      gpus: 8...256,
      """
      ImageNet, 150 GB and 1.28 M images; 2,500-3,000 images/s on an A100 at about 117 kB each (derived); checkpoint \
      with SGD momentum instead of Adam
      """, .recalled),
    model(
      "bert-large", 340_000_000, dataset: 30 * gigabyte, read: textRate(340_000_000), step: 0.4, gpus: 8...64,
      "20-40 GB of text, steps of 0.3-0.5 s; read rate derived at 400 Tflop/s", .recalled),
    model(
      "gpt2-xl", 1_500_000_000, dataset: 40 * gigabyte, read: textRate(1_500_000_000), step: 0.75, gpus: 32...64,
      "40 GB (WebText; successors up to 1 TB), steps of 0.5-1 s; read rate derived at 400 Tflop/s", .recalled),
    model(
      "sdxl", 2_600_000_000, dataset: 100_000 * gigabyte, read: 5_300_000, step: 1.5, gpus: 64...256,
      """
      50-250 TB of images, 100 TB chosen; 2,048 images in 1.5 s on 128 GPUs at 0.5 MB each (size of an image: \
      assumption)
      """, .assumption),
    model(
      "llama-3-8b", 8_030_000_000, dataset: 60_000 * gigabyte, read: textRate(8_030_000_000), step: 4, gpus: 64...1024,
      "15 T tokens, about 60 TB; steps of 2-6 s; read rate derived at 400 Tflop/s", .recalled),
    model(
      "mixtral-8x7b", 46_700_000_000, active: 12_900_000_000, dataset: 12_000 * gigabyte,
      read: textRate(12_900_000_000), step: 3, gpus: 256...512,
      "1-5 T tokens, 3 T chosen (not published); steps of 2-4 s; read rate derived at 400 Tflop/s", .assumption),
    model(
      "llama-3-70b", 70_600_000_000, dataset: 60_000 * gigabyte, read: textRate(70_600_000_000), step: 7,
      gpus: 512...6144,
      "15 T tokens, about 60 TB; steps of 4-10 s; fine-tuned on 64 GPUs and more; read rate derived", .recalled),
    model(
      "nemotron-4-340b", 340_000_000_000, dataset: 36_000 * gigabyte, read: textRate(340_000_000_000), step: 10.3,
      gpus: 1536...6144,
      "9 T tokens; step of 10.3 s on 3,072 GPUs (Nemotron-4 340B technical report); read rate derived", .recalled),
    model(
      "llama-3.1-405b", 405_000_000_000, dataset: 62_400 * gigabyte, read: textRate(405_000_000_000), step: 6,
      gpus: 8192...16_384,
      "15.6 T tokens; 16 M tokens a step at 400 Tflop/s on 16,384 H100 (The Llama 3 Herd of Models)", .derived),
    model(
      "deepseek-v3", 671_000_000_000, active: 37_000_000_000, dataset: 59_200 * gigabyte, read: 6100, step: 20.1,
      gpus: 2048...2048,
      """
      14.8 T tokens; 63 M tokens a step of 20.1 s (Streaming DiLoCo, arXiv 2501.18512) on 2,048 GPUs, so 1,530 \
      tokens/s a GPU
      """, .derived),
  ]

  /// Position of the model called `name`.
  public static func index(of name: String) -> Int? { models.firstIndex { $0.name == name } }

  private static let gigabyte: Int64 = 1_000_000_000

  /// Bytes of text a second that a GPU trains on: 4 a token, 6 flop a token and active parameter, 400 Tflop/s.
  private static func textRate(_ active: Int64) -> Int64 { 4 * 400_000_000_000_000 / (6 * active) }

  private static func model(
    _ name: String, _ parameters: Int64, active: Int64? = nil, checkpoint: Int64? = nil, dataset: Int64, read: Int64,
    step: Double, gpus: ClosedRange<Int>, _ source: String, _ certainty: Certainty
  ) -> ModelProfile {
    ModelProfile(
      name: name, parameters: parameters, activeParameters: active ?? parameters, gradientBytes: 2 * parameters,
      checkpointBytes: checkpoint ?? 14 * parameters, datasetBytes: dataset, readBytesPerGPUSecond: read,
      stepSeconds: step, overlap: 2.0 / 3.0, typicalGPUs: gpus, source: source, certainty: certainty)
  }
}
