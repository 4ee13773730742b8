// SPDX-License-Identifier: Apache-2.0

import Quantities
import Workload

extension Experiment {
  /// This experiment with every rate, and every amount of bytes but the packet, times `factor`, those among the constants
  /// of algorithms included: the same ratios of bandwidth-delay product, buffer, size and load at a fraction of the
  /// packets. Delays and durations stay.
  ///
  /// What does not keep its ratio is whatever counts packets: windows in packets, and the time that one packet takes
  /// beside timers and queues that are stated in microseconds.
  public func scaled(by factor: Double) -> Experiment {
    if factor == 1 { return self }
    func bytes(_ value: Int64) -> Int64 { max(1, Int64((Double(value) * factor).rounded())) }
    func rate(_ value: BitRate) -> BitRate { BitRate(max(1, Int64((value.double * factor).rounded()))) }
    func extent(_ value: Extent) -> Extent {
      if case .bytes(let amount) = value { return .bytes(bytes(amount)) }
      return value
    }
    var result = self
    result.scale = scale * factor
    for index in nodes.indices { result.nodes[index].sharedBuffer = nodes[index].sharedBuffer.map(bytes) }
    for index in links.indices {
      var link = links[index]
      link.rate = rate(link.rate)
      link.buffer = link.buffer.map(extent)
      if case .stated(let marking) = link.marking {
        link.marking = .stated(
          Marking(
            minimum: extent(marking.minimum), maximum: extent(marking.maximum), probability: marking.probability))
      }
      if case .stated(let phantom) = link.phantom {
        link.phantom = .stated(
          Phantom(
            drain: phantom.drain, size: extent(phantom.size), minimum: extent(phantom.minimum),
            maximum: extent(phantom.maximum)))
      }
      link.flowControl = link.flowControl.map {
        FlowControl(pause: extent($0.pause), resume: $0.resume.map(extent), headroom: $0.headroom.map(extent))
      }
      result.links[index] = link
    }
    for index in flows.indices {
      var group = flows[index]
      if group.inflightLimit != .max { group.inflightLimit = bytes(group.inflightLimit) }
      switch group.traffic {
      case .bulk(var bulk):
        bulk.bytes = bulk.bytes.map(bytes)
        group.traffic = .bulk(bulk)
      case .poisson(var poisson):
        poisson.sizes = poisson.sizes.scaled(by: factor)
        group.traffic = .poisson(poisson)
      case .datagrams(var datagrams):
        datagrams.rate = rate(datagrams.rate)
        group.traffic = .datagrams(datagrams)
      case .listed(let transfers):
        group.traffic = .listed(
          transfers.map {
            Transfer(source: $0.source, destination: $0.destination, bytes: bytes($0.bytes), start: $0.start)
          })
      }
      result.flows[index] = group
    }
    for index in collectives.indices { result.collectives[index].bytes = bytes(collectives[index].bytes) }
    for index in changes.indices { result.changes[index].rate = changes[index].rate.map(rate) }
    return result
  }
}
