// SPDX-License-Identifier: Apache-2.0

import Simulation
import Testing
import Workload

@Suite struct FlowSizesTests {
  /// Bytes in flows of more than `size`, as a share of all: the integral of the quantile function.
  private func shareOfBytes(above size: Double, in sizes: FlowSizes) -> Double {
    var above = 0.0
    for (a, b) in zip(sizes.points, sizes.points.dropFirst()) where a.bytes >= size {
      above += (b.probability - a.probability) * (a.bytes + b.bytes) / 2
    }
    return above / sizes.mean
  }

  @Test func webSearchAsPublished() {
    // The papers that use it say 1.6 or 1.7 MB for the mean; the sum of the table's trapezoids is 1,711,250.
    #expect(abs(FlowSizes.websearch.mean - 1_711_250) < 1)
    // pFabric (SIGCOMM 2013): about 95 % of the bytes are in the 30 % of the flows above 1 MB.
    #expect(abs(shareOfBytes(above: 1_000_000, in: .websearch) - 0.95) < 0.005)
    #expect(FlowSizes.websearch.quantile(0.70) == 1_000_000)
  }

  @Test func hadoopAsPublished() {
    // Roy et al. (SIGCOMM 2015) find most flows below 1 kB; HPCC says that nine of ten are below 120 kB.
    #expect(FlowSizes.hadoop.quantile(0.60) == 1000)
    #expect(FlowSizes.hadoop.quantile(0.90) == 120_000)
    #expect(abs(FlowSizes.hadoop.mean - 120_420.75) < 0.01)
  }

  @Test func alibabaWANAsPublished() {
    // Two thirds of the flows are at most 51.7 MB, and none is above 300 MB.
    #expect(FlowSizes.alibabaWAN.quantile(0.6702) == 51_697_984)
    #expect(FlowSizes.alibabaWAN.quantile(1) == 300_000_000)
    #expect(abs(FlowSizes.alibabaWAN.mean - 63.958e6) < 1000)
  }

  @Test(arguments: FlowSizes.published)
  func samplesHaveTheMean(_ sizes: FlowSizes) {
    var stream = RandomStream(seed: 5, name: sizes.name)
    let count = 200_000
    var sum = 0.0
    var squares = 0.0
    for _ in 0..<count {
      let size = Double(sizes.sample(&stream))
      sum += size
      squares += size * size
    }
    let mean = sum / Double(count)
    let error = ((squares / Double(count) - mean * mean) / Double(count)).squareRoot()
    #expect(abs(mean - sizes.mean) < 4 * error)
  }

  @Test func quantilesAreLinearBetweenPoints() throws {
    let sizes = try FlowSizes(
      name: "x", source: "test",
      points: [.init(bytes: 100, probability: 0.5), .init(bytes: 300, probability: 1)])
    #expect([0, 0.25, 0.5, 0.75, 1].map(sizes.quantile) == [100, 100, 100, 200, 300])
    #expect(sizes.mean == 150)
  }

  @Test func refusesWhatIsNoDistribution() {
    func point(_ pairs: [(Double, Double)]) -> Int? {
      do throws(FlowSizesError) {
        _ = try FlowSizes(name: "x", source: "test", points: pairs.map { .init(bytes: $0.0, probability: $0.1) })
        return nil
      } catch {
        return error.point
      }
    }
    #expect(point([(0, 0), (10, 0.5), (10, 1)]) == 2)
    #expect(point([(0, 0), (10, 0.5), (20, 0.4)]) == 2)
    #expect(point([(0, 0), (10, 0.5)]) == 1)
    #expect(point([(-1, 0), (10, 1)]) == 0)
    #expect(point([(0, 0), (10, 1)]) == nil)
  }
}
