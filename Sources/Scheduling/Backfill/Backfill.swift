// SPDX-License-Identifier: Apache-2.0

/// A way to let later jobs pass one that does not fit, without harming it.
protocol Backfill: Sendable {
  static var part: PolicyPart { get }
  init(_ values: ParameterValues)
  /// Serves the whole queue in the given order.
  func serve(_ order: inout ServiceOrder, in pass: inout DecisionPass)
}
