// SPDX-License-Identifier: Apache-2.0

/// Fields of CSV text.
enum CSVText {
  /// Quoted as RFC 4180 says, and only where it must be.
  static func quoted(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
