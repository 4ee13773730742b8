// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Topology

/// Small networks for tests: sites a, b, c, ... and links by the indices of their ends.
func fleet(
  _ names: [String],
  _ links: [(Int, Int, gigabits: Int64, microseconds: Int64)], bufferBytes: Int64 = 64_000_000, loss: Double = 0,
  changes: [CapacityChange] = []
) throws -> Fleet {
  try Fleet(
    sites: names.map {
      SiteSpec(
        id: $0, at: Coordinates(latitude: 0, longitude: 0),
        pools: [GPUPool(model: "h100", count: 8, perNode: 8, scaleUpDomain: 8)], nicRate: .gigabits(400),
        oversubscription: 1)
    },
    links: links.map { a, b, rate, delay in
      LinkSpec(
        id: "\(names[a])-\(names[b])", ends: (a, b), kilometres: 1, medium: "smf", optics: "", wavelengths: 1,
        capacity: .gigabits(rate), delay: .microseconds(delay), bufferBytes: bufferBytes, loss: loss,
        changes: changes)
    })
}

func algorithm(_ name: String, preset: String? = nil) throws -> Algorithm {
  try Algorithm(name: name, preset: preset, parameters: [])
}

func flow(_ number: Int, _ from: Int, _ to: Int, bytes: Int64, limit: BitRate = .gigabits(3200)) -> FlowSpec {
  FlowSpec(
    id: FlowID(job: Int32(number), segment: 0, ordinal: 0), source: from, destination: to,
    amount: BitTicks(bytes: bytes), limit: limit)
}
