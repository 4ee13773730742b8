// SPDX-License-Identifier: Apache-2.0

import Simulation

/// How long one step of a training job takes on a given layout, term by term. Every level of the network and every
/// policy asks this one formula; Documentation/JobModels.md derives it and checks it against published results.
///
///     total = compute + bubble + exposedLocal + exposedAcross
///
/// - compute: the step on reference GPUs / speed of the slowest GPU. Its last `backward` share (two thirds) is the
///   backward pass, which frees the gradients of L layers one after another, the topmost first.
/// - scaleUp: reduce-scatter and all-gather inside a domain of n GPUs, 2 (n-1)/n G / (rate of one GPU);
/// - scaleOut: ring over the m domains of a site, 2 (m-1)/m (G/n) / (rate of a GPU's interface / oversubscription);
///   where a job has a different number of GPUs in each domain, the smallest share takes the place of n, because a domain
///   has no more interfaces there than GPUs, and the largest that of n in scaleUp; under one leaf switch the
///   oversubscription is 1;
/// - across: ring over S sites, 2 (S-1)/S G / rate, and `latency`, 2 (S-1) x one-way delay, which no bandwidth buys off.
///
/// **Data-parallel.** L equal layers pass one after another through four stages in tandem: backward pass b, scale-up,
/// scale-out, across. For equal jobs the makespan of such a flow shop is exactly the time of one job through all stages
/// plus (L-1) times the slowest stage, so what does not fit behind the backward pass is
///
///     exposed = (scaleUp + scaleOut + across) / L + (1 - 1/L) max(0, max(scaleUp, scaleOut, across) - b) + latency
///
/// `exposedAcross` is what the tier between sites adds to the same formula without it; with `overlap=none` it is
/// across + latency.
///
/// **Pipeline.** p stages, m micro-batches of t = compute/m, w of them under way at most. A micro-batch goes down and
/// comes back in the loop time l = p t + 2 (S-1) (delay + x), x = activations of a micro-batch / rate, and one may start
/// every max(t, x) as long as fewer than w are under way:
///
///     pipeline = floor((m-1)/w) max(l, w max(t, x)) + ((m-1) mod w) max(t, x) + l
///
/// Without delay and with w = p it is the textbook (m + p - 1) t. Bubble and exposedAcross are its parts without and
/// with the WAN; latency is hidden by p + 2 (S-1) (delay + x) / t micro-batches in flight.
///
/// **DiLoCo and streaming DiLoCo.** Sites take H steps alone, then average their parameters: all at once, or P fragments
/// at P even places in the H steps, fragment k being layers k, k+P, k+2P and so on. Layers leave one after another from
/// their backward pass on, topmost first; a layer is missed when its forward pass comes up again after `overlapSteps`
/// further steps. The mean over H steps of what is missed is exposedAcross. A round never takes less than its bytes need.
///
/// G is the gradient of one replica. Hierarchical all-reduce with this volume is what NVIDIA describes for training over
/// several data centres. Simple for now: the first two tiers know no trees and no congestion, and every GPU is taken to
/// reduce the whole gradient of its domain, as if the model were not sharded over domains (an upper bound for them).
public struct IterationTime: Equatable, Sendable, FixedLayout {
  /// Where the GPUs of a job stand.
  public struct Layout: Equatable, Sendable {
    public var gpus: Int
    public var sites: Int
    /// GPUs that share a scale-up domain, as far as the job uses it.
    public var domain: Int
    /// Where it is known on which nodes the job stands: the domains that it is spread over at the site where that costs
    /// most, and its GPUs in the one of them where it has the fewest. 0 for as few full domains as hold it.
    public var domains = 0
    public var least = 0
    /// Of the slowest GPU, relative to the reference.
    public var speed: Double
    /// Bytes per second and GPU inside a domain.
    public var scaleUpRate: Double
    /// Bytes per second and GPU between domains, oversubscription taken off.
    public var scaleOutRate: Double
    /// Bits per second that a burst finds between sites; infinite on one site.
    public var acrossRate: Double
    /// Longest one-way delay between neighbours among the sites, seconds.
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

    /// Sites joined by nothing but their links: the tiers inside a site cost nothing. What papers on training over
    /// distance simulate.
    public static func sites(_ count: Int, rate: Double, delay: Double = 0) -> Layout {
      Layout(
        gpus: count, sites: count, domain: 1, speed: 1, scaleUpRate: .infinity, scaleOutRate: .infinity,
        acrossRate: rate, acrossDelay: delay)
    }
  }

