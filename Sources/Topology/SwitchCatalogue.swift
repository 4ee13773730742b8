// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A packet switch or router.
public struct SwitchRow: Equatable, Sendable {
  public enum Kind: String, Sendable {
    case infiniBand = "InfiniBand"
    case ethernet = "Ethernet"
    case router
    case scaleUp = "scale-up"
  }

  public var name: String
  public var kind: Kind
  public var ports: Int
  public var portRate: BitRate
  /// Typical power without modules; nil where none is published.
  public var watts: Double?
  /// From the first bit in to the first bit out.
  public var latency: Time?
  /// Its ports have their optics beside the chip.
  public var coPackaged: Bool
  public var certainty: Certainty
  public var source: String

  /// Typical power of one of its ports for each Gb/s.
  public var wattsPerGigabit: Double? { watts.map { $0 / Double(ports) / (portRate.double / 1e9) } }
}

/// Packet switches that a fabric can be made of, and others to know about.
public enum SwitchCatalogue {
  public static let rows: [SwitchRow] = [
    row(
      "quantum-2-qm9700", .infiniBand, 64, 400, 747, 100, .recalled,
      "NVIDIA Quantum-2 (NDR), 51.2 Tb/s there and back; hop below 100 ns (secondary); typical power recalled"),
    row(
      "quantum-x800-q3400", .infiniBand, 144, 800, 2900, 100, .secondary,
      "NVIDIA Quantum-X800 (XDR), 115.2 Tb/s, 2.9 kW typical and 7 kW at most; hop as of Quantum-2"),
    row(
      "quantum-x800-q3200", .infiniBand, 72, 800, 862, 100, .secondary,
      "NVIDIA Quantum-X800 Q3200, 72 x 800 Gb/s, 862 W; hop as of Quantum-2"),
    row(
      "spectrum-4-sn5600", .ethernet, 64, 800, 940, 650, .recalled,
      "NVIDIA Spectrum-4, 51.2 Tb/s, 940 W typical; hop 0.5-0.8 us recalled, the middle"),
    row(
      "spectrum-x-sn6810", .ethernet, 128, 800, nil, 650, coPackaged: true, .recalled,
      "NVIDIA Spectrum-X Photonics, 102.4 Tb/s; power not published; hop as of Spectrum-4"),
    row(
      "spectrum-x-sn6800", .ethernet, 512, 800, nil, 650, coPackaged: true, .recalled,
      "NVIDIA Spectrum-X Photonics, 409.6 Tb/s; power not published; hop as of Spectrum-4"),
    row(
      "ptx-lc1301", .router, 36, 800, nil, nil, .verified,
      "Juniper PTX line card, 36 x 800 GbE with MACsec; buffer 200 ms at 100 Gb/s, 25 ms at 800; power not stated"),
    row(
      "nvswitch-gb200-tray", .scaleUp, 144, 800, 400, 750, .assumption,
      "NVLink switch tray of GB200 NVL72: two chips of 72 x 100 GB/s; nine trays take 3.6 kW; the hop is not published, "
        + "0.5-1.0 us from GPU to GPU assumed, the middle"),
  ]

  public static func lookup(_ name: String) -> SwitchRow? { rows.first { $0.name == name } }

  private static func row(
    _ name: String, _ kind: SwitchRow.Kind, _ ports: Int, _ gigabits: Int64, _ watts: Double?, _ nanoseconds: Int64?,
    coPackaged: Bool = false, _ certainty: Certainty, _ source: String
  ) -> SwitchRow {
    SwitchRow(
      name: name, kind: kind, ports: ports, portRate: .gigabits(gigabits), watts: watts,
      latency: nanoseconds.map { .nanoseconds($0) }, coPackaged: coPackaged, certainty: certainty, source: source)
  }
}

/// An optical circuit switch: it moves light from one fibre to another and sees no packets.
public struct CircuitSwitchRow: Equatable, Sendable {
  public var name: String
  public var ports: Int
  /// Of one pass, dB.
  public var insertionLoss: Double
  /// From the command to light on the new path.
  public var reconfiguration: Time
  /// From light to traffic: receivers lock, links come up.
  public var reacquisition: Time
  public var watts: Double
  public var certainty: Certainty
  public var source: String
}

public enum CircuitSwitchCatalogue {
  public static let rows: [CircuitSwitchRow] = [
    CircuitSwitchRow(
      name: "palomar", ports: 136, insertionLoss: 2, reconfiguration: .microseconds(10_000),
      reacquisition: .microseconds(300_000), watts: 108, certainty: .secondary,
      source: "Google Palomar, mirrors, 128 of 136 ports usable, below 2 dB, 108 W, milliseconds (10 taken); links "
        + "are back after 0.1-1 s, 0.3 taken"),
    CircuitSwitchRow(
      name: "polatis-7000", ports: 384, insertionLoss: 2.7, reconfiguration: .microseconds(50_000),
      reacquisition: .microseconds(300_000), watts: 100, certainty: .recalled,
      source: "Polatis 7000, piezo, 384 x 384, about 100 W; 1.5-2.7 dB and 25-50 ms recalled, the higher; "
        + "re-acquisition as of Palomar"),
    CircuitSwitchRow(
      name: "calient-s320", ports: 320, insertionLoss: 3, reconfiguration: .microseconds(50_000),
      reacquisition: .microseconds(300_000), watts: 45, certainty: .recalled,
      source: "320 ports at 45 W; loss below 3 dB and 50 ms recalled; re-acquisition as of Palomar"),
    CircuitSwitchRow(
      name: "lumentum-r300", ports: 300, insertionLoss: 2, reconfiguration: .microseconds(50_000),
      reacquisition: .microseconds(300_000), watts: 100, certainty: .assumption,
      source: "Lumentum R300: of 300-544 ports, 1-3 dB, 1-100 ms, 50-150 W the middle assumed"),
    CircuitSwitchRow(
      name: "coherent-lcos-320", ports: 320, insertionLoss: 2, reconfiguration: .microseconds(100_000),
      reacquisition: .microseconds(300_000), watts: 100, certainty: .assumption,
      source: "liquid crystal, 320 ports; 1-3 dB, up to 100 ms, 50-150 W the middle assumed"),
    CircuitSwitchRow(
      name: "lab-fast-24", ports: 24, insertionLoss: 3, reconfiguration: .nanoseconds(71_300),
      reacquisition: .nanoseconds(8700), watts: 50, certainty: .assumption,
      source: "laboratory, 24 x 24: 68.5 us to program, 2.8 us to switch, 8.7 us to lock; loss and power assumed"),
    CircuitSwitchRow(
      name: "telescent-1008", ports: 1008, insertionLoss: 0.5, reconfiguration: .seconds(Int64(180)),
      reacquisition: .microseconds(300_000), watts: 1, certainty: .assumption,
      source: "patch panel with a robot, 1,008 ports: minutes (3 assumed), below 0.5 dB recalled, next to no power"),
  ]

  public static func lookup(_ name: String) -> CircuitSwitchRow? { rows.first { $0.name == name } }
}
