// SPDX-License-Identifier: Apache-2.0

import Glibc

/// One of the files of a trace.
struct TraceFile {
  var path: String
  /// What tells it from the others: the cluster of Helios that it belongs to.
  var name: String

  /// The files of what lies at `path`: itself, or what a folder holds of a trace that comes in several files, by name.
  static func resolve(_ path: String) throws(TraceError) -> [TraceFile] {
    guard isFolder(path) else { return [TraceFile(path: path, name: label(of: path))] }
    if let job = PAITable.job.file(in: path) { return [TraceFile(path: job, name: "")] }
    var found: [TraceFile] = []
    for entry in [""] + entries(path) {
      let folder = entry.isEmpty ? path : "\(path)/\(entry)"
      for ending in [".csv", ".csv.gz", ".csv.xz"] {
        let file = "\(folder)/cluster_log\(ending)"
        if access(file, R_OK) == 0 {
          found.append(TraceFile(path: file, name: label(of: file)))
          break
        }
      }
    }
    if found.isEmpty {
      throw TraceError(
        file: path, expected: "a trace", found: "a folder without cluster_log.csv (Helios) or pai_job_table.csv (PAI)",
        advice: "name the trace itself")
    }
    return found
  }

  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The name of the folder that a file lies in, or nothing.
  private static func label(of path: String) -> String {
    let parts = path.split(separator: "/")
    return parts.count > 1 ? String(parts[parts.count - 2]) : ""
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Names in a folder, sorted; the system's order means nothing.
  private static func entries(_ path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if !name.hasPrefix("."), isFolder("\(path)/\(name)") { names.append(name) }
    }
    return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
  }
}
