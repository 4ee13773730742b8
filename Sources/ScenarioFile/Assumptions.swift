// SPDX-License-Identifier: Apache-2.0

/// Sentences about defaults and guesses, each said once with the list of what it holds for.
struct Assumptions {
  private var entries: [(text: String, subjects: [String])] = []

  /// - Parameters:
  ///   - text: a sentence; "{}" in it stands for the subjects.
  mutating func add(_ text: String, for subject: String? = nil) {
    let index = entries.firstIndex { $0.text == text } ?? entries.count
    if index == entries.count { entries.append((text, [])) }
    if let subject, !entries[index].subjects.contains(subject) { entries[index].subjects.append(subject) }
  }

  var sentences: [String] {
    entries.map { entry in
      guard let mark = entry.text.firstRange(of: "{}") else { return entry.text }
      let subjects = entry.subjects
      let last = subjects.count > 1 ? " and " + subjects[subjects.count - 1] : ""
      let list = (subjects.count > 1 ? subjects.dropLast() : subjects[...]).joined(separator: ", ") + last
      return entry.text.replacingCharacters(in: mark, with: list)
    }
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }
}
