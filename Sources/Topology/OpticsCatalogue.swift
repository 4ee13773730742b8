// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A transceiver: what one wavelength, or one module, carries, how far, and at what cost in power and time.
public struct OpticsRow: Equatable, Sendable {
  public var name: String
  public var rate: BitRate
  /// The longest link that it closes without regeneration, on the line system it is meant for.
  public var reachKilometres: Double
  /// Power of one module; a link has one at each end.
  public var watts: Double
  /// What forward error correction and signal processing add one way, both ends together.
  public var latency: Time
  /// Of the row's weakest figure.
  public var certainty: Certainty
  public var source: String
}

/// Transceivers that a scenario can name. Where sources give a range, the row says which end it takes.
public enum OpticsCatalogue {
  public static let rows: [OpticsRow] = [
    // Inside a data centre. Latency: 100-200 ns of PAM4 signal processing and Reed-Solomon correction, the middle.
    row("400g-dr4", 400, 0.5, 9, nanoseconds: 150, .recalled, "data sheet MMS4X00-NS400, 400G-DR4; latency recalled"),
    row("800g-2xsr4", 800, 0.05, 15, nanoseconds: 150, .recalled, "data sheet MMA4Z00, 50 m of OM4; latency recalled"),
    row("800g-2xdr4", 800, 0.5, 17, nanoseconds: 150, .recalled, "data sheet MMS4X00-NM, twin 400G; latency recalled"),
    row("800g-2xfr4", 800, 2, 16, nanoseconds: 150, .recalled, "800G-2xFR4, 12-16 W, the higher; latency recalled"),
    row("800g-lr", 800, 10, 20, nanoseconds: 1100, .recalled, "800G-LR, 16-20 W and 0.2-2 us, the middle"),
    row("800g-er1", 800, 40, 20, nanoseconds: 1100, .recalled, "800G-ER1, 16-20 W and 0.2-2 us, the middle"),
    row("800g-lpo", 800, 0.5, 10, nanoseconds: 8, .verified, "linear pluggable 800G without a DSP, about 5-10 ns"),
    row("1.6t-dr8", 1600, 0.5, 26, nanoseconds: 125, .recalled, "1.6T-DR8, 25-26 W, the higher; latency recalled"),
    row("1.6t-2xfr4", 1600, 2, 26, nanoseconds: 125, .recalled, "1.6T-2xFR4, 25-26 W, the higher; latency recalled"),
    row("3.2t-dr8", 3200, 0.5, 45, nanoseconds: 100, .assumption, "sampling in 2026; 30-45 W assumed, the higher"),
    // Between data centres: coherent, with stronger and slower correction. Reach: the shorter end of its range.
    row("400zr", 400, 80, 20, nanoseconds: 4500, .recalled, "OIF 400ZR, 80-120 km, 15-20 W; cFEC 4-5 us recalled"),
    row("400zr-plus", 400, 500, 24, nanoseconds: 10_000, .recalled, "OpenZR+, 20-24 W; oFEC 8-12 us recalled"),
    row("800zr", 800, 80, 25, nanoseconds: 7500, .recalled, "OIF 800ZR, 80-120 km, 23-25 W; oFEC 5-10 us recalled"),
    row("800zr-plus", 800, 500, 30, nanoseconds: 10_000, .secondary, "800G ZR+, 500-1,000 km, 26-30 W; oFEC 8-12 us"),
    row("1600zr", 1600, 80, 45, nanoseconds: 7500, .assumption, "OIF 1600ZR, up to 120 km; 35-45 W assumed"),
    row("1.6t-embedded", 1600, 1100, 150, nanoseconds: 15_000, .recalled, "1.6T per wave, field trial of 1,100 km"),
  ]

  public static func lookup(_ name: String) -> OpticsRow? { rows.first { $0.name == name } }

  private static func row(
    _ name: String, _ gigabits: Int64, _ reach: Double, _ watts: Double, nanoseconds: Int64, _ certainty: Certainty,
    _ source: String
  ) -> OpticsRow {
    OpticsRow(
      name: name, rate: .gigabits(gigabits), reachKilometres: reach, watts: watts,
      latency: .nanoseconds(nanoseconds), certainty: certainty, source: source)
  }
}
