// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Whether light gets from one end of a piece of line to the other: what it loses, what noise it gathers, and what its
/// modules can bear.
///
/// Loss in dB, of the whole and of each span:
///
///     L = attenuation x kilometres + 0.5 dB x connectors + insertion loss x passes through circuit switches
///
/// Signal over noise in 0.1 nm (12.5 GHz) at the end of spans that amplifiers make up for one by one, with the noise
/// figure NF and 0 dBm a wavelength; 58 dB is 1 mW over the photon's energy at 1550 nm times 12.5 GHz:
///
///     OSNR = 58 - NF - 10 log10 (sum over spans of 10^(L_span / 10))
///
/// Light of the whole line counts as kilometres / span such spans of full length, which is never better than what shorter
/// and equal ones give, and has no steps. What a module for several spans needs follows from the reach that is
/// published for it: the OSNR at that distance on the standard line, spans of 80 km of ordinary fibre with two
/// connectors in all. The power of the transmitter falls out of the comparison, and so does the margin that the
/// publisher took; nonlinear effects are in it as on the standard line.
///
/// Sources: G. P. Agrawal, Fiber-Optic Communication Systems, 4th ed., chapters 5 and 7 (loss budgets; noise of chains
/// of amplifiers); ITU-T G.692 appendix (the 58 dB form). Deviations: no polarisation or filtering penalties, no
/// tilt, no gain from the low nonlinearity of hollow cores.
public struct LinkBudget: Equatable, Sendable {
  /// What is asked to close.
  public struct Design: Equatable, Sendable {
    public var optics: OpticsRow
    public var medium: FibreMedium
    public var kilometres: Double
    /// Pairs of connectors, those of both ends together.
    public var connectors: Int
    /// A circuit switch that light passes, so many times on its way.
    public var circuitSwitch: CircuitSwitchRow?
    public var passes: Int
    /// Distance between amplifiers; nil for what gives a span of 16 dB, 80 km of ordinary fibre.
    public var spanKilometres: Double?

    public init(
      optics: OpticsRow, medium: FibreMedium, kilometres: Double, connectors: Int = 2,
      circuitSwitch: CircuitSwitchRow? = nil, passes: Int = 2, spanKilometres: Double? = nil
    ) {
      self.optics = optics
      self.medium = medium
      self.kilometres = kilometres
      self.connectors = connectors
      self.circuitSwitch = circuitSwitch
      self.passes = circuitSwitch == nil ? 0 : passes
      self.spanKilometres = spanKilometres
    }
  }

  /// Loss of a pair of connectors, dB: what IEEE 802.3 and installers plan with is 0.3-0.5; recalled.
  public static let connectorLoss = 0.5
  /// Fibre loss of a span where a scenario does not say how long it is, dB.
  public static let spanLoss = 16.0
  static let noiseConstant = 58.0

  public let design: Design
  public let fibreLoss: Double
  public let connectorsLoss: Double
  public let switchLoss: Double
  /// Between modules or amplifiers; 1 where the line has none.
  public let spans: Int
  /// The greatest loss of a span, dB.
  public let worstSpan: Double
  /// Amplifiers in one direction: one before the first span, one behind each.
  public let amplifiers: Int
  /// dB; nil where nothing is amplified.
  public let osnr: Double?
  public let osnrNeeded: Double?
  /// ps/nm; nil where the medium or the module has none that counts.
  public let dispersion: Double?
  /// Why it does not close, empty if it does.
  public let failures: [String]

  public var totalLoss: Double { fibreLoss + connectorsLoss + switchLoss }
  public var closes: Bool { failures.isEmpty }

