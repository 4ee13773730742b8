// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A transceiver or a cable: what one module carries, how far, and at what cost in power and time.
public struct OpticsRow: Equatable, Sendable {
  /// How light, or current, is sent and received, which decides what limits the length.
  public enum Kind: String, Sendable {
    /// A cable with its ends, passive or active: limited by its length.
    case copper
    /// Lasers of 850 nm into multimode fibre: limited by the fibre's bandwidth.
    case multimode
    /// Intensity at 1310 nm into single-mode fibre: limited by length and loss.
    case direct
    /// Coherent detection, whose light amplifiers can carry on and whose bits can be regenerated on the way.
    case coherent
  }

  /// Where the electronics that drive the light stand, and whether they restore the signal.
  public enum Integration: String, Sendable {
    case cable
    /// A pluggable module with a signal processor (DSP).
    case pluggable
    /// A pluggable without one (LPO): the host's own receiver does the work.
    case linear
    /// Optics beside the switch chip (CPO, NPO).
    case coPackaged = "co-packaged"
    /// Part of a transport system's line card.
    case embedded
  }

  /// Which of the three tiers it is made for.
  public enum Tier: String, Sendable {
    case scaleUp = "scale-up"
    case scaleOut = "scale-out"
    case scaleAcross = "scale-across"
  }

  public var name: String
  public var tier: Tier
  public var kind: Kind
  public var integration: Integration
  public var rate: BitRate
  /// Ports that share the rate: two in a twin-port module.
  public var ports: Int
  /// Published reach: of a coherent module for several spans on the standard line of ``LinkBudget``, of the others that
  /// of the whole link.
  public var reachKilometres: Double
  /// Power of one module; a link has one at each end.
  public var watts: Double
  /// What forward error correction and signal processing add one way, both ends together.
  public var latency: Time
  /// Row of ``ErrorCorrectionCatalogue``.
  public var correction: String
  /// Loss from end to end that it closes without amplifiers, connectors included, dB; nil where amplifiers are a must,
  /// or where loss is not what limits.
  public var lossBudget: Double?
  /// Loss of the one span that it closes between amplifiers at either end, dB; nil for modules made for several spans.
  public var spanBudget: Double?
  /// Chromatic dispersion that its receiver makes up for, ps/nm; nil where it never limits.
  public var dispersionLimit: Double?
  /// Signal over noise in 0.1 nm that the receiver needs, as published, dB.
  public var publishedOSNR: Double?
  /// Order of magnitude of the price of one module in USD; nil where none is known. Recalled in every row.
  public var priceUSD: ClosedRange<Double>?
  /// Of the row's weakest figure.
  public var certainty: Certainty
  public var source: String

  public var wattsPerGigabit: Double { watts / (rate.double / 1e9) }
}

/// Transceivers that a scenario can name. Where sources give a range, the row says which end it takes. 800G modules of
/// InfiniBand NDR are twin ports of 400 Gb/s; XDR has 800 Gb/s a port.
public enum OpticsCatalogue {
  public static let rows: [OpticsRow] = copper + datacentre + coherent

  public static func lookup(_ name: String) -> OpticsRow? { rows.first { $0.name == name } }

  private static let copper: [OpticsRow] = [
    row(
      "dac-224g", .scaleUp, .copper, .cable, 1600, 0.001, 0, nanoseconds: 90, "kp4", price: 50...300, .recalled,
      "passive twinax at 224 Gb/s a lane, up to 1 m (2 m at 112); the host's error correction, 60-120 ns, recalled"),
    row(
      "acc-800g", .scaleOut, .copper, .cable, 800, 0.003, 3, nanoseconds: 90, "kp4", price: 200...500, .recalled,
      "active copper, about 3 m, 1.5-3 W, the higher; the host's error correction recalled"),
    row(
      "aec-800g", .scaleOut, .copper, .cable, 800, 0.007, 10, nanoseconds: 165, "kp4", price: 300...800, .recalled,
      "active electrical cable, 7 m (9 shown), about 10 W; retimers 50-100 ns recalled"),
    row(
      "aec-1.6t", .scaleOut, .copper, .cable, 1600, 0.007, 20, nanoseconds: 165, "kp4", price: 300...800, .recalled,
      "active electrical cable, 7 m, about 20 W; retimers 50-100 ns recalled"),
  ]

