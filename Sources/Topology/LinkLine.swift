// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A link as it is built: regeneration where reach demands it, and what that makes of its delay and power.
public struct LinkLine: Equatable, Sendable {
  /// Sites on the way where every wavelength is received and sent anew.
  public var regenerationSites: Int
  /// Of one of the equal pieces between them; the worst one.
  public var budget: LinkBudget
  public var equipment: LineEquipmentRow

  // One way. Their sum is the link's delay.
  public var propagation: Time
  /// Error correction and signal processing of the modules at the ends.
  public var optics: Time
  public var amplification: Time
  /// The same as ``optics``, once for each site.
  public var regeneration: Time
  /// Routers and shelves, and what a scenario adds.
  public var equipmentDelay: Time

  public var delay: Time { max(.tick, propagation + optics + amplification + regeneration + equipmentDelay) }
  /// In one direction, of the whole line.
  public var amplifiers: Int { budget.amplifiers * (regenerationSites + 1) }
  public var spans: Int { budget.spans * (regenerationSites + 1) }

  /// More sites than this are not looked for.
  public static let mostSites = 2000

  /// - Parameters:
  ///   - regenerates: whether sites may be put in. Only coherent modules can: others have no line systems in the field.
  ///   - extra: added to what the equipment takes, one way.
  /// - Returns: nil if it cannot close; ``LinkBudget/failures`` of the whole length say why.
  public init?(_ design: LinkBudget.Design, regenerates: Bool, equipment: LineEquipmentRow, extra: Time = .zero) {
    let canRegenerate = regenerates && design.optics.kind == .coherent
    var piece = design
    var found: (sites: Int, budget: LinkBudget)?
    var sites = 0
    while sites <= (canRegenerate ? LinkLine.mostSites : 0) {
      piece.kilometres = design.kilometres / Double(sites + 1)
      // Circuit switches stand at the ends of the line: a piece has those of one end at most.
      if sites > 0 { piece.passes = (design.passes + 1) / 2 }
      let budget = LinkBudget(piece)
      if budget.closes {
        found = (sites, budget)
        break
      }
      sites += 1
    }
    guard let found else { return nil }
    regenerationSites = found.sites
    budget = found.budget
    self.equipment = equipment
    propagation = design.medium.delay(kilometres: design.kilometres)
    optics = design.optics.latency
    regeneration = design.optics.latency * Int64(found.sites)
    amplification = LineCatalogue.amplifier.latency * Int64(found.budget.amplifiers * (found.sites + 1))
    equipmentDelay = equipment.delay(kilometres: design.kilometres) + extra
  }
}

extension LinkBudget.Design {
  /// The module, and the medium for it, that comes nearest to closing what this one does not: on the same medium if
  /// there is one, else on ordinary fibre; of the same rate before higher and lower ones; then the one of least power.
  public func nearestThatCloses() -> (optics: OpticsRow, medium: FibreMedium)? {
    let fallback = FibreCatalogue.lookup("smf")
    for medium in [medium] + (fallback.map { [$0] } ?? []) {
      let fits = OpticsCatalogue.rows.filter { row in
        var design = self
        design.optics = row
        design.medium = medium
        // Cables and optics beside a chip are not put in the place of a module.
        return row.integration != .cable && row.integration != .coPackaged && LinkBudget(design).closes
      }
      func order(_ row: OpticsRow) -> (Int, Double, Double) {
        let step = row.rate == optics.rate ? 0 : row.rate > optics.rate ? 1 : 2
        return (step, abs(row.rate.double - optics.rate.double), row.watts)
      }
      if let best = fits.min(by: { order($0) < order($1) }) { return (best, medium) }
    }
    return nil
  }
}