  public init(_ design: Design) {
    self.design = design
    let (optics, medium, length) = (design.optics, design.medium, design.kilometres)
    let attenuation = (optics.kind == .direct ? medium.attenuation1310 : medium.attenuation) ?? 0
    fibreLoss = attenuation * length
    connectorsLoss = optics.kind == .copper ? 0 : LinkBudget.connectorLoss * Double(design.connectors)
    switchLoss = Double(design.passes) * (design.circuitSwitch?.insertionLoss ?? 0)
    let total = fibreLoss + connectorsLoss + switchLoss
    var failures: [String] = []
    if let misfit = LinkBudget.misfit(optics, medium) { failures.append(misfit) }
    var spans = 1
    var worst = total
    var amplifiers = 0
    var osnr: Double?
    var needed: Double?
    if optics.kind == .coherent {
      dispersion = medium.dispersion.map { $0 * length }
      if let limit = optics.dispersionLimit, let dispersion, dispersion > limit {
        failures.append("dispersion of \(text(dispersion)) ps/nm exceeds the \(text(limit)) that its receiver bears")
      }
      if let budget = optics.lossBudget, total <= budget {
        // Short enough to do without amplifiers.
      } else if let budget = optics.spanBudget {
        amplifiers = 2
        osnr = LinkBudget.noiseConstant - LineCatalogue.amplifier.noiseFigure - total
        needed = optics.publishedOSNR
        if total > budget {
          failures.append("one span of \(text(total)) dB exceeds the \(text(budget)) dB that it closes")
        }
      } else if attenuation > 0 {
        let span = design.spanKilometres ?? LinkBudget.spanLoss / attenuation
        let ends = connectorsLoss + switchLoss
        spans = max(1, Int((length / span - 1e-9).rounded(.up)))
        worst = attenuation * min(length, span) + ends
        amplifiers = spans + 1
        osnr = LinkBudget.osnr(length: length, span: span, attenuation: attenuation, ends: ends)
        needed = LinkBudget.standardOSNR(kilometres: optics.reachKilometres)
        let gain = LineCatalogue.amplifier.gain.upperBound
        if worst > gain { failures.append("a span of \(text(worst)) dB exceeds an amplifier's \(text(gain)) dB") }
      }
      if let osnr, let needed, osnr < needed - 1e-9 {
        failures.append("OSNR of \(text(osnr)) dB is below the \(text(needed)) dB that it needs")
      }
    } else {
      dispersion = nil
      if length > optics.reachKilometres + 1e-12 {
        failures.append(
          "\(Quantity.text(kilometres: length)) exceed its reach of \(Quantity.text(kilometres: optics.reachKilometres))"
        )
      }
      if let budget = optics.lossBudget, total > budget + 1e-9 {
        failures.append("loss of \(text(total)) dB exceeds its budget of \(text(budget)) dB")
      }
    }
    self.spans = spans
    worstSpan = worst
    self.amplifiers = amplifiers
    self.osnr = osnr
    osnrNeeded = needed
    self.failures = failures
  }

  /// The budget in a line.
  public var summary: String {
    let design = self.design
    var parts = ["fibre \(text(fibreLoss)) dB"]
    if connectorsLoss > 0 { parts.append("connectors \(text(connectorsLoss)) dB") }
    if let circuitSwitch = design.circuitSwitch {
      parts.append("\(design.passes) passes of \(circuitSwitch.name) \(text(switchLoss)) dB")
    }
    var line = "\(parts.joined(separator: " + ")) = \(text(totalLoss)) dB"
    if spans > 1 { line += ", in \(spans) spans of up to \(text(worstSpan)) dB" }
    if spans == 1 && amplifiers > 0 { line += ", one span between amplifiers" }
    if let budget = amplifiers > 0 ? design.optics.spanBudget : design.optics.lossBudget ?? design.optics.spanBudget {
      line += " of \(text(budget)) dB"
    }
    if let osnr, let osnrNeeded { line += "; OSNR \(text(osnr)) of \(text(osnrNeeded)) dB" }
    if let dispersion, let limit = design.optics.dispersionLimit {
      line += "; dispersion \(text(dispersion)) of \(text(limit)) ps/nm"
    }
    return line
  }

  /// Spans of full length, the first with what the ends lose; one short span where the line is shorter.
  private static func osnr(length: Double, span: Double, attenuation: Double, ends: Double) -> Double {
    let full = max(1, length / span)
    let loss = attenuation * min(length, span)
    let noise = (full - 1) * fromDecibels(loss) + fromDecibels(loss + ends)
    return noiseConstant - LineCatalogue.amplifier.noiseFigure - decibels(noise)
  }

  /// The OSNR on the standard line, which is what a module with this reach needs.
  public static func standardOSNR(kilometres: Double) -> Double {
    osnr(length: kilometres, span: 80, attenuation: 0.2, ends: 2 * connectorLoss)
  }

  /// Why these modules cannot use this medium at all.
  private static func misfit(_ optics: OpticsRow, _ medium: FibreMedium) -> String? {
    switch (optics.kind, medium.kind) {
    case (.copper, .copper), (.multimode, .multimode), (.coherent, .singleMode), (.coherent, .hollowCore),
      (.direct, .freeSpace), (.coherent, .freeSpace), (.multimode, .freeSpace):
      return nil
    case (.direct, .singleMode), (.direct, .hollowCore):
      return medium.attenuation1310 == nil ? "'\(medium.name)' does not carry the 1310 nm that it works at" : nil
    case (.copper, _): return "it is a copper cable, which needs medium 'twinax'"
    case (.multimode, _): return "it needs multimode fibre, medium 'mmf-om4'"
    case (.direct, _), (.coherent, _): return "it needs single-mode or hollow-core fibre"
    }
  }

  static func decibels(_ ratio: Double) -> Double { 10 * DeterministicMath.log(ratio) / DeterministicMath.log(10) }
  static func fromDecibels(_ value: Double) -> Double { DeterministicMath.exp(value / 10 * DeterministicMath.log(10)) }

  static func tenths(_ value: Double) -> String {
    Quantity.number((value * 10).rounded() / 10)
  }
}

private func text(_ value: Double) -> String { LinkBudget.tenths(value) }
