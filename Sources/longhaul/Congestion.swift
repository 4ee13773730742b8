// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CProcess
import Congestion
import Emulation
import Foundation
import Network
import Quantities
import Report
import Runs
import ScenarioFile

extension ExperimentLevel: ExpressibleByArgument {}

struct CongestionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "congestion",
    abstract: "Runs a congestion experiment, or a study of many: algorithms on hosts, switches and links.",
    discussion: """
      A study is a file with an experiment as a template, axes to vary and baselines to tune; it is told by its \
      'experiment:'. Finished runs of both are kept until all are done: the same command goes on where it was.
      """)

  @Argument(
    help:
      "The experiment or study, a YAML file; ready ones are in Experiments and Experiments/studies. Several with --against."
  )
  var experiment: [String]
  @Option(help: "Algorithms in place of the experiment's, separated by commas: NAME or NAME:PRESET.")
  var algorithms: String?
  @Option(help: "packet, fluid or ideal; the experiment's own if left out.") var network: ExperimentLevel?
  @Option(help: "inline: several runs at a time in this process; or processes: one for each site, with ZeroMQ between.")
  var driver = RunOptions.Driver.inline
  @Option(help: "Seeds in place of the experiment's, separated by commas.") var seeds: String?
  @Option(help: "Runs at a time with the inline driver; the number of cores if left out.") var jobs: Int?
  @Option(help: "Factor of all rates and amounts, at the same ratios; the study's own, or 1, if left out.")
  var scale: Double?
  @Option(help: "AXIS=VALUE: only these cells of a study, for example 'distance=10 km'. May be repeated.")
  var only: [String] = []
  @Option(help: "Directory for the results; runs/NAME-N if left out.") var out: String?
  @Option(
    help: ArgumentHelp(
      "Run everything at this level too and report how far the other, fluid unless --network says, agrees with it.",
      valueName: "level")) var against: ExperimentLevel?
  @Option(
    help: ArgumentHelp(
      "With --against, the difference of mean completion times that counts as agreement: in general, by algorithm.",
      valueName: "tolerances")) var tolerance = "5%,distance-aware=3%,dcqcn=3%"
  @Flag(help: "Replace results that the directory holds.") var force = false
  @Flag(help: "No progress.") var quiet = false

  func validate() throws {
    if experiment.count > 1, against == nil {
      throw ValidationError("expected one experiment; several are for --against, as in --against packet")
    }
    if against != nil, driver != .inline {
      throw ValidationError("--against: costs are compared inline; leave out --driver processes")
    }
    if let against, against == network ?? .fluid {
      throw ValidationError("--against: expected a level other than \(against.rawValue), which --network names")
    }
    if against != nil { _ = try tolerances() }
  }

  func run() throws {
    if let scale, !(scale >= 1e-6 && scale <= 1e6) {
      throw ValidationError("--scale: expected a factor from 1e-6 to 1e6, found \(scale)")
    }
    if let jobs, jobs < 1 { throw ValidationError("--jobs: expected at least 1, found \(jobs)") }
    if let against { return try compare(against) }
    if StudyReader.isStudy(path: experiment[0]) { return try runStudy() }
    if !only.isEmpty { throw ValidationError("--only is for studies, and \(experiment[0]) is a single experiment") }
    let read = try ExperimentReader.read(path: experiment[0]).scaled(by: scale ?? 1)
    let level = network ?? ExperimentLevel(rawValue: read.network.rawValue) ?? .packet
    let path = out ?? CongestionFolder.next(for: read.name)
    let study = try CongestionStudy(
      read, algorithms: try chosenAlgorithms(read), seeds: try chosenSeeds(read), directory: path,
      options: CongestionStudy.Options(
        level: level, driver: driver, jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount,
        program: EmulationRun.programBeside("longhaul-site")),
      force: force)
    _ = longhaul_catch_interrupts()
    study.shouldStop = { longhaul_interrupts() > 0 }
    let progress = CongestionProgress(quiet: quiet)
    study.progress = { progress.show($0) }
    do {
      let report = try study.run()
      progress.finish()
      print(CongestionTable(report, directory: path), terminator: "")
    } catch is ExperimentConductor.Interrupted {
      progress.finish()
      Longhaul.complain("interrupted; the same command with --out \(path) goes on from here")
      throw ExitCode(130)
    }
  }

  private func compare(_ reference: ExperimentLevel) throws {
    let read = try experiment.map { path in
      let one = try ExperimentReader.read(path: path).scaled(by: scale ?? 1)
      return (experiment: one, algorithms: try chosenAlgorithms(one), seeds: try chosenSeeds(one))
    }
    let path = out ?? CongestionFolder.next(for: "agreement", finished: LevelStudy.file)
    let study = try LevelStudy(
      read, level: network ?? .fluid, reference: reference, tolerances: try tolerances(), directory: path,
      jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount, force: force)
    _ = longhaul_catch_interrupts()
    study.shouldStop = { longhaul_interrupts() > 0 }
    let progress = CongestionProgress(quiet: quiet)
    study.progress = { progress.show($0) }
    do {
      let agreement = try study.run()
      progress.finish()
      print(LevelAgreementTable(agreement, directory: path), terminator: "")
    } catch is ExperimentConductor.Interrupted {
      progress.finish()
      Longhaul.complain("interrupted; the same command with --out \(path) goes on from here")
      throw ExitCode(130)
    }
  }

  private func tolerances() throws -> LevelAgreement.Tolerances {
    var general: Double?
    var byName: [(name: String, share: Double)] = []
    for part in tolerance.split(separator: ",") {
      let sides = part.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      guard let text = sides.last, text.hasSuffix("%"), let percent = Double(text.dropLast()), percent > 0 else {
        throw ValidationError("--tolerance: expected shares such as '5%,dcqcn=3%', found '\(part)'")
      }
      if sides.count == 2 { byName.append((sides[0], percent / 100)) } else { general = percent / 100 }
    }
    guard let general else {
      throw ValidationError("--tolerance: expected a share for all algorithms, such as '5%', found '\(tolerance)'")
    }
    return LevelAgreement.Tolerances(general: general, byName: byName)
  }

  private func chosenSeeds(_ read: Experiment) throws -> [UInt64] { try statedSeeds() ?? read.seeds }

  func statedSeeds() throws -> [UInt64]? {
    guard let seeds else { return nil }
    return try seeds.split(separator: ",").map { text in
      guard let seed = UInt64(text.trimmingCharacters(in: .whitespaces)) else {
        throw ValidationError("--seeds: expected whole numbers separated by commas, found '\(text)'")
      }
      return seed
    }
  }

  /// An algorithm of the experiment keeps its parameters when it is named.
  private func chosenAlgorithms(_ read: Experiment) throws -> [Experiment.Algorithm] {
    guard let algorithms else { return read.algorithms }
    return algorithms.split(separator: ",").flatMap { text -> [Experiment.Algorithm] in
      let parts = text.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      let preset = parts.count > 1 ? parts[1] : nil
      let stated = read.algorithms.filter { $0.spec.name == parts[0] && (preset == nil || $0.spec.preset == preset) }
      if !stated.isEmpty { return stated }
      return [
        Experiment.Algorithm(
          spec: ControllerSpec(name: parts[0], preset: preset, parameters: []),
          origin: Experiment.Origin(file: "--algorithms", field: String(text)))
      ]
    }
  }
}

/// A bar on a terminal, plain lines otherwise, nothing in the first two seconds; called from the threads that work.
final class CongestionProgress: @unchecked Sendable {
  private let lock = NSLock()
  private let progress: RunProgress

  init(quiet: Bool) { progress = RunProgress(style: quiet ? .quiet : .automatic) }

  func show(_ status: CongestionStudy.Status) {
    lock.lock()
    defer { lock.unlock() }
    progress.update(
      ProgressState(
        time: status.time, share: status.share, jobsFinished: status.done, jobsTotal: status.total, running: 0,
        queued: 0))
  }

  func finish() {
    lock.lock()
    defer { lock.unlock() }
    progress.finish()
  }
}

enum CongestionFolder {
  /// The first of runs/NAME-1, runs/NAME-2, ... that holds no finished experiment.
  static func next(for name: String, finished: String = "congestion.json") -> String {
    var number = 1
    while FileManager.default.fileExists(atPath: "runs/\(name)-\(number)/\(finished)") { number += 1 }
    return "runs/\(name)-\(number)"
  }
}