  // Inside a data centre. Latency: 100-200 ns of PAM4 signal processing and Reed-Solomon correction, the middle.
  private static let datacentre: [OpticsRow] = [
    row(
      "400g-dr4", .scaleOut, .direct, .pluggable, 400, 0.5, 9, nanoseconds: 150, "kp4", loss: 3, price: 400...900,
      .recalled, "data sheet MMS4X00-NS400, 400G-DR4; latency recalled; budget 3-4 dB, the lower"),
    row(
      "ndr-2x400g-sr4", .scaleOut, .multimode, .pluggable, 800, 0.05, 15, nanoseconds: 150, "kp4", ports: 2, loss: 1.8,
      price: 500...1200, .recalled,
      "InfiniBand NDR: twin-port OSFP MMA4Z00, 2 x 400 Gb/s over 50 m of OM4; latency recalled"),
    row(
      "ndr-2x400g-dr4", .scaleOut, .direct, .pluggable, 800, 0.5, 17, nanoseconds: 150, "kp4", ports: 2, loss: 3,
      price: 700...1500, .recalled,
      "InfiniBand NDR: twin-port OSFP MMS4X00-NM, 2 x 400 Gb/s over 500 m (100 m as -NS); latency recalled"),
    row(
      "xdr-2x800g-dr4", .scaleOut, .direct, .pluggable, 1600, 0.5, 26, nanoseconds: 125, "kp4", ports: 2, loss: 3,
      price: 1500...3000, .assumption,
      "InfiniBand XDR: twin-port 2 x 800 Gb/s of 200G lanes; power and latency taken as those of 1.6T-DR8: assumption"),
    row(
      "800g-2xsr4", .scaleOut, .multimode, .pluggable, 800, 0.05, 15, nanoseconds: 150, "kp4", ports: 2, loss: 1.8,
      price: 500...1200, .recalled, "data sheet MMA4Z00, 50 m of OM4, 1.8-2 dB; latency recalled"),
    row(
      "800g-2xdr4", .scaleOut, .direct, .pluggable, 800, 0.5, 17, nanoseconds: 150, "kp4", ports: 2, loss: 3,
      price: 700...1500, .recalled, "data sheet MMS4X00-NM, twin 400G; latency recalled; budget 3-4 dB, the lower"),
    row(
      "800g-dr8", .scaleOut, .direct, .pluggable, 800, 0.5, 17, nanoseconds: 150, "kp4", loss: 3, price: 700...1500,
      .recalled, "800G-DR8, the optics of MMS4X00-NM as one port; latency recalled"),
    row(
      "800g-2xfr4", .scaleOut, .direct, .pluggable, 800, 2, 16, nanoseconds: 150, "kp4", ports: 2, loss: 4,
      price: 1000...2000, .recalled, "800G-2xFR4, 12-16 W, the higher; latency recalled"),
    row(
      "800g-lr", .scaleOut, .direct, .pluggable, 800, 10, 20, nanoseconds: 1100, "kp4", loss: 6.3, price: 3000...6000,
      .recalled, "800G-LR, 16-20 W and 0.2-2 us, the middle"),
    row(
      "800g-er1", .scaleOut, .direct, .pluggable, 800, 40, 20, nanoseconds: 1100, "kp4", loss: 16, price: 3000...6000,
      .recalled, "800G-ER1, 16-20 W and 0.2-2 us, the middle; about 14 dB and connectors"),
    row(
      "800g-lpo", .scaleOut, .direct, .linear, 800, 0.5, 10, nanoseconds: 8, "host", ports: 2, loss: 3,
      price: 560...1200, .verified,
      "linear pluggable 800G without a DSP, 40-50 % less power, about 5-10 ns; price 0.8 of one with a DSP, recalled"),
    row(
      "1.6t-lpo", .scaleOut, .direct, .linear, 1600, 0.5, 15, nanoseconds: 8, "host", ports: 2, loss: 3,
      .secondary, "linear pluggable 1.6T, below 15 W; latency as of 800G"),
    row(
      "800g-cpo", .scaleOut, .direct, .coPackaged, 800, 0.5, 5.5, nanoseconds: 5, "host", loss: 3, .secondary,
      "co-packaged optics, 3.5 W (Broadcom Davisson) to 5.5 W (Bailly) for 800 Gb/s, the higher; reach as DR"),
    row(
      "1.6t-cpo", .scaleOut, .direct, .coPackaged, 1600, 0.5, 9, nanoseconds: 5, "host", loss: 3, .secondary,
      "NVIDIA photonic switches: 9 W for a 1.6T port where a pluggable takes 30 W (Hot Chips 2025); reach as DR"),
    row(
      "1.6t-dr8", .scaleOut, .direct, .pluggable, 1600, 0.5, 26, nanoseconds: 125, "kp4", loss: 3, price: 1500...3000,
      .recalled, "1.6T-DR8, 25-26 W, the higher; latency recalled"),
    row(
      "1.6t-2xfr4", .scaleOut, .direct, .pluggable, 1600, 2, 26, nanoseconds: 125, "kp4", ports: 2, loss: 4,
      price: 2000...4000, .recalled, "1.6T-2xFR4, 25-26 W, the higher; latency recalled"),
    row(
      "3.2t-dr8", .scaleOut, .direct, .coPackaged, 3200, 0.5, 45, nanoseconds: 100, "kp4", loss: 3, .assumption,
      "announced, sampling in 2026; 30-45 W assumed, the higher"),
  ]

