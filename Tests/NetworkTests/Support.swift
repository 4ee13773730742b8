// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Simulation
import Testing
import Topology

/// Small networks for tests: sites a, b, c, ... and links by the indices of their ends. Names must be in the order of
/// the alphabet, so that indices stay what they are. Changes of capacity are those of the link `changed`, or of all.
func fleet(
  _ names: [String],
  _ links: [(Int, Int, gigabits: Int64, microseconds: Int64)], bufferBytes: Int64 = 64_000_000, loss: Double = 0,
  changes: [CapacityChange] = [], changed: Int? = nil
) throws -> Fleet {
  try Fleet(
    sites: names.map {
      SiteSpec(
        id: $0, at: Coordinates(latitude: 0, longitude: 0),
        pools: [GPUPool(model: "h100", count: 8, perNode: 8, scaleUpDomain: 8)], nicRate: .gigabits(400),
        oversubscription: 1)
    },
    links: links.enumerated().map { index, link in
      let (a, b, rate, delay) = link
      return LinkSpec(
        id: "\(names[a])-\(names[b])", ends: (a, b), kilometres: 1, medium: "smf", optics: "", wavelengths: 1,
        capacity: .gigabits(rate), delay: .microseconds(delay), bufferBytes: bufferBytes, loss: loss,
        changes: changed == nil || changed == index ? changes : [])
    })
}

func algorithm(_ name: String, preset: String? = nil) throws -> Algorithm {
  try Algorithm(name: name, preset: preset, parameters: [])
}

let algorithmNames = ["distance-aware", "dcqcn", "cubic"]

func flow(_ number: Int, _ from: Int, _ to: Int, bytes: Int64, limit: BitRate = .gigabits(3200)) -> FlowSpec {
  FlowSpec(
    id: FlowID(job: Int32(number), segment: 0, ordinal: 0), source: from, destination: to,
    amount: BitTicks(bytes: bytes), limit: limit)
}

/// The port from which the route between two neighbours leaves.
func port(_ model: NetworkModel, _ from: Int, _ to: Int) -> Int { model.routes[from][to][0] }

/// Every bit that ever came to a port without loss on its fibre has left it, waits in it or was dropped: exactly.
///
/// `dropped` counts what is lost on a fibre too, and that has left its port before, so this is for fibres without loss.
func expectConserved(
  _ simulation: inout FluidSimulation, _ model: NetworkModel, sourceLocation: SourceLocation = #_sourceLocation
) {
  for port in model.ports.indices {
    let t = simulation.totals(port: port)
    #expect(t.bitsIn == t.bitsOut + t.dropped + t.queued, "port \(port)", sourceLocation: sourceLocation)
  }
}

extension FluidSimulation {
  /// The instants at which flows were delivered, by the job number of the flow.
  var deliveries: [Int32: Time] {
    var times: [Int32: Time] = [:]
    for happening in happened {
      if case .delivered(let spec) = happening.event { times[spec.id.job] = happening.at }
    }
    return times
  }

  /// Runs until `end` in steps of a millisecond. Returns the first step from which on `condition` has always held.
  mutating func run(until end: Time, settling condition: (FluidSimulation) -> Bool) -> Time? {
    var since: Time?
    while now < end {
      run(until: min(end, now + .microseconds(1000)))
      if condition(self) { since = since ?? now } else { since = nil }
    }
    return since
  }

  func gigabits(_ number: Int) -> Double {
    (rate(of: FlowID(job: Int32(number), segment: 0, ordinal: 0)) ?? .zero).double / 1e9
  }
}

/// Runs a plan in parts as drivers do: each as far as what the others may still say allows.
///
/// - Parameter checked: whether every invariant of the fluid level is checked after each event.
func run(
  _ plan: NetworkPlan, level: ExperimentLevel = .fluid, partOf: [Int]? = nil, checked: Bool = false
) throws -> ExperimentResult {
  let partOf = partOf ?? plan.nodes.map { _ in 0 }
  let lookahead = PartLookahead(plan: plan, partOf: partOf)
  let parts = (0..<lookahead.count).map { plan.makePart(level: level, partOf: partOf, part: $0) }
  for part in parts { (part as? FluidPart)?.checked = checked }
  var pending = [[PartMessage]](repeating: [], count: parts.count)
  let end = plan.duration + .tick
  while true {
    let acts = parts.indices.map { k in pending[k].reduce(parts[k].nextTime) { min($0, $1.at) } }
    guard let earliest = acts.min(), earliest < end else { break }
    let bounds = lookahead.bounds(acts: acts, end: end)
    let moving = parts.indices.filter { acts[$0] < bounds[$0] }
    let inboxes = pending
    for k in moving { pending[k].removeAll() }
    for k in moving {
      for message in try parts[k].advance(to: bounds[k], inbox: inboxes[k].map(\.bytes)) {
        pending[message.to].append(message)
      }
    }
  }
  var whole = parts[0].finish()
  for part in parts.dropFirst() { whole.merge(part.finish()) }
  whole.closeCollectives()
  return whole
}
