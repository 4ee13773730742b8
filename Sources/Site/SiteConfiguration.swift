// SPDX-License-Identifier: Apache-2.0

import Energy
import Network
import Quantities
import Simulation

/// Everything that a site has to know of the scenario. Compiled once, sent to its agent.
public struct SiteConfiguration: Equatable, Sendable {
  public var site: Int
  public var name: String
  public var gpus: Int
  /// Microwatts of all GPUs when idle, before PUE.
  public var idlePower: Int64
  public var energy: SiteEnergy
  /// One way to the coordinator, processing included.
  public var controlDelay: Time
  /// One way to every other site.
  public var siteDelays: [Time]
  /// How soon word from another machine can come back after a message has reached it; the coordinator last.
  public var echoes: [Time]
  /// Nil where the ideal network stands beside the coordinator.
  public var network: NetworkModel?
  /// When the GPUs here are without power.
  public var faults = SiteFaults()

  public init(
    site: Int, name: String, gpus: Int, idlePower: Int64, energy: SiteEnergy, controlDelay: Time, siteDelays: [Time],
    echoes: [Time], network: NetworkModel?
  ) {
    self.site = site
    self.name = name
    self.gpus = gpus
    self.idlePower = idlePower
    self.energy = energy
    self.controlDelay = controlDelay
    self.siteDelays = siteDelays
    self.echoes = echoes
    self.network = network
  }
}

extension SiteConfiguration: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(UInt16(site))
    writer.write(name)
    writer.write(UInt32(gpus))
    writer.write(idlePower)
    writer.write(energy)
    writer.write(controlDelay)
    writer.write(integers: siteDelays.map(\.ticks))
    writer.write(integers: echoes.map(\.ticks))
    writer.write(optional: network)
    writer.write(faults)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    site = Int(try reader.read(UInt16.self))
    name = try reader.readString()
    gpus = Int(try reader.read(UInt32.self))
    idlePower = try reader.read()
    energy = try reader.read()
    controlDelay = try reader.readTime()
    siteDelays = (try reader.readIntegers(Int64.self)).map { Time(ticks: $0) }
    echoes = (try reader.readIntegers(Int64.self)).map { Time(ticks: $0) }
    network = try reader.readOptional()
    faults = try reader.read()
  }
}

/// What a site knows of its own outages, and of what jobs lose by them.
public struct SiteFaults: Equatable, Sendable, FixedLayout {
  public struct Outage: Equatable, Sendable {
    public var at: Time
    public var until: Time

    public init(at: Time, until: Time) {
      self.at = at
      self.until = until
    }
  }

  /// In order of time, apart from each other.
  public var outages: [Outage]
  /// While it runs, a job writes a checkpoint every so often, beside its work; never if it does not.
  public var checkpointInterval: Time
  /// After what time of silence a site counts as lost.
  public var detection: Time

  public init(outages: [Outage] = [], checkpointInterval: Time = .never, detection: Time = .zero) {
    self.outages = outages
    self.checkpointInterval = checkpointInterval
    self.detection = detection
  }

  public func encode(into writer: inout ByteWriter) {
    writer.write(UInt32(outages.count))
    for outage in outages {
      writer.write(outage.at)
      writer.write(outage.until)
    }
    writer.write(checkpointInterval)
    writer.write(detection)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    outages = []
    for _ in 0..<(try reader.readCount(minimumSize: 16)) {
      outages.append(Outage(at: try reader.readTime(), until: try reader.readTime()))
    }
    checkpointInterval = try reader.readTime()
    detection = try reader.readTime()
  }
}
