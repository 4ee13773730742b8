// SPDX-License-Identifier: Apache-2.0

import Quantities

/// How often a kind of thing fails and how long its repair takes, on the mean.
public struct FaultRate: Equatable, Sendable {
  /// What the mean time between failures counts for.
  public enum Unit: String, Sendable {
    case per1000Kilometres = "1,000 km of fibre"
    case perAmplifier = "amplifier site"
    case perWavelength = "wavelength"
    case perSite = "site"
  }

  public var name: String
  public var kind: FaultKind
  public var unit: Unit
  /// Mean time between failures of one unit, and mean time to repair, in hours.
  public var mtbfHours: Double
  public var repairHours: Double
  public var source: String
  public var certainty: Certainty
}

/// What breaks. Raw values are spelled in scenarios and in results.
public enum FaultKind: String, Sendable, CaseIterable {
  /// A fibre is cut: nothing passes the link until it is spliced.
  case cut
  /// An amplifier on the way fails: nothing passes the link until it is replaced.
  case amplifier
  /// Some wavelengths of a link are lost.
  case wavelengths
  /// A link is left with a stated capacity.
  case capacity
  /// A whole site is gone: its GPUs, and every link that ends there.
  case site
  /// A site's GPUs have no power; its network equipment has a supply of its own.
  case power

  /// A fault of the fibre, which a protected link gets around.
  public var isOfFibre: Bool { self == .cut || self == .amplifier }
  public var isOfSite: Bool { self == .site || self == .power }
}

/// Published mean times, and what stands in where nobody publishes any.
public enum FaultCatalogue {
  public static let rates: [FaultRate] = [
    FaultRate(
      name: "fibre-cuts", kind: .cut, unit: .per1000Kilometres, mtbfHours: 3211, repairHours: 12,
      source: "4.39 cuts a year and 1,000 sheath miles, as reported to the FCC, and 12 h to repair: the figures that "
        + "studies of availability in WDM networks use (To and Neusy, IEEE JSAC 12, 1994)", certainty: .recalled),
    FaultRate(
      name: "amplifiers", kind: .amplifier, unit: .perAmplifier, mtbfHours: 350_877, repairHours: 6,
      source:
        "2,850 FIT an amplifier (failures in 1e9 h), of the same studies; 6 h to reach a hut and replace a card is "
        + "an assumption", certainty: .recalled),
    FaultRate(
      name: "transceivers", kind: .wavelengths, unit: .perWavelength, mtbfHours: 32_943, repairHours: 2,
      source: "10,867 FIT a transmitter and 4,311 FIT a receiver, two of each to a wavelength, and 2 h to replace "
        + "equipment in a staffed site (the same studies)", certainty: .recalled),
    FaultRate(
      name: "site-outages", kind: .site, unit: .perSite, mtbfHours: 8766, repairHours: 2,
      source: "about two unplanned outages of a whole data centre in 24 months, of about two hours (Ponemon Institute, "
        + "Study on Data Center Outages, 2013, as reported in the press)", certainty: .secondary),
    FaultRate(
      name: "power-outages", kind: .power, unit: .perSite, mtbfHours: 8766, repairHours: 2,
      source: "taken as site-outages, of which power is the main cause; that the network keeps its supply is an "
        + "assumption", certainty: .assumption),
  ]

  public static func rate(named name: String) -> FaultRate? { rates.first { $0.name == name } }

  /// An in-line amplifier follows every so many kilometres: 80-100 km is usual.
  public static let amplifierKilometres = 80.0

  /// How many units of a rate a link has.
  public static func units(_ unit: FaultRate.Unit, of link: LinkSpec) -> Double {
    switch unit {
    case .per1000Kilometres: link.kilometres / 1000
    case .perAmplifier: (link.kilometres / amplifierKilometres).rounded(.down)
    case .perWavelength: Double(link.wavelengths)
    case .perSite: 1
    }
  }
}

