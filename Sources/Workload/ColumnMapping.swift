// SPDX-License-Identifier: Apache-2.0

import Quantities

/// What the columns of a CSV mean that has no format of its own. Columns are named by their headers, or by the names
/// given for a file without one.
public struct ColumnMapping: Equatable, Sendable {
  public enum Separator: String, CaseIterable, Sendable {
    case comma, semicolon, tab, blanks

    var field: FieldSeparator {
      switch self {
      case .comma: .comma
      case .semicolon: .semicolon
      case .tab: .tab
      case .blanks: .blanks
      }
    }
  }

  /// What a number in a column of times counts, or that the column holds dates.
  public enum TimeUnit: String, CaseIterable, Sendable {
    case microseconds = "us"
    case milliseconds = "ms"
    case seconds = "s"
    case minutes = "min"
    case hours = "h"
    case days = "d"
    /// Seconds and milliseconds since 1970-01-01 00:00 UTC.
    case unix
    case unixMilliseconds = "unix-ms"
    /// `2017-10-09 07:01:55`, with an offset from UTC or without.
    case date

    /// Whether it names instants of a calendar.
    public var isCalendar: Bool { self == .date || self == .unix || self == .unixMilliseconds }

    var ticks: Int128 {
      switch self {
      case .microseconds: 100_000
      case .milliseconds, .unixMilliseconds: 100_000_000
      case .seconds, .unix, .date: 100_000_000_000
      case .minutes: 6_000_000_000_000
      case .hours: 360_000_000_000_000
      case .days: 8_640_000_000_000_000
      }
    }
  }

  public struct TimeColumn: Equatable, Sendable {
    public var column: String
    public var unit: TimeUnit

    public init(column: String, unit: TimeUnit) {
      self.column = column
      self.unit = unit
    }
  }

  public enum GPUUnit: String, CaseIterable, Sendable {
    case gpus
    case perCent = "per-cent"
    case milli
  }

  /// GPUs of a job: a column, in a unit, times another column where the first counts one of several alike.
  public struct GPUColumn: Equatable, Sendable {
    public var column: String
    public var unit: GPUUnit
    public var times: String?

    public init(column: String, unit: GPUUnit = .gpus, times: String? = nil) {
      self.column = column
      self.unit = unit
      self.times = times
    }
  }

  /// Rows that hold one of `values` in `column` are no jobs.
  public struct Skip: Equatable, Sendable {
    public var column: String
    public var values: [String]

    public init(column: String, values: [String]) {
      self.column = column
      self.values = values
    }
  }

  /// How a run time is found.
  public enum RunTime: Equatable, Sendable {
    case column(TimeColumn)
    /// From the first to the second.
    case between(TimeColumn, TimeColumn)
  }

  /// What accounts call the format.
  public var name: String
  public var separator = Separator.comma
  /// Names of the columns of a file without a header; nil where the first line is one.
  public var names: [String]?
  /// Nil: a job is called by the number of its row.
  public var jobID: String?
  public var submit: TimeColumn
  public var runTime: RunTime
  public var gpus: GPUColumn
  public var requested: TimeColumn?
  public var user, group, pin, dataHome, gpuModels: String?
  public var skip: [Skip] = []

  public init(name: String, submit: TimeColumn, runTime: RunTime, gpus: GPUColumn) {
    self.name = name
    self.submit = submit
    self.runTime = runTime
    self.gpus = gpus
  }
}
