// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Quantities
import Workload

struct ModelPublished: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "published", abstract: "Published results of training over distance, beside what the job models say.")

  func run() throws {
    printStreaming()
    print("")
    try printLongHaul()
    print("")
    printDiLoCoX()
  }

  private func printStreaming() {
    print("Streaming DiLoCo (arXiv 2501.18512, table 4): 100 B, two sites, 108 layers, step 4.9 s, H = 100")
    print("Gb/s for a share of time spent computing: paper, here, and their ratio (one grid step is 1.207)")
    let shares = PublishedTraining.utilisations.map { "\(Int(($0 * 100).rounded())) %" }
    print(pad("", 28) + shares.map { pad($0, 22) }.joined())
    for row in PublishedTraining.streamingDiLoCo {
      var line = pad(row.method, 28)
      for (target, published) in zip(PublishedTraining.utilisations, row.gigabits) {
        let need =
          (BandwidthNeed.rate(
            utilisation: target, work: PublishedTraining.hundredBillion, parallelism: row.parallelism,
            layout: .sites(2, rate: 0)) ?? .infinity) / 1e9
        line += pad(String(format: "%.1f  %.2f  x%.3f", published, need, need / published), 22)
      }
      print(line.trimmingCharacters(in: .whitespaces))
    }
  }

  private func printLongHaul() throws {
    print(
      "NVIDIA, Nemotron-4 340B: 3,072 GPUs on one site against 2 x 1,536 at 1,000 km, at least 96 % of the throughput")
    print("throughput of two sites over that of one, here:")
    let methods = ["data", "data(precision=32)", "data(overlap=none)"]
    print(pad("", 24) + ["0 ms", "21 ms", "50 ms"].map { pad("RTT " + $0, 12) }.joined())
    for terabits in [0.4, 0.6, 0.75, 0.8, 1.0, 1.6, 3.2] {
      for method in methods {
        var line = pad("\(terabits) Tb/s \(method)", 32)
        for roundTrip in [0, 0.021, 0.050] {
          let time = PublishedTraining.longHaul(
            try Parallelism(parsing: method), bitsPerSecond: terabits * 1e12, roundTrip: roundTrip)
          line += pad(String(format: "%.1f %%", 100 * time.alone / time.total), 12)
        }
        print(line.trimmingCharacters(in: .whitespaces))
      }
    }
    print("knee by hand: 16 bits x 340e9 = 5.44 Tb against a backward pass of 2/3 x 10.3 s = 6.87 s: 0.79 Tb/s")
  }

  private func printDiLoCoX() {
    let work = PublishedTraining.diLoCoXWork
    let method = PublishedTraining.diLoCoXMethod
    let plain = PublishedTraining.diLoCoX(.data)
    let relaxed = PublishedTraining.diLoCoX(method)
    let step = work.step
    print("DiLoCoX (arXiv 2506.21263): 107 B at 1 Gb/s, 357 times the throughput of plain all-reduce")
    print(
      String(format: "step      6 x 107e9 x 17,900 tokens / (32 GPUs x 312 Tflop/s x 40 %%) = %.2f s (assumed)", step))
    print(
      String(
        format: "plain     16 bits x 107e9 / 1 Gb/s = %.0f s each way, a step of %.0f s", plain.across, plain.total))
    let hidden = String(
      format: "%.0f s of transfer behind 125 x %.2f = %.0f s of computing, a step of %.2f s", relaxed.across * 125,
      step,
      125 * step, relaxed.total)
    print("DiLoCoX   \(method.text): \(hidden)")
    print(String(format: "ratio     %.0f (published 357)", plain.total / relaxed.total))
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
