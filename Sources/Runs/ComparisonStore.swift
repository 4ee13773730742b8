// SPDX-License-Identifier: Apache-2.0

import Foundation
import Results

/// Finished pieces of a comparison on disk, a file each, under a name that says all that it follows from.
///
/// A file is there whole or not at all. One process at a time works in the folder.
final class ComparisonStore: Sendable {
  private let folder: String
  private let parts: String
  private let lock: Int32

  init(folder: String, clear: Bool) throws(ResultsError) {
    self.folder = folder
    parts = folder + "/unfinished"
    try FileOutput.makeFolder(parts)
    lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard lock >= 0 else {
      throw .system(path: folder, action: "open this folder", reason: String(cString: strerror(errno)))
    }
    guard takeExclusiveLock(lock) else {
      close(lock)
      throw .inUse(folder)
    }
    if clear {
      // What looks finished goes first.
      for name in ["comparison.json", "comparison.csv", "windows.csv", "report.html", ComparisonData.file] {
        unlink(folder + "/" + name)
      }
      try? FileManager.default.removeItem(atPath: parts)
      try FileOutput.makeFolder(parts)
    }
  }

  deinit { close(lock) }

  func logFolder() throws(ResultsError) -> String {
    try FileOutput.makeFolder(folder + "/log")
    return folder + "/log"
  }

  func find<T: Decodable>(_ key: String) -> T? {
    guard let data = FileManager.default.contents(atPath: "\(parts)/\(key).json") else { return nil }
    return try? JSONDecoder().decode(T.self, from: data)
  }

  func keep(_ key: String, _ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try FileOutput.writeAtomically(
      String(decoding: try encoder.encode(value), as: UTF8.self), to: "\(parts)/\(key).json")
  }

  func remove() { try? FileManager.default.removeItem(atPath: parts) }
}
