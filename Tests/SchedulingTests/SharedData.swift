// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The public traces and reference results beside the repository.
enum SharedData {
  /// Root of the repository: `LONGHAUL_ROOT` if it is set, else three levels above this file.
  static let root: URL = {
    if let path = ProcessInfo.processInfo.environment["LONGHAUL_ROOT"] { return URL(fileURLWithPath: path) }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
  }()

  /// The file's text, or nil after saying that the test is skipped; in continuous integration a missing file fails.
  static func text(_ path: String) -> String? {
    let url = root.deletingLastPathComponent().appendingPathComponent("shared").appendingPathComponent(path)
    if let data = try? Data(contentsOf: url) { return String(decoding: data, as: UTF8.self) }
    print("SKIPPED: shared/\(path) is not beside the repository")
    if ProcessInfo.processInfo.environment["CI"] != nil { Issue.record("shared/\(path) is missing") }
    return nil
  }

  /// Rows of a CSV file as dictionaries by column.
  static func rows(_ path: String) -> [[String: Substring]]? {
    guard let text = text(path) else { return nil }
    let lines = text.split(whereSeparator: \.isNewline)
    let columns = lines[0].split(separator: ",").map(String.init)
    return lines.dropFirst().map { line in
      Dictionary(uniqueKeysWithValues: zip(columns, line.split(separator: ",", omittingEmptySubsequences: false)))
    }
  }

  static func json(_ path: String) -> [String: Any]? {
    guard let text = text(path) else { return nil }
    return (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
  }
}
