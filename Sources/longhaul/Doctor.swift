// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Report
import Runs

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "What is installed, what is missing, how to get it.")

  func run() throws {
    var missing = false
    func line(_ good: Bool, _ what: String, _ advice: String) {
      print("\(good ? "found  " : "missing") \(what)\(good ? "" : ": \(advice)")")
      missing = missing || !good
    }
    let agent = EmulationRun.programBeside("longhaul-site")
    line(
      FileManager.default.isExecutableFile(atPath: agent), "the site agent",
      "run ./longhaul once more, or 'swift build -c release'")
    for (library, package) in [
      ("libzmq.so.5", "libzmq3-dev"), ("libsqlite3.so.0", "libsqlite3-dev"), ("libz.so.1", "zlib1g-dev"),
      ("liblzma.so.5", "liblzma-dev"),
    ] {
      let handle = dlopen(library, RTLD_LAZY)
      line(handle != nil, library, "apt-get install \(package)")
      if let handle { dlclose(handle) }
    }
    line(ChartLibrary.find() != nil, "Chart.js, for charts in reports", "apt-get install libjs-chart.js")
    line(Curl.whereabouts() != nil, "curl, for 'trace fetch'", "apt-get install curl")
    let scratch = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    line(
      FileManager.default.isWritableFile(atPath: scratch), "a folder for sockets (\(scratch))",
      "set TMPDIR to a folder that you can write")
    if missing { throw ExitCode(1) }
  }
}
