// SPDX-License-Identifier: Apache-2.0

/// The parsed text of a policy: `ORDER[+BACKFILL][@PLACEMENT][~SHIFT]`, each part with parameters in brackets, like
/// `fifo+easy@balanced(cost=1,latency=0.2,capacity=0.5)`.
///
/// Every name and value in it is known to the ``PolicyCatalogue``: there is no spec that cannot be run.
public struct PolicySpec: Sendable, Equatable, CustomStringConvertible {
  public let order: PolicyPartUse
  public let backfill: PolicyPartUse?
  /// `first-fit` where the text named none.
  public let placement: PolicyPartUse?

  /// - Throws: ``PolicySpecError`` that names what was found, where, and what is known.
  public init(parsing text: String) throws(PolicySpecError) {
    var parser = PolicySpecParser(text)
    let uses = try parser.parse()
    order = uses.order
    backfill = uses.backfill
    placement = uses.placement
  }

  /// The spec written out again, without spaces; parsing it gives an equal spec.
  public var text: String {
    var text = order.description
    if let backfill { text += "+\(backfill)" }
    if let placement { text += "@\(placement)" }
    return text
  }

  public var description: String { text }
}
