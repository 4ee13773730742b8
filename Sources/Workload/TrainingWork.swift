// SPDX-License-Identifier: Apache-2.0

/// What one step of a training job computes and moves, wherever it runs.
public struct TrainingWork: Equatable, Sendable {
  /// Seconds of computing in a step on reference GPUs.
  public var step: Double
  /// Share of the step that is the backward pass: two thirds, because it costs twice the forward pass (gradients of
  /// activations and of weights).
  public var backward: Double
  /// Of one replica, bytes in 16 bits a parameter.
  public var gradientBytes: Double
  public var layers: Int
  /// Activations of all tokens of a step at the border of two layers, bytes in 16 bits; 0 if nobody publishes it.
  public var activationBytes: Double

  public init(step: Double, backward: Double, gradientBytes: Double, layers: Int, activationBytes: Double = 0) {
    self.step = step
    self.backward = backward
    self.gradientBytes = gradientBytes
    self.layers = layers
    self.activationBytes = activationBytes
  }
}

extension ModelProfile {
  /// The work of a step of a job on so many GPUs. The catalogue's step is taken at any number of GPUs: the batch grows
  /// with them.
  public func work(gpus: Int) -> TrainingWork {
    TrainingWork(
      step: stepSeconds, backward: overlap, gradientBytes: Double(gradientBytes), layers: layers,
      activationBytes: tokensPerGPUSecond * stepSeconds * Double(gpus) * Double(hidden) * 2)
  }
}
