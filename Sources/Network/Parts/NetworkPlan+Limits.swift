// SPDX-License-Identifier: Apache-2.0

import CongestionControl

extension NetworkPlan {
  /// What of the plan a level would pass over in silence; nil if it follows everything that matters.
  public func notFollowed(at level: ExperimentLevel) -> String? {
    guard level == .fluid else { return nil }
    if algorithm.signals.contains(.nearSource) { return "near-source notices, which '\(algorithm.name)' lives by" }
    if ports.contains(where: { $0.flowControl != nil }) { return "priority flow control" }
    if flows.contains(where: { $0.datagrams != nil }) { return "datagrams" }
    if ports.contains(where: { $0.changes.contains { $0.delay != nil } }) { return "changes of delay" }
    return nil
  }
}
