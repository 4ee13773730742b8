// SPDX-License-Identifier: Apache-2.0

import Quantities

/// What training a model moves and how fast: the figures that a trace does not have.
public struct ModelProfile: Equatable, Sendable {
  public var name: String
  public var parameters: Int64
  /// Parameters that one token goes through: fewer than all in a mixture of experts.
  public var activeParameters: Int64
  /// Gradients of one replica, in bytes: 2 a parameter (bf16).
  public var gradientBytes: Int64
  /// A full training checkpoint, in bytes: 14 a parameter (bf16 weights, fp32 master copy and Adam moments).
  public var checkpointBytes: Int64
  public var datasetBytes: Int64
  /// Bytes of its data set that one reference GPU consumes in a second.
  public var readBytesPerGPUSecond: Int64
  /// One optimiser step at typical size, in seconds.
  public var stepSeconds: Double
  /// Share of a step behind which communication of gradients can hide.
  public var overlap: Double
  /// How many GPUs it is usually trained on.
  public var typicalGPUs: ClosedRange<Int>
  /// Where the figures come from, and which were chosen.
  public var source: String
  /// Of the weakest of step time, data set and read rate. Gradients and checkpoint are derived throughout, `overlap`
  /// is an assumption throughout.
  public var certainty: Certainty
}

extension Job {
  /// Bytes of its data set that the job reads in all, which have to be where it runs: its model's data set, or
  /// less if it ends before it has seen all of it. 0 without a model.
  public var stagedBytes: Int64 {
    guard let model else { return 0 }
    let profile = ModelCatalogue.models[model]
    let consumed =
      Int128(profile.readBytesPerGPUSecond) * Int128(milliGPUs) * Int128(duration.ticks) / 1000
      / Int128(Time.ticksPerSecond)
    return consumed < Int128(profile.datasetBytes) ? Int64(consumed) : profile.datasetBytes
  }
}
