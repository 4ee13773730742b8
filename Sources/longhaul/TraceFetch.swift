// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Report
import Workload

struct TraceFetch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Downloads a public trace from its home, and checks it.",
    discussion: """
      A download that breaks off goes on where it stopped when the command is repeated. Where the trace's publisher \
      states no checksum, that of the first download is recorded beside the file and holds from then on.
      """)

  @Argument(help: "Name of the trace, see 'longhaul catalog traces'.") var name: String
  @Option(name: .customLong("to"), help: "Folder to put it into; traces/NAME if left out.") var folder: String?
  @Option(help: "Address of a folder with the same files, in place of the public home.") var home: String?
  @Flag(help: "No progress.") var quiet = false

  func run() throws {
    let trace = try TraceHomes.named(name)
    let curl = try Curl.find()
    let folder = folder ?? "traces/\(trace.name)"
    Longhaul.complain("\(trace.name): \(trace.summary)\nlicence: \(trace.licence)\ncite:    \(trace.cite)")
    for file in trace.files {
      let base = home.map { $0.hasSuffix("/") ? $0 : $0 + "/" }
      let download = Download(
        url: base.map { $0 + file.name } ?? file.url, path: "\(folder)/\(file.name)", bytes: file.bytes,
        sha256: file.sha256, curl: curl)
      let outcome = try download.run(progress: quiet ? nil : FetchProgress(file.name, total: file.bytes))
      Longhaul.complain("\(file.name): \(outcome.sentence)")
      print(download.path)
    }
  }
}

/// How far a download is, on standard error, silent in its first two seconds.
final class FetchProgress {
  private let name: String
  private let total: Int64?
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let began = RunProgress.monotonicSeconds()
  private var due: Double
  private var barShown = false

  init(_ name: String, total: Int64?) {
    self.name = name
    self.total = total
    due = began + RunProgress.silence
  }

  func update(bytes: Int64) {
    let now = RunProgress.monotonicSeconds()
    guard now >= due else { return }
    var text = "\(name): \(Readable.bytes(Double(bytes)))"
    if let total, total > 0 {
      text += " of \(Readable.bytes(Double(total))), \(Readable.percent(Double(bytes) / Double(total)))"
    }
    if isTerminal {
      RunProgress.writeToStandardError("\r\(text)\u{1B}[K")
      barShown = true
      due = now + RunProgress.barInterval
    } else {
      RunProgress.writeToStandardError("progress: \(text), \(Readable.duration(now - began)) elapsed\n")
      due = now + RunProgress.lineInterval
    }
  }

  func finish() {
    if barShown { RunProgress.writeToStandardError("\r\u{1B}[K") }
    barShown = false
  }
}
