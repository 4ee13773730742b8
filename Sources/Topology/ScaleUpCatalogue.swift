// SPDX-License-Identifier: Apache-2.0

import Quantities

/// The links of GPUs inside a scale-up domain: how fast, over what, how many can be reached.
public struct ScaleUpRow: Equatable, Sendable {
  public var name: String
  /// Of one GPU in one direction.
  public var bytesPerSecond: Double
  public var medium: OpticsRow.Integration
  /// The longest link.
  public var reachMetres: Double
  /// The most GPUs in one domain that the reach allows.
  public var domain: Int
  /// Of the links of one GPU, both ends, beyond what copper takes.
  public var wattsPerGPU: Double
  /// From GPU to GPU through one switch.
  public var latency: Time
  public var certainty: Certainty
  public var source: String
}

/// Copper is what NVL72 racks have; light is the way to more than one rack.
///
/// Power of light: a GPU has 7.2 Tb/s of NVLink 5 each way, that is nine modules of 800 Gb/s at its end and nine at the
/// switch's. With pluggables this is 22 kW in a rack of 72, which fits the 20 kW that the vendor says copper saves.
public enum ScaleUpCatalogue {
  public static let rows: [ScaleUpRow] = [
    row("nvlink-4-copper", 450e9, .cable, 2, 8, 0, .recalled, "HGX H100: 18 x 50 GB/s both ways, 8 GPUs on a board"),
    row(
      "nvlink-5-copper", 900e9, .cable, 2, 72, 0, .verified,
      "GB200 NVL72: 18 x 100 GB/s, 1.8 TB/s a GPU both ways, 130 TB/s a rack over more than 5,000 copper cables"),
    row(
      "nvlink-6-copper", 1800e9, .cable, 2, 144, 0, .secondary,
      "Rubin: 3.6 TB/s a GPU both ways, 260 TB/s a rack of 72 packages; 144 chips a rack"),
    row(
      "nvlink-5-pluggable", 900e9, .pluggable, 50, 576, 2 * 9 * 17, .derived,
      "nine 800G-2xDR4 at either end of a GPU's links; up to 576 GPUs in one NVLink 5 network"),
    row(
      "nvlink-5-lpo", 900e9, .linear, 50, 576, 2 * 9 * 10, .assumption,
      "the same with linear pluggables (800G-LPO): an assumption, nobody sells it"),
    row(
      "nvlink-5-cpo", 900e9, .coPackaged, 100, 576, 2 * 4.5 * 9, .assumption,
      "the same with co-packaged optics, 9 W for 1.6 Tb/s: an assumption, nobody sells it"),
    row(
      "nvlink-6-cpo", 1800e9, .coPackaged, 100, 576, 2 * 9 * 9, .assumption,
      "NVLink 6 with co-packaged optics, 9 W for 1.6 Tb/s: an assumption (Kyber NVL576 is announced for 2027)"),
  ]

  public static func lookup(_ name: String) -> ScaleUpRow? { rows.first { $0.name == name } }

  private static func row(
    _ name: String, _ rate: Double, _ medium: OpticsRow.Integration, _ metres: Double, _ domain: Int, _ watts: Double,
    _ certainty: Certainty, _ source: String
  ) -> ScaleUpRow {
    // Vendors publish no latency from GPU to GPU; 0.5-1.0 us assumed.
    ScaleUpRow(
      name: name, bytesPerSecond: rate, medium: medium, reachMetres: metres, domain: domain, wattsPerGPU: watts,
      latency: .nanoseconds(750), certainty: certainty,
      source: source + "; 0.5-1.0 us from GPU to GPU is an assumption")
  }
}
