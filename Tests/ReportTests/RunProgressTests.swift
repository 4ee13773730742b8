// SPDX-License-Identifier: Apache-2.0

import Quantities
import Report
import Testing

@Suite struct RunProgressTests {
  /// A clock that the test turns, and a place for what is written.
  final class Bench {
    var now = 100.0
    var written: [String] = []
    func progress(_ style: RunProgress.Style) -> RunProgress {
      RunProgress(style: style, clock: { self.now }, write: { self.written.append($0) })
    }
  }

  func state(_ seconds: Int64, share: Double? = 0.25) -> ProgressState {
    ProgressState(
      time: .seconds(seconds), share: share, jobsFinished: 10, jobsTotal: 1040, running: 3, queued: 1200)
  }

  @Test func silentForTwoSecondsThenALineEveryFive() {
    let bench = Bench()
    let progress = bench.progress(.lines)
    var times: [Double] = []
    for step in 0...150 {
      bench.now = 100 + Double(step) / 10
      let before = bench.written.count
      progress.update(state(Int64(step) * 360))
      if bench.written.count > before { times.append(bench.now - 100) }
    }
    #expect(times == [2, 7, 12])
    // 360 s of virtual time each 0.1 s.
    let line = "25.0% done, virtual time 2.00 h at 3,600x, 10/1,040 jobs, 3 running, 1,200 queued, 2.00 s elapsed"
    #expect(bench.written[0] == "progress: \(line)\n")
    progress.finish()
    #expect(bench.written.count == 3)
  }

  @Test func barIsDrawnAndRemoved() {
    let bench = Bench()
    let progress = bench.progress(.bar)
    progress.update(state(0))
    bench.now += 2
    progress.update(state(7200))
    #expect(bench.written.count == 1)
    #expect(bench.written[0].hasPrefix("\r[#####...............] 25% 2.00 h at 3,600x, "))
    bench.now += 0.1
    progress.update(state(7300))
    #expect(bench.written.count == 1)
    progress.finish()
    #expect(bench.written.last == "\r\u{1B}[K")
    progress.finish()
    #expect(bench.written.count == 2)
  }

  @Test func quietSaysNothingAndUnknownShareIsLeftOut() {
    let bench = Bench()
    let quiet = bench.progress(.quiet)
    let lines = bench.progress(.lines)
    for _ in 0..<3 {
      quiet.update(state(1))
      bench.now += 60
    }
    quiet.finish()
    #expect(bench.written.isEmpty)
    lines.update(state(1, share: nil))
    #expect(bench.written.count == 1 && !bench.written[0].contains("%"))
  }
}
