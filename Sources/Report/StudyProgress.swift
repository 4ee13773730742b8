// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Shows on standard error how far a study is and when it will be over: a bar on a terminal, a plain line every few
/// seconds otherwise, nothing in the first two seconds. Threads take turns.
public final class StudyProgress: @unchecked Sendable {
  private let lock = NSLock()
  private let style: RunProgress.Style
  private let clock: () -> Double
  private let write: (String) -> Void
  private let began: Double
  private var due: Double
  private var isBarShown = false

  /// Parameters as those of ``RunProgress``.
  public init(
    style: RunProgress.Style = .automatic, clock: @escaping () -> Double = RunProgress.monotonicSeconds,
    write: @escaping (String) -> Void = RunProgress.writeToStandardError
  ) {
    self.style = style == .automatic ? (isatty(STDERR_FILENO) == 1 ? .bar : .lines) : style
    self.clock = clock
    self.write = write
    began = clock()
    due = began + RunProgress.silence
  }

  /// - Parameters:
  ///   - coreSeconds: spent here so far.
  ///   - expected: core-seconds that the rest is expected to take; nil if nobody can tell yet.
  ///   - jobs: runs at a time.
  public func update(done: Int, total: Int, coreSeconds: Double, expected: Double?, jobs: Int) {
    if style == .quiet { return }
    lock.lock()
    defer { lock.unlock() }
    let now = clock()
    guard now >= due else { return }
    let facts = Self.facts(
      done: done, total: total, coreSeconds: coreSeconds, expected: expected, jobs: jobs, elapsed: now - began)
    if style == .bar {
      let share = Double(done) / Double(max(1, total))
      let filled = Int(share * 20)
      let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled)
      write("\r[\(bar)] \(facts)\u{1B}[K")
      isBarShown = true
      due = now + RunProgress.barInterval
    } else {
      write("progress: \(facts)\n")
      due = now + RunProgress.lineInterval
    }
  }

  /// Seconds until the end: what is expected, spread over the jobs, at the pace at which core-seconds have turned into
  /// seconds so far.
  static func remaining(coreSeconds: Double, expected: Double?, jobs: Int, elapsed: Double) -> Double? {
    guard let expected else { return nil }
    let pace = coreSeconds > 0.5 && elapsed > 0.5 ? coreSeconds / elapsed : Double(max(1, jobs))
    return expected / max(0.05, pace)
  }

  static func facts(
    done: Int, total: Int, coreSeconds: Double, expected: Double?, jobs: Int, elapsed: Double
  ) -> String {
    let left = remaining(coreSeconds: coreSeconds, expected: expected, jobs: jobs, elapsed: elapsed)
    return "\(Readable.integer(done))/\(Readable.integer(total)) runs, \(Readable.duration(elapsed)) elapsed, "
      + (left.map { "about \(Readable.duration($0)) to go" } ?? "end not known yet")
  }

  public func finish() {
    lock.lock()
    defer { lock.unlock() }
    if isBarShown { write("\r\u{1B}[K") }
    isBarShown = false
  }
}
