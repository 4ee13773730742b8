// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Writes all of `bytes`, however many calls that takes.
func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(ResultsError) {
  var done = 0
  while done < bytes.count {
    let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, bytes.count - done) }
    if count < 0 {
      if errno == EINTR { continue }
      throw .lastError(path, "write")
    }
    done += count
  }
}

/// Files that come into being complete: written under another name, forced to disk, then renamed.
public enum FileOutput {
  /// Name of a file while it is not complete.
  static func partial(_ path: String) -> String { path + ".partial" }

  /// Creates or empties `path` and writes `bytes` to disk.
  static func write(_ bytes: [UInt8], to path: String) throws(ResultsError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .lastError(path, "create") }
    defer { _ = close(descriptor) }
    try writeAll(bytes, to: descriptor, path: path)
    guard fsync(descriptor) == 0 else { throw .lastError(path, "write to disk") }
  }

  /// Gives the partial file of `path` its name.
  static func publish(_ path: String) throws(ResultsError) {
    guard rename(partial(path), path) == 0 else { throw .lastError(path, "give '\(partial(path))' this name") }
  }

  public static func writeAtomically(_ text: String, to path: String) throws(ResultsError) {
    try write(Array(text.utf8), to: partial(path))
    try publish(path)
  }

  /// Makes a folder and those above it; one that is there already is fine.
  public static func makeFolder(_ path: String) throws(ResultsError) {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += part + "/"
      if mkdir(made, 0o755) != 0, errno != EEXIST { throw .lastError(made, "make this folder") }
    }
  }

  /// Forces a file, or the names in a folder, to disk.
  static func sync(_ path: String) throws(ResultsError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .lastError(path, "open") }
    defer { _ = close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .lastError(path, "write to disk") }
  }

  static func isFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Names in a folder, sorted, without `.` and `..`.
  static func names(in path: String) throws(ResultsError) -> [String] {
    guard let folder = opendir(path) else { throw .lastError(path, "list") }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
