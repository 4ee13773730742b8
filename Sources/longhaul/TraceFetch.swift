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
      let wait = quiet ? nil : WaitProgress()
      let outcome = try download.run { bytes in
        if let bytes { wait?.update(Self.progress(file, bytes)) } else { wait?.finish() }
      }
      Longhaul.complain("\(file.name): \(outcome.sentence)")
      print(download.path)
    }
  }

  private static func progress(_ file: TraceHome.File, _ bytes: Int64) -> String {
    let text = "\(file.name): \(Readable.bytes(Double(bytes)))"
    guard let total = file.bytes, total > 0 else { return text }
    return text + " of \(Readable.bytes(Double(total))), \(Readable.percent(Double(bytes) / Double(total)))"
  }
}
