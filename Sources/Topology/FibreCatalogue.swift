// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A kind of fibre, or of path, that light takes between sites.
public struct FibreMedium: Equatable, Sendable {
  public var name: String
  /// One-way delay of a kilometre: its group index over the speed of light.
  public var microsecondsPerKilometre: Double
  /// Loss in dB/km; nil where none is meaningful.
  public var attenuation: Double?
  /// Of the delay. What is uncertain about the loss is said in ``source``.
  public var certainty: Certainty
  public var source: String

  /// Light's time over `kilometres`, in whole ticks, rounded up: nothing may arrive early.
  public func delay(kilometres: Double) -> Time {
    let ticksPerKilometre = (microsecondsPerKilometre * 100_000).rounded()
    // A thousandth of a tick absorbs the rounding of products such as 1445.3 x 489,500, which are whole on paper.
    let ticks = (kilometres * ticksPerKilometre - 0.001).rounded(.up)
    return ticks >= 9.2e18 ? .never : Time(ticks: max(0, Int64(ticks)))
  }
}

/// The media that a link can be made of.
public enum FibreCatalogue {
  public static let media: [FibreMedium] = [
    FibreMedium(
      name: "smf", microsecondsPerKilometre: 4.895, attenuation: 0.2, certainty: .verified,
      source: "ITU-T G.652 single-mode fibre (SMF-28), group index 1.4675; cabled loss 0.17-0.20 dB/km"),
    FibreMedium(
      name: "smf-low-loss", microsecondsPerKilometre: 4.895, attenuation: 0.16, certainty: .derived,
      source: "ITU-T G.654.E single-mode fibre, 0.15-0.16 dB/km; group index taken as that of G.652"),
    FibreMedium(
      name: "hollow-core", microsecondsPerKilometre: 3.35, attenuation: 0.2, certainty: .verified,
      source: "nested antiresonant hollow-core fibre, group index about 1.003; cabled loss in the field is not "
        + "published, 0.15-0.3 dB/km assumed"),
    FibreMedium(
      name: "hollow-core-lab", microsecondsPerKilometre: 3.35, attenuation: 0.091, certainty: .verified,
      source: "hollow-core fibre with the loss of the laboratory record, 0.091 dB/km at 1550 nm"),
    FibreMedium(
      name: "mmf-om4", microsecondsPerKilometre: 4.94, attenuation: 3.0, certainty: .verified,
      source: "OM4 multimode fibre at 850 nm, group index 1.48; its bandwidth limits it to 50-100 m"),
    FibreMedium(
      name: "free-space", microsecondsPerKilometre: 3.34, attenuation: nil, certainty: .derived,
      source: "light in air or vacuum: 1 km over 299,792 km/s"),
  ]

  public static func lookup(_ name: String) -> FibreMedium? { media.first { $0.name == name } }
}
