// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A kind of fibre, or of path, that light takes between sites.
public struct FibreMedium: Equatable, Sendable {
  /// What decides which modules can use it.
  public enum Kind: String, Sendable {
    case singleMode = "single-mode"
    case hollowCore = "hollow-core"
    case multimode
    case freeSpace = "free space"
    case copper
  }

  public var name: String
  public var kind: Kind
  /// One-way delay of a kilometre: its group index over the speed of light.
  public var microsecondsPerKilometre: Double
  /// Loss in dB/km at the wavelength that the medium is made for: 850 nm of multimode fibre, 1550 nm of the others; nil
  /// where none is meaningful.
  public var attenuation: Double?
  /// The same at 1310 nm, where modules without coherent detection work; nil where they cannot use the medium.
  public var attenuation1310: Double?
  /// Chromatic dispersion at 1550 nm in ps/(nm km); nil where it does not count.
  public var dispersion: Double?
  /// Of the delay. What is uncertain about the rest is said in ``source``.
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
      name: "smf", kind: .singleMode, microsecondsPerKilometre: 4.895, attenuation: 0.2, attenuation1310: 0.35,
      dispersion: 17, certainty: .verified,
      source: "ITU-T G.652 single-mode fibre (SMF-28), group index 1.4675; cabled loss 0.17-0.20 dB/km, the higher; at "
        + "1310 nm and the dispersion recalled"),
    FibreMedium(
      name: "smf-low-loss", kind: .singleMode, microsecondsPerKilometre: 4.895, attenuation: 0.16,
      attenuation1310: nil, dispersion: 21, certainty: .derived,
      source: "ITU-T G.654.E single-mode fibre, 0.15-0.16 dB/km, the higher; group index taken as that of G.652; "
        + "dispersion recalled; not single-mode at 1310 nm"),
    FibreMedium(
      name: "hollow-core", kind: .hollowCore, microsecondsPerKilometre: 3.35, attenuation: 0.2, attenuation1310: 0.2,
      dispersion: 2.4, certainty: .verified,
      source: "nested antiresonant hollow-core fibre, group index about 1.003, dispersion a seventh of ordinary fibre; "
        + "cabled loss in the field is not published, 0.15-0.3 dB/km: 0.2 is an assumption, also at 1310 nm"),
    FibreMedium(
      name: "hollow-core-lab", kind: .hollowCore, microsecondsPerKilometre: 3.35, attenuation: 0.091,
      attenuation1310: 0.2, dispersion: 2.4, certainty: .verified,
      source: "hollow-core fibre with the loss of the laboratory record, 0.091 dB/km at 1550 nm (below 0.1 over 18 THz "
        + "and below 0.2 over 66 THz, taken at 1310 nm)"),
    FibreMedium(
      name: "mmf-om4", kind: .multimode, microsecondsPerKilometre: 4.94, attenuation: 3.0, attenuation1310: nil,
      dispersion: nil, certainty: .verified,
      source: "OM4 multimode fibre at 850 nm, group index 1.48; its bandwidth limits it to 50-100 m"),
    FibreMedium(
      name: "free-space", kind: .freeSpace, microsecondsPerKilometre: 3.34, attenuation: nil, attenuation1310: nil,
      dispersion: nil, certainty: .derived,
      source: "light in air or vacuum: 1 km over 299,792 km/s; no loss is modelled"),
    FibreMedium(
      name: "twinax", kind: .copper, microsecondsPerKilometre: 4.77, attenuation: nil, attenuation1310: nil,
      dispersion: nil, certainty: .assumption,
      source: "copper pair of a direct-attached or active cable at 0.7 of the speed of light; its reach is the cable's"),
  ]

  public static func lookup(_ name: String) -> FibreMedium? { media.first { $0.name == name } }
}
