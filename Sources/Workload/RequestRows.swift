// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A format whose rows are requests of a stream.
protocol RequestRows: TraceRows where Item == Request {
  /// Names of models, in the order in which they appear.
  var models: [String] { get }
  var sessionCount: Int { get }
  var blockTokens: Int? { get }
}

extension RequestRows {
  var models: [String] { [] }
  var sessionCount: Int { 0 }
  var blockTokens: Int? { nil }
}

extension Record {
  /// A count of tokens; nil if it is no whole number from 0 to a milliard.
  func tokens(_ field: Int) -> Int? {
    guard let thousandths = decimal(field, scale: 3), thousandths >= 0, thousandths % 1000 == 0,
      thousandths <= 1_000_000_000_000
    else { return nil }
    return Int(thousandths / 1000)
  }
}

/// Numbers for names, from 0 in the order in which they appear.
struct NameNumbers {
  private(set) var names: [String] = []
  private var numbers: [String: Int] = [:]
  var count: Int { numbers.count }
  private let keepsNames: Bool

  init(keepsNames: Bool) { self.keepsNames = keepsNames }

  mutating func number(_ name: String) -> Int {
    if let known = numbers[name] { return known }
    let number = numbers.count
    numbers[name] = number
    if keepsNames { names.append(name) }
    return number
  }
}
