// SPDX-License-Identifier: Apache-2.0

/// What serving takes of a GPU: dense bf16 arithmetic, and its memory.
public struct ServingHardware: Equatable, Sendable {
  /// Flop per second at the peak.
  public var flops: Double
  public var memoryBytes: Double
  public var memoryBytesPerSecond: Double

  public init(flops: Double, memoryBytes: Double, memoryBytesPerSecond: Double) {
    self.flops = flops
    self.memoryBytes = memoryBytes
    self.memoryBytesPerSecond = memoryBytesPerSecond
  }
}

/// How long a replica of a language model takes to serve tokens, by the roofline: what it computes at the rate of its
/// arithmetic, and what it reads at the rate of its memory, whichever is longer.
///
///     prefill(n) = max((2 P n + 2 L h n^2) / (g F e), weights / (g M u))
///     step(b, k) = max(2 P b / (g F e), (weights + kv k) / (g M u))
///
/// P active parameters, L layers, h width, n tokens of a prompt (attention over them is causal: half of 4 L h n^2), b
/// requests that generate together, k tokens that they keep, g GPUs, F and M peak arithmetic and memory rate of one, e
/// and u the shares of them that are reached. A step makes one token for every request in it.
///
/// The arithmetic is that of public derivations (2 flop a parameter and token; weights are read once a step whatever
/// the batch). Shares of 50 % and 60 % are assumptions within what is reported; exchanges between the GPUs of a replica
/// are left out, so that times are lower bounds.
public struct ServingModel: Equatable, Sendable {
  /// Bytes of all weights, as they lie in memory.
  public var weightBytes: Double
  public var activeParameters: Double
  public var layers: Double
  public var hidden: Double
  /// Keys and values of a token, bytes.
  public var kvBytes: Double
  public var gpus: Int
  public var hardware: ServingHardware
  /// Requests that generate together at most.
  public var maxBatch: Int
  public static let arithmeticShare = 0.5
  public static let memoryShare = 0.6
  /// Of the memory, what weights, keys and values may fill together.
  public static let usableMemory = 0.9

  /// - Parameter bits: of a weight; keys and values have 16.
  /// - Returns: nil for a model that generates no tokens.
  public init?(_ profile: ModelProfile, bits: Int, gpus: Int, hardware: ServingHardware, maxBatch: Int) {
    guard profile.kvBytesPerToken > 0, profile.siteBound == nil else { return nil }
    weightBytes = Double(profile.parameters) * Double(bits) / 8
    activeParameters = Double(profile.activeParameters)
    layers = Double(profile.layers)
    hidden = Double(profile.hidden)
    kvBytes = Double(profile.kvBytesPerToken)
    self.gpus = gpus
    self.hardware = hardware
    self.maxBatch = maxBatch
  }

  private var flops: Double { Double(gpus) * hardware.flops * ServingModel.arithmeticShare }
  private var memoryRate: Double { Double(gpus) * hardware.memoryBytesPerSecond * ServingModel.memoryShare }

  /// Tokens whose keys and values fit beside the weights; below zero if not even those fit.
  public var kvTokens: Int {
    let free = Double(gpus) * hardware.memoryBytes * ServingModel.usableMemory - weightBytes
    return Int((free / kvBytes).rounded(.down))
  }

  /// Seconds from a prompt to its first token.
  public func prefill(tokens: Int) -> Double {
    let n = Double(tokens)
    return max((2 * activeParameters * n + 2 * layers * hidden * n * n) / flops, weightBytes / memoryRate)
  }

  /// Seconds for one more token of each of `batch` requests that keep `context` tokens together.
  public func step(batch: Int, context: Int) -> Double {
    max(2 * activeParameters * Double(batch) / flops, (weightBytes + kvBytes * Double(context)) / memoryRate)
  }
}
