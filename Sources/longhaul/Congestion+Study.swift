// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CProcess
import Emulation
import Foundation
import Report
import Runs
import ScenarioFile

extension CongestionCommand {
  func runStudy() throws {
    guard driver == .inline else {
      throw ValidationError("--driver processes: a study runs inline, several runs at a time; see --jobs")
    }
    var options = StudyOptions()
    options.network = network.flatMap { NetworkLevel(rawValue: $0.rawValue) }
    options.scale = scale
    options.seeds = try statedSeeds()
    options.algorithms = algorithms?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    options.only = only
    let study = try StudyReader.read(path: experiment[0], options: options)
    let path = out ?? CongestionFolder.next(for: study.name, finished: "study.json")
    let runner = try StudyRunner(
      study, directory: path, jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount, force: force)
    if !quiet {
      let cells = "\(study.cells.count) cell\(study.cells.count == 1 ? "" : "s")"
      let budget = study.budget.map { ", budget \(Readable.duration($0)) of one core" } ?? ""
      Longhaul.complain("\(study.name): \(cells), at most \(Readable.integer(runner.runCount)) runs\(budget)")
    }
    _ = longhaul_catch_interrupts()
    runner.shouldStop = { longhaul_interrupts() > 0 }
    let progress = StudyProgress(style: quiet ? .quiet : .automatic)
    runner.progress = {
      progress.update(
        done: $0.done, total: $0.total, coreSeconds: $0.coreSeconds, expected: $0.expected, jobs: $0.jobs)
    }
    do {
      let report = try runner.run { [("study.md", StudyTables($0).markdown)] }
      progress.finish()
      print(StudyTables(report).text(directory: path), terminator: "")
    } catch is ExperimentConductor.Interrupted {
      progress.finish()
      Longhaul.complain("interrupted; the same command with --out \(path) goes on from here")
      throw ExitCode(130)
    }
  }
}
