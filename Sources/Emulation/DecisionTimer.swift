// SPDX-License-Identifier: Apache-2.0

/// How long the policy takes to answer, by a clock that the driver lends. Nothing that a run decides depends on it.
///
/// Only the thread that advances the coordinator touches it while the run lasts.
public final class DecisionTimer: @unchecked Sendable {
  private let clock: @Sendable () -> Double
  private var began = 0.0
  /// Seconds of each answer, in order.
  public private(set) var seconds: [Float] = []

  /// - Parameter clock: seconds that never run back.
  public init(clock: @escaping @Sendable () -> Double) { self.clock = clock }

  func begin() { began = clock() }
  func end() { seconds.append(Float(clock() - began)) }
}
