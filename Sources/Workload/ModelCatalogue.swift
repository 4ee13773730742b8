// SPDX-License-Identifier: Apache-2.0

import Quantities

/// The models that jobs can be assigned or name: first those that train all of their parameters, smallest first, then
/// those whose traffic is of another kind.
///
/// Sizes follow from the parameter count P (bf16 gradients 2P bytes; Adam in mixed precision 12P + 2P bytes of
/// checkpoint, the byte counts of public training calculators). Text is 4 bytes a token (15 T tokens are about
/// 60 TB), and a GPU trains `4e14 / (6 x active parameters)` tokens a second: 400 Tflop/s, 40 % of an H100, which is what
/// the Llama 3.1 405B run reports. Where the table of a paper gives batch, step and GPUs, they are used instead.
/// The backward pass is 2/3 of a step everywhere: it does twice the arithmetic of the forward pass.
/// Layers, widths and key-value heads are those of the published configurations. Keys and values of a token take
/// 2 x layers x key-value heads x head size x 2 bytes.
public enum ModelCatalogue {
  public static let models: [ModelProfile] = [
    model(
      "resnet-50", 25_600_000, checkpoint: 256_000_000, dataset: 150 * gigabyte, read: 320_000_000, step: 0.09,
      layers: 50, utilisation: 0.3, gpus: 8...256,
      """
      ImageNet, 150 GB and 1.28 M images; 2,500-3,000 images/s on an A100 at about 117 kB each (derived); checkpoint \
      with SGD momentum instead of Adam
      """, .recalled),
    model(
      "bert-large", 340_000_000, dataset: 30 * gigabyte, read: textRate(340_000_000), step: 0.4,
      layers: 24, hidden: 1024, utilisation: 0.4, tokens: 7.5e9, gpus: 8...64,
      "20-40 GB of text, steps of 0.3-0.5 s; read rate derived at 400 Tflop/s", .recalled),
    model(
      "gpt2-xl", 1_500_000_000, dataset: 40 * gigabyte, read: textRate(1_500_000_000), step: 0.75,
      layers: 48, hidden: 1600, utilisation: 0.4, tokens: 1e10, kv: 2 * 48 * 1600 * 2, gpus: 32...64,
      "40 GB (WebText; successors up to 1 TB), steps of 0.5-1 s; read rate derived at 400 Tflop/s", .recalled),
    model(
      "sdxl", 2_600_000_000, dataset: 100_000 * gigabyte, read: 5_300_000, step: 1.5,
      layers: 70, utilisation: 0.35, gpus: 64...256,
      """
      50-250 TB of images, 100 TB chosen; 2,048 images in 1.5 s on 128 GPUs at 0.5 MB each (size of an image: \
      assumption); layers: transformer blocks of the U-Net
      """, .assumption),
    model(
      "llama-3-8b", 8_030_000_000, dataset: 60_000 * gigabyte, read: textRate(8_030_000_000), step: 4,
      layers: 32, hidden: 4096, utilisation: 0.45, tokens: 15e12, kv: grouped(32, heads: 8, size: 128), gpus: 64...1024,
      "15 T tokens, about 60 TB; steps of 2-6 s; read rate derived at 400 Tflop/s", .recalled),
    model(
      "mixtral-8x7b", 46_700_000_000, active: 12_900_000_000, dataset: 12_000 * gigabyte,
      read: textRate(12_900_000_000), step: 3,
      layers: 32, hidden: 4096, utilisation: 0.35, tokens: 3e12, kv: grouped(32, heads: 8, size: 128), gpus: 256...512,
      "1-5 T tokens, 3 T chosen (not published); steps of 2-4 s; read rate derived at 400 Tflop/s", .assumption),
    model(
      "llama-3-70b", 70_600_000_000, dataset: 60_000 * gigabyte, read: textRate(70_600_000_000), step: 7,
      layers: 80, hidden: 8192, utilisation: 0.42, tokens: 15e12, kv: grouped(80, heads: 8, size: 128),
      gpus: 512...6144,
      "15 T tokens, about 60 TB; steps of 4-10 s; fine-tuned on 64 GPUs and more; read rate derived", .recalled),
    model(
      "nemotron-4-340b", 340_000_000_000, dataset: 36_000 * gigabyte, read: textRate(340_000_000_000), step: 10.3,
      layers: 96, hidden: 18_432, utilisation: 0.42, tokens: 9e12, kv: grouped(96, heads: 8, size: 192),
      gpus: 1536...6144,
      "9 T tokens; step of 10.3 s on 3,072 GPUs (Nemotron-4 340B technical report); read rate derived", .recalled),
    model(
      "llama-3.1-405b", 405_000_000_000, dataset: 62_400 * gigabyte, read: textRate(405_000_000_000), step: 6,
      layers: 126, hidden: 16_384, utilisation: 0.4, tokens: 15.6e12, kv: grouped(126, heads: 8, size: 128),
      gpus: 8192...16_384,
      "15.6 T tokens; 16 M tokens a step at 400 Tflop/s on 16,384 H100 (The Llama 3 Herd of Models)", .derived),
    model(
      "deepseek-v3", 671_000_000_000, active: 37_000_000_000, dataset: 59_200 * gigabyte, read: 6100, step: 20.1,
      layers: 61, hidden: 7168, utilisation: 0.37, tokens: 14.8e12, kv: 61 * 576 * 2, gpus: 2048...2048,
      """
      14.8 T tokens; 63 M tokens a step of 20.1 s (Streaming DiLoCo, arXiv 2501.18512) on 2,048 GPUs, so 1,530 \
      tokens/s a GPU; latent attention keeps 576 numbers of a token and layer
      """, .derived),
    model(
      "llama-3-70b-lora", 70_600_000_000, trained: 200_000_000, dataset: 10 * gigabyte, read: textRate(70_600_000_000),
      step: 15, layers: 80, hidden: 8192, utilisation: 0.3, tokens: 2.5e9, kv: grouped(80, heads: 8, size: 128),
      gpus: 8...64,
      """
      adapters of 0.1-1 B trained parameters, 0.2 B chosen, so 0.4 GB of gradients and 2.8 GB of checkpoint; steps of \
      5-60 s, 15 chosen; data set of 10 GB chosen. Reinforcement learning from rollouts also sends all 141 GB of \
      weights to its generators at each refresh, which is not modelled
      """, .assumption),
    model(
      "dlrm", 1_000_000_000_000, active: 1_000_000_000, trained: 1_000_000_000, checkpoint: 4_000 * gigabyte,
      dataset: 1_000_000 * gigabyte, read: 22_600_000, step: 0.06, layers: 8, utilisation: 0.1, gpus: 128...1024,
      siteBound:
        "its embeddings of 0.1-12 T parameters are spread over all GPUs and exchanged all-to-all, tens of GB in every "
        + "step of 30-100 ms",
      """
      0.1-12 T parameters of embeddings, 1 T chosen, and about 1 B dense; dense gradients 2-4 GB; steps of 30-100 ms, \
      60 chosen; a petabyte a day on 512 GPUs is 22.6 MB/s for each; layers: assumption
      """, .assumption),
    model(
      "gpt-177b", 177_000_000_000, dataset: 1_200 * gigabyte, read: textRate(177_000_000_000), step: 8.2,
      layers: 96, hidden: 12_288, utilisation: 0.4, tokens: 300e9, kv: 2 * 96 * 12_288 * 2, gpus: 1024...1536,
      """
      a model of the size and shape of GPT-3 175B (96 layers of 12,288), which no rule assigns by size; 300 B tokens; a \
      step of 3.1 M tokens on 1,024 GPUs at 400 Tflop/s takes 8.2 s
      """, .assumption),
  ]

