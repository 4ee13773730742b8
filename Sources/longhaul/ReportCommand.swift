// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Report
import Results

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Writes one self-contained HTML page about finished runs, or about a finished comparison.")

  @Argument(
    help: ArgumentHelp(
      "Run directories, which are shown side by side, or the directory of one comparison.", valueName: "run"))
  var runs: [String]
  @Option(name: .shortAndLong, help: "The page; report.html in the first directory if left out.")
  var output: String?

  func run() throws {
    let first = runs[0]
    let isComparison = FileManager.default.fileExists(atPath: first + "/" + ComparisonData.file)
    guard runs.count == 1 || !isComparison else {
      throw ValidationError("expected run directories, or one comparison; '\(first)' holds a comparison")
    }
    let data =
      isComparison
      ? try ComparisonData.read(first) : try ComparisonData.ofRuns(runs, command: CommandText.typed)
    let library = ChartLibrary.find()
    let path = output ?? first + "/report.html"
    try FileOutput.writeAtomically(ComparisonReport(Comparison(data), library: library).html, to: path)
    print("written to \(path)")
    if library == nil { Longhaul.complain(ChartLibrary.advice) }
  }
}
