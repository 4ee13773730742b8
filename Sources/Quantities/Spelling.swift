// SPDX-License-Identifier: Apache-2.0

/// "Did you mean ...?": the known word nearest to one that is not known.
public enum Spelling {
  /// The number of letters to insert, delete, replace, or swap with a neighbour, to make one word of the other
  /// (restricted Damerau-Levenshtein distance).
  public static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a.unicodeScalars)
    let b = Array(b.unicodeScalars)
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 1...a.count {
      var row = [i]
      row.reserveCapacity(b.count + 1)
      for j in 1...b.count {
        var best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, beforeLast[j - 2] + 1) }
        row.append(best)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }

  /// The candidate nearest to `word`, the first of equals; nil if none is near enough to have been meant: at most
  /// one letter in three may be wrong, two in a short word. Upper and lower case count as the same, and so do '-' and
  /// '_'; a candidate that begins with the word is near as well.
  public static func nearest(_ word: String, in candidates: [String]) -> String? {
    let folded = fold(word)
    guard !folded.isEmpty else { return nil }
    var best: (distance: Int, candidate: String)?
    for candidate in candidates {
      let other = fold(candidate)
      var distance = distance(folded, other)
      if folded.count >= 3, other.hasPrefix(folded) { distance = min(distance, 2) }
      let limit = max(folded.count <= 2 ? 1 : 2, folded.count / 3)
      if distance <= limit, best.map({ distance < $0.distance }) ?? true { best = (distance, candidate) }
    }
    return best?.candidate
  }

  private static func fold(_ word: String) -> String {
    String(word.lowercased().map { $0 == "-" || $0 == " " ? "_" : $0 })
  }
}
