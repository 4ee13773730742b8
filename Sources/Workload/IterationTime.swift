// SPDX-License-Identifier: Apache-2.0

import Simulation

/// How long one iteration of a training job takes on a given layout, with its three tiers apart. Every level of the
/// network and every policy asks this one formula.
///
///     total = compute + max(0, scaleUp + scaleOut + across - overlap x compute)
///
/// - scaleUp: reduce-scatter and all-gather inside a domain of n GPUs, 2 (n-1)/n G / (rate of one GPU);
/// - scaleOut: ring over the m domains of a site, 2 (m-1)/m (G/n) / (rate of a GPU's interface / oversubscription);
/// - across: ring over S sites, 2 (S-1)/S G / rate + 2 (S-1) x one-way delay.
///
/// G is the gradient of one replica. Hierarchical all-reduce with this volume is what NVIDIA describes for training
/// over several data centres; the first two tiers are simple for now (no trees, no congestion inside a site).
public struct IterationTime: Equatable, Sendable, FixedLayout {
  /// Where the GPUs of a job stand.
  public struct Layout: Equatable, Sendable {
    public var gpus: Int
    public var sites: Int
    /// GPUs that share a scale-up domain, as far as the job uses it.
    public var domain: Int
    /// Of the slowest GPU, relative to the reference.
    public var speed: Double
    /// Bytes per second and GPU inside a domain.
    public var scaleUpRate: Double
    /// Bytes per second and GPU between domains, oversubscription taken off.
    public var scaleOutRate: Double
    /// Bits per second that a burst finds between sites; infinite on one site.
    public var acrossRate: Double
    /// Longest one-way delay between neighbours in the ring of sites, seconds.
    public var acrossDelay: Double

    public init(
      gpus: Int, sites: Int, domain: Int, speed: Double, scaleUpRate: Double, scaleOutRate: Double,
      acrossRate: Double = .infinity, acrossDelay: Double = 0
    ) {
      self.gpus = gpus
      self.sites = sites
      self.domain = domain
      self.speed = speed
      self.scaleUpRate = scaleUpRate
      self.scaleOutRate = scaleOutRate
      self.acrossRate = acrossRate
      self.acrossDelay = acrossDelay
    }
  }

  /// Seconds each.
  public var compute: Double
  public var scaleUp: Double
  public var scaleOut: Double
  public var across: Double
  /// Share of the compute time that communication hides behind.
  public var overlap: Double
  /// Bytes that each site sends to its neighbour in an iteration; zero on one site.
  public var volume: Double
  /// Of the same job on reference GPUs at one site.
  public var alone: Double

  /// - Parameters:
  ///   - step: seconds of compute on reference GPUs.
  ///   - gradientBytes: of one replica.
  ///   - layout: where it runs.
  ///   - reference: where the traced duration was measured: the reference GPU at one site.
  public init(step: Double, gradientBytes: Double, overlap: Double, layout: Layout, reference: Layout) {
    self.init(step: step, gradientBytes: gradientBytes, overlap: overlap, layout: layout)
    alone = IterationTime(step: step, gradientBytes: gradientBytes, overlap: overlap, layout: reference).total
  }

  init(step: Double, gradientBytes: Double, overlap: Double, layout: Layout) {
    compute = step / layout.speed
    let n = Double(max(1, min(layout.gpus, layout.domain)))
    let perSite = (layout.gpus + layout.sites - 1) / max(1, layout.sites)
    let m = Double(max(1, (perSite + Int(n) - 1) / Int(n)))
    scaleUp = 2 * (n - 1) / n * gradientBytes / layout.scaleUpRate
    scaleOut = 2 * (m - 1) / m * (gradientBytes / n) / layout.scaleOutRate
    let s = Double(max(1, layout.sites))
    volume = layout.sites > 1 ? 2 * (s - 1) / s * gradientBytes : 0
    across = layout.sites > 1 ? volume * 8 / layout.acrossRate + 2 * (s - 1) * layout.acrossDelay : 0
    self.overlap = overlap
    alone = 0
  }

  /// A job of which nothing is known but its duration: only the speed of the GPUs counts.
  public init(speed: Double) {
    compute = 1 / speed
    scaleUp = 0
    scaleOut = 0
    across = 0
    overlap = 0
    volume = 0
    alone = 1
  }

  /// With bursts at the full rate of the path.
  public var total: Double { compute + max(0, scaleUp + scaleOut + across - overlap * compute) }
  /// Without the term between sites.
  public var local: Double { compute + max(0, scaleUp + scaleOut - overlap * compute) }

  /// The mean rate in bits per second between sites at which nothing is lost to the network but what `total` says.
  public var demand: Double { volume * 8 / total }

  /// When the network carries only `rate` bits per second on the mean, the volume sets the pace.
  public func total(atRate rate: Double) -> Double {
    volume == 0 ? total : max(total, rate > 0 ? volume * 8 / rate : .infinity)
  }

  /// Reference work done per unit of time, 1 on one site of reference GPUs.
  public func speed(atRate rate: Double) -> Double { alone / total(atRate: rate) }
  /// The same without the term between sites.
  public var localSpeed: Double { alone / local }

  public func encode(into writer: inout ByteWriter) {
    for value in [compute, scaleUp, scaleOut, across, overlap, volume, alone] { writer.write(value) }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    compute = try reader.readDouble()
    scaleUp = try reader.readDouble()
    scaleOut = try reader.readDouble()
    across = try reader.readDouble()
    overlap = try reader.readDouble()
    volume = try reader.readDouble()
    alone = try reader.readDouble()
  }
}