  /// Seconds of computing in a step, without waits.
  public var compute: Double
  /// Seconds that the collectives of a step take in a tier by themselves, hidden or not.
  public var scaleUp = 0.0
  public var scaleOut = 0.0
  /// The same between sites, the mean over the steps of a round, at the rate that a burst finds.
  public var across = 0.0
  /// Seconds of propagation that a step waits for at least once, the mean over the steps of a round.
  public var latency = 0.0
  /// Seconds in which stages of a pipeline stand idle even without distance.
  public var bubble = 0.0
  /// Seconds of the tiers inside a site that are not hidden behind computing.
  public var exposedLocal = 0.0
  /// Seconds that the tier between sites adds.
  public var exposedAcross = 0.0
  /// Bytes that each flow between sites carries in a step, on the mean; zero on one site.
  public var volume = 0.0
  /// Bytes of one synchronisation: what a flow carries at once.
  public var burst = 0.0
  /// Flows run along a chain of sites, in both directions, instead of around a ring.
  public var isChain = false
  /// Of the same job on reference GPUs at one site.
  public var alone = 0.0

  /// - Parameters:
  ///   - layout: where it runs.
  ///   - reference: where the traced duration was measured: the reference GPU at one site.
  public init(work: TrainingWork, parallelism: Parallelism = .data, layout: Layout, reference: Layout) {
    self.init(work: work, parallelism: parallelism, layout: layout)
    var one = reference
    one.sites = 1
    alone = IterationTime(work: work, parallelism: parallelism, layout: one).total
  }

  /// Without a reference: `alone` is left at zero.
  init(work: TrainingWork, parallelism: Parallelism, layout: Layout) {
    compute = work.step / layout.speed
    let backward = work.backward * compute
    let layers = Double(max(1, work.layers))
    let sites = Double(max(1, layout.sites))
    let isSplit = layout.sites > 1
    // What a site reduces inside: all of the gradients, or those of its stages.
    let isPipeline = isSplit && parallelism.kind == .pipeline
    var gradient = work.gradientBytes
    if parallelism.kind == .data { gradient *= Double(parallelism.precision) / 16 }
    let local = isPipeline ? gradient / sites : gradient
    let n = Double(max(1, min(layout.gpus, layout.domain)))
    let perSite = (layout.gpus + layout.sites - 1) / max(1, layout.sites)
    let m = layout.domains > 0 ? Double(layout.domains) : Double(max(1, (perSite + Int(n) - 1) / Int(n)))
    let least = layout.least > 0 ? Double(layout.least) : n
    scaleUp = 2 * (n - 1) / n * local / layout.scaleUpRate
    scaleOut = 2 * (m - 1) / m * (local / least) / layout.scaleOutRate
    /// What is left of stages in tandem behind the backward pass.
    func exposed(_ sum: Double, slowest: Double) -> Double {
      sum / layers + (1 - 1 / layers) * max(0, slowest - backward)
    }
    exposedLocal = exposed(scaleUp + scaleOut, slowest: max(scaleUp, scaleOut))
    guard isSplit else { return }
    let hops = 2 * (sites - 1)
    switch parallelism.kind {
    case .data:
      volume = hops / sites * gradient
      burst = volume
      across = volume * 8 / layout.acrossRate
      latency = hops * layout.acrossDelay
      let all = exposed(scaleUp + scaleOut + across, slowest: max(scaleUp, scaleOut, across))
      exposedAcross = (parallelism.overlap ? all - exposedLocal : across) + latency
    case .pipeline:
      addPipeline(work: work, parallelism: parallelism, layout: layout)
    case .diloco, .streamingDiloco:
      let share = Double(parallelism.precision) / 16 / Double(parallelism.compression)
      let round = hops / sites * work.gradientBytes * share
      volume = round / Double(parallelism.localSteps)
      latency = hops * layout.acrossDelay
      let stall = Stall(
        layers: max(1, work.layers), step: compute + exposedLocal, backward: backward,
        forward: compute - backward, overlapSteps: Double(parallelism.overlapSteps), latency: latency,
        layerTime: round / layers * 8 / layout.acrossRate)
      let fragments =
        parallelism.kind == .diloco
        ? 1 : (max(1, work.layers) + Int(parallelism.fragmentLayers) - 1) / Int(parallelism.fragmentLayers)
      burst = round / Double(fragments)
      across = volume * 8 / layout.acrossRate
      latency *= Double(fragments) / Double(parallelism.localSteps)
      exposedAcross = stall.sum(fragments: fragments) / Double(parallelism.localSteps)
    }
    // However well it is hidden, a step takes no less than its bytes need.
    exposedAcross = max(exposedAcross, across - compute - bubble - exposedLocal)
  }

