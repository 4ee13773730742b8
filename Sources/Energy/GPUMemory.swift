// SPDX-License-Identifier: Apache-2.0

import Quantities

/// What serving needs to know of a GPU: its arithmetic and its memory.
public struct GPUMemory: Equatable, Sendable {
  public var gpu: String
  /// Dense bf16, flop per second.
  public var flops: Double
  public var bytes: Double
  public var bytesPerSecond: Double
  public var certainty: Certainty
  public var source: String
}

extension GPUCatalogue {
  /// One for each of ``models``.
  public static let memories: [GPUMemory] = [
    memory("h100", 989, 80, 3.35, .secondary, "H100 SXM: 989 Tflop/s dense bf16, 80 GB of HBM3 at 3.35 TB/s"),
    memory("h200", 989, 141, 4.8, .recalled, "H200 SXM: 141 GB of HBM3e at 4.8 TB/s"),
    memory("b200", 2250, 180, 8, .recalled, "HGX B200: 180 GB of HBM3e at 8 TB/s"),
    memory("gb200", 2500, 186, 8, .recalled, "GB200 NVL72: 186 GB of HBM3e at 8 TB/s each"),
    memory("gb300", 2500, 288, 8, .recalled, "GB300 NVL72: 288 GB of HBM3e at 8 TB/s each"),
    memory("a100", 312, 80, 2.039, .secondary, "A100 SXM: 312 Tflop/s, 80 GB of HBM2e at 2.039 TB/s"),
    memory("v100", 125, 32, 0.9, .recalled, "V100 SXM2: 125 Tflop/s in fp16, 32 GB of HBM2 at 0.9 TB/s"),
  ]

  public static func memory(of gpu: String) -> GPUMemory? { memories.first { $0.gpu == gpu } }

  private static func memory(
    _ gpu: String, _ teraflops: Double, _ gigabytes: Double, _ terabytesPerSecond: Double, _ certainty: Certainty,
    _ source: String
  ) -> GPUMemory {
    GPUMemory(
      gpu: gpu, flops: teraflops * 1e12, bytes: gigabytes * 1e9, bytesPerSecond: terabytesPerSecond * 1e12,
      certainty: certainty, source: source)
  }
}
