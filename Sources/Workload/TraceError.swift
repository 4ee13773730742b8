// SPDX-License-Identifier: Apache-2.0

/// Why a trace cannot be used, said so that the user can act on it.
public struct TraceError: Error, Equatable, CustomStringConvertible, Sendable {
  /// The trace's path as the user gave it, or the name of what takes its place.
  public var file: String
  /// Line of the file, from 1.
  public var line: Int?
  /// Column, option or job that is at fault.
  public var field: String?
  public var expected: String
  public var found: String
  /// What to do about it.
  public var advice: String

  public init(
    file: String, line: Int? = nil, field: String? = nil, expected: String, found: String, advice: String
  ) {
    self.file = file
    self.line = line
    self.field = field
    self.expected = expected
    self.found = found
    self.advice = advice
  }

  public var description: String {
    var place = file
    if let line { place += ", line \(line)" }
    if let field { place += ", \(field)" }
    return "\(place): expected \(expected), found \(found); \(advice)"
  }
}
