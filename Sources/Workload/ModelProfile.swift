// SPDX-License-Identifier: Apache-2.0

import Quantities

/// What training or serving a model moves and how fast: the figures that a trace does not have.
public struct ModelProfile: Equatable, Sendable {
  public var name: String
  public var parameters: Int64
  /// Parameters that one token goes through: fewer than all in a mixture of experts.
  public var activeParameters: Int64
  /// Gradients of one replica, in bytes: 2 a trained parameter (bf16).
  public var gradientBytes: Int64
  /// A full training checkpoint, in bytes: 14 a parameter (bf16 weights, fp32 master copy and Adam moments).
  public var checkpointBytes: Int64
  public var datasetBytes: Int64
  /// Bytes of its data set that one reference GPU consumes in a second.
  public var readBytesPerGPUSecond: Int64
  /// One optimiser step at typical size, in seconds.
  public var stepSeconds: Double
  /// Share of a step that is the backward pass, behind which communication of gradients can hide.
  public var overlap: Double
  /// Layers that compute one after another, of which each has gradients of its own.
  public var layers: Int
  /// Width of the activations between layers, in numbers a token; 0 where layers differ and no single width is known.
  public var hidden: Int
  /// Tokens that one reference GPU trains on in a second; 0 for models that do not read tokens.
  public var tokensPerGPUSecond: Double
  /// Share of a GPU's bf16 peak that training reaches, as published or typical.
  public var flopUtilisation: Double
  /// Tokens of a whole training; 0 for models that do not read tokens.
  public var trainingTokens: Double
  /// Keys and values that serving keeps of a token, in bytes of 16-bit numbers; 0 for models that generate none.
  public var kvBytesPerToken: Int64
  /// Why a job that trains it is not split over sites; nil if it may be.
  public var siteBound: String?
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
