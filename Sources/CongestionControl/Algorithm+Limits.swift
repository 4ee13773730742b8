// SPDX-License-Identifier: Apache-2.0

extension Algorithm {
  /// The parameters of the algorithm called `name`, each with the values that it can take. Beyond them a law would divide
  /// by zero, never come to an end, or mean nothing.
  static func limits(of name: String) -> [(name: String, range: ClosedRange<Double>)] {
    switch name {
    case "cubic":
      return [
        ("scale", 1e-6...1e6), ("beta", 0.01...0.99), ("fast_convergence", 0...1), ("initial_packets", 1...1e6),
      ]
    case "dcqcn":
      return [
        ("g", 1e-6...0.99), ("alpha_timer_us", 0.1...1e9), ("notification_interval_us", 0.1...1e9),
        ("increase_timer_us", 0.1...1e9), ("byte_counter", 1e3...1e15), ("fast_recovery", 0...1000),
        ("additive_mbps", 0...1e6), ("hyper_mbps", 0...1e6),
      ]
    default: return [("utilisation", 0.01...1), ("threshold", 0...0.5)]
    }
  }

  /// - Throws: ``AlgorithmError`` for a parameter that the algorithm does not have, or a value that it cannot take.
  static func check(_ parameters: [(String, Double)], of name: String) throws(AlgorithmError) {
    let limits = limits(of: name)
    for (key, value) in parameters {
      guard let row = limits.first(where: { $0.name == key }) else {
        throw AlgorithmError(message: "'\(name)' has no parameter '\(key)'", known: limits.map(\.name))
      }
      // Not a number lies in no range.
      guard row.range.contains(value) else {
        throw AlgorithmError(
          message:
            "parameter '\(key)' of '\(name)': expected \(row.range.lowerBound) to \(row.range.upperBound), found "
            + "\(value)", known: [])
      }
    }
  }
}
