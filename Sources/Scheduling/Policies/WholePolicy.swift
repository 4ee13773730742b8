// SPDX-License-Identifier: Apache-2.0

/// A policy that brings its own order, placement and plans under one objective. It takes no other parts.
protocol WholePolicy: Planner {
  static var part: PolicyPart { get }

  init(_ values: ParameterValues)
  var order: any QueueOrder { get }
  /// Where there is no view to ask with: which jobs could ever run.
  var placement: any PlacementRule { get }
  var maxSites: Int { get }
}
