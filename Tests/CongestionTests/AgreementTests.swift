// SPDX-License-Identifier: Apache-2.0

import Congestion
import CongestionControl
import Network
import Quantities
import Testing

/// What is said of two levels follows from completion times alone.
@Suite struct AgreementTests {
  private let text = """
    hosts: [a, b]
    switches: [s]
    links:
      - {between: [a, s], rate: 10 Gb/s, delay: 1 us}
      - {between: [s, b], rate: 10 Gb/s, delay: 1 us}
    flows:
      - {from: a, to: b, size: 1 MB}
      - {from: a, to: b}
    algorithms: [dcqcn]
    duration: 1 s

    """

  private func outcome(_ seconds: Double?) -> LevelAgreement.Outcome {
    func flow(_ end: Time) -> ExperimentResult.Flow {
      ExperimentResult.Flow(
        group: 0, delivered: 0, bytes: 0, start: .zero, end: end, alone: .zero, measured: .zero, retransmitted: 0)
    }
    var result = ExperimentResult()
    // The second flow has no end of its own and does not count.
    result.flows = [flow(seconds.map { .seconds($0) } ?? .never), flow(.never)]
    return LevelAgreement.Outcome(result, cpuSeconds: 1)
  }

  private func row(_ pairs: [(Double?, Double?)], tolerance: Double = 0.05) throws -> LevelAgreement.Row {
    var agreement = LevelAgreement(
      level: .fluid, reference: .packet, tolerances: .init(general: 0.5, byName: [("dcqcn", tolerance)]),
      experiments: ["one"])
    agreement.add(
      try pairs.enumerated().map { index, pair in
        LevelAgreement.Pair(
          plan: try plan(text, seed: UInt64(index)), reference: outcome(pair.0), level: outcome(pair.1))
      }, to: 0)
    return agreement.sections[0].rows[0]
  }

  /// Student's t for two degrees of freedom is 4.303: values 1, 2, 3 have a standard deviation of 1, so 2 +- 4.303/sqrt 3.
  @Test func halfWidthIsStudents() throws {
    let estimate = Estimate([1, 2, 3])
    #expect(estimate.mean == 2)
    #expect(abs(try #require(estimate.halfWidth) - 4.303 / 3.0.squareRoot()) < 1e-12)
    #expect(Estimate([1]).halfWidth == nil)
    // 97.5 % quantile for 60 degrees of freedom: 2.000.
    let many = Estimate((0..<61).map { Double($0 % 2) })
    let deviation = (Double(30 * 31) / Double(61 * 60)).squareRoot()
    #expect(abs(try #require(many.halfWidth) / (deviation / 61.0.squareRoot()) - 2.0) < 2e-3)
  }

  @Test func verdicts() throws {
    // A reference that is certain: within the tolerance, or beyond it.
    #expect(try row([(1, 1.04), (1.001, 1.04)]).verdict == .agrees)
    #expect(try row([(1, 1.06), (1.001, 1.06)]).verdict == .differs)
    #expect(try row([(1, 1.04), (1.001, 1.04)], tolerance: 0.03).verdict == .differs)
    // One that is not: the intervals overlap or lie apart.
    #expect(try row([(1, 1.5), (2, 1.4)]).verdict == .overlap)
    #expect(try row([(1, 9.0), (1.01, 9.0)]).verdict == .apart)
    // Nobody can tell from one seed, or from flows that did not end.
    #expect(try row([(1, 1)]).verdict == .unknown)
    #expect(try row([(1, 1), (1, nil)]).verdict == .unknown)
    #expect(try row([(1, 1), (1, nil)]).unfinished == 1)
  }

  @Test func errorIsThatOfTheMeans() throws {
    let row = try row([(1, 1.1), (3, 2.9)])
    #expect(abs(row.error) < 1e-12)
    #expect(row.flows == 2 && row.seeds == [0, 1])
    // Of each pair +10 % and -3.33 %.
    #expect(abs(row.difference.mean - (0.1 - 0.1 / 3) / 2) < 1e-12)
    #expect(row.cpuSeconds == (2, 2))
  }
}