  private mutating func addPipeline(work: TrainingWork, parallelism: Parallelism, layout: Layout) {
    let batches = max(1, Int(parallelism.microBatches))
    let stages = max(layout.sites, Int(parallelism.stages))
    let inFlight = parallelism.inFlight > 0 ? Int(parallelism.inFlight) : stages
    let borders = Double(layout.sites - 1)
    let t = compute / Double(batches)
    volume = work.activationBytes * Double(parallelism.precision) / 16
    burst = volume / Double(batches)
    across = volume * 8 / layout.acrossRate
    let x = across / Double(batches)
    func pipeline(_ pace: Double, _ loop: Double) -> Double {
      let cycle = max(loop, Double(inFlight) * pace)
      return Double((batches - 1) / inFlight) * cycle + Double((batches - 1) % inFlight) * pace + loop
    }
    bubble = pipeline(t, Double(stages) * t) - compute
    latency = 2 * borders * layout.acrossDelay
    exposedAcross = pipeline(max(t, x), Double(stages) * t + 2 * borders * (layout.acrossDelay + x)) - compute - bubble
    isChain = true
  }

  /// A job of which nothing is known but its duration: only the speed of the GPUs counts.
  public init(speed: Double) {
    compute = 1 / speed
    alone = 1
  }

  // MARK: What follows

  /// With bursts at the full rate of the path.
  public var total: Double { local + exposedAcross }
  /// Without the term between sites.
  public var local: Double { compute + bubble + exposedLocal }

  /// The mean rate in bits per second of a flow between sites at which nothing is lost to the network but what `total`
  /// says.
  public var demand: Double { volume * 8 / total }

  /// When the network carries only `rate` bits per second on the mean, the volume sets the pace.
  public func total(atRate rate: Double) -> Double {
    volume == 0 ? total : max(total, rate > 0 ? volume * 8 / rate : .infinity)
  }

  /// Share of time in which the GPUs wait, for the network of any tier or for each other, while flows between sites get
  /// `rate` bits per second on the mean. The rest of the time they compute.
  public func stalledShare(atRate rate: Double = .infinity) -> Double {
    let total = total(atRate: rate)
    return total.isFinite ? 1 - compute / total : 1
  }

  /// The part of ``stalledShare(atRate:)`` that a job on one such site would not have.
  public func acrossShare(atRate rate: Double = .infinity) -> Double {
    let total = total(atRate: rate)
    return total.isFinite ? 1 - local / total : 1
  }

  /// Reference work done per unit of time, 1 on one site of reference GPUs.
  public func speed(atRate rate: Double) -> Double { alone / total(atRate: rate) }
  /// The same without the term between sites.
  public var localSpeed: Double { alone / local }

  public func encode(into writer: inout ByteWriter) {
    for value in [
      compute, scaleUp, scaleOut, across, latency, bubble, exposedLocal, exposedAcross, volume, burst, alone,
    ] { writer.write(value) }
    writer.write(isChain)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    compute = try reader.readDouble()
    scaleUp = try reader.readDouble()
    scaleOut = try reader.readDouble()
    across = try reader.readDouble()
    latency = try reader.readDouble()
    bubble = try reader.readDouble()
    exposedLocal = try reader.readDouble()
    exposedAcross = try reader.readDouble()
    volume = try reader.readDouble()
    burst = try reader.readDouble()
    alone = try reader.readDouble()
    isChain = try reader.readBool()
  }
}

/// How long computing waits for the synchronisations of a round of local steps.
private struct Stall {
  var layers: Int
  /// A step by itself, its backward pass and its forward pass, seconds.
  var step: Double
  var backward: Double
  var forward: Double
  var overlapSteps: Double
  var latency: Double
  /// To send one layer.
  var layerTime: Double

  /// Over all fragments of a round. Time counts from the begin of the backward pass after which a fragment is sent.
  func sum(fragments: Int) -> Double {
    var sum = 0.0
    for fragment in 0..<min(fragments, layers) {
      var sent = 0.0
      var stall = 0.0
      var layer = fragment + (layers - 1 - fragment) / fragments * fragments
      while layer >= 0 {
        let ready = Double(layers - layer) / Double(layers) * backward
        sent = max(sent, ready) + layerTime
        let needed = backward + overlapSteps * step + Double(layer) / Double(layers) * forward
        stall = max(stall, sent + latency - needed)
        layer -= fragments
      }
      sum += stall
    }
    return sum
  }
}
