// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records

/// The directory that holds one run.
///
/// A run is either finished and complete, or resumable. While it runs, the directory holds `scenario.yaml`,
/// `records.bin`, perhaps `decisions.jsonl`, `log/` and `state/`; nothing there looks finished. ``finish(info:inputs:)`` writes every result under
/// a name that ends in `.partial`, forces them to disk, renames them, and `summary.json` last: whoever sees
/// `summary.json` has a complete run.
///
/// One process at a time works in a directory: it holds a lock that ends with the process. (A file system that cannot
/// lock folders, such as some NFS, gives no such protection.)
public final class RunDirectory {
  public let path: String
  private let lock: Int32

  public var scenarioPath: String { file("scenario.yaml") }
  /// The log of records, see ``RecordLog``. It stays after the end of the run.
  public var recordsPath: String { file("records.bin") }
  public var databasePath: String { file("run.sqlite") }
  public var jobsPath: String { file("jobs.csv") }
  public var placementsPath: String { file("placements.csv") }
  public var sitesPath: String { file("sites.csv") }
  public var linksPath: String { file("links.csv") }
  public var summaryPath: String { file("summary.json") }
  /// Decisions of a policy that is not composed of parts, in order; it stays after the end of the run.
  public var decisionsPath: String { file("decisions.jsonl") }
  /// What reports draw, see ``RunPortrait``.
  public var portraitPath: String { file("portrait.json") }
  /// One file for each process.
  public var logFolder: String { file("log") }
  /// For what a resumed run needs: snapshots and logged inputs.
  public var stateFolder: String { file("state") }
  public func logPath(process: String) -> String { logFolder + "/" + process + ".log" }

  private func file(_ name: String) -> String { path + "/" + name }

  private static let results =
    Table.canonical.map { $0.name + ".csv" } + ["run.sqlite", "portrait.json", "summary.json"]
  /// Every file that a run leaves; the summary first, so that a directory that is being cleared no longer looks
  /// finished.
  private static let files = results.reversed() + ["records.bin", "scenario.yaml", "decisions.jsonl"]
  private static let folders = ["log", "state"]

