// SPDX-License-Identifier: Apache-2.0

/// What a policy answers with. The policy never touches the engine.
public enum Decision: Equatable, Sendable {
  /// Start a queued job now on these pieces, in order of site.
  case start(job: Int32, pieces: [Piece])
  /// Checkpoint a running job and return it to the queue. Its GPUs are free when that is done, not before.
  case preempt(job: Int32)
  /// Move wavelengths: how many every link is to have, in the order of links. Links that lose some lose them at once, those
  /// that gain have them when the optics have settled.
  case retune(wavelengths: [Int32])
}