  /// Position of the model called `name`.
  public static func index(of name: String) -> Int? { models.firstIndex { $0.name == name } }

  private static let gigabyte: Int64 = 1_000_000_000

  /// Flop a second that a reference GPU reaches in training.
  private static let flops: Int64 = 400_000_000_000_000

  /// Bytes of text a second that a GPU trains on: 4 a token, 6 flop a token and active parameter.
  private static func textRate(_ active: Int64) -> Int64 { 4 * flops / (6 * active) }

  /// Keys and values of a token in bytes, with grouped-query attention.
  private static func grouped(_ layers: Int64, heads: Int64, size: Int64) -> Int64 { 2 * layers * heads * size * 2 }

  private static func model(
    _ name: String, _ parameters: Int64, active: Int64? = nil, trained: Int64? = nil, checkpoint: Int64? = nil,
    dataset: Int64, read: Int64, step: Double, layers: Int, hidden: Int = 0, utilisation: Double, tokens: Double = 0,
    kv: Int64 = 0, gpus: ClosedRange<Int>, siteBound: String? = nil, _ source: String, _ certainty: Certainty
  ) -> ModelProfile {
    ModelProfile(
      name: name, parameters: parameters, activeParameters: active ?? parameters,
      gradientBytes: 2 * (trained ?? parameters), checkpointBytes: checkpoint ?? 14 * (trained ?? parameters),
      datasetBytes: dataset, readBytesPerGPUSecond: read, stepSeconds: step, overlap: 2.0 / 3.0, layers: layers,
      hidden: hidden, tokensPerGPUSecond: hidden > 0 ? Double(read) / 4 : 0, flopUtilisation: utilisation,
      trainingTokens: tokens, kvBytesPerToken: kv, siteBound: siteBound, typicalGPUs: gpus, source: source,
      certainty: certainty)
  }
}
