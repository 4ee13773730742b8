// SPDX-License-Identifier: Apache-2.0

import Foundation
import Report

/// A line on standard error about something that takes its time: rewritten on a terminal, otherwise a new one every few
/// seconds. Silent in the first two seconds. One thread at a time.
final class WaitProgress: @unchecked Sendable {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let began = RunProgress.monotonicSeconds()
  private var due: Double
  private var lineShown = false

  init() { due = began + RunProgress.silence }

  func update(_ text: @autoclosure () -> String) {
    let now = RunProgress.monotonicSeconds()
    guard now >= due else { return }
    if isTerminal {
      RunProgress.writeToStandardError("\r\(text())\u{1B}[K")
      lineShown = true
      due = now + RunProgress.barInterval
    } else {
      RunProgress.writeToStandardError("progress: \(text()), \(Readable.duration(now - began)) elapsed\n")
      due = now + RunProgress.lineInterval
    }
  }

  func finish() {
    if lineShown { RunProgress.writeToStandardError("\r\u{1B}[K") }
    lineShown = false
  }

  /// What readers of traces report to.
  static func reading() -> @Sendable (String, Double) -> Void {
    let wait = WaitProgress()
    return { path, share in
      if share < 1 { wait.update("reading \(path): \(Readable.percent(share))") } else { wait.finish() }
    }
  }
}
