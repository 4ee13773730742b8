// SPDX-License-Identifier: Apache-2.0

/// Why a row of a trace is not a job of the run, in the order in which accounts list them.
public enum SkipReason: String, CaseIterable, Sendable {
  case tornLastLine = "torn-last-line"
  case tooFewFields = "too-few-fields"
  case tooManyFields = "too-many-fields"
  case unbalancedQuote = "unbalanced-quote"
  /// A line, or an element of a list, that is not the JSON object that it should be.
  case brokenJSON = "broken-json"
  case unreadableID = "unreadable-id"
  case unreadableSubmit = "unreadable-submit"
  case unreadableDuration = "unreadable-duration"
  case unreadableGPUs = "unreadable-gpus"
  case unreadableField = "unreadable-field"
  /// Tokens of a request that are missing, no whole number, or negative.
  case unreadableTokens = "unreadable-tokens"
  /// Submitted before the trace's own beginning.
  case negativeSubmit = "negative-submit"
  /// It asks for no GPU (or processor).
  case noGPU = "no-gpu"
  /// More processors than the logged machine had.
  case tooManyProcessors = "too-many-processors"
  /// Run time zero, negative or unknown.
  case noDuration = "no-duration"
  /// It waited until the trace ended, or was cancelled before it ran.
  case neverStarted = "never-started"
  /// It still ran when the trace ended, so that its run time is not known.
  case stillRunning = "still-running"
  /// A piece of a job that the trace lists as a whole besides.
  case partialExecution = "partial-execution"
  /// A column mapping of the user's leaves it out.
  case leftOutByMapping = "left-out-by-mapping"
  /// The row describes a machine, a day or a whole trace: nothing that runs.
  case notAJob = "not-a-job"
  /// The user's estimate is missing although other rows have one.
  case noRequestedTime = "no-requested-time"
  /// Submit time or duration exceed the 2.9 years of virtual time.
  case beyondTimeSpan = "beyond-time-span"
  case outsideWindow = "outside-window"

  /// Whether the row itself is damaged, so that its line is worth naming.
  var isDamage: Bool {
    switch self {
    case .tornLastLine, .tooFewFields, .tooManyFields, .unbalancedQuote, .unreadableID, .unreadableSubmit,
      .unreadableDuration, .unreadableGPUs, .unreadableField, .unreadableTokens, .brokenJSON:
      return true
    default: return false
    }
  }
}

/// How many rows were skipped for one reason.
public struct TraceSkip: Equatable, Sendable {
  public var reason: SkipReason
  public var count: Int
  /// Line of the first of them, from 1.
  public var firstLine: Int

  public init(reason: SkipReason, count: Int, firstLine: Int) {
    self.reason = reason
    self.count = count
    self.firstLine = firstLine
  }
}

/// What became of every row of a trace: `rows == jobs + skipped`.
public struct TraceAccount: Equatable, Sendable {
  /// Name of the format that was read, or `synthetic`.
  public var format: String
  public var path: String
  /// SHA-256 of the file's bytes as they lie on the disk, in hexadecimal; empty for jobs that come from no file. Of
  /// several files: of the lines that `sha256sum` prints for them (hash, two blanks, path below the folder).
  public var sha256: String
  /// Data rows: all lines except headers, comments and blank lines.
  public var rows: Int
  public var jobs: Int
  /// In the order of ``SkipReason``; reasons that did not occur are left out.
  public var skipped: [TraceSkip]
  /// What a reader of the results should know: conventions, repairs, oddities.
  public var notes: [String]
  /// Wall-clock seconds since 1970-01-01 00:00 at which `submit` is zero, on the trace's own clock without a zone;
  /// nil for traces that only count seconds.
  public var clockAtZero: Double?
  /// Whether the trace has dates, so that a window of it begins at one.
  public var hasDates = false
  /// Whether the jobs were made up from statistics (their ids begin with `synthetic-`).
  public var synthetic: Bool

  public init(
    format: String, path: String, sha256: String, rows: Int, jobs: Int, skipped: [TraceSkip] = [],
    notes: [String] = [], clockAtZero: Double? = nil, synthetic: Bool = false
  ) {
    self.format = format
    self.path = path
    self.sha256 = sha256
    self.rows = rows
    self.jobs = jobs
    self.skipped = skipped
    self.notes = notes
    self.clockAtZero = clockAtZero
    self.synthetic = synthetic
  }

  /// Rows skipped for `reason`.
  public func count(of reason: SkipReason) -> Int { skipped.first { $0.reason == reason }?.count ?? 0 }

  /// Whether every row is either a job or skipped for a reason.
  public var isComplete: Bool { rows == jobs + skipped.reduce(0) { $0 + $1.count } }
}

/// The jobs of a trace's window, sorted by submit time, ties in the order of the file.
public struct Trace: Sendable {
  public var jobs: [Job]
  public var account: TraceAccount

  public init(jobs: [Job], account: TraceAccount) {
    self.jobs = jobs
    self.account = account
  }
}
