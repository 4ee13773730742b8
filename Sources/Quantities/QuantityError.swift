// SPDX-License-Identifier: Apache-2.0

/// A text that is not the quantity it should be.
public struct QuantityError: Error, Equatable, CustomStringConvertible {
  /// The text as it was given.
  public var found: String
  /// What it should have been: "a price", "a time".
  public var expected: String
  /// A text that would have been right.
  public var example: String
  /// What is wrong with it, or which unit was probably meant; empty if there is nothing more to say.
  public var hint: String

  public init(found: String, expected: String, example: String, hint: String = "") {
    self.found = found
    self.expected = expected
    self.example = example
    self.hint = hint
  }

  public var description: String {
    "expected \(expected) such as '\(example)', found '\(found)'" + (hint.isEmpty ? "" : ": \(hint)")
  }
}
