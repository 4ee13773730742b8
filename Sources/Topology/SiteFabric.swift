// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Power of the network inside a site: switches and the optics of their links.
///
/// Every GPU has one interface of `nicRate` on a fabric of leaves and spines. With `u = 1 / oversubscription`, a GPU
/// has a link to its leaf, and its share `u` of a link from leaf to spine, and again of one to a third tier where there
/// is one. Each link has optics at both ends; each end at a switch takes a port.
///
///     tiers         1 up to `radix` GPUs, 2 up to radix^2 / 2, else 3
///     optics        nicRate x (W per Gb/s of the interface's end + of every switch's end)
///     switches      nicRate x W per Gb/s x ports a GPU, 1 + 2 u (tiers - 1)
///
/// The power of a GPU in the catalogue has its share of such a fabric in it already: with pluggables, full bisection and
/// the interface that its model comes with (for an H100 75 W stand for network and storage; the sum here is about 70).
/// What a site draws therefore changes by the *difference* between its fabric and that reference, so that nothing is
/// counted twice.
public struct SiteFabric: Equatable, Sendable {
  public var optics: OpticsRow
  /// At the interface's end. Co-packaged optics are in switches; an interface keeps its pluggable.
  public var interfaceOptics: OpticsRow
  public var switches: SwitchRow
  public var nicRate: BitRate
  /// The interface that the GPU's model comes with.
  public var modelRate: BitRate
  public var oversubscription: Double
  public var gpus: Int

  public static let referenceOptics = "800g-2xdr4"

  /// - Parameters:
  ///   - switches: must have a known power.
  ///   - modelRate: nil for `nicRate`.
  public init(
    optics: OpticsRow, switches: SwitchRow, nicRate: BitRate, modelRate: BitRate? = nil, oversubscription: Double,
    gpus: Int
  ) {
    self.optics = optics
    let pluggable = OpticsCatalogue.lookup(SiteFabric.referenceOptics)!
    interfaceOptics = optics.integration == .coPackaged ? pluggable : optics
    self.switches = switches
    self.nicRate = nicRate
    self.modelRate = modelRate ?? nicRate
    self.oversubscription = oversubscription
    self.gpus = gpus
  }

  /// What the power of a GPU's model is taken to hold.
  public var reference: SiteFabric {
    var other = self
    other.optics = OpticsCatalogue.lookup(SiteFabric.referenceOptics)!
    other.interfaceOptics = other.optics
    other.switches = SiteFabric.defaultSwitch
    other.oversubscription = 1
    other.nicRate = modelRate
    return other
  }

  public static var defaultSwitch: SwitchRow { SwitchCatalogue.lookup("quantum-2-qm9700")! }

  /// Interfaces that one switch serves: a port of a higher rate is split, one of a lower rate is one of several.
  public var radix: Int {
    max(2, Int(Int64(switches.ports) * switches.portRate.bitsPerSecond / max(1, nicRate.bitsPerSecond)))
  }
  public var tiers: Int { gpus <= radix ? 1 : gpus <= radix * radix / 2 ? 2 : 3 }
  /// Links above the leaf for each GPU, in one tier.
  private var upward: Double { 1 / oversubscription }
  private var gigabits: Double { nicRate.double / 1e9 }

  /// For each GPU.
  public var opticsWatts: Double {
    let ends = optics.wattsPerGigabit
    return gigabits * (interfaceOptics.wattsPerGigabit + ends + 2 * ends * upward * Double(tiers - 1))
  }
  /// For each GPU.
  public var switchWatts: Double {
    gigabits * (switches.wattsPerGigabit ?? 0) * (1 + 2 * upward * Double(tiers - 1))
  }
  public var wattsPerGPU: Double { opticsWatts + switchWatts }
  /// Of the whole site.
  public var watts: Double { wattsPerGPU * Double(gpus) }
  /// What a GPU draws more than the catalogue says, in every state; less if negative.
  public var differencePerGPU: Double { wattsPerGPU - reference.wattsPerGPU }
}
