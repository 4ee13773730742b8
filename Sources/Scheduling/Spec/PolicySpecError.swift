// SPDX-License-Identifier: Apache-2.0

/// What is wrong with the text of a policy, where, and what could stand there.
public struct PolicySpecError: Error, Equatable, CustomStringConvertible {
  /// The whole text.
  public var spec: String
  /// The piece of it that is wrong.
  public var found: String
  /// Where that piece starts, counting characters from 1.
  public var column: Int
  /// What is wrong with it.
  public var problem: String
  /// The nearest name that would have been right.
  public var suggestion: String?
  /// The names that would have been right.
  public var known: [String]

  public init(
    spec: String, found: String, column: Int, problem: String, suggestion: String? = nil, known: [String] = []
  ) {
    self.spec = spec
    self.found = found
    self.column = column
    self.problem = problem
    self.suggestion = suggestion
    self.known = known
  }

  public var description: String {
    var text = "policy '\(spec)', character \(column): \(problem)"
    if let suggestion { text += "; did you mean '\(suggestion)'?" }
    if !known.isEmpty { text += " Known: \(known.joined(separator: ", "))" }
    return text
  }
}

/// The name in `known` that is fewest edits away from `word`, if it is near enough to be what was meant: at most a
/// third of the letters, and two at least. The first of several that are equally near.
func nearestName(to word: String, among known: [String]) -> String? {
  let letters = Array(word.lowercased())
  var best: (name: String, edits: Int)?
  for name in known {
    let edits = editDistance(letters, Array(name))
    if edits <= max(2, name.count / 3), edits < name.count, edits < best?.edits ?? .max { best = (name, edits) }
  }
  return best?.name
}

/// Levenshtein's distance: insertions, deletions and substitutions that turn one word into the other.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var row = Array(0...b.count)
  for (i, letter) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, other) in b.enumerated() {
      let substituted = diagonal + (letter == other ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}
