// SPDX-License-Identifier: Apache-2.0

import Quantities
import Scheduling
import Simulation
import Testing

struct DecisionCheckTests {
  /// Sites a (two nodes of 4, the first half free) and b (one of 8). Queued: 3, for 4 GPUs, pinned to a; 5, for 6,
  /// splittable; 6, for 2. Running: 0, 1 (stopping) and 2 (not preemptible).
  private let view: FleetView = {
    var view = idleView([site("a", nodes: 2, of: 4), site("b", nodes: 1, of: 8)])
    view.sites[0].take(Piece(site: 0, gpus: 2, nodes: [NodeShare(node: 0, gpus: 2)]))
    view.queue = [
      QueuedJob(job: 3, submit: .zero, gpus: 4, estimate: .hour, pin: 0),
      QueuedJob(job: 5, submit: .zero, gpus: 6, estimate: .hour, splittable: true),
      QueuedJob(job: 6, submit: .zero, gpus: 2, estimate: .hour),
    ]
    view.running = (0..<3).map {
      RunningJob(
        job: $0, submit: .zero, gpus: 0, pieces: [], start: .zero, expectedEnd: .hour, stopping: $0 == 1,
        preemptible: $0 != 2)
    }
    return view
  }()

  private func piece(_ site: Int32, _ shares: [Int32: Int32]) -> Piece {
    Piece(
      site: site, gpus: shares.values.reduce(0, +),
      nodes: shares.sorted { $0.key < $1.key }.map { NodeShare(node: $0.key, gpus: $0.value) })
  }

  private func failure(_ decisions: [Decision]) -> DecisionError? {
    do {
      try checkDecisions(decisions, against: view)
      return nil
    } catch { return error }
  }

  @Test func whatCanBeDonePasses() {
    #expect(
      failure([
        .start(job: 3, pieces: [piece(0, [1: 4])]), .start(job: 5, pieces: [piece(0, [0: 2]), piece(1, [0: 4])]),
        .start(job: 6, pieces: [piece(1, [0: 2])]), .preempt(job: 0),
      ]) == nil)
  }

  @Test func whatCannotIsRefused() {
    let six = Decision.start(job: 6, pieces: [piece(1, [0: 2])])
    #expect(failure([.start(job: 4, pieces: [piece(1, [0: 2])])]) == .unknownJob(4))
    #expect(failure([six, six]) == .startedTwice(6))
    #expect(failure([.start(job: 6, pieces: [piece(2, [0: 2])])]) == .unknownSite(job: 6, site: 2, sites: 2))
    #expect(failure([.start(job: 6, pieces: [piece(1, [0: 3])])]) == .wrongCount(job: 6, asked: 2, given: 3))
    #expect(failure([.start(job: 6, pieces: [])]) == .wrongCount(job: 6, asked: 2, given: 0))
    #expect(failure([.start(job: 3, pieces: [piece(1, [0: 4])])]) == .pinIgnored(job: 3, pin: "a", site: "b"))
    #expect(
      failure([.start(job: 6, pieces: [piece(0, [0: 1]), piece(1, [0: 1])])]) == .splitNotAllowed(job: 6, sites: 2))
    #expect(failure([.start(job: 5, pieces: [piece(1, [0: 3]), piece(1, [0: 3])])]) == .siteTwice(job: 5, site: "b"))
    #expect(
      failure([.start(job: 3, pieces: [piece(0, [0: 3, 1: 1])])])
        == .oversubscribed(job: 3, site: "a", node: 0, wanted: 3, free: 2))
    // Each start alone would fit.
    #expect(
      failure([.start(job: 5, pieces: [piece(1, [0: 6])]), six, six])
        == .oversubscribed(
          job: 6, site: "b", node: 0, wanted: 2, free: 0))
    var lies = piece(1, [0: 2])
    lies.nodes[0].gpus = 1
    #expect(
      failure([.start(job: 6, pieces: [lies])])
        == .badNodes(job: 6, site: "b", why: "its nodes hold 1 GPUs, its piece 2"))
    lies.nodes = [NodeShare(node: 0, gpus: 1), NodeShare(node: 0, gpus: 1)]
    #expect(
      failure([.start(job: 6, pieces: [lies])])
        == .badNodes(job: 6, site: "b", why: "node 0 is unknown, repeated or out of order"))
    #expect(failure([.preempt(job: 6)]) == .notRunning(6))
    #expect(failure([.preempt(job: 1)]) == .cannotPreempt(1, why: "its preemption is already ordered"))
    #expect(failure([.preempt(job: 2)]) == .cannotPreempt(2, why: "it is not preemptible"))
    #expect(
      failure([.preempt(job: 0), .preempt(job: 0)])
        == .cannotPreempt(0, why: "it is preempted twice in one decision"))
  }

  @Test func piecesSurviveTheWire() throws {
    let pieces = [piece(0, [0: 2, 1: 4]), piece(1, [:])]
    var writer = ByteWriter()
    writer.write(pieces)
    var reader = ByteReader(writer.bytes)
    #expect(try reader.readArray(of: Piece.self) == pieces)
    try reader.finish()
  }
}
