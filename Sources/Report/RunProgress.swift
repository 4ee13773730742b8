// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities

/// Where a run stands.
public struct ProgressState: Equatable, Sendable {
  public var time: Time
  /// Share of the run that is done, 0 to 1; nil when nobody can tell.
  public var share: Double?
  public var jobsFinished: Int
  public var jobsTotal: Int
  public var running: Int
  public var queued: Int

  public init(time: Time, share: Double?, jobsFinished: Int, jobsTotal: Int, running: Int, queued: Int) {
    self.time = time
    self.share = share
    self.jobsFinished = jobsFinished
    self.jobsTotal = jobsTotal
    self.running = running
    self.queued = queued
  }
}

/// Shows on standard error how far a run is: a bar on a terminal, otherwise a plain line every few seconds.
///
/// Says nothing in the first two seconds, so that short runs stay silent. This is the one place where the clock on the
/// wall is read: it decides when to print and how fast the run is, never what the run does. One thread at a time.
public final class RunProgress {
  public enum Style: Sendable {
    /// A bar if standard error is a terminal, lines otherwise.
    case automatic
    case bar
    case lines
    case quiet
  }

  /// Seconds in which nothing is shown.
  public static let silence = 2.0
  /// Seconds between two updates.
  public static let barInterval = 0.2
  public static let lineInterval = 5.0

  private let style: Style
  private let clock: () -> Double
  private let write: (String) -> Void
  private let began: Double
  private var due: Double
  /// Samples of (wall, virtual) seconds; the speed is that between the oldest and the newest.
  private var samples: [(wall: Double, virtual: Double)] = []
  private var barShown = false

  /// - Parameters:
  ///   - clock: seconds on the wall; another one in tests.
  ///   - write: where text goes; standard error if left out.
  public init(
    style: Style = .automatic, clock: @escaping () -> Double = RunProgress.monotonicSeconds,
    write: @escaping (String) -> Void = RunProgress.writeToStandardError
  ) {
    self.style = style == .automatic ? (isatty(STDERR_FILENO) == 1 ? .bar : .lines) : style
    self.clock = clock
    self.write = write
    began = clock()
    due = began + Self.silence
  }

  /// Cheap enough to be called after every window: reads the clock, and mostly does nothing else.
  public func update(_ state: @autoclosure () -> ProgressState) {
    if style == .quiet { return }
    let now = clock()
    if samples.isEmpty { samples.append((now, state().time.seconds)) }
    guard now >= due else { return }
    let state = state()
    samples.append((now, state.time.seconds))
    if samples.count > 20 { samples.removeFirst() }
    let first = samples[0]
    let speed = now > first.wall ? (state.time.seconds - first.virtual) / (now - first.wall) : 0
    if style == .bar {
      write("\r" + Self.bar(state, speed: speed) + "\u{1B}[K")
      barShown = true
      due = now + Self.barInterval
    } else {
      write(Self.line(state, speed: speed, elapsed: now - began) + "\n")
      due = now + Self.lineInterval
    }
  }

  /// Removes the bar, so that what follows begins on an empty line.
  public func finish() {
    if barShown { write("\r\u{1B}[K") }
    barShown = false
  }

  static func facts(_ state: ProgressState, speed: Double) -> String {
    "\(Readable.duration(state.time.seconds)) at \(Readable.amount(speed))x, "
      + "\(Readable.integer(state.jobsFinished))/\(Readable.integer(state.jobsTotal)) jobs, "
      + "\(Readable.integer(state.running)) running, \(Readable.integer(state.queued)) queued"
  }

  static func bar(_ state: ProgressState, speed: Double) -> String {
    let facts = facts(state, speed: speed)
    guard let share = state.share else { return facts }
    let bounded = min(max(share, 0), 1)
    let filled = Int(bounded * 20)
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled)
    return "[\(bar)] \(Readable.fixed(bounded * 100, 0))% \(facts)"
  }

  static func line(_ state: ProgressState, speed: Double, elapsed: Double) -> String {
    let share = state.share.map { Readable.fixed(min(max($0, 0), 1) * 100, 1) + "% done, " } ?? ""
    return "progress: \(share)virtual time \(facts(state, speed: speed)), \(Readable.duration(elapsed)) elapsed"
  }

  public static func monotonicSeconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }

  public static func writeToStandardError(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