  // Between data centres: coherent, with stronger and slower correction. Reach: the shorter end of its range.
  private static let coherent: [OpticsRow] = [
    row(
      "400zr", .scaleAcross, .coherent, .pluggable, 400, 80, 20, nanoseconds: 4500, "cfec", loss: 11, span: 22,
      dispersion: 2400, osnr: 26, price: 3000...6000, .recalled,
      "OIF 400ZR, 80-120 km, 15-20 W; a vendor's sheet: 26 dB of OSNR, spans up to 22 dB; cFEC 4-5 us and dispersion "
        + "recalled"),
    row(
      "400zr-plus", .scaleAcross, .coherent, .pluggable, 400, 500, 24, nanoseconds: 10_000, "ofec",
      price: 5000...10_000, .recalled, "OpenZR+, 20-24 W, about 500 km; oFEC 8-12 us recalled"),
    row(
      "800zr", .scaleAcross, .coherent, .pluggable, 800, 80, 25, nanoseconds: 7500, "ofec", span: 22,
      dispersion: 2400, price: 8000...15_000, .recalled,
      "OIF 800ZR, 80-120 km, 2400 ps/nm, 23-25 W; span 22-25 dB, the lower; oFEC 5-10 us recalled"),
    row(
      "800zr-plus", .scaleAcross, .coherent, .pluggable, 800, 500, 30, nanoseconds: 10_000, "ofec",
      price: 12_000...20_000, .secondary, "800G ZR+, 500-1,000 km, 26-30 W; oFEC 8-12 us"),
    row(
      "1600zr", .scaleAcross, .coherent, .pluggable, 1600, 80, 45, nanoseconds: 7500, "ofec", span: 22,
      dispersion: 2400, .assumption,
      "OIF 1600ZR, one span up to 120 km; 35-45 W, about 22 dB and the dispersion of 800ZR assumed"),
    row(
      "1.6t-embedded", .scaleAcross, .coherent, .embedded, 1600, 1100, 150, nanoseconds: 15_000, "embedded",
      price: 50_000...100_000, .recalled,
      "1.6T a wave (200 GBd), field trial of 1,100 km; 90-150 W with its share of the card, the higher"),
  ]

  private static func row(
    _ name: String, _ tier: OpticsRow.Tier, _ kind: OpticsRow.Kind, _ integration: OpticsRow.Integration,
    _ gigabits: Int64, _ reach: Double, _ watts: Double, nanoseconds: Int64, _ correction: String, ports: Int = 1,
    loss: Double? = nil, span: Double? = nil, dispersion: Double? = nil, osnr: Double? = nil,
    price: ClosedRange<Double>? = nil, _ certainty: Certainty, _ source: String
  ) -> OpticsRow {
    OpticsRow(
      name: name, tier: tier, kind: kind, integration: integration, rate: .gigabits(gigabits), ports: ports,
      reachKilometres: reach, watts: watts, latency: .nanoseconds(nanoseconds), correction: correction,
      lossBudget: loss, spanBudget: span, dispersionLimit: dispersion, publishedOSNR: osnr, priceUSD: price,
      certainty: certainty, source: source)
  }
}
