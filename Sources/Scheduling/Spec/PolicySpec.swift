// SPDX-License-Identifier: Apache-2.0

/// The parsed text of a policy: `ORDER[+BACKFILL][@PLACEMENT][~SHIFT]`, each part with parameters in brackets, like
/// `fifo+easy@balanced(cost=1,latency=0.2,capacity=0.5)`.
///
/// A plain name of ``PolicyCatalogue/presets`` stands for the spec that the catalogue gives it, and the name of a policy of
/// kind ``PolicyPartKind/policy`` stands alone, with its parameters.
///
/// Every name and value in it is known to the ``PolicyCatalogue``: there is no spec that cannot be run.
public struct PolicySpec: Sendable, Equatable, CustomStringConvertible {
  /// The order, or the policy that needs no other parts.
  public let order: PolicyPartUse
  public let backfill: PolicyPartUse?
  /// `first-fit` where the text named none.
  public let placement: PolicyPartUse?
  /// `run-now` where the text named none.
  public let shift: PolicyPartUse?

  /// - Throws: ``PolicySpecError`` that names what was found, where, and what is known.
  public init(parsing text: String) throws(PolicySpecError) {
    let plain = text.drop { $0 == " " }.prefix { $0 != " " }
    let preset = PolicyCatalogue.presets.first {
      $0.name == plain && text.allSatisfy { plain.contains($0) || $0 == " " }
    }
    var parser = PolicySpecParser(preset?.spec ?? text)
    let uses = try parser.parse()
    order = uses.order
    backfill = uses.backfill
    placement = uses.placement
    shift = uses.shift
  }

  /// The spec written out again, without spaces; parsing it gives an equal spec.
  public var text: String {
    var text = order.description
    if let backfill { text += "+\(backfill)" }
    if let placement { text += "@\(placement)" }
    if let shift { text += "~\(shift)" }
    return text
  }

  public var description: String { text }
}