/// How traffic gets around what is broken.
public struct Restoration: Equatable, Sendable {
  /// Within this time a fibre that is cut is replaced by one beside it, of the same length and capacity; nil where links
  /// are not protected.
  public var protection: Time?
  /// This long after a link has gone dark, or lights up again, all sites route around it, or over it again; nil where
  /// routes stay as they are.
  public var routing: Time?

  public init(protection: Time? = nil, routing: Time? = .seconds(3)) {
    self.protection = protection
    self.routing = routing
  }
}

/// Something that breaks, and when it is mended.
public struct FaultSpec: Equatable, Sendable {
  public var kind: FaultKind
  /// Id of the link, or of the site; the other one is empty.
  public var link: String
  public var site: String
  public var at: Time
  /// When all is as before; nil for never.
  public var until: Time?
  /// What is left of a link.
  public var capacity: BitRate

  public init(
    kind: FaultKind, link: String = "", site: String = "", at: Time, until: Time?, capacity: BitRate = .zero
  ) {
    self.kind = kind
    self.link = link
    self.site = site
    self.at = at
    self.until = until
    self.capacity = capacity
  }

  /// In order of time, then of what it strikes.
  public static func precedes(_ a: FaultSpec, _ b: FaultSpec) -> Bool {
    if a.at != b.at { return a.at < b.at }
    if a.link != b.link { return a.link < b.link }
    if a.site != b.site { return a.site < b.site }
    if a.kind != b.kind { return a.kind.rawValue < b.kind.rawValue }
    return (a.until ?? .never, a.capacity) < (b.until ?? .never, b.capacity)
  }

  /// What a link carries while these faults come and go. Lost wavelengths add up; of other faults the worst counts.
  ///
  /// - Parameter protection: after what time a fibre that is cut is replaced by another.
  public static func changes(
    _ faults: [FaultSpec], capacity: BitRate, protection: Time? = nil
  ) -> [CapacityChange] {
    var spans: [(from: Time, to: Time, kind: FaultKind, left: BitRate)] = []
    for fault in faults {
      var end = fault.until ?? .never
      if let protection, fault.kind.isOfFibre { end = min(end, fault.at + protection) }
      spans.append((fault.at, end, fault.kind, fault.capacity))
    }
    let instants = Set(spans.flatMap { [$0.from, $0.to] }).filter { $0 < .never }.sorted()
    var changes: [CapacityChange] = []
    var last = capacity
    for now in instants {
      var lost: Int64 = 0
      var most = capacity
      for span in spans where span.from <= now && now < span.to {
        if span.kind == .wavelengths {
          lost += capacity.bitsPerSecond - span.left.bitsPerSecond
        } else {
          most = min(most, span.left)
        }
      }
      let left = min(most, BitRate(max(0, capacity.bitsPerSecond - lost)))
      if left != last { changes.append(CapacityChange(at: now, capacity: left)) }
      last = left
    }
    return changes
  }
}

/// An outage of a site.
public struct SiteOutage: Equatable, Sendable {
  public var site: Int
  public var at: Time
  public var until: Time
  /// Its links are dark as well.
  public var takesNetwork: Bool

  public init(site: Int, at: Time, until: Time, takesNetwork: Bool) {
    self.site = site
    self.at = at
    self.until = until
    self.takesNetwork = takesNetwork
  }
}

extension SiteOutage {
  /// The outages of sites, those that overlap made one, in order of site and time.
  public static func outages(_ faults: [FaultSpec], sites: [String]) -> [SiteOutage] {
    var list: [SiteOutage] = []
    for (site, id) in sites.enumerated() {
      var open: SiteOutage?
      for fault in faults.filter({ $0.kind.isOfSite && $0.site == id }).sorted(by: FaultSpec.precedes) {
        let next = SiteOutage(
          site: site, at: fault.at, until: fault.until ?? .never, takesNetwork: fault.kind == .site)
        if var now = open, next.at <= now.until {
          now.until = max(now.until, next.until)
          now.takesNetwork = now.takesNetwork || next.takesNetwork
          open = now
        } else {
          if let open { list.append(open) }
          open = next
        }
      }
      if let open { list.append(open) }
    }
    return list
  }
}
