// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// A made-up stream of requests, for trying things out: Poisson arrivals, lengths log-normal around the medians of the
/// Azure trace of conversations and code of 2023 (about 1,000-1,500 tokens in; 13 out for code, 129 for conversations,
/// the latter recalled). Labelled synthetic wherever it shows up.
public enum RequestSynthesis {
  static let inputMedian = 1000.0
  static let inputSigma = 0.8
  static let outputMedian = 130.0
  static let outputSigma = 0.8

  public static func requests(count: Int, perSecond rate: Double, seed: UInt64) -> [Request] {
    var stream = RandomStream(seed: seed, name: "requests")
    var at = 0.0
    return (0..<count).map { _ in
      at += -DeterministicMath.log(1 - stream.uniform()) / rate
      let input = inputMedian * DeterministicMath.exp(inputSigma * stream.normal())
      let output = outputMedian * DeterministicMath.exp(outputSigma * stream.normal())
      return Request(
        arrival: .seconds(at), inputTokens: min(32_000, max(1, Int(input.rounded()))),
        outputTokens: min(4_000, max(1, Int(output.rounded()))))
    }
  }
}
