// SPDX-License-Identifier: Apache-2.0

import Quantities

/// An optical amplifier.
public struct AmplifierRow: Equatable, Sendable {
  public var name: String
  /// Least and greatest gain, dB.
  public var gain: ClosedRange<Double>
  public var noiseFigure: Double
  /// Watts for each Gb/s that passes it in one direction.
  public var wattsPerGigabit: Double
  public var latency: Time
  public var certainty: Certainty
  public var source: String
}

/// A code that finds and mends errors of bits.
public struct ErrorCorrectionRow: Equatable, Sendable {
  public var name: String
  /// What it adds one way, from least to most.
  public var nanoseconds: ClosedRange<Double>
  public var definition: String
  public var certainty: Certainty
  public var source: String
}

/// What routers and shelves at the ends of a line add to its delay, as measured.
public struct LineEquipmentRow: Equatable, Sendable {
  public var name: String
  /// One way, whatever the length.
  public var fixed: Time
  /// One way for each kilometre, on top of the fibre's own.
  public var perKilometre: Time
  public var certainty: Certainty
  public var source: String

  /// One way, in whole ticks, rounded up.
  public func delay(kilometres: Double) -> Time {
    fixed + Time(ticks: Int64((kilometres * Double(perKilometre.ticks) - 0.001).rounded(.up)))
  }
}

/// What a line between sites is made of, beside fibre and modules.
public enum LineCatalogue {
  public static let amplifiers: [AmplifierRow] = [
    AmplifierRow(
      name: "edfa", gain: 16...25, noiseFigure: 5, wattsPerGigabit: 0.03, latency: .nanoseconds(100),
      certainty: .recalled,
      source: "erbium-doped amplifier, 16-25 dB, noise figure 4.5-6 dB, 10-30 m of fibre (30-150 ns); 0.03 W for each "
        + "Gb/s a site: arXiv 2504.14022, appendix")
  ]

  /// The amplifier of every line.
  public static var amplifier: AmplifierRow { amplifiers[0] }

  public static let corrections: [ErrorCorrectionRow] = [
    ErrorCorrectionRow(
      name: "kp4", nanoseconds: 60...120, definition: "Reed-Solomon (544, 514) of PAM4 lanes, with or without a DSP",
      certainty: .recalled, source: "IEEE 802.3 clause 91 and its successors; with a module's DSP 100-200 ns a link"),
    ErrorCorrectionRow(
      name: "host", nanoseconds: 0...120, definition: "the host's own; the module adds none",
      certainty: .recalled, source: "linear and co-packaged optics: the code runs in the switch whatever the module"),
    ErrorCorrectionRow(
      name: "cfec", nanoseconds: 4000...5000, definition: "staircase and Hamming code of 400ZR, hard decision outside",
      certainty: .recalled, source: "OIF 400ZR"),
    ErrorCorrectionRow(
      name: "ofec", nanoseconds: 5000...12_000, definition: "soft-decision code over BCH (256, 239) of ZR+ and 800ZR",
      certainty: .recalled, source: "OpenROADM and OIF 800ZR"),
    ErrorCorrectionRow(
      name: "embedded", nanoseconds: 10_000...20_000, definition: "a vendor's own soft-decision code",
      certainty: .recalled, source: "transport systems at 200 GBd; 10-20 us"),
  ]

  public static let equipment: [LineEquipmentRow] = [
    LineEquipmentRow(
      name: "none", fixed: .zero, perKilometre: .zero, certainty: .assumption,
      source: "fibre, modules, amplifiers and regenerators alone: an assumption, the shortest that physics allows"),
    LineEquipmentRow(
      name: "ptx-lab", fixed: .nanoseconds(61_500), perKilometre: .nanoseconds(150), certainty: .derived,
      source: "routers, amplifiers and regenerators of a published test of 50, 100 and 500 km (632, 1,131 and 5,179 us "
        + "there and back): the straight line 123 us + 10.09 us/km, less 2 x 4.895 us/km of fibre"),
  ]

  public static func equipment(_ name: String) -> LineEquipmentRow? { equipment.first { $0.name == name } }
}