  private init(path: String) throws(ResultsError) {
    self.path = path
    let descriptor = Foundation.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .lastError(path, "open this folder") }
    if !takeExclusiveLock(descriptor) {
      _ = close(descriptor)
      throw .inUse(path)
    }
    lock = descriptor
  }

  deinit { _ = close(lock) }

  /// Takes a new or empty directory for a run, and creates `log/` and `state/` in it.
  ///
  /// - Parameter force: take a directory that holds another run, and remove that run first. Files that no run wrote are
  ///   never removed, and a directory that has some beside no run is refused all the same.
  /// - Throws: ``ResultsError`` when the directory is in use, or holds a run or other files.
  public static func create(_ path: String, force: Bool = false) throws(ResultsError) -> RunDirectory {
    let path = normalised(path)
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .system(path: path, action: "create this folder", reason: error.localizedDescription)
    }
    let directory = try RunDirectory(path: path)
    let names = try FileOutput.names(in: path)
    if let first = names.first {
      if names.contains(where: { files.contains($0) }) {
        if !force { throw isFinished(path) ? .holdsFinishedRun(path) : .holdsUnfinishedRun(path) }
        try directory.clear()
      } else {
        // What a run leaves that was interrupted before it had anything to resume: empty folders and partial files.
        directory.removePartials()
        for folder in folders { rmdir(directory.file(folder)) }
        if try !FileOutput.names(in: path).isEmpty { throw .holdsOtherFiles(path, first) }
      }
    }
    for folder in folders where mkdir(directory.file(folder), 0o755) != 0 && errno != EEXIST {
      throw .lastError(directory.file(folder), "create this folder")
    }
    return directory
  }

  /// Takes the directory of a run that was interrupted, to resume it.
  ///
  /// - Throws: ``ResultsError`` when the directory is in use, holds no run, or the run is finished.
  public static func open(_ path: String) throws(ResultsError) -> RunDirectory {
    let path = normalised(path)
    let directory = try RunDirectory(path: path)
    guard FileOutput.isFile(directory.scenarioPath), FileOutput.isFile(directory.recordsPath) else {
      throw .notARun(path)
    }
    guard !isFinished(path) else { throw .alreadyFinished(path) }
    directory.removePartials()
    return directory
  }

  /// Whether the directory holds a run that is finished and complete.
  public static func isFinished(_ path: String) -> Bool { FileOutput.isFile(normalised(path) + "/summary.json") }

  /// The summary of a finished run.
  public static func readSummary(_ path: String) throws(ResultsError) -> Summary {
    let directory = normalised(path)
    guard isFinished(directory) else { throw .notFinished(directory) }
    let file = directory + "/summary.json"
    do {
      let summary = try JSONDecoder().decode(Summary.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
      guard summary.schema == 1 else {
        throw ResultsError.badFile(
          path: file, problem: "has schema \(summary.schema), this program reads schema 1: use a newer program")
      }
      return summary
    } catch let error as ResultsError {
      throw error
    } catch {
      throw .badFile(path: file, problem: "is not a summary of a run: \(error)")
    }
  }

  /// Writes the scenario as resolved.
  public func writeScenario(_ yaml: String) throws(ResultsError) {
    try FileOutput.writeAtomically(yaml, to: scenarioPath)
  }

  /// Turns the log of records into results. Flush the log before.
  ///
  /// The log is read once, sorted and checked; equal records give equal files in whatever order they were reported.
  /// When this throws, the run is not finished, and after the cause is mended `finish` can be called again.
  ///
  /// - Throws: ``ResultsError``, also ``ResultsError/alreadyFinished(_:)`` when called again after it succeeded.
  public func finish(info: RunInfo, inputs: RunInputs) throws -> Summary {
    guard !Self.isFinished(path) else { throw ResultsError.alreadyFinished(path) }
    removePartials()
    var hashes: [(name: String, hash: String)] = []
    var collected: CollectedRecords?
    try RunDatabase.create(at: FileOutput.partial(databasePath)) { database in
      let flows = try RunDatabase.Inserter(database, .flows)
      let records = try CollectedRecords(log: recordsPath, inputs: inputs) { flow in
        try flows.insert(ResultTables.row(of: flow, inputs: inputs))
      }
      let tables = ResultTables(inputs: inputs, records: records)
      for table in tables.canonical {
        let name = table.name + ".csv"
        let csv = try CSVFile(
          path: FileOutput.partial(file(name)), header: table.columns.prefix(table.csvColumns).map(\.name))
        let inserter = try RunDatabase.Inserter(database, table)
        try tables.rows(of: table) { row in
          try csv.write(row.prefix(table.csvColumns))
          try inserter.insert(row)
        }
        hashes.append((name, try csv.finish()))
      }
      for table in [Table.series, Table.events] {
        let inserter = try RunDatabase.Inserter(database, table)
        try tables.rows(of: table) { try inserter.insert($0) }
      }
      collected = records
    }
    guard let collected else { throw ResultsError.inconsistent(path: recordsPath, problem: "could not be read") }
    let summary = Summary(info: info, inputs: inputs, records: collected, digest: CSVFile.digest(hashes))
    let portrait = RunPortrait(summary: summary, inputs: inputs, records: collected)
    try FileOutput.write(Array(try portrait.json()), to: FileOutput.partial(portraitPath))
    try FileOutput.write(Array(summary.json.text.utf8), to: FileOutput.partial(summaryPath))

    for name in Self.results where name != "summary.json" {
      let table = Table.canonical.first { $0.name + ".csv" == name }
      if let table, !table.belongs(to: inputs.fleet) { continue }
      try FileOutput.publish(file(name))
    }
    // The results must be on disk under their names before the file that vouches for them.
    try FileOutput.sync(path)
    try FileOutput.publish(summaryPath)
    try FileOutput.sync(path)
    return summary
  }

  /// What an interrupted `finish` left. Results that it had already renamed are written anew by the next.
  private func removePartials() {
    for name in Self.results + ["scenario.yaml"] { unlink(FileOutput.partial(file(name))) }
    unlink(FileOutput.partial(databasePath) + "-journal")
  }

  private func clear() throws(ResultsError) {
    for name in Self.files where unlink(file(name)) != 0 && errno != ENOENT {
      throw .lastError(file(name), "remove")
    }
    removePartials()
    for name in Self.folders where FileManager.default.fileExists(atPath: file(name)) {
      do {
        try FileManager.default.removeItem(atPath: file(name))
      } catch {
        throw .system(path: file(name), action: "remove", reason: error.localizedDescription)
      }
    }
  }

  /// Without slashes at the end.
  private static func normalised(_ path: String) -> String {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path.isEmpty ? "." : path
  }
}
